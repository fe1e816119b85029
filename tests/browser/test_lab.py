"""The course in JupyterLab, on the desk that `course lab` lays out, as a learner meets it."""

import json
import queue
import re
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from course_lib.cli import main
from course_lib.desk import copies
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, exercises
from course_lib.notebook import recording
from course_lib.paths import NOTEBOOKS
from tests.browser.rules import faults_of_outputs

pytestmark = pytest.mark.browser

READY = """path => {
    const { context } = window.jupyterapp.shell.currentWidget ?? {};
    return context?.path === path && context.sessionContext.session?.kernel?.status === 'idle';
}"""
KNOWN = """() => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    return Promise.all([kernel.info, kernel.spec]).then(() => null);
}"""
IDLE = """() => ![...document.querySelectorAll('.jp-InputPrompt')].some(e => e.textContent.includes('*'))"""
DIRTY = "window.jupyterapp.shell.currentWidget.context.model.dirty"
SAID = """() => {
    const screen = window.jupyterapp.shell.currentWidget?.content?._term?.buffer.active;
    return screen && Array.from({length: screen.length}, (_, i) => screen.getLine(i).translateToString(true))
        .filter((line) => line).join("\\n");
}"""
EXECUTE = """async ([command, args]) => {
    await window.jupyterapp.commands.execute(command, args);
}"""
CLOSE = """async () => {
    const { shell, serviceManager } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) widget.dispose();
    await Promise.all([serviceManager.sessions.shutdownAll(), serviceManager.terminals.shutdownAll()]);
}"""
PATIENCE = 90_000
"""Milliseconds after which a browser that shows nothing has failed; not a speed that is asked for."""
FIRST = "notebooks/00_start_here.ipynb"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder of one learner: desk and state, both empty before the first start."""
    folder = tmp_path_factory.mktemp("learner")
    settings = folder / "state/jupyter/lab/user-settings/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_STATE", str(folder / "state"))
        patch.setenv("COURSE_DESK", str(folder / "desk"))
        yield folder


def end(server):
    """End the lab, by force where it does not end: it was once seen to wait for ever, cause unknown."""
    server.terminate()
    try:
        server.wait(PATIENCE / 1000)
    except subprocess.TimeoutExpired:
        for process in [*psutil.Process(server.pid).children(recursive=True), server]:
            process.kill()
        server.wait()


@pytest.fixture(scope="module")
def lab(place):
    """The address of the JupyterLab that `course lab` starts, for all tests of this module."""
    command = [sys.executable, "-m", "course_lib.cli", "lab", "--no-browser", "--ip=127.0.0.1"]
    command += ["--port=0", "--ServerApp.port_retries=0"]
    command += ["--LabApp.expose_app_in_browser=True"]
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    addresses: queue.Queue[str] = queue.Queue()

    def watch():
        for line in server.stderr:
            if found := re.search(
                r"http://(?:localhost|127\.0\.0\.1):(\d+)(/lab\S*token=\w+)", line
            ):
                addresses.put(f"http://127.0.0.1:{found[1]}{found[2]}")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield listening(addresses.get(timeout=PATIENCE / 1000))
    finally:
        end(server)
        watcher.join()
        server.stderr.close()


def listening(address):
    """The address, once somebody listens there: Jupyter names it a moment earlier."""
    end = time.monotonic() + PATIENCE / 1000
    port = int(re.search(r":(\d+)/", address)[1])
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return address
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="module")
def window(browser):
    """One page for all tests: to load the lab takes seconds, to open a notebook in it does not."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


@pytest.fixture
def page(window, lab):
    """A page with the lab in it."""
    if window.evaluate("!window.jupyterapp"):
        load(window, address_of(lab, FIRST))
    return window


def address_of(lab, name):
    """Where a notebook of the desk is, in a workspace that nobody starts with."""
    return re.sub(r"/lab/tree/[^?]*", f"/lab/workspaces/test/tree/{name}", lab)


def load(page, address):
    """Load the lab with a notebook, and wait for its kernel."""
    page.goto(address)
    page.wait_for_function("window.jupyterapp")
    page.evaluate("window.jupyterapp.restored")
    ready(page, re.search(r"/tree/([^?]*)", address)[1])


def opened(page, name):
    """Open a notebook of the desk in a kernel of its own; nothing else is open or running."""
    page.evaluate(CLOSE)
    show(page, name)


def show(page, name):
    """Open a notebook of the desk, beside others; one that is open already comes to the front."""
    execute(page, "docmanager:open", path=name)
    ready(page, name)


def ready(page, name):
    page.wait_for_function(READY, arg=name, polling=100)
    page.evaluate(KNOWN)


def execute(page, command, **args):
    """Have the lab execute a command; what comes of it, a widget with all it knows, stays there."""
    page.evaluate(EXECUTE, [command, args])


def run_all(page):
    execute(page, "notebook:run-all-cells")
    page.wait_for_function(IDLE, polling=100)


def cell_with(page, text):
    return page.locator(".jp-CodeCell", has_text=text).first


def browser_logs(page, count):
    """The logs of the browser cells, once each shows what this browser does."""
    for cell in range(count):
        page.locator(".course-browser").nth(cell).get_by_text("Live, from").wait_for()
    return page.get_by_role("log").all()


def recorded(name):
    """What a browser did when the course was made; times are left out."""
    return without_times(repr(recording(name)).partition("\n\n")[2])


def without_times(text):
    return re.sub(r"\d+\.\d+ (s|ms)", r"0 \1", text.strip())


def write_and_run(page, cell, source):
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")


def test_the_first_start_opens_a_desk_at_lesson_00(window, lab, place):
    page = window
    assert f"/lab/tree/{FIRST}?" in lab
    load(page, lab)
    assert (
        page.evaluate("window.jupyterapp.shell.currentWidget.title.label") == "00_start_here.ipynb"
    )
    # Nothing is changed, nothing was asked, and no outcome stands below a prediction.
    assert not page.evaluate(DIRTY)
    assert page.locator(".jp-OutputArea-output").count() == 0
    news = "@jupyterlab/apputils-extension:announcements"
    assert not page.evaluate("name => window.jupyterapp.isPluginActivated(name)", news)
    assert page.evaluate(
        "[...window.jupyterapp.shell.currentWidget.content.model.cells].every(cell => cell.type !== 'code' || cell.trusted)"
    )
    page.get_by_role("link", name="exercise").first.click()
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.context?.path === 'exercises/00_start_here.ipynb'"
    )
    assert (place / "desk/notebooks/08_reconnection.ipynb").exists()


def test_a_terminal_of_the_lab_knows_the_command(page):
    execute(page, "terminal:create-new")
    page.wait_for_function(SAID)  # the prompt
    page.locator(".jp-Terminal").click()
    page.keyboard.type("course --version; echo done\n")
    page.wait_for_function(f"/^done$/m.test(({SAID})())")
    assert re.search(r"(?m)^course \d+\.\d+\.\d+$", page.evaluate(SAID))


def test_exercise_from_first_run_to_verdict(page):
    opened(page, "exercises/02_handshake.ipynb")
    run_all(page)
    answers = cells.answers(cells.read(exercise("02").solution))
    verdicts = page.locator('.jp-OutputArea-output [role="status"]')
    assert verdicts.count() == len(answers)
    assert all("not answered yet" in text for text in verdicts.all_inner_texts())

    accept_key = cell_with(page, "%%answer accept_key")
    write_and_run(page, accept_key, "%%answer accept_key\ndef accept_key(key):\n    return key")
    accept_key.get_by_text("not yet").wait_for()
    hint = accept_key.get_by_text("Hint 1 of 3")
    hint.focus()
    page.keyboard.press("Enter")
    accept_key.get_by_text("Hint 2 of 3").wait_for()

    write_and_run(page, accept_key, f"%%answer accept_key\n{answers['accept_key']}")
    accept_key.get_by_text("passed, 2 of 2 points").wait_for()


def test_after_a_restart_an_answer_cell_works_at_once(page):
    opened(page, "exercises/04_messages.ipynb")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    ready(page, "exercises/04_messages.ipynb")
    to_message = cell_with(page, "%%answer to_message")
    to_message.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    to_message.get_by_text("not answered yet").wait_for()
    points = cell_with(page, "%points 04")
    points.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    points.get_by_text("0 of 23 points").wait_for()


def test_the_contents_fill_as_verdicts_come(page, place):
    opened(page, "notebooks/contents.ipynb")
    assert page.locator("[data-question]").count() == sum(
        len(each.questions) for each in exercises()
    )
    assert not page.evaluate(DIRTY)
    answer = cells.answers(cells.read(exercise("00").solution))["message_size"]
    mark = page.locator('[data-question="message_size"]')
    assert mark.get_attribute("data-status") != "passed"

    show(page, "exercises/00_start_here.ipynb")
    cell = cell_with(page, "%%answer message_size")
    write_and_run(page, cell, f"%%answer message_size\n{answer}")
    cell.get_by_text("passed, 1 of 1 point").wait_for()
    show(page, "notebooks/contents.ipynb")
    page.locator('[data-question="message_size"][data-status="passed"]').wait_for()
    assert mark.inner_text() == "✓ message_size"
    row = page.locator("tr", has=mark)
    assert "1 of 3 points" in row.inner_text()
    assert row.locator("progress").evaluate("bar => bar.value") == 1

    page.get_by_role("link", name="Exercise 00").click()
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.context?.path === 'exercises/00_start_here.ipynb'"
    )
    page.get_by_role("link", name="Contents").first.click()
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.context?.path === 'notebooks/contents.ipynb'"
    )
    main(["reset", "00"])  # what follows meets the exercise as it was
    page.locator('[data-question="message_size"][data-status="unanswered"]').wait_for()


def test_a_flood_of_output_is_bounded(page, place):
    opened(page, "exercises/00_start_here.ipynb")
    cell = cell_with(page, "%%answer message_size")
    write_and_run(
        page,
        cell,
        "%%answer message_size\nfor number in range(1_000_000):\n    print(number)\nmessage_size = 1",
    )
    cell.get_by_text("not yet").wait_for()
    cell.get_by_text("which are left out here").wait_for()
    assert cell.evaluate("cell => cell.querySelector('.jp-OutputArea').innerText.length") < 50_000
    execute(page, "docmanager:save")
    assert (place / "desk/exercises/00_start_here.ipynb").stat().st_size < 200_000


def older(path, source):
    """Make a copy of the desk what it would be had it been made from an older course."""
    notebook = cells.read(path)
    notebook["cells"][0]["source"] = source
    notebook["metadata"][cells.MADE] = cells.digest(notebook)
    path.write_text(cells.text_of(notebook), "utf-8")


def test_an_update_of_the_course_renews_what_is_untouched(page, place):
    untouched = place / "desk/notebooks/01_why_real_time.ipynb"
    touched = place / "desk/exercises/05_polling_to_push.ipynb"
    older(untouched, "# What stood here before")
    older(touched, "# What stood here before")
    opened(page, "exercises/05_polling_to_push.ipynb")
    page.get_by_role("heading", name="What stood here before").wait_for()
    write_and_run(page, page.locator(".jp-CodeCell").first, "print('mine')")
    execute(page, "docmanager:save")

    [remark] = copies.lay_out()
    assert "05_polling_to_push.ipynb is yours and stays" in remark
    opened(page, "notebooks/01_why_real_time.ipynb")
    page.get_by_role("heading", name="Why real time?").first.wait_for()
    assert page.get_by_role("heading", name="What stood here before").count() == 0
    opened(page, "exercises/05_polling_to_push.ipynb")
    page.get_by_role("heading", name="What stood here before").wait_for()
    assert "print('mine')" in touched.read_text("utf-8")


def test_interrupt_ends_an_endless_cell(page):
    opened(page, "exercises/02_handshake.ipynb")
    run_cell(page, "%load_ext course_lib.notebook")
    first = page.locator(".jp-CodeCell").first
    for endless in (
        "print('going')\nwhile True: pass",
        "import asyncio; print('going')\nawait asyncio.Event().wait()",
    ):
        write_and_run(page, first, endless)
        first.locator(".jp-OutputArea-output", has_text="going").wait_for()
        execute(page, "notebook:interrupt-kernel")
        # KeyboardInterrupt, or CancelledError for what was awaited
        first.locator(
            ".jp-OutputArea-output", has_text=re.compile("KeyboardInterrupt|Cancelled")
        ).wait_for()
        page.wait_for_function(IDLE, polling=100)
    write_and_run(page, first, "print(6 * 7)")
    first.locator(".jp-OutputArea-output", has_text="42").wait_for()


def test_browser_sockets_of_lesson_02(page):
    opened(page, "notebooks/02_handshake.ipynb")
    run_all(page)
    (log,) = browser_logs(page, 1)
    for label in ("misspelt", "good"):
        log.get_by_text(re.compile(rf"{label}: +close")).wait_for()
    assert sorted(log.inner_text().splitlines()) == sorted(recorded("02_addresses").splitlines())

    sent = cell_with(page, "header_fields(").locator(".jp-OutputArea-output")
    assert "Sec-WebSocket-Key" in sent.inner_text()
    assert "_xsrf=" not in sent.inner_text()
    stderr = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert stderr.all_inner_texts() == []


def test_explorer_and_own_frames_of_lesson_03(page):
    opened(page, "notebooks/03_frames.ipynb")
    run_all(page)
    explorer = cell_with(page, 'Explorer("Hello")')
    explorer.get_by_label("Text", exact=True).fill("é")
    explorer.get_by_label("MASK: sent by a client").uncheck()
    explorer.get_by_text("81 02 c3 a9 (4 bytes on the wire)", exact=True).wait_for()
    explorer.get_by_label("Opcode", exact=True).select_option("0x9 PING")
    explorer.get_by_label("FIN: the message ends here").uncheck()
    explorer.get_by_text("A receiver fails the connection with 1002", exact=False).wait_for()

    # By keyboard: what is typed into a menu is for the menu, and x cuts no cell.
    opcode = explorer.get_by_label("Opcode", exact=True)
    opcode.focus()
    for key in ("x", "ArrowUp"):
        page.keyboard.press(key)
    explorer.get_by_text("CLOSE, ", exact=False).first.wait_for()
    assert opcode.input_value() == "0x8 CLOSE"
    page.keyboard.press("Control+s")
    page.wait_for_function(f"!{DIRTY}")

    (log,) = browser_logs(page, 1)
    log.get_by_text("squeezed: close", exact=False).wait_for()
    assert log.inner_text().strip() == recorded("03_frames")
    shown = cell_with(page, "if window.it.captures:")
    shown.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    shown.get_by_text("TEXT, compressed, masked, 7 bytes", exact=False).wait_for()


def test_browser_scripts_of_lesson_04(page):
    opened(page, "notebooks/04_messages.ipynb")
    run_all(page)
    events, chat = browser_logs(page, 2)
    events.get_by_text("bufferedAmount 4").wait_for()
    assert events.inner_text().strip() == recorded("04_events")
    chat.get_by_text("not_text").wait_for()
    assert chat.inner_text().strip() == recorded("04_chat")


def option(page, summary):
    """One of the options of a prediction, as the page shows it."""
    return page.locator(".jp-RenderedMarkdown details > summary", has_text=summary).first


def run_cell(page, text):
    cell = cell_with(page, text)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(IDLE, polling=100)
    return cell


MARK = ".course-choice"
REMEMBERED = "The first option that you open under a prediction is marked, and remembered."


def remembered(place, lesson, count):
    """Wait until the kernel has stored as many choices."""
    end = time.monotonic() + PATIENCE / 1000
    file = place / "state/predictions" / f"{lesson}.json"
    while not file.exists() or len(json.loads(file.read_text("utf-8"))) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


def marked(page, count):
    page.wait_for_function(f"document.querySelectorAll('{MARK}').length === {count}")


def test_a_prediction_is_committed_to_with_a_click_and_remembered(page, lab, place):
    lesson = "notebooks/02_handshake.ipynb"
    opened(page, lesson)
    # Before any cell has run, a prediction unfolds as it does anywhere, and counts all the same.
    option(page, "HTTP/1.1 200 OK").click()
    marked(page, 0)
    run_cell(page, "from course_lib.notebook import background")
    page.get_by_text(REMEMBERED).wait_for()
    option(page, "HTTP/1.1 200 OK").locator(MARK).wait_for()

    # By keyboard; and the second option of a question is no choice.
    option(page, "Clients that are not allowed in").focus()
    page.keyboard.press("Enter")
    option(page, "Clients that are not allowed in").locator(MARK).wait_for()
    option(page, "Eavesdroppers").click()
    option(page, "The client hangs up").click()
    option(page, "The client hangs up").locator(MARK).wait_for()
    marked(page, 3)
    remembered(place, "02_handshake", 3)
    summary = run_cell(page, "surprises()")
    summary.get_by_text("to 3 of 6 predictions, and 2 were surprises.").wait_for()
    assert summary.locator("li").all_inner_texts() == [
        "You send these bytes over a bare TCP connection. What is the first line of the response?",
        "Anyone can compute this. So what does it protect against?",
    ]

    # The page is loaded anew, with its script in what was saved, and the kernel lives.
    execute(page, "docmanager:save")
    load(page, address_of(lab, lesson))
    option(page, "The client hangs up").locator(MARK).wait_for()
    marked(page, 3)

    # The kernel starts again, and a choice is made before its first cell.
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    page.get_by_text(REMEMBERED).wait_for(state="hidden")
    ready(page, lesson)
    option(page, "That it failed, and nothing about why").click()
    option(page, "That it failed, and nothing about why").locator(MARK).wait_for()
    run_cell(page, "from course_lib.notebook import background")
    page.get_by_text(REMEMBERED).wait_for()
    remembered(place, "02_handshake", 4)
    summary = run_cell(page, "surprises()")
    summary.get_by_text("to 4 of 6 predictions, and 2 were surprises.").wait_for()
    marked(page, 4)

    # Without a script in what was saved, the next cell brings one.
    execute(page, "notebook:clear-all-cell-outputs")
    execute(page, "docmanager:save")
    load(page, address_of(lab, lesson))
    marked(page, 0)
    run_cell(page, "surprises()")
    option(page, "The client hangs up").locator(MARK).wait_for()
    marked(page, 4)


PALE = """() => {
    const outputs = [...document.querySelectorAll('.jp-OutputArea-output')];
    for (const output of outputs)
        output.insertAdjacentHTML('beforeend', '<p class=pale style="color: #777; background: #888">pale</p>');
    return outputs.length;
}"""


def test_outputs_are_for_everybody_and_axe_sees_each_of_them(page):
    opened(page, FIRST)
    run_all(page)
    assert faults_of_outputs(page) == []
    count = page.evaluate(PALE)
    assert count > 5
    pale = [fault.partition(" class=")[0] for fault in faults_of_outputs(page)]
    assert pale == [
        f"{theme}: color-contrast: <p"
        for theme in ("JupyterLab Dark", "JupyterLab Light")
        for _ in range(count)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "notebooks/03_frames",
        "notebooks/contents",
        pytest.param("exercises/03_frames", marks=pytest.mark.long),
    ],
)
def test_what_a_notebook_shows_is_for_everybody(page, name):
    opened(page, f"{name}.ipynb")
    run_all(page)
    assert page.locator(".jp-OutputArea-output").count() > 0
    assert faults_of_outputs(page) == []


LONG = ["09_scaling", "10_security", "11_your_own_websocket", "12_what_next"]


@pytest.mark.parametrize(
    "name",
    ["05_polling_to_push", *(pytest.param(name, marks=pytest.mark.long) for name in LONG)],
)
def test_what_a_lesson_was_stored_with_is_for_everybody(page, place, name):
    copy = place / f"desk/stored_{name}.ipynb"
    copy.write_bytes((NOTEBOOKS / f"{name}.ipynb").read_bytes())
    opened(page, copy.name)
    assert page.locator(".jp-OutputArea-output :is(img, table)").count() > 2
    assert faults_of_outputs(page) == []
