"""A crowd: some thousands of real connections, servers and clients in processes of their own.

async with Hall(compression=None) as hall, Crowd(compression=None) as crowd:
    await crowd.grow(hall.url, 1000)
    sent = await hall.send("Hello", Way.BROADCAST)
    arrivals = await crowd.arrivals(1)
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from course_lib.errors import CourseError
from course_lib.log import Signal
from course_lib.measure.child import Child, Lines, allow_open_files, say
from course_lib.measure.hall import Compression, Hall, Sent, Way

__all__ = ["Crowd", "Filled", "Hall", "Sent", "Way", "fill"]

AT_ONCE = 50  # handshakes that one process of a crowd has under way
_SPARE_FILES = 100


class Crowd:
    """Clients in processes of their own, inside `async with`.

    Args:
        processes: How many; they share the clients out evenly.
        compression: What the clients offer: "deflate", or None for none.
        files: How many open files each process may have; it needs one a client.

    Raises:
        CourseError: This system does not allow so many open files, a connection did not open, or
            one has ended that messages were awaited from.
    """

    def __init__(
        self, processes: int = 2, *, compression: Compression = "deflate", files: int = 10_000
    ) -> None:
        self._children = [Child(_visit, compression, files) for _ in range(processes)]
        self._stack = AsyncExitStack()

    async def grow(self, url: str, count: int, *, reading: bool = True) -> float:
        """Connect `count` more clients, and return the seconds until the last was in.

        With `reading` false they never take a message off their sockets.
        """
        began, parts = time.perf_counter(), len(self._children)
        shares = [count // parts + (part < count % parts) for part in range(parts)]
        await self._ask_all(
            {"ask": "grow", "url": url, "count": n, "reading": reading} for n in shares
        )
        return time.perf_counter() - began

    async def arrivals(self, count: int) -> list[float]:
        """Wait until each reading client has had `count` messages in all since it connected.

        Returns:
            For each client, when it had the last of them, by `time.perf_counter`; smallest first.
        """
        answers = await self._ask_all({"ask": "arrivals", "count": count} for _ in self._children)
        return sorted(moment for answer in answers for moment in answer["arrivals"])

    async def _ask_all(self, questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        pairs = zip(self._children, questions, strict=True)
        return await asyncio.gather(*(child.ask(**question) for child, question in pairs))

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for child in self._children:
                await stack.enter_async_context(child)
            for child in self._children:
                await child.hear()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()


@dataclass(frozen=True, slots=True)
class Filled:
    """A server with so many connections.

    Attributes:
        clients: how many.
        memory: bytes that its process had in use.
        seconds: how long the newest of them took to connect, all together.
    """

    clients: int
    memory: int
    seconds: float


async def fill(sizes: Iterable[int], compression: Compression = "deflate") -> list[Filled]:
    """Fill a server up to each of the sizes in turn, and measure its memory at each.

    Raises:
        CourseError: This system does not allow so many open files.
        ValueError: The sizes do not grow.
    """
    sizes = [*sizes]
    steps = [after - before for before, after in zip([0, *sizes], sizes, strict=False)]
    if not steps or min(steps) < 0:
        raise ValueError("A server is filled to sizes that grow.")
    filled = []
    files = sizes[-1] + _SPARE_FILES
    async with (
        Hall(compression, files) as hall,
        Crowd(compression=compression, files=files) as crowd,
    ):
        for size, step in zip(sizes, steps, strict=True):
            seconds = await crowd.grow(hall.url, step)
            filled.append(Filled(size, await hall.memory(), seconds))
    return filled


class _Guest:
    """A client of a crowd."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._moments: list[float] = []
        self._changed = Signal()
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._changed.notify())

    async def arrival(self, count: int) -> float:
        await self._changed.wait_for(lambda: len(self._moments) >= count or self._reading.done())
        if len(self._moments) < count:
            raise CourseError("A connection has ended while its client still awaited a message.")
        return self._moments[count - 1]

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for _ in self._connection:
                self._moments.append(time.perf_counter())
                self._changed.notify()


async def _visit(lines: Lines, compression: Compression, files: int) -> None:
    """In a process of its own: clients of a crowd."""
    guests: list[_Guest] = []
    idle: list[ClientConnection] = []
    allow_open_files(files)
    say(ready=True)
    while question := await lines.get():
        if question["ask"] == "grow":
            opened = await _connect_all(question["url"], question["count"], compression)
            if question["reading"]:
                guests += map(_Guest, opened)
            else:
                idle += opened
            say(opened=len(opened))
        else:
            say(arrivals=[await guest.arrival(question["count"]) for guest in guests])


async def _connect_all(url: str, count: int, compression: Compression) -> list[ClientConnection]:
    few = asyncio.Semaphore(AT_ONCE)

    async def one() -> ClientConnection:
        async with few:
            return await connect(
                url, proxy=None, compression=compression, open_timeout=60, ping_interval=None
            )

    try:
        return await asyncio.gather(*(one() for _ in range(count)))
    except (OSError, WebSocketException) as error:
        raise CourseError(f"A connection of the crowd did not open: {error}.") from None
