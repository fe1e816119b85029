"""What the gradebook keeps, as plain values: of a verdict, of a file, of a question of a file."""

from dataclasses import dataclass

from course_lib.exercises.verdict import Verdict


@dataclass(frozen=True)
class Judged:
    """A verdict, and what it was found with.

    Attributes:
        seed: replays the judgement's random inputs.
        duration: seconds that it took.
        course: the version of the course.
        tests: a digest of the tests, the private ones included.
    """

    verdict: Verdict
    seed: int
    duration: float
    course: str
    tests: str


@dataclass(frozen=True)
class Entry:
    """One file of an inbox, as the gradebook keeps it.

    Attributes:
        file: its path within the inbox, as it can be printed; unique.
        digest: SHA-256 of its content; "" if it could not be read.
        student: the id inside; "" if there was none to be read.
        sender: who handed it in, as the learning platform says; "" if it does not.
        arrival: when it arrived, in UTC, e.g. "2026-11-22T18:05:00Z"; "" if nobody knows.
        created: when the file claims to have been made.
        late: whether it came after the deadline, or the platform calls it late.
        penalty: the percentage that is taken off its points.
        check: why a person has to look at whose it is; "" if nothing is odd.
        note: why it was not graded, or what the instructor should know.
        chosen: whether this attempt is the student's mark for the exercise.
        answers: the text of each answer cell by its question's name.
    """

    file: str
    digest: str = ""
    student: str = ""
    exercise: str = ""
    sender: str = ""
    arrival: str = ""
    created: str = ""
    late: bool = False
    penalty: float = 0.0
    check: str = ""
    note: str = ""
    chosen: bool = False
    answers: dict[str, str] | None = None
    judged: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Row:
    """One question of one submission, with all that a report or an export may want.

    Attributes:
        name: the student's, from the roster; "" if it is not known. `section` likewise.
        points: what the judge gave.
        of: what the question is worth.
        status: "passed", "failed" or "unanswered".
        title: of the first failing test; "" if none failed.
        duration: seconds that the judgement took.
        penalty: the percentage that is taken off for lateness.
        chosen: whether this attempt is the student's mark for the exercise.
        manual: the points that a person gave instead; None if nobody did.
        comment: what that person wrote.
        verdict: the whole of what the judge found.
    """

    student: str
    name: str
    section: str
    exercise: str
    question: str
    points: float
    of: float
    status: str
    title: str
    duration: float
    file: str
    arrival: str
    late: bool
    penalty: float
    chosen: bool
    manual: float | None
    comment: str
    verdict: Verdict

    @property
    def mark(self) -> float:
        """The points that count: a person's as they are, the judge's less the penalty."""
        if self.manual is not None:
            return self.manual
        return round(self.points * (1 - self.penalty / 100), 2)
