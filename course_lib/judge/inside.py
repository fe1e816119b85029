"""The judge's sockets in a bench's network.

A bench behind walls has a network of its own, in which nobody else is: the judge's servers and
clients have to be there too. On Linux a socket belongs for good to the network in which it was
made, so the bench's porter makes them all, and a test's `connect("ws://127.0.0.1:…")` or
`serve(…)` need not know of it.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator

from course_lib.judge.warm import Porter

INTERNET = {-1, socket.AF_INET, socket.AF_INET6}


@contextlib.contextmanager
def sockets_inside(porter: Porter) -> Iterator[None]:
    """Let the sockets of this thread, and of those that it starts, be made by the porter."""
    others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
    make = socket.socket.__init__

    def made(
        self: socket.socket,
        family: int = -1,
        type: int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        if fileno is None and family in INTERNET and threading.get_ident() not in others:
            family = socket.AF_INET if family == -1 else family
            type = socket.SOCK_STREAM if type == -1 else type
            fileno = porter.socket(family, type, max(proto, 0))
        make(self, family, type, proto, fileno)

    setattr(socket.socket, "__init__", made)  # noqa: B010 - a class's own method
    try:
        yield
    finally:
        setattr(socket.socket, "__init__", make)  # noqa: B010
