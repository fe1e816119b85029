"""A verdict as a person reads it: as plain text and as HTML."""

import re
from html import escape

from course_lib.exercises.progress import MARKS
from course_lib.exercises.verdict import Status, TestResult, Verdict

SYMBOLS = MARKS | {"not run": "–"}
# Chosen to hold against white and against a dark page, and apart for people who are colour-blind.
COLOURS = {"passed": "#009e73", "failed": "#d55e00", "not run": "#888888", "unanswered": "#888888"}
MONO = "font-family:var(--jp-code-font-family,ui-monospace,monospace)"

_WEIGHT = re.compile(r"(?<![\w*])\*(\w[^*\n]*)\*(?![\w*])")

PRINTED_LINES = 20
"""How many lines of what an answer printed are shown unasked."""


def plural(count: int, word: str) -> str:
    """E.g. "1 point", "2 points"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def printable(text: str) -> str:
    """`text` with an escape for each character that does harm, or nothing, where it is shown.

    E.g. the character ESC, with which a terminal is told what to do, or a lone surrogate, which
    can't be sent.
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text  # as nearly all are, and a page of feedback is long
    return "".join(
        char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text
    )


def headline(verdict: Verdict) -> str:
    """E.g. "passed, 2 of 2 points"."""
    points = plural(verdict.points, "point")
    words: dict[Status, str] = {
        "passed": f"passed, {verdict.earned} of {points}",
        "failed": f"not yet, {verdict.count}, {verdict.earned} of {points}",
        "unanswered": f"not answered yet, {points} to earn",
    }
    return words[verdict.status]


def details(test: TestResult) -> list[tuple[str, str]]:
    """What is known of a failed test, as pairs of a label and a text."""
    pairs = [
        ("called", test.call),
        ("expected", test.expected),
        ("got", test.got),
        ("in", test.place),
        ("seed", None if test.seed is None else str(test.seed)),
    ]
    return [(label, text) for label, text in pairs if text]


def as_text(verdict: Verdict) -> str:
    """The verdict for a terminal, and wherever HTML is not shown."""
    lines = [f"{SYMBOLS[verdict.status]} {verdict.question}: {headline(verdict)}"]
    for test in verdict.tests:
        suffix = " (not run)" if test.outcome == "not run" else ""
        lines.append(f"  {SYMBOLS[test.outcome]} {test.title}{suffix}")
        if test.message:
            lines.append(f"      {test.message}")
        lines += [f"      {label:<9}{text}" for label, text in details(test)]
    if verdict.status == "failed":
        lines += [f"  printed: {line}" for line in _ends(verdict.printed.split("\n"))]
    if verdict.status != "passed" and verdict.hints:
        lines.append(f"  Stuck? %hint {verdict.question}")
    return printable("\n".join(lines))


def as_html(verdict: Verdict, opened: int = 0) -> str:
    """The verdict for a notebook or a page; inline styles only, so that it survives anywhere.

    The first `opened` hints are unfolded.
    """
    colour = COLOURS[verdict.status]
    parts = [
        f'<div role="status" style="border-left:4px solid {colour};padding:.3em 0 .3em .9em;'
        f'margin:.3em 0;max-width:52em;line-height:1.5">',
        f'<div><span style="color:{colour};font-weight:bold">{SYMBOLS[verdict.status]}</span> '
        f'<strong style="{MONO}">{escape(verdict.question)}</strong> {headline(verdict)}</div>',
    ]
    if verdict.tests:
        items = "".join(_test_as_html(test) for test in verdict.tests)
        parts.append(f'<ul style="list-style:none;margin:.2em 0;padding:0">{items}</ul>')
    if verdict.status == "failed" and verdict.printed:
        short = verdict.printed.count("\n") <= PRINTED_LINES
        parts.append(_folded("What your code printed", _printed_as_html(verdict.printed), short))
    if verdict.status != "passed":
        parts.append(_hints_as_html(verdict.hints, opened))
    return printable("".join(parts) + "</div>")


def _ends(lines: list[str]) -> list[str]:
    """The first and the last of many lines: an error's cause stands at the end."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if len(lines) <= PRINTED_LINES:
        return lines
    left_out = len(lines) - PRINTED_LINES + 1
    first = PRINTED_LINES // 3
    return [*lines[:first], f"… {plural(left_out, 'line')} left out …", *lines[first + left_out :]]


def _test_as_html(test: TestResult) -> str:
    symbol = f'<span style="color:{COLOURS[test.outcome]}">{SYMBOLS[test.outcome]}</span>'
    item = f'<li style="margin:.1em 0">{symbol} {code_spans(test.title)} <small>({test.outcome})</small>'
    if test.message:
        item += f'<div style="margin:.1em 0 .1em 1.2em">{code_spans(test.message)}</div>'
    if rows := details(test):
        cells = "".join(
            f'<tr style="background:transparent"><th scope="row" style="text-align:left;'
            f'font-weight:normal;padding:0 1em 0 0;opacity:.75;vertical-align:top">{label}</th>'
            f'<td style="text-align:left;padding:0;{MONO};white-space:pre-wrap;'
            f'overflow-wrap:anywhere">{escape(text)}</td></tr>'
            for label, text in rows
        )
        item += f'<table style="margin:.1em 0 .4em 1.2em;border:none">{cells}</table>'
    return item + "</li>"


def _printed_as_html(printed: str) -> str:
    wraps = "white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<pre style="{wraps}">{escape(printed)}</pre>'


def _hints_as_html(hints: tuple[str, ...], opened: int) -> str:
    """Each hint folded away inside the one before it: one at a time, by mouse or keyboard."""
    html = ""
    for number in range(len(hints), 0, -1):
        text = f'<p style="margin:.2em 0 .2em 1.2em">{code_spans(hints[number - 1])}</p>'
        html = _folded(f"Hint {number} of {len(hints)}", text + html, number <= opened)
    return html


def _folded(summary: str, html: str, opened: bool = False) -> str:
    tag = "<details open>" if opened else "<details>"
    return f'{tag}<summary style="cursor:pointer">{summary}</summary>{html}</details>'


def code_spans(text: str) -> str:
    """HTML of a text in which `code` stands between backquotes, and *weight* between stars."""
    return "".join(
        f"<code>{part}</code>" if index % 2 else _WEIGHT.sub(r"<em>\1</em>", part)
        for index, part in enumerate(escape(text, quote=False).split("`"))
    )
