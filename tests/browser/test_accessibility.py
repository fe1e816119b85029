"""The rules of axe-core on every page of ours: light and dark, on a phone and on a desktop."""

import asyncio
import importlib
import itertools
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from course_lib.chat import Chat, serve_chat
from course_lib.conform import Card, Result, page
from course_lib.demos import DEMOS
from course_lib.exercises.catalogue import exercise, stubs
from course_lib.exercises.verdict import Verdict
from course_lib.judge.judge import judge_all
from course_lib.marks import feedback, report
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Entry, Judged
from course_lib.mine import finish
from course_lib.mine.pieces import Piece, Pieces
from tests.browser.conftest import FLAGS
from tests.chromium import find_chromium

pytestmark = pytest.mark.browser

GUESTS = itertools.count(1)
LOOKS = [("light", 390), ("light", 1280), ("dark", 390), ("dark", 1280)]


@asynccontextmanager
async def chromium():
    path = find_chromium()
    if path is None:
        pytest.skip("needs Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def faults(browser, url, prepare=None):
    """What axe finds on a page, in each of its looks: a sentence each."""
    found = []
    for scheme, width in LOOKS:
        size = {"width": width, "height": 900}
        # Without motion: what is just fading in has no contrast yet.
        context = await browser.new_context(
            color_scheme=scheme, viewport=size, bypass_csp=True, reduced_motion="reduce"
        )
        page = await context.new_page()
        await page.goto(url)
        if prepare:
            await prepare(page)
        result = await Axe().run(page)
        found += [
            f"{scheme}, {width} wide: {violation['id']}: {node['html'][:120]}"
            for violation in result.response["violations"]
            for node in violation["nodes"]
        ]
        await context.close()
    return found


async def enter(page):
    await page.get_by_label("Your name").fill(f"Ann {next(GUESTS)}")
    await page.get_by_label("Room", exact=True).fill("lobby")
    await page.keyboard.press("Enter")
    await page.get_by_label("Message", exact=True).fill("Hello")
    await page.keyboard.press("Enter")
    await page.get_by_text("Hello").first.wait_for()


@pytest.mark.parametrize("prepare", [None, enter], ids=["at the door", "in a room"])
def test_the_chat(prepare):
    async def main():
        async with chromium() as browser, serve_chat(Chat()) as chat:
            return await faults(browser, chat.url, prepare)

    assert asyncio.run(main()) == []


@pytest.mark.parametrize("name", [name for name in DEMOS if name != "chat"])
def test_a_demo(name):
    async def main():
        serve = importlib.import_module(f"course_lib.demos.{name}").serve
        async with chromium() as browser, serve(0) as url:
            return await faults(browser, url)

    assert asyncio.run(main()) == []


def a_card() -> Card:
    """A card with something in each state."""
    frames = (b"\x82\xfe\x00\x05\x01\x02\x03\x04Hello", b"\x88\x02\x03\xea")
    results = (
        Result("handshake", "as the RFC has it", "4.2.2", "passed"),
        Result("handshake", "no Host", "4.2.1", "failed", "it went on", (b"GET / HTTP/1.1",), "no 101",
               (b"HTTP/1.1 101 Fine",)),
        Result("frames", "a length", "5.2", "failed", "it took it", frames, "a Close", frames),
        Result("closing", "a code", "7.4", "differs", "another code"),
        Result("deflate", "a ping", "7692 6.1", "left out", "not reached"),
    )  # fmt: skip
    return Card("server", 0, results)


def of_a_class(folder: Path, work: Entry, verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    """What is written for a class of one, who has a mark by hand and came late."""
    with Gradebook.open(folder, new=True) as book:
        judged = tuple(Judged(verdict, 1, 0.1, "1", "t") for verdict in verdicts)
        book.add(replace(work, judged=judged))
        book.choose([replace(work, chosen=True, late=True, penalty=10)])
        book.mark("ada", work.exercise, "accept_key", 1, "nearly")
        rows = book.rows(chosen=True)
    answers = {work.file: work.answers or {}}
    return {"feedback": feedback.page(rows, answers), "the class": report.page(rows)}


def pages(folder: Path) -> dict[str, str]:
    """The pages that we write into files."""
    there = exercise("02")
    verdicts = tuple(
        judge_all(there, stubs(there) | {"accept_key": "def accept_key(key):\n    return 1\n"})
    )
    work = Entry(
        "ada.json",
        student="ada",
        exercise=there.name,
        answers=stubs(there),
        created="2026-11-02T10:00:00Z",
        arrival="2026-11-02T10:00:00Z",
    )
    mine = Pieces((Piece("mask", "03_frames", "", True), Piece("echo", "04_messages", "", False)))
    return {
        "a report card": page(a_card(), "python my_server.py"),
        "the page to keep": finish.page(mine, a_card()),
        **of_a_class(folder, work, verdicts),
    }


def test_pages_in_files(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))

    async def main():
        found = {}
        async with chromium() as browser:
            for name, html in pages(tmp_path).items():
                file = tmp_path / f"{name}.html"
                file.write_text(html, "utf-8")
                found[name] = await faults(browser, file.as_uri())
        return found

    assert asyncio.run(main()) == {
        name: [] for name in ("a report card", "the page to keep", "feedback", "the class")
    }


def test_axe_would_find_something(tmp_path):
    """A picture without a text, and grey on grey."""
    file = tmp_path / "bad.html"
    file.write_text("<img src=x.png><p style='color: #bbb; background: #ccc'>pale</p>", "utf-8")

    async def main():
        async with chromium() as browser:
            return await faults(browser, file.as_uri())

    found = asyncio.run(main())
    assert any("image-alt" in fault for fault in found)
    assert any("color-contrast" in fault for fault in found)
