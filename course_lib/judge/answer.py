"""The learner's answers, as a graded test sees them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from course_lib.exercises.cells import Cell
from course_lib.judge.bench_process import AnswerStopped, BenchProcess
from course_lib.judge.expect import shown
from course_lib.judge.values import Plain

Ask = Callable[..., Plain]
"""Asks for something by a name, with arguments; gives the plain value that comes back."""


class Answer:
    """The learner's answers, as a test sees them: `answer.accept_key(key)` calls the function.

    Each call crosses to the bench and brings back a plain value. A call that fails raises
    `AnswerError`, whose message is the test's failure.

    Attributes:
        last_value: what the last function that was called gave.
        served: whether it was served instead: what comes then comes over a connection.
    """

    def __init__(self, bench: BenchProcess, cells: Sequence[Cell] = ()) -> None:
        self._bench, self._cells = bench, cells
        self.forget()

    def forget(self) -> None:
        """Another test begins: nothing was called yet."""
        self._last: tuple[str, Sequence[Plain], dict[str, Plain]] | None = None
        self.last_value: Plain = None
        self.served = False

    @property
    def last_call(self) -> str | None:
        """The last function that was called, with its arguments, e.g. "accept_key('…')"."""
        if not self._last:
            return None
        label, args, kwargs = self._last
        parts = [shown(arg, 160) for arg in args]
        parts += [f"{key}={shown(value, 160)}" for key, value in kwargs.items()]
        return f"{label}({', '.join(parts)})"

    @property
    def stopped(self) -> AnswerStopped | None:
        """Why nothing more can be asked, if so."""
        return self._bench.stopped

    def __getattr__(self, name: str) -> Ask:
        def call(*args: Plain, **kwargs: Plain) -> Plain:
            return self._called(name, args, kwargs, op="call", name=name)

        return call

    def value(self, name: str) -> Plain:
        """A variable of the answers."""
        self._last = None
        self.last_value = self._bench.ask(f"`{name}`", op="get", name=name)
        return self.last_value

    def take(self, count: int, name: str, *args: Plain, **kwargs: Plain) -> list[Plain]:
        """The first `count` items that a function or generator gives."""
        return self._called(name, args, kwargs, op="take", name=name, count=count)

    def leaves(self, name: str, *args: Plain) -> list[Plain]:
        """The arguments of a function, as they are after it was called."""
        return self._called(name, args, {}, op="leaves", name=name)

    def make(self, name: str, *args: Plain, **kwargs: Plain) -> "AnswerObject":
        """An object of a class of the answers; its methods are called like functions."""
        number = self._called(name, args, kwargs, op="make", name=name)
        return AnswerObject(self._called, name, number)

    @contextmanager
    def apart(self, name: str, *args: Plain, **kwargs: Plain) -> Iterator["AnswerObject"]:
        """Such an object in a process of its own, in which the answers run once more."""
        with BenchProcess(imports=self._bench.imports) as bench:
            for error in bench.load(self._cells).values():
                raise error
            ask = partial(self._called, bench=bench)
            yield AnswerObject(ask, name, ask(name, args, kwargs, op="make", name=name))

    def serve(self, name: str, *args: Plain, **kwargs: Plain) -> int:
        """Serve a function of the answers as a `websockets` handler; returns the port.

        The function is called with each connection, and with the arguments that follow.
        """
        self._last, self.served = None, True
        arguments = {"args": list(args), "kwargs": kwargs}
        return self._bench.ask(f"`{name}`", op="serve", name=name, **arguments)

    def serve_http(self, name: str) -> int:
        """Serve a function of the answers as an `aiohttp` handler of GET; returns the port.

        An exception in it is answered with 500 and its kind and message as text.
        """
        self._last, self.served = None, True
        return self._bench.ask(f"`{name}`", op="serve_http", name=name)

    def endings(self, cancel: bool = False) -> list[str]:
        """How each call of a served handler has ended so far, in the order of the calls.

        "running", "returned", "cancelled", or the name of an exception. With `cancel`, those
        that still run are cancelled first and have a second to end.
        """
        return self._bench.ask("the handler", op="endings", cancel=cancel)

    def tasks(self) -> int:
        """How many asyncio tasks run in the answers' process."""
        return self._bench.ask("the handler", op="tasks")

    def seed(self, number: int) -> None:
        """Let Python's `random` begin anew there: only what is made with it comes again."""
        self._bench.ask("the answers", op="seed", number=number)

    def memory(self) -> int:
        """How many bytes of memory the answers' process holds, as the operating system counts."""
        return self._bench.memory()

    def cpu(self) -> float:
        """How many seconds of processor time the answers' process has used, as the system counts."""
        import psutil  # few tests ask

        times = psutil.Process(self._bench.pid).cpu_times()
        return times.user + times.system

    def waited(self) -> float:
        """How many seconds its process and ours have waited for a processor, as Linux counts; else 0."""
        return self._bench.waited()

    def _called(
        self,
        label: str,
        args: tuple[Plain, ...],
        kwargs: dict[str, Plain],
        bench: BenchProcess | None = None,
        **request: Plain,
    ) -> Plain:
        self._last, self.last_value = (label, args, kwargs), None
        self.served = False
        asked = bench or self._bench
        self.last_value = asked.ask(f"`{label}`", args=list(args), kwargs=kwargs, **request)
        return self.last_value


class AnswerObject:
    """An object that lives on the bench: its methods are called like functions."""

    def __init__(self, ask: Ask, kind: str, number: int) -> None:
        self._ask, self._kind, self._number = ask, kind, number

    def __getattr__(self, name: str) -> Ask:
        def call(*args: Plain, **kwargs: Plain) -> Plain:
            return self._ask(
                f"{self._kind}.{name}", args, kwargs, op="method", number=self._number, method=name
            )

        return call
