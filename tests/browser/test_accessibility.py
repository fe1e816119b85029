"""The rules of axe-core on every page of ours: light and dark, on a phone and on a desktop."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.beyond import http2
from course_lib.chat import Chat, serve_chat
from course_lib.conform import Card, Result
from course_lib.conform import page as card_page
from course_lib.demos import DEMOS
from course_lib.exercises.catalogue import exercise, stubs
from course_lib.exercises.verdict import Verdict
from course_lib.judge.judge import judge_all
from course_lib.marks import feedback, report
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Entry, Judged
from course_lib.mine import finish
from course_lib.mine.pieces import Piece, Pieces
from course_lib.notebook import background
from course_lib.notebook.background import close_all
from course_lib.paths import ROOT
from tests.browser.rules import faults

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def services():
    yield
    close_all()


def enter(page):
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Room", exact=True).fill("lobby")
    page.keyboard.press("Enter")
    page.get_by_label("Message", exact=True).fill("Hello")
    page.keyboard.press("Enter")
    page.get_by_text("Hello").first.wait_for()


@pytest.mark.parametrize("prepare", [None, enter], ids=["at the door", "in a room"])
def test_the_chat(page, prepare):
    page.goto(background("chat", lambda: serve_chat(Chat())).it.url)
    if prepare:
        prepare(page)
    assert faults(page) == []


@pytest.mark.parametrize("name", [name for name in DEMOS if name != "chat"])
def test_a_demo(page, name):
    serve = importlib.import_module(f"course_lib.demos.{name}").serve
    page.goto(background("demo", lambda: serve(0)).it)
    assert faults(page) == []


PLAIN = {
    "lesson 10's weak chat": ROOT / "course_lib/security/weak.html",
    "lesson 10's other page": ROOT / "course_lib/security/hijack.html",
    "the hijack's other page": ROOT / "course_lib/demos/hijack/evil/index.html",
    "lesson 12's page": http2.PAGE,
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_page_that_needs_no_server_to_be_looked_at(page, tmp_path, name):
    there = PLAIN[name]
    if isinstance(there, bytes):
        (tmp_path / "page.html").write_bytes(there)
        there = tmp_path / "page.html"
    page.goto(there.as_uri())
    assert faults(page) == []


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
        "a report card": card_page(a_card(), "python my_server.py"),
        "the page to keep": finish.page(mine, a_card()),
        **of_a_class(folder, work, verdicts),
    }


def test_pages_in_files(page, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    found = {}
    for name, html in pages(tmp_path).items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, "utf-8")
        page.goto(file.as_uri())
        found[name] = faults(page)
    assert found == {
        name: [] for name in ("a report card", "the page to keep", "feedback", "the class")
    }


BAD = """<!doctype html><html lang=en><title>Bad</title><style>
@media (prefers-color-scheme: dark) { .late { color: #333; background: #444 } }
@media (max-width: 400px) { b { background: #fff; color: #eee } }
</style><main><h1>Bad</h1><img src=x.png><p style="width: 600px">wide</p>
<pre><span style="color: #bbb; background: #ccc">pale</span> <span>one</span> <span>two</span></pre>
<p class=late>seen by day</p><b>seen on a desk</b></main>"""


def test_axe_would_find_something_in_each_look(page):
    page.set_content(BAD)
    found = faults(page)

    def looks(rule, what):
        return [it.partition(":")[0] for it in found if rule in it and what in it]

    everywhere = ["light, 1440 wide", "light, 390 wide", "dark, 1440 wide", "dark, 390 wide"]
    assert looks("image-alt", "<img") == everywhere[:2]
    assert looks("color-contrast", "pale") == everywhere
    assert looks("color-contrast", "late") == everywhere[2:]
    assert looks("color-contrast", "<b>") == everywhere[1::2]
    assert looks("the page takes", "pixels") == everywhere[1::2]
