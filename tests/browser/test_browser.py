"""The browser that the other tests of this folder stand on."""

import pytest

pytestmark = pytest.mark.browser


def test_page_runs_scripts_and_knows_websockets(page):
    page.set_content("<p id=answer></p>")
    page.evaluate("answer.textContent = typeof WebSocket + ' ' + (20 + 1) * 2")
    assert page.text_content("#answer") == "function 42"


def test_pages_share_nothing(browser, page):
    assert browser.contexts == [page.context]
