"""Cells whose page comes through a proxy: JupyterHub, Binder, or a port that is forwarded."""

import json
import os
import re
import subprocess
import sys

import pytest
from websockets.asyncio.server import serve

from course_lib.chat import Chat, serve_chat
from course_lib.notebook import background, browser_script
from course_lib.notebook import page as page_in_cell
from course_lib.notebook.background import close_all

pytestmark = pytest.mark.browser

# Browsers find every name below localhost on this machine, and it isn't "localhost".
HUB = "http://hub.localhost"


@pytest.fixture(autouse=True)
def services(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    yield
    close_all()


def show(page, cell, port, base="/user/ann/"):
    """Open a page of a JupyterLab at some address, with a cell's output in it."""
    config = json.dumps({"baseUrl": base})
    html = (
        f'<!doctype html><script id="jupyter-config-data" type="application/json">{config}</script>'
    )
    page.route(
        f"{HUB}:{port}{base}lab",
        lambda route: route.fulfill(body=html + cell._repr_html_(), content_type="text/html"),
    )
    page.goto(f"{HUB}:{port}{base}lab")
    return page.get_by_role("status")


def test_addresses_are_those_behind_the_proxy(page, free_port):
    asked = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.route("**/server-proxy/servers-info", lambda route: route.fulfill(json={}))
    cell = browser_script("log(url, other)", url="ws://127.0.0.1:81/x", other="wss://127.0.0.1:82/")
    note = show(page, cell, free_port)
    note.get_by_text("earlier session").wait_for()  # nobody answers at that port
    assert re.fullmatch(rf"ws://hub\.localhost:{free_port}/user/ann/proxy/\d+/[0-9a-f]{{32}}/\d+", asked[0])
    assert page.get_by_text("changes close codes").count() == 1


@pytest.mark.parametrize("cell", [lambda: browser_script("log(1)"), lambda: page_in_cell(9, "A")])
def test_without_a_way_one_sentence_says_so_and_nothing_is_tried(page, free_port, cell):
    asked = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.route("**/server-proxy/servers-info", lambda route: route.fulfill(status=404))
    note = show(page, cell(), free_port)
    note.get_by_text("install jupyter-server-proxy").wait_for()
    assert asked == []


def test_a_page_from_this_machine_needs_no_proxy(page):
    cell = browser_script("log('hello')")
    page.set_content(f"<!doctype html>{cell._repr_html_()}")
    page.get_by_role("log").get_by_text("hello").wait_for()
    assert page.get_by_text("another machine").count() == 0


@pytest.fixture
def jupyter(tmp_path, free_port):
    """A Jupyter server with the real proxy, at an address like JupyterHub's; its port."""
    pytest.importorskip("jupyter_server_proxy")
    settings = ["--ServerApp.base_url=/user/ann/", "--IdentityProvider.token=", "--allow-root",
                "--ServerApp.local_hostnames=hub.localhost", "--no-browser", f"--port={free_port}",
                "--ServerApp.jpserver_extensions=jupyter_server_proxy=True"]  # fmt: skip
    environment = os.environ | {
        name: str(tmp_path) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
    }
    with subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *settings],
        cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said = []
        for line in process.stderr:
            said.append(line)
            if "is running at" in line:
                break
        assert process.poll() is None, said
        yield free_port
        process.terminate()
        process.stderr.read()


def test_a_script_talks_to_its_kernel_and_its_server_through_the_real_proxy(page, jupyter):
    async def echo(websocket):
        async for message in websocket:
            await websocket.send(message)

    server = background("echo", lambda: serve(echo, "127.0.0.1", 0))
    cell = browser_script(
        "const socket = new WebSocket(url);"
        "socket.onopen = () => socket.send('hello');"
        "socket.onmessage = ({data}) => { log(data); socket.close(); };",
        url=server.url,
    )
    note = show(page, cell, jupyter)
    note.get_by_text("Live").wait_for()
    assert cell.wait()
    assert cell.lines == ["hello"]


def test_the_chat_stands_in_a_cell_through_the_real_proxy(page, jupyter):
    app = background("chat", lambda: serve_chat(Chat()))
    show(page, page_in_cell(app.port, "A chat"), jupyter)
    frame = page.frame_locator("iframe")
    frame.get_by_label("Your name").fill("Ann")
    frame.get_by_role("button", name="Enter").click()
    frame.get_by_label("Message", exact=True).fill("Is anybody here?")
    frame.get_by_label("Message", exact=True).press("Enter")
    frame.get_by_role("log").get_by_text("Is anybody here?").wait_for()
