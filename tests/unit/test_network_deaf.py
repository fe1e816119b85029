"""A deaf socket: TCP's own time-outs, in a few hundred milliseconds."""

import socket
import sys
from contextlib import contextmanager

import pytest

from course_lib.network import deafen, resending

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="socket filters are Linux's own")


@contextmanager
def pair():
    """Both ends of a TCP connection."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as near,
        server.accept()[0] as far,
    ):
        yield near, far


def test_what_is_sent_to_a_deaf_socket_is_never_acknowledged():
    with pair() as (near, far):
        deafen(far)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
        near.sendall(b"are you there?")
        with pytest.raises(TimeoutError):
            near.recv(1)
        assert resending(near).packets >= 1


def test_a_deaf_socket_can_still_speak():
    with pair() as (near, far):
        deafen(far)
        far.sendall(b"x")
        assert near.recv(1) == b"x"


def test_a_healthy_connection_sends_nothing_twice():
    with pair() as (near, far):
        near.sendall(b"x")
        assert far.recv(1) == b"x"
        assert resending(near).packets == 0
        assert resending(near).timeout > 0
