"""Delays between attempts, and which errors are worth another one."""

import socket
import ssl
from itertools import islice
from random import Random

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidMessage,
    InvalidStatus,
    InvalidUpgrade,
    InvalidURI,
)
from websockets.frames import Close
from websockets.http11 import Response

from course_lib.resilience.backoff import (
    STRATEGIES,
    Backoff,
    constant,
    decorrelated_jitter,
    equal_jitter,
    exponential,
    full_jitter,
    full_jitter_backoff,
)
from course_lib.resilience.curable import is_curable, retry_after
from course_lib.statuses import CURABLE_STATUSES


def first(count, delays):
    return list(islice(delays, count))


def test_without_jitter():
    assert first(3, constant(2.0)) == [2.0, 2.0, 2.0]
    assert first(6, exponential(0.5, 5)) == [0.5, 1, 2, 4, 5, 5]
    assert first(3, exponential(9, 5)) == [5, 5, 5]
    assert first(3, exponential(1, 100, factor=3)) == [1, 3, 9]


def test_an_exponential_delay_never_overflows():
    assert first(5000, exponential(1, 60))[-1] == 60


def test_full_jitter_draws_from_all_of_the_delay():
    drawn = first(2000, full_jitter(constant(4), Random(1)))
    assert all(0 <= delay <= 4 for delay in drawn)
    assert min(drawn) < 0.1
    assert max(drawn) > 3.9
    assert sum(drawn) / len(drawn) == pytest.approx(2, rel=0.05)


def test_equal_jitter_keeps_half():
    drawn = first(2000, equal_jitter(constant(4), Random(1)))
    assert all(2 <= delay <= 4 for delay in drawn)
    assert sum(drawn) / len(drawn) == pytest.approx(3, rel=0.05)


def test_decorrelated_jitter_grows_from_what_it_drew():
    drawn = first(2000, decorrelated_jitter(1, 20, Random(1)))
    assert all(1 <= delay <= 20 for delay in drawn)
    for before, after in zip([1, *drawn], drawn, strict=False):
        assert after <= max(1, 3 * before)
    assert 20 in drawn


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_a_strategy_is_made_by_its_source_of_randomness(name):
    def drawn(seed):
        return first(20, STRATEGIES[name](0.5, 30, Random(seed)))

    assert drawn(1) == drawn(1)
    assert (drawn(1) == drawn(2)) == (name in ("constant", "none"))


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_backoff_starts_over_only_after_a_stable_connection():
    clock = Clock()
    backoff = Backoff(lambda: exponential(1, 60), stable=10, clock=clock)
    assert [backoff.next_delay() for _ in range(3)] == [1, 2, 4]
    backoff.opened()
    clock.now += 9.9
    assert backoff.next_delay() == 8
    clock.now += 100
    assert backoff.next_delay() == 16, "time without a connection does not make it stable"
    backoff.opened()
    clock.now += 10
    assert [backoff.next_delay() for _ in range(2)] == [1, 2]


def test_full_jitter_backoff_is_repeatable():
    def drawn():
        backoff = full_jitter_backoff(1, 8, source=Random(7))
        return [backoff.next_delay() for _ in range(10)]

    assert drawn() == drawn()
    assert all(delay <= 8 for delay in drawn())


def closed(code, kind=ConnectionClosedError):
    return kind(Close(code, ""), None)


def status(code, **headers):
    return InvalidStatus(Response(code, "", Headers({k.title(): v for k, v in headers.items()})))


def cut_in_handshake():
    error = InvalidMessage("did not receive a valid HTTP response")
    error.__cause__ = EOFError()
    return error


CURABLE = [
    *(closed(code) for code in (1005, 1011, 1012, 1013, 1014, 3008, 4000)),
    closed(1001, ConnectionClosedOK),
    ConnectionClosedError(None, None),
    *(status(code) for code in (408, 425, 429, 500, 502, 503, 504)),
    cut_in_handshake(),
    ConnectionRefusedError(),
    ConnectionResetError(),
    TimeoutError(),
    socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ssl.SSLEOFError(),
]
INCURABLE = [
    *(closed(code) for code in (1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 4001)),
    closed(1000, ConnectionClosedOK),
    ConnectionClosedError(None, Close(1009, "too big")),
    *(status(code) for code in (200, 301, 400, 401, 403, 404, 410, 426, 501, 505)),
    InvalidMessage("no HTTP at all"),
    InvalidUpgrade("Upgrade", "h2c"),
    InvalidURI("http://example.org", "scheme isn't ws or wss"),
    ssl.SSLCertVerificationError(),
    KeyError("a mistake in the program"),
]


@pytest.mark.parametrize("error", CURABLE, ids=repr)
def test_curable(error):
    assert is_curable(error)


@pytest.mark.parametrize("error", INCURABLE, ids=repr)
def test_incurable(error):
    assert not is_curable(error)


def test_retry_after():
    assert 503 in CURABLE_STATUSES
    assert retry_after(status(503)) == 0
    assert retry_after(status(503, **{"retry-after": "7"})) == 7
    assert retry_after(status(429, **{"retry-after": "9" * 400})) == 3600
    assert retry_after(status(503, **{"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})) == 0
    assert retry_after(ConnectionRefusedError()) == 0
