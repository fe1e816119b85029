"""WebSockets of one page in a real Chromium: over HTTP/2 they share one TCP connection (RFC 8441)."""

import asyncio

import pytest

from course_lib.beyond.http2 import http2_server
from course_lib.network import Link
from course_lib.security import LabAuthority
from tests.browser.certificates import chromium_flag
from tests.browser.test_security import _needs_chromium, chromium  # noqa: F401

pytestmark = pytest.mark.browser

OPEN = """async ({url, count}) => {
  const sockets = Array.from({length: count}, () => new WebSocket(url));
  const replies = sockets.map((socket, number) => new Promise((done, failed) => {
    socket.onopen = () => socket.send(`message ${number}`);
    socket.onmessage = event => done(event.data);
    socket.onclose = event => failed(new Error(`closed with ${event.code}`));
  }));
  return Promise.all(replies);
}"""


def connections_of_a_page_with_five(*flags):
    """The TCP connections that a page and its five WebSockets make, as the link counts them."""

    async def main():
        lab = LabAuthority()
        async with (
            http2_server(lab) as server,
            Link("127.0.0.1", server.port) as link,
            chromium(chromium_flag(lab), *flags) as browser,
        ):
            page = await browser.new_page()
            await page.goto(f"https://127.0.0.1:{link.port}/")
            url = f"wss://127.0.0.1:{link.port}/echo"
            replies = await page.evaluate(OPEN, {"url": url, "count": 5})
            assert replies == [f"message {number}" for number in range(5)]
            return link.counts.connections

    return asyncio.run(main())


def test_the_websockets_of_a_page_share_its_connection():
    assert connections_of_a_page_with_five() == 1


def test_over_http1_each_has_a_connection_of_its_own():
    assert connections_of_a_page_with_five("--disable-http2") >= 6
