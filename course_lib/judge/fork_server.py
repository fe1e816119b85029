"""The process that forks benches. It has imported what they need, and runs no learner's code itself.

`python -m course_lib.judge.fork_server CHANNEL WALLS IMPORTS BESIDES` forks a bench whenever its
judge asks for one, each with the judge's pipes and nothing else. When the judge ends, it ends its
benches and itself. With WALLS "walled" it runs behind bubblewrap's (see `course_lib.judge.walls`), and
each bench in namespaces of its own besides: a network with nothing but its own loopback, a `/tmp`
of its own in memory, and a process tree that ends with its first process, which is the bench itself.

Outside of that tree, but in the bench's network, a *porter* stays: it makes the sockets with which the
judge reaches the bench, and ends it when the judge lets go of it.

The system calls are Linux's, see unshare(2), mount(2), prctl(2) and capset(2).
"""

import ctypes
import fcntl
import gc
import importlib
import os
import resource
import select
import signal
import socket
import struct
import sys
from contextlib import suppress

from course_lib.judge import bench, calls
from course_lib.judge.calls import NEW_USERS, PR_SET_PDEATHSIG

FORK, GONE = b"fork", b"gone"
SCRATCH = "/tmp"
SCRATCH_LIMITS = "size=32m,nr_inodes=2048,mode=0700"
PROCESSES = 64
"""Processes and threads that a bench may have at once."""

OPEN = 256
"""No file that this process has open has a number beyond it."""

PRELOADED = {"websockets": "websockets.asyncio.server", "aiohttp": "aiohttp.web"}
"""What is imported once for all benches that may use a package."""

LIKELY = ("hashlib", "secrets", "statistics", "string", "unicodedata", "urllib.parse", "zlib")
"""Of the standard library, what answers may well import and a bench itself does not: once for all."""

FIRST_UID = 2**30
"""Behind it are the users that nobody is: root's benches run as one each, so that none is root and
none counts for another's limits. Others' benches have a namespace of users each for that."""

NEW_NAMESPACES = (
    0x00020000 | 0x08000000 | 0x20000000 | 0x40000000
)  # mounts, IPC, processes, network
NO_SUID, NO_DEVICES, PRIVATE_MOUNTS = 2, 4, 1 << 18 | 1 << 14
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Fork benches until the judge ends."""
    number, walls, imports, besides = sys.argv[1:]
    for name in [*LIKELY, *(PRELOADED.get(each, "sys") for each in imports.split())]:
        with suppress(ImportError):
            importlib.import_module(name)
    channel = socket.socket(fileno=int(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forbid = calls.prepare() if walls == "walled" else None
    bench.hide_course()
    gc.freeze()  # so that a fork's collections leave these pages shared
    children: set[int] = set()
    while True:
        request, ends, _, _ = socket.recv_fds(channel, 64, 4)
        if request == FORK:
            if not (pid := os.fork()):
                channel.close()
                if forbid:
                    _part(ends.pop())
                    forbid()
                return _become_bench(ends, imports, besides)
            for end in ends:
                os.close(end)
            children.add(pid)
            channel.send(str(pid).encode())
        elif request:
            pid = int(request)
            if pid in children:
                children.remove(pid)
                os.waitpid(pid, 0)
            channel.send(GONE)
        else:
            for pid in children if walls != "walled" else ():  # there each porter does it
                with suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
            os._exit(0)


def _become_bench(ends: list[int], imports: str, besides: str) -> None:
    os.setsid()
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bench.main(imports, besides)


def _part(channel: int) -> None:
    """Go behind the walls, as two: returns in the bench, and never in its porter."""
    uid, gid = os.getuid() or FIRST_UID + os.getpid(), os.getgid()
    _call("unshare", NEW_NAMESPACES if uid >= FIRST_UID else NEW_NAMESPACES | NEW_USERS)
    if uid < FIRST_UID:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    _call("mount", b"none", b"/", None, PRIVATE_MOUNTS, None)
    owned = f"{SCRATCH_LIMITS},uid={uid},gid={uid}" if uid >= FIRST_UID else SCRATCH_LIMITS
    for place, limits in ((SCRATCH, owned), ("/proc", "size=0,mode=0")):
        _call("mount", b"tmpfs", place.encode(), b"tmpfs", NO_SUID | NO_DEVICES, limits.encode())
    if pid := os.fork():
        _serve_sockets(socket.socket(fileno=channel), pid)
    os.close(channel)
    os.chdir(SCRATCH)
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    if uid >= FIRST_UID:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    header, nothing = struct.pack("Ii", CAPABILITY_VERSION_3, 0), bytes(24)
    _call("capset", header, nothing)
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _serve_sockets(judge: socket.socket, pid: int) -> None:
    """The porter: make sockets for the judge until it lets go or the bench ends; then end it all."""
    os.closerange(0, judge.fileno())  # the bench's own ends
    os.closerange(judge.fileno() + 1, OPEN)
    judge.send(str(pid).encode())
    bench_ended = os.pidfd_open(pid)
    with suppress(OSError, ValueError):
        while bench_ended not in select.select([judge.fileno(), bench_ended], [], [])[0]:
            family, kind, protocol = map(int, judge.recv(64).split())
            with socket.socket(family, kind, protocol) as made:
                socket.send_fds(judge, [b"made"], [made.fileno()])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)  # it ends last
    os._exit(0)


_LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int | bytes | None) -> None:
    if getattr(_LIBC, name)(*arguments):
        raise OSError(ctypes.get_errno(), f"{name} failed")


if __name__ == "__main__":
    main()
