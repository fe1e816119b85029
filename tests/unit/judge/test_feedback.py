"""A student's page: all exercises on it, nothing injectable, the same on paper."""

from html.parser import HTMLParser

import pytest

from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.marks import feedback
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.judging import PRIVATE
from course_lib.marks.rows import Entry, Judged

EVIL = "</code></pre><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J"


def judged(question, points, status="passed", **test):
    outcome = "failed" if status == "failed" else "passed"
    tests = (TestResult(test.pop("title", "It works"), outcome, **test),)
    return Judged(
        Verdict(question, points, status, tests, ("a nudge", "nearly it")), 1, 0.1, "1", "t"
    )


def entry(file, exercise, *verdicts, student="ada", **more):
    more = {"chosen": True, "arrival": "2026-11-02T10:00:00Z"} | more
    return Entry(file, student=student, exercise=exercise, judged=verdicts, **more)


@pytest.fixture
def pages(tmp_path):
    def write(*entries, by_hand=(), roster=()):
        with Gradebook.open(tmp_path, new=True) as book:
            book.enrol(list(roster))
            for each in entries:
                book.add(each)
            for mark in by_hand:
                book.mark(*mark)
            feedback.write(tmp_path, book.entries(), book.rows())
        return {
            path.stem: path.read_text("utf-8") for path in (tmp_path / "feedback").glob("*.html")
        }

    return write


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_one_page_for_each_student_over_all_exercises(pages):
    found = pages(
        entry("a.json", "03_frames", judged("parse_header", 3)),
        entry("b.json", "02_handshake", judged("accept_key", 2, "failed", expected="1", got="2")),
        entry("old.json", "02_handshake", judged("accept_key", 2), chosen=False),
        entry("c.json", "02_handshake", judged("accept_key", 2), student="bob"),
        entry("d.json", "02_handshake", judged("accept_key", 2), student="eve", chosen=False),
        roster=[("ada", "Ada L.", "A")],
    )
    assert sorted(found) == ["ada", "bob"]
    ada = found["ada"]
    assert "<title>Feedback for Ada L. (ada)</title>" in ada
    assert "<strong>3 of 5 points</strong>" in ada
    assert ada.index("02 · The opening handshake") < ada.index("03 · ")
    assert ada.count("<h3>") == 2
    assert ">expected</th>" in ada
    assert "nearly it" in ada


def test_a_page_of_nobody_any_more_goes(pages):
    first = entry("a.json", "02_handshake", judged("accept_key", 2))
    assert list(pages(first)) == ["ada"]
    assert pages(Entry(**{**vars(first), "chosen": False})) == {}


def test_ids_that_differ_in_case_are_one_student(pages):
    found = pages(
        entry("a.json", "02_handshake", judged("accept_key", 2), student="Ada"),
        entry("b.json", "03_frames", judged("parse_header", 3), student="ADA"),
    )
    assert list(found) == ["ada"]
    assert "<strong>5 of 5 points</strong>" in found["ada"]


def test_what_a_person_gave_and_what_lateness_took(pages):
    ada = pages(
        entry("a.json", "02_handshake", judged("accept_key", 2), judged("respond", 5, "failed"),
              penalty=10, late=True),
        by_hand=[("ada", "02_handshake", "respond", 4, "Nearly: <b>look</b> again")],
    )["ada"]  # fmt: skip
    assert "1.8 of 2 points: 10 % is taken off" in ada
    assert "4 of 5 points, given by hand. Nearly: &lt;b&gt;look&lt;/b&gt; again" in ada
    assert "5.8 of 7 points" in ada
    assert "10:00 UTC, late" in ada


def test_a_private_test_shows_its_title_only(pages):
    secret = judged(f"accept_key{PRIVATE}", 2, "failed", title="A key with blanks")
    ada = pages(
        entry(
            "a.json", "02_handshake", judged("accept_key", 2), secret, answers={"accept_key": "x"}
        )
    )["ada"]
    assert "A key with blanks" in ada
    assert ada.count("<pre>") == 1
    assert "No answer was submitted" not in ada


def test_nothing_that_a_submission_says_becomes_part_of_the_page(pages):
    told = dict.fromkeys(("message", "call", "expected", "got", "place"), EVIL)
    work = entry(
        "a.json", "02_handshake", judged("accept_key", 2, "failed", title=EVIL, **told),
        answers={"accept_key": EVIL},
    )  # fmt: skip
    page = pages(
        work,
        by_hand=[("ada", "02_handshake", "accept_key", None, EVIL)],
        roster=[("ada", EVIL, "")],
    )["ada"]
    assert "\x1b" not in page
    tags = Tags(page).found
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "iframe", "link", "base", "form"})
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert "default-src 'none'" in page
    assert all(it["href"].startswith("#") for tag, it in tags if tag == "a")
