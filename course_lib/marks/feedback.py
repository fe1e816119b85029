"""A page for each student: all that counts, each verdict beside the code that it is about."""

import functools
from calendar import month_name
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from course_lib.document import document
from course_lib.exercises.catalogue import exercise
from course_lib.files import write_text
from course_lib.judge.render import as_html, plural, printable
from course_lib.marks.judging import PRIVATE
from course_lib.marks.rows import Entry, Row
from course_lib.marks.submission import TIME
from course_lib.marks.tables import number, page_of

STYLE = Path(__file__).with_name("feedback.css")


def write(folder: Path, entries: Sequence[Entry], rows: Sequence[Row]) -> None:
    """Write the page of every student who has something that counts, and no other's."""
    answers = {entry.file: entry.answers or {} for entry in entries if entry.chosen}
    of_student: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.chosen:
            of_student[row.student.casefold()].append(row)
    for student in {entry.student.casefold() for entry in entries if entry.student} - {*of_student}:
        (folder / page_of(student)).unlink(missing_ok=True)
    for student, own in of_student.items():
        write_text(folder / page_of(student), page(own, answers))


def page(rows: Sequence[Row], answers: Mapping[str, Mapping[str, str]]) -> str:
    """A self-contained HTML page without scripts, for light and dark, any screen, and paper.

    `rows` are one student's that count; `answers` has the answers in each file by question.
    """
    first = rows[0]
    who = printable(f"{first.name} ({first.student})" if first.name else first.student)
    files: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda it: it.exercise):
        files[row.file].append(row)
    lines = "".join(
        f'<tr><th scope="row"><a href="#{own[0].exercise}">{_title(own[0].exercise)}</a></th>'
        f"<td>{_points(own)}</td><td>{_moment(own[0])}</td></tr>"
        for own in files.values()
    )
    body = f"""<h1>Feedback for {escape(who)}</h1>
<p><strong>{_points(rows)}</strong></p>
<table class="sums"><thead><tr><th scope="col">Exercise</th><td>Points</td><td>Handed in</td></tr>
</thead><tbody>{lines}</tbody></table>
"""
    body += "\n".join(_exercise(own, answers.get(file, {})) for file, own in files.items())
    return document(escape(f"Feedback for {who}"), body, STYLE)


def _exercise(rows: Sequence[Row], answers: Mapping[str, str]) -> str:
    sections = "\n".join(
        f"<section><h3>{place}. {escape(row.question)}</h3>{_mark(row)}"
        f"{_code(row, answers)}<div>{as_html(row.verdict)}</div></section>"
        for place, row in enumerate(rows, 1)
    )
    name = rows[0].exercise
    return f'<h2 id="{name}">{_title(name)}</h2>\n<p>{_points(rows)}</p>\n{sections}'


def _mark(row: Row) -> str:
    """What a person or lateness made of the judge's points, where it made something else."""
    said = []
    if row.manual is not None:
        said.append(f"{number(row.mark):g} of {_plural(row.of)}, given by hand")
    elif row.mark != row.points:
        late = f"{row.penalty:g} % is taken off, since it came late"
        said.append(f"{number(row.mark):g} of {_plural(row.of)}: {late}")
    if row.comment:
        said.append(escape(printable(row.comment)))
    return f'<p class="mark">{". ".join(said)}</p>' if said else ""


def _points(rows: Sequence[Row]) -> str:
    earned, of = sum(row.mark for row in rows), sum(row.of for row in rows)
    return f"{number(earned):g} of {_plural(of)}"


def _plural(points: float) -> str:
    return plural(int(points), "point") if points == int(points) else f"{points:g} points"


@functools.cache
def _title(name: str) -> str:
    there = exercise(name)
    return escape(f"{there.number} · {there.title}")


def _code(row: Row, answers: Mapping[str, str]) -> str:
    if row.question.endswith(PRIVATE):
        return ""  # it stands beside the course's own tests
    source = answers.get(row.question, "").strip()
    if not source:
        return "<p>No answer was submitted.</p>"
    return f"<pre><code>{escape(printable(source))}</code></pre>"


def _moment(row: Row) -> str:
    if not row.arrival:
        return "no known time"
    moment = datetime.strptime(row.arrival, TIME)
    late = ", late" if row.late else ""
    return f"{moment.day} {month_name[moment.month]} {moment:%Y, %H:%M} UTC{late}"
