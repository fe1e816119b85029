"""Plain `pytest tests/graded` runs each graded test against the course's own solution.

The judge runs the same tests against a learner's answers and does without this file.
"""

import random

import pytest

from course_lib.grading import cells
from course_lib.grading.catalogue import Exercise, exercises
from course_lib.grading.client import BenchProcess, Cell
from course_lib.grading.question import Answer


def solution_cells(exercise: Exercise) -> list[Cell]:
    answers = cells.answers(cells.read(exercise.solution))
    return [Cell(name, source) for name, source in answers.items()]


@pytest.fixture(scope="module")
def bench_with_solutions(request):
    name = request.path.stem.removeprefix("test_")
    exercise = next(each for each in exercises() if each.name == name)
    with BenchProcess() as bench:
        assert bench.load(solution_cells(exercise)) == {}
        yield bench


@pytest.fixture
def answer(bench_with_solutions):
    return Answer(bench_with_solutions)


@pytest.fixture
def rng():
    return random.Random(6455)
