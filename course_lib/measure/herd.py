"""A thundering herd: what happens when a server comes back and all its clients do, too."""

import asyncio
import random
import sys
import time
from bisect import bisect_right
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidHandshake

from course_lib.errors import CourseError
from course_lib.measure.child import Child, Lines, say
from course_lib.resilience import STRATEGIES

_HOST = "127.0.0.1"
_SETTINGS = {
    "proxy": None,
    "compression": None,
    "open_timeout": 60,
    "ping_interval": None,
    "close_timeout": 1,
}


@dataclass(frozen=True, slots=True)
class Herd:
    """How clients came back after their server had died.

    Args:
        strategy: How they waited (see `STRATEGIES`).
        attempts: When each attempt to connect was made, in seconds after the server's death.
        opened: When each client's connection was open again.
        back: When the server was there again.
    """

    strategy: str
    attempts: tuple[float, ...]
    opened: tuple[float, ...]
    back: float

    def peak(self, window: float = 0.1) -> int:
        """The most attempts that fell into any `window` seconds."""
        return max(
            bisect_right(self.attempts, moment + window) - place
            for place, moment in enumerate(self.attempts)
        )


async def herd(
    strategy: str,
    clients: int = 500,
    *,
    base: float = 2.0,
    cap: float = 20.0,
    outage: float = 0.5,
    seed: int | None = None,
) -> Herd:
    """Connect `clients` to a server, end the server, start it again, and see them come back.

    The server is a process of its own.

    Args:
        strategy: A name of `STRATEGIES`.
        clients: How many.
        base, cap: Of the strategy, in seconds.
        outage: Seconds from the server's end until the next one listens on the same port.
        seed: Of the jitter.

    Raises:
        CourseError: This system does not let a program have so many connections.
        KeyError: There is no such strategy.
    """
    make = STRATEGIES[strategy]
    _allow_open_files(clients + 100)
    source = random.Random(seed)
    attempts: list[float] = []
    opened: list[float] = []
    level = asyncio.Barrier(clients + 1)
    died = 0.0

    async def come_back(jitter: random.Random) -> None:
        connection = await connect(url, **_SETTINGS)
        await level.wait()
        await connection.wait_closed()
        # On machines of their own, all would learn it at once, and none would have to wait for
        # the others when it sets out.
        moment = died
        for delay in make(base, cap, jitter):
            await asyncio.sleep(moment + delay - time.perf_counter())
            attempts.append(time.perf_counter() - died)
            await asyncio.sleep(0)
            with suppress(OSError, InvalidHandshake):
                connection = await connect(url, **_SETTINGS)
                opened.append(time.perf_counter() - died)
                break
            moment = time.perf_counter()
        await level.wait()
        await _leave(connection)

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(Child(_serve, 0))
        port = await _listen(first)
        url = f"ws://{_HOST}:{port}"
        async with Child(_serve, port) as second, asyncio.TaskGroup() as group:
            for _ in range(clients):
                group.create_task(come_back(random.Random(source.getrandbits(32))))
            await level.wait()
            died = time.perf_counter()
            await stack.aclose()
            await asyncio.sleep(outage)
            await _listen(second)
            back = time.perf_counter() - died
            await level.wait()
    return Herd(strategy, tuple(sorted(attempts)), tuple(sorted(opened)), back)


async def _serve(lines: Lines, port: int) -> None:
    """In a process of its own: listen when told to, and keep connections."""

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    await lines.get()
    options = {"compression": None, "ping_interval": None, "backlog": 4096}
    async with serve(handler, _HOST, port, **options) as server:
        say(port=server.sockets[0].getsockname()[1])
        await lines.get()


async def _listen(server: Child) -> int:
    server.tell("listen")
    return (await server.hear())["port"]


async def _leave(connection: ClientConnection) -> None:
    connection.transport.abort()
    await connection.wait_closed()


def _allow_open_files(count: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise CourseError(f"This system allows {hard} open files, and {count} are needed.")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
