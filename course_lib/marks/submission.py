"""A submission: one learner's answers to one exercise, in one small file.

The checksum finds damage, and hand-made changes by the unwary; it is no signature.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib import __version__
from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise
from course_lib.files import free_name, write_text

FORMAT, VERSION = "websocket-course submission", 1
MAX_SIZE = 5 * 1024 * 1024
"""The largest submission, in bytes, that is read."""
TIME = "%Y-%m-%dT%H:%M:%SZ"
STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
MAX_NAME = 64
"""The most characters in the name of an exercise, of a question, of a version."""
MAX_ANSWERS = 100
MAX_ANSWER = 200_000
"""The most characters in one answer: the longest of the course's own has a few thousand."""


@dataclass(frozen=True)
class Submission:
    """What a submission's file says.

    Attributes:
        exercise: its name, e.g. "02_handshake".
        answers: the text of each answer cell by its question's name.
        course: the version of the course that made the file.
        created: when, in UTC, e.g. "2026-11-22T18:05:00Z".
    """

    exercise: str
    student: str
    answers: dict[str, str]
    course: str
    created: str

    @property
    def checksum(self) -> str:
        """SHA-256 over all of the file's content but itself, in hexadecimal."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def text(self) -> str:
        """The text of the submission's file."""
        return json.dumps({**self._content(), "checksum": self.checksum}, indent=1) + "\n"

    def _content(self) -> dict[str, Any]:
        return {"format": FORMAT, "version": VERSION, **asdict(self)}


def check_student(student: str) -> str:
    """`student`, if it can be a student id; raises `CourseError`."""
    if not STUDENT.fullmatch(student):
        raise CourseError(
            f"{student!r} can't be a student id: up to 64 letters, digits and . _ @ + -, "
            f"with a letter or digit first."
        )
    return student


def make(there: Exercise, notebook: Path, student: str) -> Submission:
    """The submission of a learner's notebook as it is on disk; raises `CourseError`."""
    found = cells.answers(cells.read(notebook))
    known = {question.name for question in there.questions}
    return Submission(
        exercise=there.name,
        student=check_student(student),
        answers={name: source for name, source in found.items() if name in known},
        course=__version__,
        created=datetime.now(UTC).strftime(TIME),
    )


def save(submission: Submission, path: Path) -> tuple[Path, Submission]:
    """Write a submission beside earlier ones; returns its file and what is in it.

    An earlier file is never written over: if the latest says the same it stays the submission,
    else the new one gets a number.
    """
    free = free_name(path)
    if latest := _before(free, path):
        try:
            old = parse(latest.read_bytes(), latest.name)
        except (OSError, CourseError):
            old = None
        if old and replace(old, created=submission.created) == submission:
            return latest, old
    write_text(free, submission.text())
    return free, submission


def _before(free: Path, first: Path) -> Path | None:
    if free == first:
        return None
    number = int(free.stem.rpartition("-")[2])
    return first if number == 2 else first.with_name(f"{first.stem}-{number - 1}{first.suffix}")


def parse(data: bytes, name: str) -> Submission:
    """The submission in a file's bytes; `name` is for messages. Raises `CourseError`."""
    if not data.strip():
        raise CourseError(f"{name} is empty.")
    if len(data) > MAX_SIZE:
        raise CourseError(f"{name} is larger than {MAX_SIZE // 2**20} MiB.")
    try:
        content = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise CourseError(f"{name} is damaged or cut short.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CourseError(f"{name} is not a submission of this course.")
    if content.get("version") != VERSION:
        raise CourseError(
            f"{name} has version {str(content.get('version'))[:20]} of the format, this course "
            f"reads {VERSION}."
        )
    match content:
        case {
            "exercise": str(there),
            "student": str(student),
            "answers": dict(answers),
            "course": str(course),
            "created": str(created),
        } if all(isinstance(text, str) for text in answers.values()):
            check_sizes(answers, name)
            if max(map(len, (there, student, course, created))) > MAX_NAME:
                raise CourseError(f"{name} has a part that is longer than it can be.")
            submission = Submission(there, student, answers, course, created)
        case _:
            raise CourseError(f"{name} lacks a part that a submission has.")
    if content.get("checksum") != submission.checksum:
        raise CourseError(f"{name} was changed after it was made: its checksum does not match.")
    try:
        datetime.strptime(submission.created, TIME)
    except ValueError:
        raise CourseError(f"{name} does not say when it was made.") from None
    check_student(submission.student)
    return replace(submission, exercise=exercise(submission.exercise.strip()).name)


def check_sizes(answers: dict[str, str], name: str) -> None:
    """Raise `CourseError` if there are more answers, or longer ones, than a learner writes."""
    if len(answers) > MAX_ANSWERS:
        raise CourseError(f"{name} has more than {MAX_ANSWERS} answers.")
    if any(len(question) > MAX_NAME or not question.isidentifier() for question in answers):
        raise CourseError(f"{name} has an answer whose name is not one of a question.")
    if any(len(source) > MAX_ANSWER for source in answers.values()):
        raise CourseError(f"{name} has an answer of more than {MAX_ANSWER:,} characters.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key twice")
    return content


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")
