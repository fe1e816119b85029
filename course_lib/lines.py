"""Processes that speak in lines.

A parent tells its child a line and hears lines back. What the child's code prints goes to standard
error and can't be taken for a line, and the child ends when its parent does, whatever it is busy
with. Both ends are here; the child's knows the standard library only.
"""

import contextlib
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

LONGEST = 96 * 1024 * 1024
"""The longest line, in bytes, that is read from a child if nothing else is said."""

UNHEARD = 4
"""How many lines are kept that nobody has asked for yet; a child that says more has to wait."""

END_LIMIT = 5.0
"""Seconds that a killed process may take to be gone."""


class Ended(Exception):
    """The other process has ended, or has closed its end of the channel."""


@dataclass(frozen=True)
class Process:
    """A process that was started, and our ends of its pipes.

    Attributes:
        printed: what it writes to standard error; None where that is ours.
        end: ends it and all that it has started, and waits for that for at most `END_LIMIT`.
    """

    pid: int
    stdin: IO[bytes]
    stdout: IO[bytes]
    printed: IO[bytes] | None
    end: Callable[[], object]


def start(*arguments: str, collect: bool = False) -> Process:
    """Start a Python of its own, in a session of its own, e.g. with "-m" and a module's name.

    With `collect` its standard error is a pipe, too.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if collect else None,
        start_new_session=os.name == "posix",  # Ctrl-C and Jupyter interrupt a whole group
    )
    assert process.stdin
    assert process.stdout

    def end() -> None:
        kill_tree(process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_LIMIT)

    return Process(process.pid, process.stdin, process.stdout, process.stderr, end)


def kill_tree(pid: int) -> None:
    """End a process and all that it has started, also what left its group."""
    import psutil  # not in the child

    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        below = []
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.kill()


class Worker:
    """The parent's end: what to tell a process, and what it says."""

    def __init__(self, process: Process, longest: int = LONGEST) -> None:
        """`longest` is the most bytes that a line may have; a longer one counts as an end."""
        self.pid = process.pid
        self._process = process
        self._longest = longest
        self._said: queue.Queue[bytes] = queue.Queue(maxsize=UNHEARD)
        self._over = self._closed = False
        if os.name == "posix":  # the child can fill the pipe just before we write
            os.set_blocking(process.stdin.fileno(), False)
        # A thread can wait for a pipe on every system, and in every event loop.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, line: str, seconds: float | None = None) -> None:
        """Send one line; raises `Ended`, and TimeoutError if it does not get through in time."""
        left = memoryview(line.encode() + b"\n")
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            pipe = self._process.stdin.fileno()
            while left:
                try:
                    left = left[os.write(pipe, left) :]
                except BlockingIOError:
                    _wait_for_room(pipe, deadline)
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Ended from None

    def hear(self, seconds: float | None = None) -> bytes:
        """The next line that it says; raises `Ended`, and TimeoutError if none comes in time."""
        try:
            line = b"" if self._over else self._said.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not line.endswith(b"\n"):
            self._over = True
            raise Ended
        return line

    def end(self) -> None:
        """End the process and all that it has started; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._process.end()
        self._process.stdin.close()
        deadline = time.monotonic() + 1
        while self._reader.is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                self._said.get_nowait()  # it may wait for room
            self._reader.join(timeout=0.01)
        if not self._reader.is_alive():  # else a process that got away still holds the pipe
            self._process.stdout.close()
        with contextlib.suppress(queue.Full):
            self._said.put_nowait(b"")  # for whoever still listens

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := self._process.stdout.readline(self._longest):
                self._said.put(line)
        self._said.put(b"")


def _wait_for_room(pipe: int, deadline: float | None) -> None:
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    left = None if deadline is None else 1000 * (deadline - time.monotonic())
    if (left is not None and left < 0) or not poll.poll(left):
        raise TimeoutError


class Parent:
    """The child's end of the channel; make it once, before anything prints.

    `take` is called with each line, in a thread. When the parent closes the channel or dies, the
    process exits.
    """

    def __init__(self, take: Callable[[str], object]) -> None:
        self._told = os.fdopen(os.dup(0), encoding="utf-8")
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._take = take
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, line: str) -> None:
        """Send the parent one line."""
        self._answers.write(line + "\n")
        self._answers.flush()

    def _read(self) -> None:
        try:
            for line in self._told:
                self._take(line)
        finally:
            os._exit(0)
