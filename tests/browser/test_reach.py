"""Cells whose page comes through a proxy: JupyterHub, Binder, or a port that is forwarded."""

import json
import os
import re
import subprocess
import sys

import pytest
from websockets.asyncio.server import serve

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


def html_of(cell, base="/user/ann/"):
    """A page of a JupyterLab at some address, with a cell's output in it."""
    config = json.dumps({"baseUrl": base})
    return (
        '<!doctype html><meta charset="utf-8"><script id="jupyter-config-data" '
        f'type="application/json">{config}</script>{cell._repr_html_()}'
    )


def show(page, cell, port):
    """Open a page from an address at which there is nothing else."""
    page.route(
        f"{HUB}:{port}/user/ann/lab",
        lambda route: route.fulfill(body=html_of(cell), content_type="text/html"),
    )
    page.goto(f"{HUB}:{port}/user/ann/lab")
    return page.get_by_role("status")


def show_for_real(page, cell, port):
    """Open a page that comes from the Jupyter server itself.

    A browser lets no page of unknown origin talk to this machine.
    """

    def answer(connection, _request):
        response = connection.respond(200, html_of(cell))
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html"
        return response

    lab = background("lab", lambda: serve(print, "127.0.0.1", 0, process_request=answer))
    page.goto(f"{HUB}:{port}/user/ann/proxy/{lab.port}/")
    return page.get_by_role("status")


def test_addresses_are_those_behind_the_proxy(page, free_port):
    asked = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.route("**/server-proxy/servers-info", lambda route: route.fulfill(json={}))
    cell = browser_script("log(url, other)", url="ws://127.0.0.1:81/x", other="wss://127.0.0.1:82/")
    note = show(page, cell, free_port)
    note.get_by_text("earlier session").wait_for()  # nobody answers at that port
    assert re.fullmatch(
        rf"ws://hub\.localhost:{free_port}/user/ann/proxy/\d+/[0-9a-f]{{32}}/\d+", asked[0]
    )
    assert page.get_by_text("changes close codes").count() == 1


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (lambda: browser_script("log(1)"), "install jupyter-server-proxy"),
        (lambda: page_in_cell(9, "A chat"), "lets in nobody who comes through a proxy"),
    ],
)
def test_without_a_way_one_sentence_says_so_and_nothing_is_tried(page, free_port, cell, said):
    asked = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.route("**/server-proxy/servers-info", lambda route: route.fulfill(status=404))
    note = show(page, cell(), free_port)
    note.get_by_text(said).wait_for()
    assert asked == []


def test_a_page_from_this_machine_needs_no_proxy(page):
    cell = browser_script("log('hello')")
    page.set_content(f"<!doctype html>{cell._repr_html_()}")
    page.get_by_role("log").get_by_text("hello").wait_for()
    assert page.get_by_text("another machine").count() == 0


@pytest.fixture
def jupyter(tmp_path, free_port):
    """A Jupyter server with the real proxy, at an address like JupyterHub's; its port."""
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
    note = show_for_real(page, cell, jupyter)
    note.get_by_text("Live").wait_for()
    assert cell.wait(120)
    assert cell.lines == ["hello"]
