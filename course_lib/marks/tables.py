"""Marks as CSV, which every spreadsheet opens, made from the gradebook."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from course_lib.files import write_text
from course_lib.marks.rows import Entry, Row

COLUMNS = [
    "student", "name", "section", "exercise", "points", "of", "percent", "status", "counts",
    "check", "arrived", "late", "penalty", "file", "feedback", "note",
]  # fmt: skip
QUESTION_COLUMNS = [
    "student", "exercise", "question", "points", "of", "status", "counts", "file", "comment",
]  # fmt: skip


def write(folder: Path, entries: Sequence[Entry], rows: Sequence[Row]) -> None:
    """Write `grades.csv`, a row for each file, and `questions.csv`, one for each of its questions.

    Each is the old one or the new one at any moment.
    """
    of_file: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_file[row.file].append(row)
    tries = Counter(_key(entry) for entry in entries if entry.student)
    chosen = {_key(entry): entry.file for entry in entries if entry.chosen}
    grades = [_grade(it, of_file[it.file], tries[_key(it)], chosen.get(_key(it))) for it in entries]
    write_text(folder / "grades.csv", as_csv(COLUMNS, grades))
    questions = [
        [
            row.student, row.exercise, row.question, number(row.mark), number(row.of),
            row.status, "yes" if row.chosen else "no", row.file, row.comment,
        ]
        for row in rows
    ]  # fmt: skip
    write_text(folder / "questions.csv", as_csv(QUESTION_COLUMNS, questions))


def page_of(student: str) -> str:
    """Where a student's feedback is in the gradebook's folder; what differs in case is one id."""
    return f"feedback/{student.casefold()}.html"


def _key(entry: Entry) -> tuple[str, str]:
    return entry.student.casefold(), entry.exercise


def _grade(entry: Entry, rows: list[Row], tries: int, chosen: str | None) -> list[object]:
    marks: list[object] = ["", "", "", "not graded"]
    if rows:
        points, of = sum(row.mark for row in rows), sum(row.of for row in rows)
        percent = round(100 * points / of, 1) if of else 0.0
        marks = [number(points), number(of), percent, "check" if entry.check else "graded"]
    notes = [entry.note] if entry.note else []
    if tries > 1 and rows:
        newest = f"newest of {tries}" if entry.chosen else f"{chosen or 'none'} counts"
        notes.append(newest)
    name, section = (rows[0].name, rows[0].section) if rows else ("", "")
    name = name or entry.sender.partition(" <")[0]  # of those not on the roster, the platform's
    return [
        entry.student, name, section, entry.exercise, *marks, "yes" if entry.chosen else "no",
        entry.check, entry.arrival, "yes" if entry.late else "", number(entry.penalty) or "",
        entry.file, page_of(entry.student) if entry.chosen else "", "; ".join(notes),
    ]  # fmt: skip


def number(value: float) -> float:
    """A whole number without a point behind it."""
    return int(value) if value == int(value) else round(value, 2)


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV text in which no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[_inert(value) for value in row] for row in rows])
    return text.getvalue()


def _inert(value: object) -> object:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
