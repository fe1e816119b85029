"""A page about a class: how the points are spread, and what to talk about in the next lecture."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path
from statistics import median

from course_lib.document import document
from course_lib.judge.render import code_spans, plural, printable
from course_lib.marks import feedback
from course_lib.marks.exports import Marks
from course_lib.marks.rows import Row

FILE = "report.html"
MOST = 15
"""Rows of a table: what a lecture has time for."""

STYLE = Path(__file__).with_name("report.css")


def page(rows: Sequence[Row]) -> str:
    """A self-contained page without scripts, from the rows that count."""
    rows = [row for row in rows if row.chosen]
    marks = Marks.of(rows)
    students = plural(len(marks.students), "student")
    files = plural(len({row.file for row in rows}), "submission")
    body = f"<h1>The class</h1>\n<p>{students}, {files} that count</p>\n"
    if rows:
        body += "\n".join([_spread(marks), _hardest(rows), _failing(rows)])
    return document("The class", body, feedback.STYLE, STYLE)


def _spread(marks: Marks) -> str:
    """How many students have which share of the points for what they handed in."""
    shares = []
    for student in marks.students:
        of = sum(marks.worth[name] for name in student.marks)
        shares.append(sum(student.marks.values()) / of if of else 0.0)
    tens = [sum(min(9, int(share * 10)) == ten for share in shares) for ten in range(10)]
    labels = [f"{ten * 10}–{ten * 10 + 10}" for ten in range(10)]
    said = ", ".join(f"{label} %: {count}" for label, count in zip(labels, tens, strict=True))
    bars = "".join(
        f'<rect x="{place * 60 + 4}" y="{150 - height}" width="52" height="{height}"/>'
        f'<text x="{place * 60 + 30}" y="{144 - height}">{count or ""}</text>'
        f'<text x="{place * 60 + 30}" y="168">{label}</text>'
        for place, (label, count) in enumerate(zip(labels, tens, strict=True))
        for height in [round(125 * count / max(tens))]
    )
    return (
        "<section><h2>Points</h2><p>Students by the share of the points that they earned on what they "
        f"handed in, in percent; half of them have {100 * median(shares):.0f} % or more.</p>"
        '<svg viewBox="0 0 600 175" role="img" '
        f'aria-label="Students by percent of the points: {said}">{bars}</svg></section>'
    )


def _hardest(rows: Sequence[Row]) -> str:
    asked: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        asked[row.exercise, row.question][row.status] += 1
    by_share = sorted(asked.items(), key=lambda it: it[1]["passed"] / it[1].total())
    lines = [
        [_named(*key), _share(n["passed"], n.total()), n["failed"], n["unanswered"]]
        for key, n in by_share
        if n["passed"] < n.total()
    ]
    heads = ["question", "passed", "failed", "left out"]
    return _table("The hardest questions", heads, lines)


def _failing(rows: Sequence[Row]) -> str:
    """The first failing test of each answer: what went wrong behind it may follow from it."""
    wrong = Counter((it.exercise, it.question, it.title) for it in rows if it.title)
    answered = Counter((it.exercise, it.question) for it in rows if it.status != "unanswered")
    lines = [
        [
            _named(there, question), code_spans(printable(title)),
            _share(count, answered[there, question]),
        ]
        for (there, question, title), count in wrong.most_common()
    ]  # fmt: skip
    heads = ["question", "fails first", "of the answers"]
    return _table("What most answers get wrong", heads, lines)


def _named(there: str, question: str) -> str:
    return f"{there[:2]} · {escape(question)}"


def _share(count: int, total: int) -> str:
    """A share as a bar, and in numbers on it."""
    percent = f"{100 * count / total:.0f}"
    said = f"{percent} %, {count} of {total}"
    return f'<span class="share" style="--share:{percent}%">{said}</span>'


def _table(title: str, heads: list[str], lines: Sequence[Sequence[object]]) -> str:
    if not lines:
        return f"<section><h2>{title}</h2><p>None: every answer passed.</p></section>"
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in lines[:MOST]
    )
    more = f"<p>The first {MOST} of {len(lines)}.</p>" if len(lines) > MOST else ""
    return (
        f"<section><h2>{title}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more}</section>"
    )
