"""One submission, judged in whatever process it is sent to.

`judge` is what travels to a worker: plain values there, plain values back. Only the process that
sent it writes anything.
"""

import functools
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib import __version__
from course_lib.errors import CourseError
from course_lib.exercises.catalogue import Exercise, exercise, exercises, questions_in
from course_lib.exercises.question import Question
from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.judge.judge import judge_one
from course_lib.marks import TIMEOUT
from course_lib.marks.rows import Judged

WAITING = ("07_heartbeats", "08_reconnection")
"""Exercises whose tests wait for most of their time and leave the processor to others."""
PRIVATE = " (private)"
"""What stands behind the name of a question in the verdict of an instructor's own tests."""
IN_TIME = "It is judged in time"
"""The title of the one test of a question that there was no time left for."""

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Task:
    """A submission to judge.

    Attributes:
        file: whose verdicts they will be.
        exercise: its name.
        answers: the text of each answer cell by its question's name.
        seed: of the random inputs.
        private: the folder of the instructor's own tests; "" for none.
        only: the one question to judge; "" for all.
        earlier: the verdicts that stand, where only one question is judged.
        timeout: seconds for the submission as a whole.
    """

    file: str
    exercise: str
    answers: dict[str, str]
    seed: int
    private: str = ""
    only: str = ""
    earlier: tuple[Verdict, ...] = ()
    timeout: float = TIMEOUT

    @property
    def waits(self) -> bool:
        """Whether judging it is mostly waiting."""
        return self.exercise in WAITING


@dataclass(frozen=True)
class PrivateExercise(Exercise):
    """An exercise whose tests are an instructor's own."""

    folder: Path = Path()

    @property
    def tests(self) -> Path:
        return self.folder / f"{self.name}_tests.py"


def judge(task: Task) -> tuple[Judged, ...]:
    """Judge the questions of a task, one by one."""
    with _ONE_AT_A_TIME:  # a cluster's worker may have threads, which pytest has not
        return tuple(_judge(task))


def _judge(task: Task) -> Iterator[Judged]:
    there = exercise(task.exercise)
    private = private_exercise(Path(task.private), there) if task.private else None
    digest = tests_digest(there, task.private)
    spent: list[float] = []
    earlier = {verdict.question: verdict for verdict in task.earlier}
    for question in there.questions:
        if task.only and question.name != task.only:
            continue
        own = private.question(question.name) if private else question
        for where, what in ((there, question), (private, own)):
            if where is None or (where is private and what is question):
                continue
            began = time.monotonic()
            if (left := task.timeout - sum(spent)) <= 0:
                verdict = _too_late(what)
            else:
                given = (task.answers, earlier, task.seed, left, spent.append)
                verdict = judge_one(where, what, *given)
            if where is private:
                verdict = discreet(verdict)
            else:
                earlier[question.name] = verdict
            yield Judged(verdict, task.seed, time.monotonic() - began, __version__, digest)


def _too_late(question: Question) -> Verdict:
    test = TestResult(IN_TIME, "failed", "the questions before it took too long")
    return Verdict(question.name, question.points, "failed", (test,), question.hints)


def overtime(judged: tuple[Judged, ...]) -> str:
    """What an instructor should know of a submission that took too long; "" if it did not."""
    late = [it for it in judged if any(test.title == IN_TIME for test in it.verdict.tests)]
    if not late:
        return ""
    took = sum(it.duration for it in judged)
    return (
        f"it took {took:.0f} s, more than it may: {late[0].verdict.question} and later not judged"
    )


def discreet(verdict: Verdict) -> Verdict:
    """The verdict of private tests as a learner may see it: which fail, and no more."""
    tests = tuple(TestResult(test.title, test.outcome) for test in verdict.tests)
    name = verdict.question + PRIVATE
    return replace(verdict, question=name, tests=tests, hints=(), printed="")


@functools.cache
def private_exercise(folder: Path, there: Exercise) -> PrivateExercise | None:
    """An instructor's own tests of an exercise; None if there are none. Raises `CourseError`."""
    path = folder / f"{there.name}_tests.py"
    if not path.is_file():
        return None
    try:
        own = {question.name: question for question in questions_in(path)}
    except Exception as exc:
        raise CourseError(f"{path} can't be used: {type(exc).__name__}: {exc}.") from None
    if unknown := own.keys() - {question.name for question in there.questions}:
        raise CourseError(f"{path} has tests of {min(unknown)!r}, which {there.name} has not.")
    questions = tuple(own.get(question.name, question) for question in there.questions)
    return PrivateExercise(there.name, questions, folder)


def check_private(folder: Path) -> None:
    """Raise `CourseError` if a folder has no tests that can be used."""
    private_exercise.cache_clear()  # they may be another version than before
    found = [private_exercise(folder, there) for there in exercises()]
    if not any(found):
        raise CourseError(f"{folder} has no tests: they are called like 02_handshake_tests.py.")


@functools.cache
def tests_digest(there: Exercise, private: str) -> str:
    """What tells one version of an exercise's tests from another, in 16 hexadecimal digits."""
    paths = [there.tests, there.solution]
    if private:
        paths.append(Path(private) / there.tests.name)
    content = b"\0".join(path.read_bytes() for path in paths if path.is_file())
    return hashlib.sha256(content).hexdigest()[:16]


def seed_of(batch: int, digest: str) -> int:
    """The seed of a submission: the same for the same file in the same batch, however it is run."""
    return int.from_bytes(hashlib.sha256(f"{batch}:{digest}".encode()).digest()[:4], "big")
