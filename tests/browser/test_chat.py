"""The chat in Chromium: several pages and a Python client, two rooms, restarts, hostile texts."""

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from playwright.async_api import expect

from course_lib.chat import Chat, ChatClient, Limits, serve_chat
from course_lib.chat.talk import Entered, Joined, Left, Said
from course_lib.web import Access
from tests.browser.conftest import PATIENCE

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.hacked=1>",
    "\u202edlrow\u202c &amp; <b>hello</b>",
    "👩‍👩‍👧‍👦🏳️‍🌈 שלום",
    "javascript:window.hacked=1//\"'><script>window.hacked=1</script>",
]


class World:
    """A chat that can be restarted, and pages in contexts of their own."""

    def __init__(self, browser, stack):
        self.browser, self.stack = browser, stack
        self.chat = Chat(Limits(rate=1000, burst=1000, grace=60))
        self.port = 0
        self.errors = []
        self._serving = None

    async def start(self):
        self._serving = serve_chat(self.chat, port=self.port)
        self.server = await self._serving.__aenter__()
        self.port = self.server.port

    async def stop(self):
        await self._serving.__aexit__(None, None, None)

    async def page(self, name=None, room="lobby", **options):
        context = await self.browser.new_context(**options)
        self.stack.push_async_callback(context.close)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        await page.goto(self.server.url)
        if name:
            await page.get_by_label("Your name").fill(name)
            await page.get_by_label("Room", exact=True).fill(room)
            await page.keyboard.press("Enter")
            await expect(page.get_by_label("Message", exact=True)).to_be_visible()
        return page

    def _console(self, message):
        # That nobody listens during a restart is what the browser says by itself.
        if message.type in ("error", "warning") and "ERR_CONNECTION_REFUSED" not in message.text:
            self.errors.append(message.text)

    def client(self, name, room="lobby"):
        return ChatClient(self.server.socket_url, room=room, name=name, proxy=None)


@pytest.fixture
def world(async_browser):
    """A function: the chat and its pages, which end together."""

    @asynccontextmanager
    async def opened():
        async with AsyncExitStack() as stack:
            here = World(async_browser, stack)
            await here.start()
            stack.push_async_callback(here.stop)
            yield here
            assert here.errors == []

    return opened


async def write(page, text):
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def watch_typing(page):
    """Note each line that says who is typing: it goes again before a busy machine looks."""
    await page.evaluate("""() => {
      window.typed = [];
      const line = document.getElementById("typing");
      new MutationObserver(() => typed.push(line.textContent)).observe(line, {childList: true});
    }""")


async def expect_typing(page, line):
    await page.wait_for_function("line => typed.includes(line)", arg=line)


def texts(page):
    return page.locator(".message .body")


async def until(chat, kind):
    while True:
        event = await anext(chat)
        if isinstance(event, kind):
            return event


def test_three_pages_and_a_program_talk_in_two_rooms(runner, world):
    async def main():
        async with world() as here:
            ann = await here.page("Ann")
            bob = await here.page("Bob", viewport={"width": 390, "height": 780})
            cora = await here.page("Cora", room="kitchen")
            async with here.client("Dan") as dan:
                await expect(ann.locator("#names li")).to_have_text(["Ann (you)", "Bob", "Dan"])
                await write(ann, "to the lobby")
                await write(cora, "to the kitchen")
                assert (await until(dan, Said)).text == "to the lobby"
                await dan.say("from a program")
                for page in (ann, bob):
                    await expect(texts(page)).to_have_text(["to the lobby", "from a program"])
                await expect(texts(cora)).to_have_text(["to the kitchen"])
                # To one person only.
                await ann.get_by_label("To", exact=True).select_option("Bob")
                await write(ann, "psst")
                await expect(bob.locator(".direct .body")).to_have_text("psst")
                # Typing appears, and goes by itself.
                await watch_typing(ann)
                await bob.get_by_label("Message", exact=True).press_sequentially("hm")
                await expect_typing(ann, "Bob is typing …")
                await expect(ann.locator("#typing")).to_be_empty()
                # Presence.
                await bob.get_by_role("button", name="3 here").click()
                await expect(bob.locator("#names")).to_be_visible()
                await dan.leave()
            await expect(ann.locator("#names li")).to_have_text(["Ann (you)", "Bob"])
            await expect(bob.locator(".event").last).to_have_text("Dan has left")
            await ann.get_by_role("button", name="Leave").click()
            await expect(ann.get_by_label("Your name")).to_be_visible()
            await expect(bob.locator(".event").last).to_have_text("Ann has left")

    runner.run(main())


def test_a_reload_keeps_the_room_the_name_and_what_was_said(runner, world):
    async def main():
        async with world() as here, here.client("Bob") as bob:
            ann = await here.page("Ann")
            await until(bob, Joined)
            await write(ann, "before")
            await expect(texts(ann)).to_have_text(["before"])
            await ann.reload()
            await expect(texts(ann)).to_have_text(["before"])
            await write(ann, "after")
            await expect(texts(ann)).to_have_text(["before", "after"])
            assert [(await until(bob, Said)).text for _ in range(2)] == ["before", "after"]
            names = [member.name for member in here.chat.rooms["lobby"].members.values()]
            assert sorted(names) == ["Ann", "Bob"]

    runner.run(main())


def test_a_restart_loses_nothing_and_shows_nothing_twice(runner, world):
    async def main():
        async with world() as here:
            ann, bob = await here.page("Ann"), await here.page("Bob")
            async with here.client("Dan") as dan:
                await until(dan, Entered)
                await write(ann, "1")
                await expect(texts(bob)).to_have_text(["1"])
                await here.stop()
                status = ann.locator("#status")
                await expect(status).to_have_text(re.compile("disconnected|connecting"))
                await write(ann, "2")
                await write(bob, "3")
                await dan.say("4")
                await here.start()
                for page in (ann, bob):
                    await expect(page.locator("#status")).to_have_text("connected")
                    await expect(texts(page)).to_have_count(4)
                    assert sorted(await texts(page).all_inner_texts()) == ["1", "2", "3", "4"]
                said = [(await until(dan, Said)).text for _ in range(4)]
                assert sorted(said) == ["1", "2", "3", "4"]
                assert not any(isinstance(event, Left) for event in dan._client._inbox)

    runner.run(main())


def test_hostile_texts_are_shown_as_text(runner, world):
    async def main():
        async with world() as here:
            ann, bob = await here.page("Ann"), await here.page("Bob")
            for count, text in enumerate(HOSTILE, 1):
                await write(ann, text)
                for page in (ann, bob):
                    await expect(texts(page)).to_have_count(count)
                    assert await texts(page).last.evaluate("e => e.textContent") == text
                    assert await texts(page).last.evaluate("e => e.children.length") == 0
                    assert await page.evaluate("window.hacked") is None

    runner.run(main())


def test_a_hostile_name_is_shown_as_text_in_every_place_or_refused(runner, world):
    async def main():
        name = "<img onerror=x src>"
        async with world() as here:
            ann = await here.page("Ann")
            eve = await here.page(name)
            await write(eve, "hello")
            await watch_typing(ann)
            await eve.get_by_label("Message", exact=True).press_sequentially("x")
            await expect_typing(ann, f"{name} is typing …")
            for place in ("#names li bdi", ".message bdi", ".event bdi"):
                await expect(ann.locator(place).filter(has_text=name)).to_have_count(1)
            await expect(ann.locator("option").filter(has_text=name)).to_have_count(1)
            assert await ann.locator("#chat img").count() == 0
            mallory = await here.page()
            await mallory.get_by_label("Your name").fill("\u202eAnn")
            await mallory.keyboard.press("Enter")
            await expect(mallory.get_by_role("alert")).to_have_text(re.compile("can see"))
            await mallory.get_by_label("Your name").fill("Аnn")  # a Cyrillic А
            await mallory.keyboard.press("Enter")
            await expect(mallory.get_by_role("alert")).to_have_text(
                re.compile("called Ann already")
            )

    runner.run(main())


def test_ten_thousand_characters_are_kept_to_two_thousand(runner, world):
    async def main():
        async with world() as here:
            ann = await here.page("Ann")
            box = ann.get_by_label("Message", exact=True)
            await box.focus()
            await ann.keyboard.insert_text("x" * 10_000)
            await ann.keyboard.press("Enter")
            await expect(texts(ann)).to_have_text(["x" * 2000])
            # A page that was tampered with is told by the server.
            await box.evaluate("e => e.removeAttribute('maxlength')")
            await write(ann, "y" * 2001)
            await expect(ann.locator(".refused")).to_have_text(re.compile("at most 2000"))

    runner.run(main())


def test_the_join_code_is_asked_for(runner, world):
    async def main():
        async with world() as here, serve_chat(Chat(), access=Access(code="4711")) as server:
            ann = await here.page()
            await ann.goto(f"http://127.0.0.1:{server.port}/")
            await ann.get_by_label("Your name").fill("Ann")
            await ann.keyboard.press("Enter")
            await expect(ann.get_by_role("alert")).to_have_text("This chat needs a join code.")
            await ann.get_by_label("Join code").fill("4711")
            await ann.keyboard.press("Enter")
            await expect(ann.get_by_label("Message", exact=True)).to_be_visible()
            # Whoever is in can show the others how to come in.
            await ann.get_by_role("button", name="Invite").click()
            invitation = ann.get_by_role("dialog", name="Join in")
            picture = invitation.get_by_role("img", name="QR code of http://127.0.0.1:")
            await expect(picture).to_be_visible()
            await ann.wait_for_function(
                "() => document.querySelector('#invitation img').naturalWidth > 50"
            )
            await expect(invitation).to_contain_text("join code 4711")
            await ann.keyboard.press("Escape")
            await expect(invitation).to_be_hidden()

    runner.run(main())


def test_what_was_typed_before_the_script_came_stays(runner, world):
    async def main():
        async with world() as here:
            page = await here.page()
            arrived, come = asyncio.Event(), asyncio.Event()

            async def hold_up(route):
                arrived.set()
                await come.wait()
                await route.continue_()

            await page.route("**/main.js", hold_up)
            await page.goto(here.server.url, wait_until="commit")
            await arrived.wait()
            await page.get_by_label("Your name").fill("Ann")
            async with page.expect_response("**/main.js"):
                come.set()
            await page.wait_for_load_state()
            await page.get_by_role("button", name="Enter").click()
            await expect(page.get_by_label("Message", exact=True)).to_be_visible()

    runner.run(main())
