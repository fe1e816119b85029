"""A page of a server, shown inside a cell's output."""

import pytest

from course_lib.chat import Chat, serve_chat
from course_lib.notebook import background
from course_lib.notebook import page as page_in_cell
from course_lib.notebook.background import close_all

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def services(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    yield
    close_all()


def shown(page, cell):
    page.set_content(f"<!doctype html>{cell._repr_html_()}")
    return page.get_by_role("status")


def test_the_page_stands_in_the_cell_and_works(page):
    app = background("chat", lambda: serve_chat(Chat()))
    shown(page, page_in_cell(app.port, "A <b>chat</b> & more"))
    page.get_by_title("A <b>chat</b> & more", exact=True).wait_for()
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Ann")
    frame.get_by_role("button", name="Enter").click()
    frame.get_by_label("Message", exact=True).fill("Is anybody here?")
    frame.get_by_label("Message", exact=True).press("Enter")
    frame.get_by_role("log").get_by_text("Is anybody here?").wait_for()


def test_it_is_dark_where_jupyterlab_is(browser):
    context = browser.new_context(color_scheme="null")  # no preference forced upon all frames
    page = context.new_page()
    app = background("chat", lambda: serve_chat(Chat()))
    html = page_in_cell(app.port, "A chat")._repr_html_()
    for light, dark in (("true", False), ("false", True)):
        page.set_content(f"<!doctype html><body data-jp-theme-light={light}>{html}")
        page.frame_locator("iframe").get_by_label("Your name").wait_for()
        inside = page.frames[1].evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert inside == dark
    context.close()


def test_where_the_server_is_gone_a_sentence_says_so_after_one_attempt(page):
    port = background("chat", lambda: serve_chat(Chat())).port
    cell = page_in_cell(port, "A chat")
    close_all()
    attempts = []
    page.on("request", lambda request: attempts.append(request.url))
    note = shown(page, cell)
    note.get_by_text("earlier session").wait_for()
    assert note.text_content().startswith("A chat: this cell ran in an earlier session")
    assert page.locator("iframe").count() == 0
    assert attempts == [f"http://127.0.0.1:{port}/"]


def test_without_scripts_a_sentence_says_what_to_do(browser):
    context = browser.new_context(java_script_enabled=False)
    note = shown(context.new_page(), page_in_cell(9, "A chat"))
    assert note.text_content() == "A chat: run this cell in JupyterLab, and the page stands here."
    context.close()
