"""The judge's end of the bench: start it, ask it, time it, end it."""

import contextlib
import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from course_lib.exercises.cells import Cell
from course_lib.judge.bench import READY
from course_lib.judge.inside import sockets_inside
from course_lib.judge.values import MAX_TEXT, Plain, dumps, loads, words
from course_lib.judge.warm import USUAL, Confined, start_bench
from course_lib.judge.watch import (
    PATIENCE,
    PATIENCE_IN_ALL,
    Clock,
    MemoryWatch,
    Printed,
    memory_below,
)
from course_lib.lines import Ended, Worker, kill_tree

TIME_LIMIT = 5.0
"""Seconds that one request to the bench may take, those not counted in which it had to wait for a
processor."""

TOTAL_LIMIT = 20.0
"""Seconds that all requests to one bench may take together, counted in the same way."""

START_LIMIT = 60.0
"""Seconds that a bench may take to be ready; none of them counts as the learner's."""

EXPLAINED = {"NotDefined", "NameError", "ModuleNotFoundError", "TooLarge", "MemoryError"}
"""Kinds of exceptions for which `AnswerRaised` has a sentence of its own."""


class AnswerError(Exception):
    """The learner's code did not give a value. The message is for the learner."""


class AnswerStopped(AnswerError):
    """The learner's code ran too long or ended its process: nothing more can be asked of it."""


@dataclass(frozen=True)
class Place:
    """A line of a learner's answer cell, counted as JupyterLab counts: `%%answer` stands in line 1."""

    cell: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"line {self.line} of the cell `{self.cell}`"
        return f"{where}: {self.text}" if self.text else where


class AnswerRaised(AnswerError):
    """The learner's code raised an exception.

    Attributes:
        kind: the exception's class name, e.g. "JSONDecodeError".
        bases: the names of its class and of all that it derives from, e.g. "ValueError".
        text: its message, which may hold half a character.
        place: the last line of the learner's own code on the way to it, if any.
    """

    def __init__(self, what: str, error: Plain) -> None:
        """Raises ValueError for an `error` that is not what the bench makes of an exception."""
        match error:
            case {
                "kind": str(kind),
                "bases": [*bases],
                "message": str(text),
                "name": None | str() as name,
                "place": None | [str(), int(), str()] as place,
            }:
                self.kind, self.text = words(kind, 100), text[:2000]
                self.bases = [words(each, 100) for each in [kind, *bases[:100]]]
                self.place = _place(*place) if place else None
            case _:
                raise ValueError("not an exception of the bench")
        super().__init__(
            _sentence(what, self.kind, words(self.text, 2000), name and words(name, 100))
        )

    @property
    def explained(self) -> bool:
        """Whether its message says what to do, so that nothing need be added to it."""
        return self.kind in EXPLAINED

    @property
    def what_came(self) -> str:
        """E.g. "raised ValueError: no such interval"."""
        text = words(self.text, 2000)
        return f"raised {self.kind}" + (f": {text}" if text else "")

    def is_a(self, *kinds: str) -> bool:
        """Whether it is one of `kinds` (exception names), or derives from one."""
        return not set(kinds).isdisjoint(self.bases)


def _place(cell: str, line: int, text: str) -> Place:
    if not 0 <= line < 10**6:
        raise ValueError("no cell has such a line")
    return Place(words(cell, 100), int(line), words(text, 300))


def _sentence(what: str, kind: str, text: str, name: str | None) -> str:
    if kind == "NotDefined":
        return f"the answer does not define `{text}`: keep the name that the question gives"
    if kind == "NameError" and name:
        return (
            f"`{name}` is not defined in the answer cells up to this one. Only answer cells are "
            f"judged, each with those above it, so what you define elsewhere in the notebook, or "
            f"in a later answer, is missing here: move it into this cell or one above"
        )
    if kind == "ModuleNotFoundError":
        return f"{what} imports what it can't have: {text}"
    if kind == "TooLarge":
        return f"{what} is too much: {text}"
    if kind == "MemoryError":
        return f"{what} ran out of memory"
    return f"{what} raised {kind}" + (f": {text}" if text else "")


class BenchProcess:
    """A bench with a learner's answers in it. Use it as a context manager.

    Attributes:
        imports: the packages that its answers may use besides the standard library.
        stopped: why nothing more can be asked of it, if so.
    """

    def __init__(
        self,
        time_limit: float = TIME_LIMIT,
        total_limit: float = TOTAL_LIMIT,
        imports: frozenset[str] = USUAL,
    ) -> None:
        """`imports` are the packages that the answers may use besides the standard library."""
        self.time_limit = time_limit
        self.total_limit = total_limit
        self.imports = imports
        self.stopped: AnswerStopped | None = None
        self._spent = 0.0
        process = start_bench(imports)
        assert process.printed
        self._sockets: AbstractContextManager[None] = contextlib.nullcontext()
        tree = process.pid
        if isinstance(process, Confined):
            self._sockets, tree = sockets_inside(process.porter), process.tree
        self._printed = Printed(process.printed)
        self._watch = MemoryWatch(tree, lambda: kill_tree(process.pid))
        self._worker = Worker(process, MAX_TEXT + 1)
        try:
            ready = loads(self._worker.hear(START_LIMIT).decode("ascii")) == READY
        except (Ended, TimeoutError, ValueError):
            ready = False
        if not ready:
            self.close()
            raise RuntimeError(f"The bench does not start: {self.printed}")
        self._clock = Clock(self.pid)
        self._life = copy.copy(self._clock)

    @property
    def pid(self) -> int:
        return self._worker.pid

    @property
    def printed(self) -> str:
        """The beginning and the end of what the learner's code printed."""
        return self._printed.text()

    def memory(self) -> int:
        """Bytes of memory that the bench and what it has started hold; 0 when it has ended."""
        return memory_below(self.pid)

    def lived(self) -> float:
        """Seconds since it began, those not counted in which it or we waited for a processor."""
        return self._life.seconds(PATIENCE_IN_ALL)

    def waited(self) -> float:
        """Seconds that the bench and the judge have waited for a processor so far."""
        return self._clock.waiting()

    def load(self, cells: Sequence[Cell]) -> dict[str, AnswerError]:
        """Run the cells in order; returns the error of each of the learner's that did not run."""
        errors: dict[str, AnswerError] = {}
        for cell in cells:
            before = self.stopped
            request = {"op": "load", "cell": cell.name, "source": cell.source, "ours": cell.ours}
            try:
                self.ask(f"the cell `{cell.name}`", **request)
            except AnswerError as error:
                if not cell.ours:
                    errors[cell.name] = error
                elif self.stopped is not before:
                    self.stopped = AnswerStopped(
                        f"the course's own answer to `{cell.name}`, which stands in for yours, "
                        "does not come to its end: something in the cells before it holds it up"
                    )
        return errors

    def ask(self, what: str, **request: Plain) -> Plain:
        """Send a request and return the value that comes back.

        `what` names it in messages, e.g. "`accept_key`". Raises `AnswerError`.
        """
        if self.stopped is not None:
            raise self.stopped
        try:
            line = self._reply(what, dumps(request))
        except Ended:
            if self._watch.exceeded:
                raise self._stop(f"your code used too much memory in {what}") from None
            raise self._stop(f"your code ended its own process in {what}") from None
        try:
            match loads(line.decode("ascii")):
                case {"value": value}:
                    return value
                case {"error": error}:
                    raised = AnswerRaised(what, error)
                case _:
                    raise ValueError("no reply")
        except (ValueError, RecursionError):
            raise self._stop(f"your code wrote into the judge's own channel in {what}") from None
        raise raised

    def close(self) -> None:
        """End the bench and all that its code started, and wait until it has ended."""
        self._watch.close()
        self._worker.end()
        self._printed.close()

    def __enter__(self) -> "BenchProcess":
        self._sockets.__enter__()  # what the judge serves and connects to is in its network
        return self

    def __exit__(self, *error: object) -> None:
        self._sockets.__exit__(None, None, None)
        self.close()

    def _reply(self, what: str, request: str) -> bytes:
        limit = min(self.time_limit, self.total_limit - self._spent)
        clock = self._clock
        clock.start()
        try:
            self._worker.tell(request, max(limit, 0) * PATIENCE)
            while (left := limit - clock.seconds()) > 0:
                with contextlib.suppress(TimeoutError):
                    return self._worker.hear(max(left, 0.01))
        except TimeoutError:
            pass  # it does not even listen
        finally:
            self._spent += clock.stop()
        limit_said = f"{min(self.time_limit, self.total_limit):g} s"
        if limit < self.time_limit:
            limit_said = f"{self.total_limit:g} s in all its tests together, the last time"
        raise self._stop(f"your code ran longer than {limit_said} in {what}")

    def _stop(self, message: str) -> AnswerStopped:
        self.stopped = AnswerStopped(message)
        self.close()
        return self.stopped
