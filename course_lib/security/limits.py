"""How much one client may take, so that all can be served; and how each limit says so.

`LIMITS` is the table of them. What comes before the handshake's end gets an HTTP status, what
comes after it a close code; a client that has sent nothing yet, or reads nothing, is cut off
without a word.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.protocol import OPEN, Event

from course_lib.security.validation import MAX_BYTES

WRITE_BUFFER = 1024 * 1024
"""Bytes that may wait to leave for one client."""

FRAMES_PER_SECOND, FRAMES_AT_ONCE = 100, 500
"""Frames of one client, of any kind: an empty ping has six bytes, and costs as much as a message."""

_READ = 1024  # bytes that are dealt with in one turn of the loop
_LAST_WORD = 1.0  # seconds in which a close frame may still reach its client


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and what becomes of a client that goes beyond it.

    Attributes:
        what: what is limited.
        status: the HTTP status, before the handshake is done; 0 where there is none.
        close_code: afterwards; 0 where the TCP connection is cut off without a close frame.
        reason: what a person is told.
    """

    what: str
    status: int
    close_code: int
    reason: str


LIMITS = {
    "address": Limit("connections from one address", 0, 0, ""),
    "handshake": Limit("seconds until the handshake is done", 0, 0, ""),
    "headers": Limit("bytes and lines of the request", 400, 0, "The request is too large."),
    "guesses": Limit("wrong codes from one address", 429, 0, "Too many wrong codes."),
    "clients": Limit("connections in all", 503, 0, "All seats are taken."),
    "login": Limit("seconds until the first message", 0, 1008, "Nobody has logged in in time."),
    "message": Limit("bytes of a message, inflated", 0, 1009, "The message is too big."),
    "frames": Limit("frames a second, also empty ones", 0, 1008, "Too many frames."),
    "rate": Limit("messages a second", 0, 1008, "Too many messages."),
    "shape": Limit("what a message may say", 0, 1008, "The message is not valid."),
    "reading": Limit("bytes that wait for a client to read", 0, 0, ""),
}
"""Every limit by name."""


class Bucket:
    """A token bucket: `burst` tokens at first, `rate` more each second, never above `burst`."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens = float(burst)
        self._filled = clock()

    @property
    def tokens(self) -> float:
        """How many are in it now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        return self._tokens

    def take(self) -> bool:
        """Take a token, if there is one."""
        if self.tokens < 1:
            return False
        self._tokens -= 1
        return True

    def state(self) -> tuple[float, float]:
        """What `restore` makes the same bucket of."""
        return self._tokens, self._filled

    def restore(self, tokens: float, filled: float) -> None:
        """Become the bucket that gave this `state`."""
        self._tokens, self._filled = tokens, filled

    @property
    def full(self) -> bool:
        """Whether it is as it was at first, so that it may be forgotten."""
        return self.tokens >= self._burst


class Buckets:
    """A bucket for each user or address, however many connections they have.

    Args:
        rate, burst: Of each bucket.
        most: How many are remembered; beyond that, those that are full again are forgotten.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        most: int = 10_000,
    ) -> None:
        self._new = lambda: Bucket(rate, burst, clock)
        self._most = most
        self._buckets: dict[str, Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._buckets)

    def forget(self, key: str) -> None:
        """Somebody is gone for good."""
        self._buckets.pop(key, None)

    def take(self, key: str) -> bool:
        """Take a token of somebody's; of somebody new there is none when all places are taken."""
        bucket = self._bucket(key)
        return bucket is not None and bucket.take()

    def state(self) -> dict[str, tuple[float, float]]:
        """What `restore` makes the same buckets of."""
        return {key: bucket.state() for key, bucket in self._buckets.items()}

    def restore(self, state: Mapping[str, tuple[float, float]]) -> None:
        """Become the buckets that gave this `state`."""
        self._buckets = {key: self._new() for key in state}
        for key, bucket in self._buckets.items():
            bucket.restore(*state[key])

    def empty(self, key: str) -> bool:
        """Whether `take` would fail."""
        bucket = self._buckets.get(key)
        return bucket is not None and bucket.tokens < 1

    def _bucket(self, key: str) -> Bucket | None:
        if key not in self._buckets:
            if len(self._buckets) >= self._most:
                self._buckets = {key: each for key, each in self._buckets.items() if not each.full}
            if len(self._buckets) >= self._most:
                return None
            self._buckets[key] = self._new()
        return self._buckets[key]


def address_of(connection: ServerConnection) -> str:
    """From where a client comes: an IPv4 address, or the /64 of an IPv6 address, which is one home."""
    peer = connection.remote_address
    if not isinstance(peer, tuple):
        return ""
    address = ip_address(str(peer[0]).partition("%")[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


class Addresses:
    """Counts the connections from each address, from the moment TCP has accepted them.

    Args:
        most: How many there may be from one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._count: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count one more, if it may come in."""
        if self._count[address] >= self._most:
            return False
        self._count[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One that had come in is gone."""
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]


class CountedConnection(ServerConnection):
    """A connection that counts from its first moment, before a byte of a request is there.

    Its frames are counted, too: fragments, pings and pongs never become messages, and so no limit
    for messages stops them.

    Attributes:
        addresses: who counts; nobody by default.
        frames_at_once: how many frames may come before it is `FRAMES_PER_SECOND` that count.
    """

    addresses: Addresses | None = None
    frames_at_once: float = FRAMES_AT_ONCE
    _counted = ""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as its base has it
        """TCP has accepted somebody."""
        super().connection_made(transport)
        self._frames = Bucket(FRAMES_PER_SECOND, self.frames_at_once)
        if hasattr(transport, "max_size"):  # of asyncio's transport over a socket
            # It reads 256 KiB at once, room for 40,000 empty frames, and nobody else's turn comes
            # before all of them have been dealt with.
            transport.max_size = _READ
        address = address_of(self)
        if self.addresses and not self.addresses.enter(address):
            transport.abort()
        else:
            self._counted = address

    def process_event(self, event: Event) -> None:
        """A request or a frame has come; after one too many, the rest is not looked at any more."""
        super().process_event(event)
        if not self._frames.take() and self.state is OPEN:
            limit = LIMITS["frames"]
            self.protocol.fail(limit.close_code, limit.reason)
            self.send_data()
            self.loop.call_later(_LAST_WORD, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """TCP has ended."""
        if self.addresses and self._counted:
            self.addresses.leave(self._counted)
        super().connection_lost(exc)


def counting(
    addresses: Addresses, frames_at_once: float = FRAMES_AT_ONCE
) -> Callable[..., CountedConnection]:
    """For `create_connection` of `serve`."""

    def create(*arguments: Any, **options: Any) -> CountedConnection:  # noqa: ANN401
        made = CountedConnection(*arguments, **options)
        made.addresses, made.frames_at_once = addresses, frames_at_once
        return made

    return create


def serve_options(message_bytes: int = MAX_BYTES, handshake_seconds: float = 5.0) -> dict[str, Any]:
    """Bounds for `websockets.asyncio.server.serve`.

    `max_size` counts a message's bytes after they were inflated, and fragments together. The
    library stops inflating there, so a bomb costs no more than an honest message. Without
    compression no secret can be read off a message's length.
    """
    return {
        "max_size": message_bytes,
        "max_queue": 4,
        "open_timeout": handshake_seconds,
        "compression": None,
    }


def reads_too_slowly(connection: ServerConnection, most: int = WRITE_BUFFER) -> bool:
    """Cut a client off for which more than `most` bytes wait to leave; whether it was."""
    if connection.transport.get_write_buffer_size() <= most:
        return False
    connection.transport.abort()  # a close frame would wait behind all that
    return True
