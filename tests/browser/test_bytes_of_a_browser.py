"""What a browser adds to each poll, and how many streams it holds: the figures of lesson 05.

`pytest -rP tests/browser/test_bytes_of_a_browser.py` prints what it measured.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from websockets.asyncio.server import serve

from course_lib.network import Direction, Link
from course_lib.notebook import background
from course_lib.notebook.background import close_all

pytestmark = pytest.mark.browser

EVENT = json.dumps({"text": "x" * 52})  # 64 bytes
POLLS = 5
STREAMS = 7


@pytest.fixture(autouse=True)
def services():
    yield
    close_all()


@asynccontextmanager
async def http_server(**handlers):
    """Serve each handler at its name behind a link that keeps what crosses it."""
    app = web.Application()
    for name, handler in handlers.items():
        app.router.add_get(f"/{name}", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with Link("127.0.0.1", runner.addresses[0][1], capture=True) as link:
            yield link
    finally:
        await runner.cleanup()


@asynccontextmanager
async def websocket_server(handler):
    async with (
        serve(handler, "127.0.0.1", 0, compression=None, close_timeout=0.1) as server,
        Link("127.0.0.1", server.sockets[0].getsockname()[1], capture=True) as link,
    ):
        yield link


async def page(request):
    return web.Response(text="<title>a page</title>", content_type="text/html")


def test_a_poll_of_a_browser_costs_ten_times_a_frame(page_at, browser):
    async def poll(request):
        return web.Response(text=EVENT, content_type="application/json")

    async def reply(connection):
        async for _ in connection:
            await connection.send(EVENT)

    assert len(EVENT) == 64
    http = background("http", lambda: http_server(page=page, poll=poll)).it
    sockets = background("sockets", lambda: websocket_server(reply)).it
    tab = page_at(f"http://127.0.0.1:{http.port}/page")
    before = len(http.capture)
    for _ in range(POLLS):
        tab.evaluate("fetch('/poll').then(response => response.text())")
    polls = [each for each in http.capture[before:] if b"/poll" in each.data[:20]]
    answers = [each for each in http.capture[before:] if each.data.endswith(EVENT.encode())]
    message = tab.evaluate(
        f"""new Promise(done => {{
            const socket = new WebSocket("ws://127.0.0.1:{sockets.port}");
            socket.onopen = () => socket.send("news?");
            socket.onmessage = event => done(event.data);
        }})"""
    )
    frame = next(each for each in reversed(sockets.capture) if each.direction is Direction.DOWN)

    request, response = len(polls[-1].data), len(answers[-1].data)
    print(f"Chromium {browser.version}, an event of {len(EVENT)} bytes, no cookies")
    print(f"a poll:            {request} + {response} = {request + response} bytes")
    print(f"a WebSocket frame: {len(frame.data)} bytes")
    assert (len(polls), message) == (POLLS, EVENT)
    assert len(frame.data) == len(EVENT) + 2
    assert request + response > 8 * len(frame.data)
    # What the lesson says; a browser's name for itself may differ by some characters.
    assert request == pytest.approx(489, rel=0.25)
    assert response == pytest.approx(223, rel=0.1)


def test_a_seventh_event_stream_waits_for_one_of_six_to_end(page_at):
    async def events(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: hello\n\n")
        await asyncio.Event().wait()

    http = background("http", lambda: http_server(page=page, events=events)).it
    tab = page_at(f"http://127.0.0.1:{http.port}/page")
    tab.evaluate(
        f"""() => {{
            window.heard = [];
            window.streams = Array.from({{length: {STREAMS}}}, (_, number) => {{
                const stream = new EventSource("/events?number=" + number);
                stream.onmessage = () => heard.push(number);
                return stream;
            }});
        }}"""
    )
    tab.wait_for_function("heard.length >= 6")
    assert tab.evaluate("streams.map(stream => stream.readyState)") == [1] * 6 + [0]
    tab.evaluate("streams[0].close()")
    tab.wait_for_function("heard.includes(6)")


def test_a_seventh_websocket_does_not(page_at):
    async def greet(connection):
        await connection.wait_closed()

    http = background("http", lambda: http_server(page=page)).it
    sockets = background("sockets", lambda: websocket_server(greet)).it
    tab = page_at(f"http://127.0.0.1:{http.port}/page")
    tab.evaluate(
        f"""Promise.all(Array.from({{length: {STREAMS}}}, () => new Promise(done => {{
            new WebSocket("ws://127.0.0.1:{sockets.port}").onopen = done;
        }})))"""
    )
    assert sockets.open_connections == STREAMS


@pytest.fixture
def page_at(page):
    def go(url):
        page.goto(url)
        return page

    return go
