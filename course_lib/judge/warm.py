"""Benches in a hundredth of a second: forks of a process that has imported what they need.

Behind walls where the system has them (see `lacking`). On Linux only: elsewhere system libraries
don't survive a fork, and a bench starts cold.
"""

import atexit
import contextlib
import functools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from course_lib.errors import CourseError
from course_lib.judge import bench, fork_server, walls
from course_lib.lines import END_LIMIT, Process, kill_tree, start

START_LIMIT = 60.0
"""Seconds until a process that does not fork is given up."""

REQUIRED = "COURSE_REQUIRE_ISOLATION"
"""The variable of the environment that lets no bench start without walls."""

USUAL = frozenset({"websockets", "aiohttp"})
"""The packages that a bench has if nothing else is said."""


class Porter:
    """Makes the judge's sockets in the network of a bench, and ends the bench when it is closed."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        channel.settimeout(END_LIMIT)

    def socket(self, family: int, kind: int, protocol: int) -> int:
        """The number of a new socket's file; raises OSError if the bench has ended."""
        with self._lock:
            self._channel.send(f"{family} {kind} {protocol}".encode())
            _, made, _, _ = socket.recv_fds(self._channel, 64, 1, socket.MSG_CMSG_CLOEXEC)
        if not made:
            raise OSError("the bench has ended")
        return made[0]

    def close(self) -> None:
        self._channel.close()


@dataclass(frozen=True)
class Confined(Process):
    """A bench behind walls.

    Attributes:
        porter: of its network.
        tree: the process below which there is all that it has started.
    """

    porter: Porter
    tree: int


def start_bench(imports: frozenset[str] = USUAL) -> Process:
    """A new bench, whose answers may import some packages: a warm one where that is possible.

    Raises RuntimeError if there is none to be had, and `CourseError` where walls are required and
    there are none.
    """
    lacks = lacking(os.getpid())
    if lacks and os.environ.get(REQUIRED):
        raise CourseError(f"Nothing runs here without isolation, and {lacks}.")
    for _ in range(2 if sys.platform == "linux" else 0):
        try:
            return _server(os.getpid(), imports, not lacks).fork()
        except OSError:
            _server.cache_clear()  # something has ended it: another one for the next bench
    if not lacks:
        raise RuntimeError("The bench does not start behind its walls.")
    return start("-I", "-m", bench.__name__, *_allowed(imports), collect=True)


def warm_up() -> None:
    """Begin the imports now, so that the first bench need not wait for them."""
    if sys.platform == "linux":
        _server(os.getpid(), frozenset(), walls.command(frozenset()) is not None)


@functools.cache
def lacking(judge: int) -> str:
    """Why benches have no walls here, as the end of a sentence; "" if they have.

    It is decided once for each process, whose number `judge` is, before it has run any answer.
    """
    if sys.platform != "linux":
        return "this system is not Linux"
    if not walls.command(frozenset()):
        return "bubblewrap (`bwrap`) is not installed"
    try:
        process = _server(judge, frozenset(), True).fork()
    except OSError:
        return "this system lets bubblewrap make no namespaces"
    works = process.stdout.readline() != b""
    process.end()
    for pipe in (process.stdin, process.stdout, process.printed):
        if pipe:
            pipe.close()
    return "" if works else "Python does not start behind bubblewrap's walls"


class _Server:
    """The judge's end of the process that forks."""

    def __init__(self, imports: frozenset[str], walled: bool) -> None:
        walls.shield()
        self._walled = walled
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = walls.command(imports) if walled else None
        command = command or [sys.executable, "-I", "-m", fork_server.__name__]
        with theirs:
            number = str(theirs.fileno())
            self._process = subprocess.Popen(
                [*command, number, "walled" if walled else "", *_allowed(imports)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._lock = threading.Lock()
        atexit.register(self.close)

    def fork(self) -> Process:
        """A new bench; raises OSError if there is none to be had."""
        told, tells = os.pipe()
        hears, says = os.pipe()
        reads, prints = os.pipe()
        porter, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                ends = [told, says, prints, *([theirs.fileno()] if self._walled else [])]
                pid = int(self._ask(fork_server.FORK, ends, START_LIMIT))
            porter.settimeout(START_LIMIT)
            inside = int(porter.recv(64)) if self._walled else pid
        except (OSError, ValueError) as error:
            for end in (tells, hears, reads):
                os.close(end)
            porter.close()
            self.close()
            raise OSError("no fork") from error
        finally:
            for end in (told, says, prints):
                os.close(end)
        ours = os.fdopen(tells, "wb"), os.fdopen(hears, "rb"), os.fdopen(reads, "rb")
        if not self._walled:
            porter.close()
            return Process(pid, *ours, lambda: self._end(pid, lambda: kill_tree(pid)))
        door = Porter(porter)
        return Confined(inside, *ours, lambda: self._end(pid, door.close), door, pid)

    def close(self) -> None:
        """End the process and the benches that it has forked."""
        atexit.unregister(self.close)
        self._channel.close()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_LIMIT)

    def _end(self, pid: int, kill: Callable[[], None]) -> None:
        kill()
        with contextlib.suppress(OSError):  # it has ended, and all of its benches with it
            self._ask(str(pid).encode(), [], END_LIMIT)

    def _ask(self, request: bytes, ends: list[int], seconds: float) -> bytes:
        with self._lock:
            self._channel.settimeout(seconds)
            socket.send_fds(self._channel, [request], ends)
            return self._channel.recv(64)


def _allowed(imports: frozenset[str]) -> tuple[str, str]:
    """The names that answers may import, and those of what these need, for a command line."""
    besides = {top.partition(".")[0] for top in walls.packages(imports)}
    return " ".join(sorted(imports)), " ".join(sorted(besides))


@functools.cache
def _server(judge: int, imports: frozenset[str], walled: bool) -> _Server:
    """The server of this process; a process that was forked from a judge has one of its own."""
    return _Server(imports, walled)
