"""What a graded test says: which question it belongs to, and what was expected."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from course_lib.grading.client import AnswerRaised, BenchProcess
from course_lib.grading.values import Opaque

Test = TypeVar("Test", bound=Callable)


@dataclass(frozen=True)
class Question:
    """A question of an exercise. Decorate each of its tests with it.

    Attributes:
        name: what stands after ``%%answer``; unique in the course.
        points: earned when all of the question's tests pass, else none.
        hints: from a nudge to nearly the answer, shown one at a time.
    """

    name: str
    points: int
    hints: tuple[str, ...]

    def __call__(self, test: Test) -> Test:
        return pytest.mark.question(self.name)(test)


class Mismatch(AssertionError):
    """The answer gave a value, but not the right one."""

    def __init__(self, why: str, got: str, expected: str | None = None) -> None:
        super().__init__(why)
        self.why, self.got, self.expected = why, got, expected


def expect(got: object, expected: object, why: str) -> None:
    """Fail unless `got` equals `expected`; `why` says what is wrong as a person would say it."""
    if type(got) is not type(expected) and {type(got), type(expected)} != {int, float}:
        raise Mismatch(
            why, f"{shown(got)} ({kind_of(got)})", f"{shown(expected)} ({kind_of(expected)})"
        )
    if got != expected:
        raise Mismatch(why, shown(got), shown(expected))


def expect_that(condition: bool, got: object, why: str, expected: str | None = None) -> None:
    """Fail unless `condition` holds; `expected` describes in words what would be right."""
    if not condition:
        raise Mismatch(why, shown(got), expected)


def kind_of(value: object) -> str:
    """A word for the type of a plain value, e.g. "text" for str."""
    if isinstance(value, Opaque):
        return "not a plain value"
    if value is None:
        return "nothing returned"
    words = {str: "str", bytes: "bytes", bool: "bool", int: "int", float: "float", list: "list"}
    return words.get(type(value), type(value).__name__)


def shown(value: object, limit: int = 300) -> str:
    """`value` as Python writes it, shortened in the middle."""
    text = repr(value)
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"


class Answer:
    """The learner's answers, as a test sees them: `answer.accept_key(key)` calls the function.

    Each call crosses to the bench and brings back a plain value. A call that fails raises
    `AnswerError`, whose message is the test's failure.
    """

    def __init__(self, bench: BenchProcess) -> None:
        self._bench = bench
        self.last_call: str | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
            return self._ask(name, args, kwargs, op="call", name=name)

        return call

    def value(self, name: str) -> Any:  # noqa: ANN401
        """A variable of the answers."""
        return self._ask(name, None, {}, op="get", name=name)

    def take(self, count: int, name: str, *args: object, **kwargs: object) -> list:
        """The first `count` items that a function or generator gives."""
        return self._ask(name, args, kwargs, op="take", name=name, count=count)

    def make(self, name: str, *args: object, **kwargs: object) -> "AnswerObject":
        """An object of a class of the answers; its methods are called like functions."""
        return AnswerObject(self, name, self._ask(name, args, kwargs, op="make", name=name))

    def serve(self, name: str, *args: object, **kwargs: object) -> int:
        """Serve a function of the answers as a `websockets` handler; returns the port.

        The function is called with each connection, and with the arguments that follow.
        """
        return self._ask(name, args, kwargs, op="serve", name=name)

    def endings(self, cancel: bool = False) -> list[str]:
        """How each call of a served handler has ended so far, in the order of the calls.

        "running", "returned", "cancelled", or the name of an exception. With `cancel`, those
        that still run are cancelled first and have a second to end.
        """
        return self._bench.ask("the handler", op="endings", cancel=cancel)

    def tasks(self) -> int:
        """How many asyncio tasks run in the answers' process."""
        return self._bench.ask("the handler", op="tasks")

    def serve_http(self, name: str) -> int:
        """Serve a function of the answers as an `aiohttp` handler of GET; returns the port.

        An exception in it is answered with 500 and its kind and message as text.
        """
        return self._ask(name, None, {}, op="serve_http", name=name)

    def raises(self, call: Callable[[], object], *kinds: str) -> bool:
        """Whether `call` makes the learner's code raise one of `kinds` (exception names)."""
        try:
            call()
        except AnswerRaised as exc:
            if exc.kind in kinds:
                return True
            raise
        return False

    def _ask(self, label: str, args: Iterable | None, kwargs: dict, **request: object) -> Any:  # noqa: ANN401
        self.last_call = label
        if args is not None:
            parts = [shown(arg, 160) for arg in args]
            parts += [f"{key}={shown(value, 160)}" for key, value in kwargs.items()]
            self.last_call = f"{label}({', '.join(parts)})"
            request |= {"args": list(args), "kwargs": kwargs}
        return self._bench.ask(f"`{label}`", **request)


class AnswerObject:
    """An object that lives on the bench."""

    def __init__(self, answer: Answer, kind: str, number: int) -> None:
        self._answer, self._kind, self._number = answer, kind, number

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
            label = f"{self._kind}.{name}"
            return self._answer._ask(
                label, args, kwargs, op="method", number=self._number, method=name
            )

        return call


def seeded(seed: int, test: str) -> random.Random:
    """The random source of one test in one judgement."""
    return random.Random(f"{seed}:{test}")
