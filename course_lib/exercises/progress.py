"""What one learner has reached, in one small file for each question."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises.catalogue import Exercise
from course_lib.exercises.verdict import Status, Verdict
from course_lib.files import write_text
from course_lib.paths import state

MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "unanswered": "○"}


@dataclass(frozen=True)
class Progress:
    """The last verdict on a question, and how many of its hints were asked for."""

    status: Status = "unanswered"
    hints: int = 0


@dataclass(frozen=True)
class Standing:
    """How far a learner is with an exercise.

    Attributes:
        statuses: each question's status by its name, in order.
    """

    exercise: Exercise
    statuses: dict[str, Status]

    @property
    def earned(self) -> int:
        """Points so far, of the exercise's."""
        return sum(
            each.points for each in self.exercise.questions if self.statuses[each.name] == "passed"
        )

    @property
    def following(self) -> str | None:
        """The first question that is not passed yet; None if all are."""
        return next((name for name in self.statuses if self.statuses[name] != "passed"), None)

    @property
    def marks(self) -> str:
        """A mark for each question, e.g. "✓✗○"."""
        return "".join(MARKS[status] for status in self.statuses.values())

    def __str__(self) -> str:
        """E.g. "Exercise 02: 7 of 15 points; next: respond."."""
        points = f"Exercise {self.exercise.number}: {self.earned} of {self.exercise.points} points"
        return f"{points}; next: {self.following}." if self.following else f"{points}: all of them."


def standing(exercise: Exercise) -> Standing:
    """How far the learner is with an exercise, by what is stored."""
    return Standing(
        exercise, {question.name: load(question.name).status for question in exercise.questions}
    )


def next_up(standings: Sequence[Standing]) -> Standing | None:
    """Where there is still something to do: where the learner was last, else from there on."""
    last = latest()
    names = [[question.name for question in it.exercise.questions] for it in standings]
    here = next((index for index, questions in enumerate(names) if last in questions), 0)
    in_order = [*standings[here:], *standings[:here]]
    return next((it for it in in_order if it.following), None)


def load(question: str) -> Progress:
    """What is stored for a question; a missing or damaged file means nothing yet."""
    try:
        data = json.loads(_file(question).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Progress()
    match data:
        case {"status": "passed" | "failed" | "unanswered" as status, "hints": int(hints)}:
            return Progress(status, hints)
    return Progress()


def record(verdict: Verdict) -> None:
    """Store a verdict."""
    _save(verdict.question, Progress(verdict.status, load(verdict.question).hints))


def next_hint(question: str, hints: tuple[str, ...]) -> tuple[int, str]:
    """The number and text of the next hint; after the last, the last again."""
    before = load(question)
    number = min(before.hints + 1, len(hints))
    _save(question, Progress(before.status, number))
    return number, hints[number - 1]


def latest() -> str | None:
    """The question that was last judged or hinted at, or None."""
    files = list((state() / "progress").glob("*.json"))
    return max(files, key=lambda file: file.stat().st_mtime).stem if files else None


def forget(question: str) -> None:
    """Back to the beginning."""
    _file(question).unlink(missing_ok=True)
    publish()


def static() -> Path:
    """The folder that the course's JupyterLab serves to its own pages."""
    return state() / "static"


def publish() -> None:
    """Let a page in JupyterLab know the status of each question, as far as there is one."""
    known = sorted(file.stem for file in (state() / "progress").glob("*.json"))
    statuses = {question: load(question).status for question in known}
    # As with what is stored: a folder that can't be written keeps nothing from a learner.
    with contextlib.suppress(CourseError):
        write_text(static() / "course" / "progress.json", json.dumps(statuses))


def _file(question: str) -> Path:
    return state() / "progress" / f"{question}.json"


def _save(question: str, progress: Progress) -> None:
    # A read-only checkout is no reason to keep a verdict from a learner.
    with contextlib.suppress(CourseError):
        write_text(_file(question), json.dumps(asdict(progress)))
    publish()
