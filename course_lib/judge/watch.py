"""What the judge sees of a bench from outside: its time, its memory, and what it prints."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import IO

PRINTED_LIMIT = 2_000
"""Characters of what the learner's code prints that are kept for its verdict, at each end."""

PATIENCE = 12
"""How many times longer than its limit a request may take where others hold the processors."""

PATIENCE_IN_ALL = 4
"""The same of all requests together, and of what the judge does and awaits between them."""

MEMORY_IN_ALL = 2 * 1024**3
"""Bytes of memory that a bench and all that it has started may hold together."""

AT_ONCE = 0.1
"""Seconds that quick requests may take together before the system is asked what they waited for."""

OWN = "/proc/self/task"

LOOKS = 0.5
"""Seconds between two looks at it."""


def memory_below(pid: int) -> int:
    """Bytes of memory that a process and what it has started hold; 0 when it has ended."""
    import psutil  # few benches live for so long

    try:
        first = psutil.Process(pid)
        return sum(each.memory_info().rss for each in [first, *first.children(recursive=True)])
    except psutil.Error:
        return 0


class MemoryWatch:
    """Looks at the memory of a process and of what it has started, until it is closed.

    Attributes:
        exceeded: whether they held more than `MEMORY_IN_ALL`, and were ended.
    """

    def __init__(self, pid: int, end: Callable[[], object]) -> None:
        self.exceeded = False
        self._pid, self._end = pid, end
        self._closed = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def _look(self) -> None:
        while not self._closed.wait(LOOKS):
            if memory_below(self._pid) > MEMORY_IN_ALL:
                self.exceeded = True
                self._end()
                return


class Clock:
    """The time of a process: less what it, or we, had to wait for a processor that others held.

    Where the system does not tell (elsewhere than on Linux), all time counts.
    """

    def __init__(self, pid: int) -> None:
        self._threads = f"/proc/{pid}/task", OWN
        self._waited, self._quick = _waits(OWN), 0.0  # it has just begun, and has waited for little
        self.start()

    def start(self) -> None:
        """Begin now, with what the quick requests before it took."""
        self._began, self._before = time.monotonic() - self._quick, self._waited

    def stop(self) -> float:
        """How many seconds since the start; 0 where they count with what comes next."""
        took = time.monotonic() - self._began
        self._quick = took if took < AT_ONCE else 0.0
        return 0.0 if self._quick else self.seconds()

    def seconds(self, patience: int = PATIENCE) -> float:
        """How many since the start: at least what is left if `patience` divides all of them."""
        took = time.monotonic() - self._began
        if took < AT_ONCE:
            return took
        self._waited = self.waiting()
        return max(took - max(0.0, self._waited - self._before), took / patience)

    def waiting(self) -> float:
        """Seconds that it and we have waited for a processor, since we began."""
        return sum(map(_waits, self._threads))


def _waits(threads: str) -> float:
    waited = 0
    with contextlib.suppress(OSError, ValueError, IndexError):  # one may end meanwhile
        for thread in os.listdir(threads):
            with open(f"{threads}/{thread}/schedstat", "rb", buffering=0) as file:
                waited += int(file.read().split()[1])
    return waited / 1e9


class Printed:
    """The beginning and the end of what a pipe brings, read in a thread."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._first, self._last = bytearray(), bytearray()
        self._length = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        first, last = (part.decode("utf-8", "replace") for part in (self._first, self._last))
        if self._length <= len(self._first) + len(self._last):
            return first + last
        # Whole lines, where there are lines.
        first = first[: first.rfind("\n")] if "\n" in first else first
        last = last[last.find("\n") + 1 :] if "\n" in last.rstrip("\n") else last
        return f"{first}\n… {self._length:,} bytes in all: what is between is left out …\n{last}"

    def close(self) -> None:
        self._reader.join(timeout=1)
        if not self._reader.is_alive():  # else a process that got away still holds the pipe
            self._pipe.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._pipe.fileno(), 65536):
                self._length += len(chunk)
                room = PRINTED_LIMIT - len(self._first)
                self._first += chunk[:room]
                self._last = (self._last + chunk[room:])[-PRINTED_LIMIT:]
