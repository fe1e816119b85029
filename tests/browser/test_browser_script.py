"""JavaScript that a cell's output runs in the page."""

import pytest
from websockets.asyncio.server import serve

from course_lib.notebook import background, browser_script, browser_sockets, javascript
from course_lib.notebook.background import close_all, service_named
from course_lib.notebook.browser import recording

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def services(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    yield
    close_all()


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.notebook.browser._RECORDINGS", tmp_path)
    (tmp_path / "old.txt").write_text("Recorded with Chromium 1\nfirst <b>\nsecond\n")
    return "old"


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def shown(page, cell):
    page.set_content(f"<!doctype html>{cell._repr_html_()}")
    return page.get_by_role("log"), page.get_by_role("status")


def logged(page, cell):
    log, note = shown(page, cell)
    note.get_by_text("Live").wait_for()
    assert cell.wait()
    lines = log.text_content().splitlines()
    assert cell.lines == lines
    return lines


def test_it_gets_its_names_and_shows_what_it_logs(page):
    cell = browser_script(
        "log('got', text, list.length); log(await Promise.resolve({a: 1}))",
        text="</script><b>&amp;",
        list=[1, 2],
    )
    assert logged(page, cell) == ["got </script><b>&amp; 2", '{"a":1}']
    assert "</script><b>" in repr(cell)


@pytest.mark.parametrize("source", ["null.x", "await Promise.reject(new TypeError('no'))"])
def test_an_exception_is_shown(page, source):
    [line] = logged(page, browser_script(source))
    assert line.startswith("TypeError: ")


def test_a_syntax_error_is_shown(page):
    [line] = logged(page, browser_script("const = 1"))
    assert line.startswith("SyntaxError: ")


def test_sockets_are_shown_in_columns(page):
    server = background("echo", lambda: serve(echo, "127.0.0.1", 0))
    urls = {"good": server.url, "without a page": "ftp://127.0.0.1/"}
    assert logged(page, browser_sockets(urls)) == [
        "without a page: SyntaxError, Failed to construct 'WebSocket': The URL's scheme must be"
        " either 'http', 'https', 'ws', or 'wss'. 'ftp' is not allowed.",
        "good:           open    readyState OPEN",
        'good:           message readyState OPEN       data "hello"',
        'good:           close   readyState CLOSED     code 1000, reason "done"',
    ]


def test_a_long_log_is_cut(page):
    lines = logged(page, browser_script("for (let i = 0; i < 300; i++) log(i)"))
    assert len(lines) == 200
    assert lines[-1] == "… and more"


def test_without_its_kernel_a_page_shows_what_was_recorded_and_asks_once(page, recorded):
    cell = browser_script("log('never')", recording=recorded)
    close_all()
    attempts = []
    page.on("websocket", lambda socket: attempts.append(socket))
    log, note = shown(page, cell)
    note.get_by_text("earlier session").wait_for()
    assert log.text_content() == "first <b>\nsecond"
    assert len(attempts) == 1


def test_another_kernel_on_the_same_port_is_not_taken_for_its_own(page, recorded):
    cell = browser_script("log('never')", recording=recorded)
    port = int(cell._visit.url.split(":")[2].partition("/")[0])
    close_all()

    def other(connection, request):
        return connection.respond(404, "")

    background("other", lambda: serve(echo, "127.0.0.1", port, process_request=other))
    log, note = shown(page, cell)
    note.get_by_text("earlier session").wait_for()
    assert log.text_content() == "first <b>\nsecond"


def test_without_scripts_it_is_a_recording_that_says_so(browser, recorded):
    context = browser.new_context(java_script_enabled=False)
    cell = browser_script("log('never')", recording=recorded)
    log, note = shown(context.new_page(), cell)
    assert log.text_content() == "first <b>\nsecond"
    assert note.text_content().startswith("Recorded with Chromium 1; run this cell")
    context.close()


def test_its_sockets_end_with_the_kernel(page):
    opened = []

    async def count(websocket):
        opened.append(websocket)
        await websocket.close(1001)

    server = background("count", lambda: serve(count, "127.0.0.1", 0))
    source = """
    const again = () => { new WebSocket(url).onclose = () => setTimeout(again, 1); };
    again();
    """
    _, note = shown(page, browser_script(source, url=server.url))
    note.get_by_text("Live").wait_for()
    while not opened:
        page.wait_for_timeout(10)
    service_named("browser cells").close()
    note.get_by_text("kernel has ended").wait_for()
    before = -1
    while len(opened) != before:  # what was under way may still come, but there is an end to it
        before = len(opened)
        page.wait_for_timeout(200)
    assert before > 0


def test_where_nobody_looks_there_is_nothing_to_wait_for(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert not browser_script("log(1)").wait()


def test_the_source_is_shown_in_colours(page):
    cell = browser_script("const a = 'text';  // why", setup="const hidden = 1;", show=True)
    shown(page, cell)
    assert page.locator("pre").text_content().strip() == "const a = 'text';  // why"
    assert "font-weight: bold" in cell._repr_html_()


def test_javascript_to_read_has_colours_and_is_not_run(page):
    rich = javascript("  window.ran = 1;  // why")
    page.set_content(f"<!doctype html>{rich._repr_html_()}")
    assert page.locator("pre").text_content().strip() == "window.ran = 1;  // why"
    assert page.evaluate("window.ran") is None
    assert repr(rich) == "  window.ran = 1;  // why"


def test_a_recording_says_that_it_is_one(recorded):
    rich = recording(recorded)
    assert repr(rich) == "Recorded with Chromium 1:\n\nfirst <b>\nsecond"
    assert "first &lt;b&gt;" in rich._repr_html_()
