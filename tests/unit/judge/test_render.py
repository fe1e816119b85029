"""A verdict says the same in text and in HTML, and nothing in it can break the page."""

from html.parser import HTMLParser

from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.judge.render import as_html, as_text, code_spans, headline

EVIL = "<script>alert(1)</script>&\"'"


def verdict(status="failed", **more):
    tests = (
        TestResult("It works", "passed"),
        TestResult(
            f"title {EVIL}", "failed", f"message {EVIL}", f"call {EVIL}", f"expected {EVIL}",
            f"got {EVIL}", f"place {EVIL}", 7,
        ),
        TestResult("Later", "not run"),
    )  # fmt: skip
    values = {"tests": tests, "hints": (f"use `x < y` {EVIL}", "two"), "printed": f"out {EVIL}"}
    return Verdict("f", 2, status, **{**values, **more})


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_html_carries_text_as_text():
    html = Reader(as_html(verdict()))
    assert "script" not in html.tags
    assert html.open == []
    text = "".join(html.texts)
    for word in ("title", "message", "call", "expected", "got", "place", "out"):
        assert f"{word} {EVIL}" in text


def test_text_says_what_html_says():
    text = as_text(verdict())
    for word in ("title", "message", "call", "expected", "got", "place"):
        assert f"{EVIL}" in text
        assert word in text
    assert "printed: out" in text
    assert "1 of 3 tests passed, 0 of 2 points" in text
    assert "(not run)" in text
    assert text.endswith("Stuck? %hint f")


def test_hints_are_there_until_it_is_passed():
    assert "Hint 1 of 2" in as_html(verdict())
    assert "Hint" not in as_html(verdict("passed"))
    assert "hint" not in as_text(verdict("passed"))


def test_hints_that_were_asked_for_are_open():
    opened = [as_html(verdict(printed=""), number).count("<details open>") for number in range(4)]
    assert opened == [0, 1, 2, 2]


def test_nothing_that_is_shown_can_steer_a_terminal_or_break_a_message():
    evil = "\x1b[2J \x07 \udc80 \u202e \x00 tab\tü ☂"
    result = TestResult(evil, "failed", evil, evil, evil, evil, evil)
    for text in (
        as_text(verdict(tests=(result,), printed=evil)),
        as_html(verdict(tests=(result,), printed=evil)),
    ):
        assert r"\x1b[2J \x07 \udc80 \u202e \x00 tab" in text
        assert "\tü ☂" in text
        assert all(char.isprintable() or char in "\n\t" for char in text)
        text.encode()


def test_the_text_keeps_the_end_of_what_was_printed():
    printed = "\n".join(f"line {number}" for number in range(100)) + "\n\n"
    lines = [line for line in as_text(verdict(printed=printed)).splitlines() if "printed:" in line]
    assert len(lines) == 20
    assert lines[0] == "  printed: line 0"
    assert lines[6] == "  printed: … 81 lines left out …"
    assert lines[7] == "  printed: line 87"
    assert lines[-1] == "  printed: line 99"


def test_the_page_shows_unasked_what_was_printed_unless_it_is_long():
    summary = '<summary style="cursor:pointer">What your code printed'
    assert f"<details open>{summary}" in as_html(verdict(printed="x = 3\n"))
    assert f"<details>{summary}" in as_html(verdict(printed="x = 3\n" * 100))


def test_headlines():
    assert headline(verdict("passed")) == "passed, 2 of 2 points"
    assert headline(verdict("unanswered", tests=())) == "not answered yet, 2 points to earn"
    assert headline(Verdict("f", 1, "passed")) == "passed, 1 of 1 point"


def test_code_in_backquotes():
    assert code_spans("a `x<y` b") == "a <code>x&lt;y</code> b"
    assert code_spans("the *first* of `a *b* c`, not **kw or 2*3*4") == (
        "the <em>first</em> of <code>a *b* c</code>, not **kw or 2*3*4"
    )


def test_a_verdict_crosses_as_plain_data():
    assert Verdict.from_dict(verdict().to_dict()) == verdict()
