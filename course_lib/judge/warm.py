"""Benches in a hundredth of a second: forks of a process that has imported what they need.

`python -I -m course_lib.judge.warm` forks a bench whenever its judge asks for one. Each is a
process, session and group of its own with the judge's pipes and nothing else; no learner's code
runs in the process that forks. When the judge ends, it ends its benches and itself.

On Linux only: elsewhere system libraries don't survive a fork, and a bench starts cold.
"""

import atexit
import contextlib
import functools
import gc
import os
import signal
import socket
import subprocess
import sys
import threading

from course_lib.judge import bench
from course_lib.lines import END_LIMIT, Process, start

FORK = b"fork"
START_LIMIT = 60.0
"""Seconds until a process that does not fork is given up."""


def start_bench() -> Process:
    """A new bench: a warm one where that is possible."""
    if sys.platform == "linux":
        try:
            return _server(os.getpid()).fork()
        except OSError:
            _server.cache_clear()  # something has ended it: another one for the next bench
    return start("-I", "-m", bench.__name__, collect=True)


def warm_up() -> None:
    """Begin the imports now, so that the first bench need not wait for them."""
    if sys.platform == "linux":
        _server(os.getpid())


class _Server:
    """The judge's end of the process that forks."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", __name__, str(theirs.fileno())],
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
        try:
            pid = int(self._ask(FORK, [told, says, prints], START_LIMIT))
        except (OSError, ValueError) as error:
            for end in (tells, hears, reads):
                os.close(end)
            self.close()
            raise OSError("no fork") from error
        finally:
            for end in (told, says, prints):
                os.close(end)
        ours = os.fdopen(tells, "wb"), os.fdopen(hears, "rb"), os.fdopen(reads, "rb")
        return Process(pid, *ours, functools.partial(self._reap, pid))

    def close(self) -> None:
        """End the process and the benches that it has forked."""
        atexit.unregister(self.close)
        self._channel.close()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_LIMIT)

    def _reap(self, pid: int) -> None:
        with contextlib.suppress(OSError):  # it has ended, and all of its benches with it
            self._ask(str(pid).encode(), [], END_LIMIT)

    def _ask(self, request: bytes, ends: list[int], seconds: float) -> bytes:
        with self._lock:
            self._channel.settimeout(seconds)
            socket.send_fds(self._channel, [request], ends)
            return self._channel.recv(64)


@functools.cache
def _server(judge: int) -> _Server:
    """The server of this process; a process that was forked from a judge has one of its own."""
    return _Server()


def main() -> None:
    """Fork benches until the judge ends."""
    import websockets.asyncio.server  # noqa: F401 - what most answers need

    channel = socket.socket(fileno=int(sys.argv.pop()))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # so that a fork's collections leave these pages shared
    benches: set[int] = set()
    while True:
        request, ends, _, _ = socket.recv_fds(channel, 64, 3)
        if request == FORK:
            if not (pid := os.fork()):
                return _become_bench(channel, ends)
            for end in ends:
                os.close(end)
            benches.add(pid)
            channel.send(str(pid).encode())
        elif request:
            pid = int(request)
            if pid in benches:
                benches.remove(pid)
                os.waitpid(pid, 0)
            channel.send(b"gone")
        else:
            for pid in benches:
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
            os._exit(0)


def _become_bench(channel: socket.socket, ends: list[int]) -> None:
    os.setsid()
    channel.close()
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bench.main()


if __name__ == "__main__":
    main()
