"""The judge's end of the bench: start it, ask it, time it, end it."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import psutil

from course_lib.exercises.cells import Cell
from course_lib.judge.values import Plain, dumps, loads

TIME_LIMIT = 5.0
"""Seconds of wall clock that one request to the bench may take."""

TOTAL_LIMIT = 20.0
"""Seconds of wall clock that all requests to one bench may take together."""

PRINTED_LIMIT = 2_000
"""Characters of what the learner's code prints that are kept for its verdict."""

REPLY_LIMIT = 96 * 1024 * 1024
"""The longest reply, in bytes, that the judge reads from a bench."""


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
        text: its message.
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
                self.kind, self.text = kind, text
                self.bases = [kind, *map(str, bases)]
                self.place = Place(*place) if place else None
            case _:
                raise ValueError("not an exception of the bench")
        super().__init__(_sentence(what, self.kind, self.text, name))

    @property
    def explained(self) -> bool:
        """Whether its message says what to do, so that nothing need be added to it."""
        return self.kind in EXPLAINED

    @property
    def what_came(self) -> str:
        """E.g. "raised ValueError: no such interval"."""
        return f"raised {self.kind}" + (f": {self.text}" if self.text else "")

    def is_a(self, *kinds: str) -> bool:
        """Whether it is one of `kinds` (exception names), or derives from one."""
        return not set(kinds).isdisjoint(self.bases)


def _sentence(what: str, kind: str, text: str, name: str | None) -> str:
    if kind == "NotDefined":
        return f"the answer does not define `{text}`: keep the name that the question gives"
    if kind == "NameError" and name:
        return (
            f"`{name}` is not defined in the answer cells up to this one. Only answer cells are "
            f"judged, so what you define elsewhere in the notebook is missing here: move it into "
            f"an answer cell"
        )
    if kind == "ModuleNotFoundError":
        return f"{what} imports what it can't have: {text}"
    if kind == "TooLarge":
        return f"{what} is too much: {text}"
    if kind == "MemoryError":
        return f"{what} ran out of memory"
    return f"{what} raised {kind}" + (f": {text}" if text else "")


def descendants(pid: int) -> list[psutil.Process]:
    """The processes that a process started, also those that left its group."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


class BenchProcess:
    """A bench with a learner's answers in it. Use it as a context manager."""

    def __init__(self, time_limit: float = TIME_LIMIT, total_limit: float = TOTAL_LIMIT) -> None:
        self.time_limit = time_limit
        self.total_limit = total_limit
        self._spent = 0.0
        self._closed = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "course_lib.judge.bench"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
        )
        # A few at most: the learner's code may have found the channel and flood it.
        self._replies: queue.Queue[bytes] = queue.Queue(maxsize=4)
        self._printed = bytearray()
        self._readers = [
            threading.Thread(target=self._read_replies, daemon=True),
            threading.Thread(target=self._read_printed, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.stopped: AnswerStopped | None = None

    @property
    def printed(self) -> str:
        """The beginning of what the learner's code printed."""
        text = self._printed.decode("utf-8", "replace")
        return text if len(text) <= PRINTED_LIMIT else text[:PRINTED_LIMIT] + " …"

    def memory(self) -> int:
        """Bytes of memory that the bench and what it has started hold; 0 when it has ended."""
        pid = self._process.pid
        try:
            processes = [psutil.Process(pid), *descendants(pid)]
            return sum(process.memory_info().rss for process in processes)
        except psutil.Error:
            return 0

    def load(self, cells: Sequence[Cell]) -> dict[str, AnswerError]:
        """Run the cells in order; returns the error of each cell that did not run."""
        errors: dict[str, AnswerError] = {}
        for cell in cells:
            try:
                what = f"the cell `{cell.name}`"
                self.ask(what, op="load", cell=cell.name, source=cell.source)
            except AnswerError as exc:
                errors[cell.name] = exc
        return errors

    def ask(self, what: str, **request: object) -> Any:  # noqa: ANN401 - any plain value
        """Send a request and return the value that comes back.

        `what` names it in messages, e.g. "`accept_key`". Raises `AnswerError`.
        """
        if self.stopped is not None:
            raise self.stopped
        began = time.monotonic()
        left = self.total_limit - self._spent
        try:
            self._process.stdin.write(dumps(request).encode("ascii") + b"\n")
            self._process.stdin.flush()
            line = self._replies.get(timeout=max(0, min(self.time_limit, left)))
        except queue.Empty:
            limit = f"{min(self.time_limit, self.total_limit):g} s"
            if left < self.time_limit:
                limit = f"{self.total_limit:g} s in all its tests together, the last time"
            raise self._stop(f"your code ran longer than {limit} in {what}") from None
        except OSError:
            line = b""
        self._spent += time.monotonic() - began
        if not line.endswith(b"\n"):
            raise self._stop(f"your code ended its own process in {what}")
        try:
            reply = loads(line.decode("ascii"))
            value, error = reply.get("value"), reply.get("error")
            raised = AnswerRaised(what, error) if isinstance(error, dict) else None
        except (ValueError, AttributeError, TypeError, RecursionError):
            raise self._stop(f"your code wrote into the judge's own channel in {what}") from None
        if raised:
            raise raised
        return value

    def close(self) -> None:
        """End the bench and all that its code started, and wait until it has ended."""
        if self._closed:
            return
        self._closed = True
        children = descendants(self._process.pid)
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        deadline = time.monotonic() + 1
        for reader, pipe in zip(
            self._readers, (self._process.stdout, self._process.stderr), strict=True
        ):
            while reader.is_alive() and time.monotonic() < deadline:
                with contextlib.suppress(queue.Empty):
                    self._replies.get_nowait()  # it may wait for room
                reader.join(timeout=0.01)
            if not reader.is_alive():  # else a process that left the group still holds the pipe
                pipe.close()

    def __enter__(self) -> "BenchProcess":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _stop(self, message: str) -> AnswerStopped:
        self.stopped = AnswerStopped(message)
        self.close()
        return self.stopped

    def _read_replies(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := self._process.stdout.readline(REPLY_LIMIT):
                self._replies.put(line)
        self._replies.put(b"")

    def _read_printed(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := self._process.stderr.read1(65536):
                room = 4 * PRINTED_LIMIT - len(self._printed)
                self._printed += chunk[: max(room, 0)]
