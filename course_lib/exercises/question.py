"""A question of an exercise, as its tests name it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable)


@dataclass(frozen=True)
class Question:
    """A question of an exercise. Decorate each of its tests with it.

    Attributes:
        name: what stands after ``%%answer``; unique in the course.
        points: earned when all of the question's tests pass, else none.
        hints: from a nudge to nearly the answer, shown one at a time.
        imports: the packages that its answer may use besides the standard library.
    """

    name: str
    points: int
    hints: tuple[str, ...]
    imports: tuple[str, ...] = ()

    def __call__(self, test: Test) -> Test:
        return pytest.mark.question(self.name)(test)
