"""A class's submissions, graded one by one, whatever the files hold."""

import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise, exercises
from course_lib.exercises.verdict import Verdict
from course_lib.judge.judge import judge_all
from course_lib.judge.render import printable
from course_lib.marks import submission
from course_lib.marks.submission import MAX_SIZE, Submission

IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"}
"""What systems leave in folders."""

Judge = Callable[[Exercise, dict[str, str]], Iterable[Verdict]]
"""Judges every question of an exercise. The place where a parallel or confined judge goes in."""


@dataclass(frozen=True)
class Graded:
    """What came of one file.

    Attributes:
        file: the file's name, as it can be printed.
        work: what was read from it; None if nothing could be.
        verdicts: one for each question; empty if it was not graded.
        note: why it was not graded, or what the instructor should know.
    """

    file: str
    work: Submission | None = None
    verdicts: tuple[Verdict, ...] = ()
    note: str = ""

    @property
    def points(self) -> int:
        return sum(verdict.earned for verdict in self.verdicts)

    @property
    def of(self) -> int:
        return sum(verdict.points for verdict in self.verdicts)


def files_of(inbox: Path, out: Path) -> list[Path]:
    """What is in an inbox, by name; raises `CourseError` if it can't be listed."""
    try:
        there = sorted(inbox.iterdir())
    except NotADirectoryError:
        raise CourseError(f"{inbox} is not a folder.") from None
    except OSError as exc:
        raise CourseError(f"Can't read the folder {inbox}: {exc.strerror}.") from None
    return [path for path in there if path.name not in IGNORED and path.resolve() != out.resolve()]


def grade(path: Path, judge: Judge = judge_all) -> Graded:
    """Read one file and judge what is in it."""
    file = printable(path.name)
    try:
        work, note = read(path)
    except CourseError as exc:
        return Graded(file, note=str(exc))
    try:
        verdicts = tuple(judge(exercise(work.exercise), work.answers))
    except Exception as exc:  # one that can't be graded must not hold up the rest
        return Graded(file, work, note=f"the grader failed: {type(exc).__name__}: {exc}")
    return Graded(file, work, verdicts, note)


def read(path: Path) -> tuple[Submission, str]:
    """The work in a file, and a note on it; raises `CourseError`."""
    name = printable(path.name)
    data, changed = _content(path, name)
    match path.suffix.lower():
        case ".json":
            return submission.parse(data, name), ""
        case ".ipynb":
            answers = cells.answers(cells.parse(data, name))
            student, note = student_of(path.stem)
            there = recognised(answers, name)
            return Submission(there.name, student, answers, "", changed), note
    raise CourseError(f"{name} is neither a submission (.json) nor a notebook (.ipynb).")


def _content(path: Path, name: str) -> tuple[bytes, str]:
    """The bytes of a plain file of bearable size, and when it was changed."""
    try:
        kind = path.lstat()
        if stat.S_ISLNK(kind.st_mode):
            raise CourseError(f"{name} is a symbolic link.")
        if stat.S_ISDIR(kind.st_mode):
            raise CourseError(f"{name} is a folder.")
        if not stat.S_ISREG(kind.st_mode):
            raise CourseError(f"{name} is not a plain file.")
        if kind.st_size > MAX_SIZE:
            raise CourseError(f"{name} is larger than {MAX_SIZE // 2**20} MiB.")
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as exc:
        raise CourseError(f"{name} can't be read: {exc.strerror}.") from None
    try:
        changed = datetime.fromtimestamp(kind.st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        raise CourseError(f"{name} has a time of change that can't be.") from None
    return data, changed.strftime(submission.TIME)


def recognised(answers: dict[str, str], name: str) -> Exercise:
    """The exercise that a notebook's answers belong to; raises `CourseError`."""
    counts = {
        each.name: sum(question.name in answers for question in each.questions)
        for each in exercises()
    }
    best = max(counts, key=counts.__getitem__, default=None)
    if best is None or counts[best] == 0:
        raise CourseError(f"{name} has no answer to any exercise of this course.")
    return exercise(best)


def student_of(stem: str) -> tuple[str, str]:
    """A student id made from a file's name, and a note if it had to be changed."""
    if submission.STUDENT.fullmatch(stem):
        return stem, ""
    safe = re.sub(r"[^A-Za-z0-9._@+-]", "_", stem).lstrip("._@+-")[:64] or "unnamed"
    return safe, "student id made from the file's name"
