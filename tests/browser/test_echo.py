"""The echo server with a real browser."""

import asyncio
import threading

import pytest

from course_lib.sockets import echo, serve

EXCHANGE = """
async ([url, sizes]) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const next = type => new Promise(done => socket.addEventListener(type, done, {once: true}));
  await next("open");
  const seen = [];
  for (const size of sizes) {
    const text = "a".repeat(size);
    socket.send(text);
    seen.push((await next("message")).data === text);
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
    socket.send(bytes);
    const back = new Uint8Array((await next("message")).data);
    seen.push(back.length === size && back.every((byte, i) => byte === bytes[i]));
  }
  socket.send("κόσμε 👋");
  seen.push((await next("message")).data === "κόσμε 👋");
  const closed = next("close");
  socket.close(4000, "done");
  const {code, reason, wasClean} = await closed;
  return {seen, code, reason, wasClean, extensions: socket.extensions};
}
"""


@pytest.fixture(params=[True, False], ids=["compressed", "plain"])
def compress(request):
    return request.param


@pytest.fixture
def url(compress):
    """An echo server in a thread of its own: Playwright's loop runs in this one."""
    started: list = []
    ready = threading.Event()

    async def run():
        async with serve(echo, max_size=2**24, compress=compress) as server:
            stop = asyncio.Event()
            port = server.sockets[0].getsockname()[1]
            started.extend([f"ws://127.0.0.1:{port}/", asyncio.get_running_loop(), stop])
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    ready.wait()
    address, loop, stop = started
    yield address
    loop.call_soon_threadsafe(stop.set)
    thread.join()


@pytest.mark.browser
@pytest.mark.parametrize("largest", [2**22, pytest.param(2**24, marks=pytest.mark.long)])
def test_chromium_gets_every_message_back(page, url, compress, largest):
    sizes = [0, 1, 125, 126, 65535, 65536, 2**20, largest]
    assert page.evaluate(EXCHANGE, [url, sizes]) == {
        "seen": [True] * (2 * len(sizes) + 1),
        "code": 4000,
        "reason": "",
        "wasClean": True,
        "extensions": "permessage-deflate" if compress else "",
    }
