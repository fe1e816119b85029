"""Two pages of one chat at two workers, and Redis, where they meet, goes away and comes back."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import async_playwright, expect

from course_lib.chat import serve_chat
from course_lib.chat.redis_broker import RedisBroker
from course_lib.chat.redis_server import RedisServer
from tests.browser.conftest import FLAGS
from tests.chromium import find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.redis]


async def come_in(browser, stack, redis, name):
    """A worker of its own, and a page there."""
    broker = await stack.enter_async_context(RedisBroker(redis.url))
    server = await stack.enter_async_context(serve_chat(broker.chat, broker=broker))
    page = await browser.new_page()
    stack.push_async_callback(page.close)
    await page.goto(server.url)
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Room", exact=True).fill("lobby")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()
    return page


async def write(page, text):
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


def test_redis_away_is_a_pause_that_the_pages_say(tmp_path):
    async def work():
        path = find_chromium()
        if path is None:
            pytest.skip("needs Chromium")
        async with (
            RedisServer(durable=True) as redis,
            async_playwright() as playwright,
            AsyncExitStack() as stack,
        ):
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            stack.push_async_callback(browser.close)
            ann = await come_in(browser, stack, redis, "Ann")
            bob = await come_in(browser, stack, redis, "Bob")
            await write(ann, "before")
            await expect(bob.locator(".message .body")).to_have_text(["before"])
            await redis.stop()
            for page in (ann, bob):
                await expect(page.get_by_role("status")).to_have_text(
                    "the chat pauses; what you write is kept"
                )
            await write(ann, "meanwhile")
            await ann.screenshot(path=tmp_path / "pause.png")
            await redis.start()
            for page in (ann, bob):
                await expect(page.get_by_role("status")).to_have_text("connected")
                await expect(page.locator(".message .body")).to_have_text(["before", "meanwhile"])
            await write(bob, "after")
            for page in (ann, bob):
                await expect(page.locator(".message .body")).to_have_text(
                    ["before", "meanwhile", "after"]
                )

    asyncio.run(work())
