"""One direction of one connection: bytes in at once, out when the line says so."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import Enum

from course_lib.network.profiles import Profile

_READ_SIZE = 16 * 1024  # bytes taken at once, so that a narrow line delivers in small pieces
_BUFFER = 64 * 1024  # bytes that may wait beyond what the line itself holds
_BUFFER_MAX = 4 * 1024 * 1024


class Direction(Enum):
    """Which way bytes travel."""

    UP = "client → server"
    DOWN = "server → client"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One piece of data that crossed the link.

    Attributes:
        connection: its number, from 1 in the order of arrival.
        direction: which way it went.
        sent, arrived: when it entered and left the link (seconds of `time.perf_counter`).
        data: the bytes; none for the end of the stream (FIN).
    """

    connection: int
    direction: Direction
    sent: float
    arrived: float
    data: bytes


@dataclass(slots=True)
class Lane:
    """One direction of a link: what all its connections share."""

    direction: Direction
    profile: Profile
    random: random.Random
    passing: asyncio.Event
    capture: list[Transfer] | None
    bytes: int = 0
    free_at: float = 0.0

    def draw_delay(self) -> float:
        """Seconds that the next piece of data is under way, its transmission aside."""
        return self.profile.delay + self.random.uniform(0, self.profile.jitter)

    def send(self, size: int, now: float) -> float:
        """Take `size` bytes that are sent now; return when they arrive."""
        self.bytes += size
        self.free_at = max(self.free_at, now) + size / self.profile.bandwidth
        return self.free_at + self.draw_delay()


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes under way; no bytes for the end of the stream, None for a reset."""

    data: bytes | None
    sent: float
    due: float


@dataclass(slots=True)
class Pipe:
    """Carries the bytes of one direction of one connection, in order, over `lane`."""

    lane: Lane
    connection: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    under_way: asyncio.Queue[Parcel] = field(default_factory=asyncio.Queue)
    room: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0

    async def take_in(self, not_before: float = 0.0) -> None:
        """Read until the stream ends or is reset, no further ahead than the line's capacity."""
        await sleep_until(not_before)
        due = 0.0
        data: bytes | None = None
        self._hold(0)
        while data != b"":
            await self.room.wait()
            try:
                data = await self.reader.read(_READ_SIZE)
            except ConnectionError:
                data = None
            now = time.perf_counter()
            due = max(due, self.lane.send(len(data or b""), now))
            self.under_way.put_nowait(Parcel(data, now, due))
            if data is None:
                return
            self._hold(len(data))

    async def give_out(self) -> None:
        """Write each parcel when it is due and the link is not silent.

        Raises:
            ConnectionResetError: The sender reset the connection, or the receiver has gone.
        """
        while True:
            parcel = await self.under_way.get()
            await sleep_until(parcel.due)
            await self.lane.passing.wait()
            if parcel.data is None:
                raise ConnectionResetError
            if self.lane.capture is not None:
                way, now = self.lane.direction, time.perf_counter()
                crossed = Transfer(self.connection, way, parcel.sent, now, parcel.data)
                self.lane.capture.append(crossed)
            if not parcel.data:
                self.writer.write_eof()
                return
            self.writer.write(parcel.data)
            await self.writer.drain()
            self._hold(-len(parcel.data))

    def _hold(self, size: int) -> None:
        self.held += size
        if self.held < min(_BUFFER + self.lane.profile.capacity, _BUFFER_MAX):
            self.room.set()
        else:
            self.room.clear()


async def sleep_until(moment: float) -> None:
    """Sleep until `time.perf_counter()` reaches `moment`."""
    if (remaining := moment - time.perf_counter()) > 0:
        await asyncio.sleep(remaining)
