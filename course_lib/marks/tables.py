"""Marks as CSV, which every spreadsheet opens."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from course_lib.files import write_text
from course_lib.marks.batch import Graded
from course_lib.marks.submission import Submission

Latest = dict[tuple[str, str], tuple[tuple[str, str], int]]
"""By student and exercise: when the newest submission was made and its file, and how many there are."""

COLUMNS = [
    "student", "exercise", "points", "of", "percent", "status", "submitted", "file", "feedback",
    "note",
]  # fmt: skip
QUESTION_COLUMNS = ["student", "exercise", "question", "points", "of", "status", "file"]


class Gradebook:
    """The results of a batch, on disk after each.

    `grades.csv` has a row for each file, `questions.csv` one for each question of each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: list[tuple[Graded, str]] = []
        self._pages: set[str] = set()
        self.save()

    def page_name(self, result: Graded) -> str:
        """A name for the feedback page that no other result of this batch has."""
        assert result.work, "a page is for what was graded"
        first = f"{result.work.student}-{result.work.exercise}"
        name, number = first, 2
        while name.casefold() in self._pages:
            name, number = f"{first}-{number}", number + 1
        self._pages.add(name.casefold())
        return f"feedback/{name}.html"

    def add(self, result: Graded, page: str = "") -> None:
        """Take in one result and save all of them."""
        self.results.append((result, page))
        self.save()

    def save(self) -> None:
        """Write both files; each is the old one or the new one at any moment."""
        results = [result for result, _ in self.results]
        latest = _latest(results)
        rows = [_row(result, page, latest) for result, page in self.results]
        write_text(self.folder / "grades.csv", as_csv(COLUMNS, rows))
        questions = [
            [
                work.student, work.exercise, verdict.question, verdict.earned,
                verdict.points, verdict.status, result.file,
            ]
            for result in results
            if (work := result.work)
            for verdict in result.verdicts
        ]  # fmt: skip
        write_text(self.folder / "questions.csv", as_csv(QUESTION_COLUMNS, questions))


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


def _row(result: Graded, page: str, latest: Latest) -> list[object]:
    work = result.work
    if work is None:
        return ["", "", "", "", "", "not graded", "", result.file, "", result.note]
    marks: list[object]
    if not result.verdicts:
        marks = ["", "", "", "not graded"]
    else:
        percent = round(100 * result.points / result.of, 1) if result.of else 0.0
        marks = [result.points, result.of, percent, "graded"]
    notes = [note for note in (result.note, _which(work, result.file, latest)) if note]
    return [
        work.student, work.exercise, *marks, work.created, result.file, page, "; ".join(notes)
    ]  # fmt: skip


def _latest(results: Sequence[Graded]) -> Latest:
    latest: Latest = {}
    for result in results:
        if work := result.work:
            mine = (work.created, result.file)
            newest, count = latest.get(_key(work), (mine, 0))
            latest[_key(work)] = max(newest, mine), count + 1
    return latest


def _key(work: Submission) -> tuple[str, str]:
    return work.student.casefold(), work.exercise


def _which(work: Submission, file: str, latest: Latest) -> str:
    (_, newest), count = latest[_key(work)]
    if count == 1:
        return ""
    return f"newest of {count}" if newest == file else f"older than {newest}"
