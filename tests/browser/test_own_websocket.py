"""The chat's page in Chromium, over the server that lesson 11 builds."""

import asyncio
from types import SimpleNamespace

import pytest
from playwright.async_api import async_playwright, expect

from course_lib.chat import Chat, serve_chat
from course_lib.notebook import Tap
from tests.browser.conftest import FLAGS
from tests.chromium import find_chromium
from tests.lesson11 import lesson, solutions

pytestmark = pytest.mark.browser


def test_two_pages_chat_over_our_own_server():
    path = find_chromium()
    if path is None:
        pytest.skip("needs Chromium")

    async def enter(browser, port, name, errors):
        page = await browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"http://127.0.0.1:{port}/")
        await page.get_by_label("Your name").fill(name)
        await page.get_by_label("Room", exact=True).fill("lobby")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Message", exact=True)).to_be_visible()
        return page

    async def say(page, text):
        await page.get_by_label("Message", exact=True).fill(text)
        await page.keyboard.press("Enter")

    async def main():
        errors = []
        async with serve_chat(Chat()) as chat, async_playwright() as playwright:
            own = lesson(solutions(), chat=SimpleNamespace(port=chat.port))
            server = await asyncio.start_server(own.in_front, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            async with Tap(port) as tap:
                browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
                ann = await enter(browser, tap.port, "Ann", errors)
                bob = await enter(browser, port, "Bob", errors)
                await say(ann, "Whose server is this?")
                await expect(bob.get_by_text("Whose server is this?")).to_be_visible()
                await say(bob, "It is mine. 👋")
                await expect(ann.get_by_text("It is mine. 👋")).to_be_visible()
                frames = [item for capture in tap.captures for item in capture.frames]
                await browser.close()
            server.close()
        return errors, frames

    errors, frames = asyncio.run(main())
    assert errors == []
    assert any("Whose server" in str(item.frame.payload) for item in frames if item.from_client)
    # What went to the browser was written by the lesson's own code, without masks or compression.
    assert {item.frame.masking_key for item in frames if not item.from_client} == {None}
    assert not any(item.frame.rsv1 for item in frames)
