"""The learner's answers, as a graded test sees them."""

from collections.abc import Callable, Iterable
from typing import Any

from course_lib.judge.bench_process import AnswerRaised, BenchProcess
from course_lib.judge.expect import shown


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

    def memory(self) -> int:
        """How many bytes of memory the answers' process holds, as the operating system counts."""
        return self._bench.memory()

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
