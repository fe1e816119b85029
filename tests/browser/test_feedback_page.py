"""A student's page on paper."""

import pytest

from tests.browser.test_accessibility import pages

pytestmark = pytest.mark.browser

SHOWN = "it => it.checkVisibility({contentVisibilityAuto: true}) && it.getBoundingClientRect().height > 0"
HINTS = f"Array.from(document.querySelectorAll('details p')).map({SHOWN})"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_hints_are_folded_on_a_screen_and_unfolded_on_paper(browser, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(pages(tmp_path)["feedback"], "utf-8")
    context = browser.new_context(color_scheme="dark", viewport={"width": 700, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    on_screen = page.evaluate(HINTS)
    assert len(on_screen) > 5
    assert not any(on_screen)
    page.emulate_media(media="print")
    # A browser unfolds with its next picture of the page.
    page.wait_for_function(f"{HINTS}.every(Boolean)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.evaluate(BACKGROUND) == "rgb(255, 255, 255)"  # in the dark theme, too
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()
