"""The attacks that need a browser: two origins and a cookie, a message that is a program, and TLS."""

import asyncio
import os
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from playwright.async_api import async_playwright
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from course_lib.security import LabAuthority, attacks
from course_lib.security.weak import COOKIE, Weak, WeakChat
from tests.browser.certificates import chromium_flag
from tests.browser.conftest import FLAGS
from tests.chromium import find_chromium

pytestmark = pytest.mark.browser


@asynccontextmanager
async def chromium(*flags):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(), args=[*FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture(autouse=True)
def _needs_chromium():
    if find_chromium() is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs Chromium")


@asynccontextmanager
async def elsewhere(html):
    """Serve one page on a port of its own; gives the port."""
    headers = Headers({"Content-Type": "text/html; charset=utf-8", "Connection": "close"})
    headers["Content-Length"] = str(len(html))
    answer = Response(HTTPStatus.OK, "OK", headers, html.encode())
    async with serve(None, "127.0.0.1", 0, process_request=lambda *_: answer) as server:
        yield server.sockets[0].getsockname()[1]


async def log_in(context, chat):
    """Let the browser's user log in as Ann: her ticket becomes a cookie."""
    ticket = chat._tickets.issue(chat._tokens.read(chat.session("ann")))
    page = await context.new_page()
    await page.goto(f"{chat.page}enter?ticket={ticket}")
    await page.get_by_text("connected").wait_for()
    return page


@pytest.mark.parametrize(
    ("weak", "host", "taken"),
    [
        # Another port of the same host is another origin, but the same site: SameSite=Lax lets the
        # cookie go along.
        (Weak(plain=True, any_origin=True), "127.0.0.1", "notes"),
        (Weak(plain=True), "127.0.0.1", "refused"),
        # From another site the cookie stays at home, and without it Ann is nobody.
        (Weak(plain=True, any_origin=True), "localhost", "nothing"),
    ],
)
def test_a_page_from_elsewhere_takes_what_the_cookie_lets_it(weak, host, taken):
    async def main():
        async with (
            WeakChat(weak) as chat,
            elsewhere(attacks.hijacking_page(chat)) as port,
            chromium() as browser,
        ):
            context = await browser.new_context()
            await log_in(context, chat)
            evil = await context.new_page()
            closed = asyncio.Event()
            evil.on("websocket", lambda socket: socket.on("close", lambda _: closed.set()))
            await evil.goto(f"http://{host}:{port}/")
            expected = chat.notes["ann"] if taken == "notes" else taken
            if taken == "nothing":
                await closed.wait()
                assert await evil.locator("#taken").inner_text() == "nothing"
            else:
                await evil.get_by_text(expected).wait_for()

    asyncio.run(main())


@pytest.mark.parametrize("raw", [True, False])
def test_a_message_is_a_program_or_a_text(raw):
    async def main():
        async with WeakChat(Weak(plain=True, raw_html=raw)) as chat, chromium() as browser:
            page = await log_in(await browser.new_context(), chat)
            await attacks.inject(chat)
            if raw:
                await page.get_by_role("heading", name="taken over").wait_for()
            else:
                await page.get_by_text("<img src=x").wait_for()
                assert await page.locator("li img").count() == 0
                assert await page.locator("h1").inner_text() == "A weak chat"

    asyncio.run(main())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("raw", [True, False])
def test_a_page_in_a_frame_comes_in_with_a_ticket(raw, host):
    """As lesson 10 shows it: JupyterLab may be another site, whose frames get no cookie."""

    async def main():
        async with WeakChat(Weak(plain=True, raw_html=raw)) as chat, chromium() as browser:
            await attacks.inject(chat)
            ticket = chat._tickets.issue(chat._tokens.read(chat.session("ann")))
            async with elsewhere(f'<iframe src="{chat.page}?ticket={ticket}"></iframe>') as port:
                page = await browser.new_page()
                await page.goto(f"http://{host}:{port}/")
                frame = page.frame_locator("iframe")
                if raw:
                    await frame.get_by_role("heading", name="taken over").wait_for()
                else:
                    await frame.get_by_text("<img src=x").wait_for()
                    assert await frame.locator("h1").inner_text() == "A weak chat"

    asyncio.run(main())


def test_chromium_takes_exactly_the_certificate_that_it_was_told_of():
    async def main():
        lab = LabAuthority()
        async with WeakChat(lab=lab) as chat:
            async with chromium(chromium_flag(lab)) as browser:
                context = await browser.new_context()
                await log_in(context, chat)
                (cookie,) = await context.cookies()
                assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == (
                    COOKIE,
                    True,
                    True,
                )
            async with chromium(chromium_flag(LabAuthority())) as browser:
                page = await browser.new_page()
                with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
                    await page.goto(chat.page)

    asyncio.run(main())
