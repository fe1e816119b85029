"""The rules of axe-core on every page of ours: light and dark, on a phone and on a desktop."""

import importlib
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe

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

pytestmark = pytest.mark.browser

GUESTS = itertools.count(1)
LOOKS = [("light", 390), ("light", 1280), ("dark", 390), ("dark", 1280)]


async def faults(browser, url, prepare=None):
    """What axe finds on a page in each of its looks: a sentence each."""
    found = []
    async with await browser.new_context(bypass_csp=True) as context:
        page = await context.new_page()
        await page.goto(url)
        if prepare:
            await prepare(page)
        for scheme, width in LOOKS:
            # Without motion: what is just fading in has no contrast yet.
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.set_viewport_size({"width": width, "height": 900})
            result = await Axe().run(page, options={"resultTypes": ["violations"]})
            found += [
                f"{scheme}, {width} wide: {violation['id']}: {node['html'][:120]}"
                for violation in result.response["violations"]
                for node in violation["nodes"]
            ]
    return found


async def enter(page):
    await page.get_by_label("Your name").fill(f"Ann {next(GUESTS)}")
    await page.get_by_label("Room", exact=True).fill("lobby")
    await page.keyboard.press("Enter")
    await page.get_by_label("Message", exact=True).fill("Hello")
    await page.keyboard.press("Enter")
    await page.get_by_text("Hello").first.wait_for()


@pytest.mark.parametrize("prepare", [None, enter], ids=["at the door", "in a room"])
def test_the_chat(runner, async_browser, prepare):
    async def main():
        async with serve_chat(Chat()) as chat:
            return await faults(async_browser, chat.url, prepare)

    assert runner.run(main()) == []


@pytest.mark.parametrize("name", [name for name in DEMOS if name != "chat"])
def test_a_demo(runner, async_browser, name):
    async def main():
        serve = importlib.import_module(f"course_lib.demos.{name}").serve
        async with serve(0) as url:
            return await faults(async_browser, url)

    assert runner.run(main()) == []


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


def test_pages_in_files(runner, async_browser, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))

    async def main():
        found = {}
        for name, html in pages(tmp_path).items():
            file = tmp_path / f"{name}.html"
            file.write_text(html, "utf-8")
            found[name] = await faults(async_browser, file.as_uri())
        return found

    assert runner.run(main()) == {
        name: [] for name in ("a report card", "the page to keep", "feedback", "the class")
    }


def test_axe_would_find_something(runner, async_browser, tmp_path):
    """A picture without a text, and grey on grey."""
    file = tmp_path / "bad.html"
    file.write_text("<img src=x.png><p style='color: #bbb; background: #ccc'>pale</p>", "utf-8")
    found = runner.run(faults(async_browser, file.as_uri()))
    assert any("image-alt" in fault for fault in found)
    assert any("color-contrast" in fault for fault in found)
