"""An exercise in JupyterLab itself, as a learner meets it."""

import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest

from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.paths import NOTEBOOKS

pytestmark = pytest.mark.browser

READY = """() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"""
IDLE = """() => ![...document.querySelectorAll('.jp-InputPrompt')].some(e => e.textContent.includes('*'))"""
PATIENCE = 90_000
"""Milliseconds after which a browser that shows nothing has failed; not a speed that is asked for."""


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab whose folder holds a fresh exercise 02, lessons 02 to 04."""
    folder = tmp_path / "course"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(exercise("02").path, folder / "exercise.ipynb")
    shutil.copy(NOTEBOOKS / "02_handshake.ipynb", folder / "lesson.ipynb")
    shutil.copy(NOTEBOOKS / "03_frames.ipynb", folder / "frames.ipynb")
    shutil.copy(NOTEBOOKS / "04_messages.ipynb", folder / "messages.ipynb")
    settings = tmp_path / "config" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += ["--port=0"]
    command += [
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        f"--notebook-dir={folder}",
    ]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.log_level=INFO"]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "COURSE_STATE": str(tmp_path / "state"),
    }
    server = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    addresses: queue.Queue[str] = queue.Queue()

    def watch():
        for line in server.stderr:
            if found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab", line):
                addresses.put(f"http://127.0.0.1:{found[1]}")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield listening(addresses.get(timeout=PATIENCE / 1000))
    finally:
        server.terminate()
        server.wait()
        watcher.join()
        server.stderr.close()


def listening(address):
    """The address, once somebody listens there: Jupyter names it a moment earlier."""
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))).close()
            return address
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def opened(page, lab, name):
    page.set_default_timeout(PATIENCE)
    page.goto(f"{lab}/lab/tree/{name}")
    page.wait_for_function(READY)
    return page


def run_all(page):
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(IDLE)


def cell_with(page, text):
    return page.locator(".jp-CodeCell", has_text=text).first


def write_and_run(page, cell, source):
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")


def test_exercise_from_first_run_to_verdict(page, lab):
    opened(page, lab, "exercise.ipynb")
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


def test_interrupt_ends_an_endless_cell(page, lab):
    opened(page, lab, "exercise.ipynb")
    run_all(page)
    first = page.locator(".jp-CodeCell").first
    for endless in (
        "print('going')\nwhile True: pass",
        "import asyncio; print('going')\nawait asyncio.Event().wait()",
    ):
        write_and_run(page, first, endless)
        first.locator(".jp-OutputArea-output", has_text="going").wait_for()
        page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
        # KeyboardInterrupt, or CancelledError for what was awaited
        first.locator(
            ".jp-OutputArea-output", has_text=re.compile("KeyboardInterrupt|Cancelled")
        ).wait_for()
        page.wait_for_function(IDLE)
    write_and_run(page, first, "print(6 * 7)")
    first.locator(".jp-OutputArea-output", has_text="42").wait_for()


def test_browser_sockets_of_lesson_02(page, lab):
    opened(page, lab, "lesson.ipynb")
    run_all(page)
    log = page.get_by_role("log")
    for label in ("misspelt", "good"):
        log.get_by_text(re.compile(rf"{label}: +close")).wait_for()
    text = re.sub(" +", " ", log.inner_text())
    assert "good: open readyState OPEN" in text
    assert 'good: message readyState OPEN data "hello"' in text
    assert "good: close readyState CLOSED code 1000" in text
    assert "misspelt: error" in text
    assert 'misspelt: close readyState CLOSED code 1006, reason ""' in text

    sent = cell_with(page, "header_fields(").locator(".jp-OutputArea-output")
    assert "Sec-WebSocket-Key" in sent.inner_text()
    assert "_xsrf=" not in sent.inner_text()
    stderr = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
    assert stderr.all_inner_texts() == []


def test_explorer_and_own_frames_of_lesson_03(page, lab):
    opened(page, lab, "frames.ipynb")
    run_all(page)
    explorer = cell_with(page, 'Explorer("Hello")')
    explorer.get_by_label("Text", exact=True).fill("é")
    explorer.get_by_label("MASK: sent by a client").uncheck()
    explorer.get_by_text("81 02 c3 a9 (4 bytes on the wire)", exact=True).wait_for()
    explorer.get_by_label("Opcode", exact=True).select_option("0x9 PING")
    explorer.get_by_label("FIN: the message ends here").uncheck()
    explorer.get_by_text("A receiver fails the connection with 1002", exact=False).wait_for()

    page.get_by_role("log").get_by_text("squeezed: close", exact=False).wait_for()
    shown = cell_with(page, "if window.it.captures:")
    shown.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    shown.get_by_text("TEXT, compressed, masked, 7 bytes", exact=False).wait_for()


def test_browser_scripts_of_lesson_04(page, lab):
    opened(page, lab, "messages.ipynb")
    run_all(page)
    events, chat = page.get_by_role("log").all()
    events.get_by_text("bufferedAmount 4").wait_for()
    lines = [" ".join(line.split()) for line in events.inner_text().splitlines()]
    assert lines == [
        "created CONNECTING",
        "send: InvalidStateError",
        "open OPEN",
        "message OPEN str of 5: 'hello'",
        "close CLOSED 1000 done",
        "send: no complaint, bufferedAmount 4",
    ]
    chat.get_by_text("not_text").wait_for()
    assert chat.inner_text().splitlines() == [
        "→ page has joined",
        "page: hello from your browser",
        "⚠ not_json: a message is JSON",
        "⚠ not_text: a message of the chat is text",
    ]
