"""Marks as other systems take them in, from the attempts that count.

Sources:

- Canvas: lib/gradebook_importer.rb in github.com/instructure/canvas-lms. The columns before the
  assignments are Student, ID, SIS Login ID, Section, or those of an export; a row whose first cell
  has "Points Possible" says what each is worth; a header is `TITLE (ID)`, or a title that makes a
  new assignment.
- Moodle: grade/import/csv in github.com/moodle/moodle. The importer asks which column names the
  person, and which grade item each other column belongs to.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises.catalogue import exercise
from course_lib.files import read_csv
from course_lib.marks.rows import Row
from course_lib.marks.tables import as_csv, number
from course_lib.paths import shown


@dataclass
class Student:
    """One student's marks.

    Attributes:
        marks: the points by the exercise's name; an exercise without a mark is not there.
    """

    id: str
    name: str = ""
    section: str = ""
    marks: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Marks:
    """A class's marks.

    Attributes:
        students: by id.
        worth: the points to be had, by the exercise's name, in the course's order.
    """

    students: tuple[Student, ...]
    worth: dict[str, float]

    @classmethod
    def of(cls, rows: Sequence[Row], roster: Sequence[tuple[str, str, str]] = ()) -> "Marks":
        """The marks in the rows that count; students on the roster are there even without one."""
        students = {id.casefold(): Student(id, name, section) for id, name, section in roster}
        worth: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in rows:
            if row.chosen:
                first = Student(row.student, row.name, row.section)
                marks = students.setdefault(row.student.casefold(), first).marks
                marks[row.exercise] = round(marks.get(row.exercise, 0) + row.mark, 2)
                worth[row.exercise][row.file] += row.of
        return cls(
            tuple(students[key] for key in sorted(students)),
            {name: max(worth[name].values()) for name in sorted(worth)},
        )


def as_table(marks: Marks) -> str:
    """CSV: a row for each student with the mark for each exercise, the total, and its maximum."""
    best = number(sum(marks.worth.values()))
    rows = [
        [it.id, it.name, it.section, *_cells(it, marks), number(sum(it.marks.values())), best]
        for it in marks.students
    ]
    return as_csv(["student", "name", "section", *marks.worth, "total", "of"], rows)


def for_moodle(marks: Marks) -> str:
    """CSV for Moodle's grade import; the ids are e-mail addresses or ID numbers there."""
    addresses = all("@" in it.id for it in marks.students)
    person = "Email address" if addresses else "ID number"
    return as_csv([person, *marks.worth], [[it.id, *_cells(it, marks)] for it in marks.students])


def for_canvas(marks: Marks) -> str:
    """CSV for Canvas's gradebook, in which an id is what the student logs in with."""
    worth = ["Points Possible", "", "", "", *map(number, marks.worth.values())]
    rows = [[it.name or it.id, "", it.id, it.section, *_cells(it, marks)] for it in marks.students]
    return as_csv(["Student", "ID", "SIS Login ID", "Section", *marks.worth], [worth, *rows])


def into_canvas(marks: Marks, template: Path) -> tuple[str, list[str]]:
    """A gradebook that Canvas exported, with the marks in it, and the ids that it does not know.

    A student is found by the id as ID, SIS User ID or SIS Login ID; an exercise belongs to the
    assignment that has its name ("02_handshake") or its title. All else stays as it is.
    Raises `CourseError` if it is no such file, or an assignment is missing or worth something else.
    """
    rows, separator = _exported(template)
    columns = {name: _column(rows[0], name, template) for name in marks.worth}
    people = [i for i, head in enumerate(rows[0]) if head in ("ID", "SIS User ID", "SIS Login ID")]
    known = {it.id.casefold(): it for it in marks.students}
    met: set[str] = set()
    for row in rows[1:]:
        row += [""] * (len(rows[0]) - len(row))
        if "Points Possible" in row[0]:
            _check_worth(row, columns, marks)
        for each in {row[place].strip().casefold() for place in people} & known.keys():
            met.add(each)
            for name, mark in known[each].marks.items():
                row[columns[name]] = str(number(mark))
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue(), [it.id for key, it in known.items() if it.marks and key not in met]


def _cells(student: Student, marks: Marks) -> list[object]:
    return [number(student.marks[it]) if it in student.marks else "" for it in marks.worth]


def _exported(path: Path) -> tuple[list[list[str]], str]:
    rows, separator = read_csv(path)
    if not rows or not {"ID", "Section"} <= set(rows[0]):
        raise CourseError(f"{shown(path)} is no gradebook that Canvas exported.")
    return rows, separator


def _column(header: list[str], name: str, path: Path) -> int:
    wanted = {name.casefold(), exercise(name).title.casefold()}
    found = [
        place
        for place, head in enumerate(header)
        if re.sub(r"\s*\(\d+\)$", "", head).casefold() in wanted
    ]
    if len(found) != 1:
        many = "more than one assignment" if found else "no assignment"
        raise CourseError(f"{shown(path)} has {many} called {name} or {exercise(name).title!r}.")
    return found[0]


def _check_worth(row: list[str], columns: dict[str, int], marks: Marks) -> None:
    for name, place in columns.items():
        try:
            worth = float(row[place].replace(",", "."))
        except ValueError:
            continue
        if worth != marks.worth[name]:
            raise CourseError(
                f"{name} is worth {marks.worth[name]:g} points here and {worth:g} in Canvas: "
                "change the assignment there, then export again."
            )
