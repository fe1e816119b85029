"""Which exercises there are, and the questions of each."""

import difflib
import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.question import Question
from course_lib.paths import EXERCISES, SOLUTIONS


@dataclass(frozen=True)
class Exercise:
    """An exercise: its name ("02_handshake") and its questions, in order."""

    name: str
    questions: tuple[Question, ...]

    @property
    def number(self) -> str:
        return self.name[:2]

    @property
    def title(self) -> str:
        """What its notebook's heading calls it, e.g. "The opening handshake"."""
        return cells.title(cells.read(self.solution)) or self.name

    @property
    def points(self) -> int:
        return sum(question.points for question in self.questions)

    @property
    def path(self) -> Path:
        """The learner's notebook."""
        return EXERCISES / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        return SOLUTIONS / f"{self.name}.ipynb"

    @property
    def tests(self) -> Path:
        return SOLUTIONS / f"{self.name}_tests.py"

    def question(self, name: str) -> Question:
        return next(question for question in self.questions if question.name == name)


@functools.cache
def stubs(exercise: Exercise) -> dict[str, str]:
    """The answer cells of the untouched exercise."""
    solution = cells.read(exercise.solution)
    return cells.answers(cells.to_exercise(solution))


def unanswered(exercise: Exercise, answers: dict[str, str]) -> list[str]:
    """The names of the questions whose answer is missing, empty or untouched."""
    untouched = stubs(exercise)
    return [
        question.name
        for question in exercise.questions
        if not (own := answers.get(question.name, "")).strip()
        or cells.same_code(own, untouched[question.name])
    ]


@functools.cache
def exercises() -> tuple[Exercise, ...]:
    """Every exercise of the course, in order."""
    return tuple(map(_exercise, _names()))


def exercise(number: str) -> Exercise:
    """The exercise with a number ("2", "02") or a name ("02_handshake"); raises `CourseError`."""
    for name in _names():
        if means(number, name):
            return _exercise(name)
    there = ", ".join(name[:2] for name in _names())
    raise CourseError(f"There is no exercise {number!r}; there are {there}.")


def means(asked: str, name: str) -> bool:
    """Whether what was asked for, like "2" or "02_handshake", is what has this name."""
    return asked == name or (asked.isdecimal() and len(asked) <= 64 and int(asked) == int(name[:2]))


def find_question(name: str) -> tuple[Exercise, Question]:
    """The question called `name` and its exercise; raises `CourseError`."""
    there = []
    for each in map(_exercise, _names()):  # as few as need be: each brings imports of its own
        for question in each.questions:
            if question.name == name:
                return each, question
            there.append(question.name)
    near = difflib.get_close_matches(name, there, n=1)
    rest = f"did you mean {near[0]!r}?" if near else "`course progress` lists the exercises."
    raise CourseError(f"There is no question {name!r}; {rest}")


@functools.cache
def _names() -> tuple[str, ...]:
    paths = sorted(SOLUTIONS.glob("[0-9][0-9]_*_tests.py"))
    return tuple(path.stem.removesuffix("_tests") for path in paths)


@functools.cache
def _exercise(name: str) -> Exercise:
    return Exercise(name, questions_in(SOLUTIONS / f"{name}_tests.py"))


def questions_in(path: Path) -> tuple[Question, ...]:
    """The questions that a file of tests has; raises whatever it raises."""
    spec = importlib.util.spec_from_file_location(f"questions_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.QUESTIONS
