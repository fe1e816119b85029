"""A thundering herd: what happens when a server comes back and all its clients do, too."""

import asyncio
import logging
import random
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import InvalidHandshake

from course_lib.measure.child import Child, Lines, allow_open_files, say
from course_lib.network.pipe import sleep_until
from course_lib.resilience.backoff import STRATEGIES

WINDOW = 0.1  # seconds over which a server's limit and a herd's peak are counted
_HOST = "127.0.0.1"


class Outcome(StrEnum):
    """What became of an attempt to connect."""

    AWAY = "away"
    REFUSED = "refused"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one client.

    Attributes:
        client: its number.
        due: when its backoff let it set out, in seconds after the server's death.
        outcome: whether the server was away, refused it with 503, or let it in.
    """

    client: int
    due: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Herd:
    """How clients came back after their server had died.

    Attributes:
        strategy: how they waited (see `STRATEGIES`).
        timeline: every attempt, in the order in which they were due.
        back: when the server was there again, in seconds after its death.
    """

    strategy: str
    timeline: tuple[Attempt, ...]
    back: float

    @property
    def attempts(self) -> list[float]:
        """When each attempt was due."""
        return [each.due for each in self.timeline]

    @property
    def opened(self) -> list[float]:
        """When those attempts were due that were let in, one of each client."""
        return [each.due for each in self.timeline if each.outcome is Outcome.OPEN]

    @property
    def refused(self) -> int:
        """How many attempts the server refused because too many came at once."""
        return sum(each.outcome is Outcome.REFUSED for each in self.timeline)

    def peak(self, window: float = WINDOW) -> int:
        """The most attempts that fell into any `window` seconds."""
        attempts = self.attempts
        return max(
            bisect_right(attempts, moment + window) - place for place, moment in enumerate(attempts)
        )


async def herd(
    strategy: str,
    clients: int = 500,
    *,
    base: float = 0.5,
    cap: float = 2.0,
    outage: float = 1.0,
    limit: int = 100,
    seed: int | None = None,
    on_attempt: Callable[[Attempt], object] = lambda attempt: None,
) -> Herd:
    """Connect `clients` to a server, end the server, start it again, and see them come back.

    Sockets, processes and refusals are real; the server refuses with 503 what is beyond `limit`
    handshakes in 100 ms. Both count an attempt at the moment when it was due, which it carries
    with it: on machines of their own all clients would be punctual, on this one they stand in line
    for a processor. So a busy computer makes the experiment longer, and its result no different.

    Args:
        strategy, base, cap: A name of `STRATEGIES`, and what it takes, in seconds.
        clients: How many.
        outage: Seconds from the server's end until the next one listens on the same port.
        limit: How many handshakes the server takes in 100 ms.
        seed: Of the jitter.
        on_attempt: Called with each attempt as soon as its outcome is known.

    Raises:
        CourseError: This system does not let a program have so many connections.
        KeyError: There is no such strategy.
    """
    make, source, back = STRATEGIES[strategy], random.Random(seed), asyncio.Event()
    allow_open_files(clients + 100)
    async with Child(_serve) as next_server, AsyncExitStack() as stack:
        port = await _listen(await stack.enter_async_context(Child(_serve)))
        url = f"ws://{_HOST}:{port}/"
        flock = [_Client(number, url, back, outage, on_attempt) for number in range(clients)]
        await _all(client.connect() for client in flock)
        died = time.perf_counter()
        await stack.aclose()  # kills the first server
        async with asyncio.TaskGroup() as group:
            for client in flock:
                delays = make(base, cap, random.Random(source.getrandbits(32)))
                group.create_task(client.come_back(delays, died))
            await sleep_until(died + outage)
            await _listen(next_server, port=port, opens=outage, limit=limit)
            back.set()
        await _all(client.leave() for client in flock)
    timeline = sorted((each for client in flock for each in client.attempts), key=lambda a: a.due)
    return Herd(strategy, tuple(timeline), outage)


@dataclass
class _Client:
    number: int
    url: str
    back: asyncio.Event
    opens: float
    on_attempt: Callable[[Attempt], object] = lambda attempt: None
    attempts: list[Attempt] = field(default_factory=list)
    connection: ClientConnection | None = None

    async def connect(self, query: str = "") -> None:
        self.connection = await connect(
            self.url + query,
            proxy=None,
            compression=None,
            open_timeout=60,
            ping_interval=None,
            close_timeout=1,
        )

    async def come_back(self, delays: Iterator[float], died: float) -> None:
        await self.leave()
        due = 0.0
        for delay in delays:
            due += delay
            await sleep_until(died + due)
            if due >= self.opens:
                await self.back.wait()  # the next server may be late itself
            outcome = await self._try(due)
            self.attempts.append(Attempt(self.number, due, outcome))
            self.on_attempt(self.attempts[-1])
            if outcome is Outcome.OPEN:
                return

    async def _try(self, due: float) -> Outcome:
        try:
            await self.connect(f"?due={due!r}")
        except (OSError, InvalidHandshake):
            return Outcome.AWAY if due < self.opens else Outcome.REFUSED
        return Outcome.OPEN

    async def leave(self) -> None:
        if self.connection is not None:
            self.connection.transport.abort()
            await self.connection.wait_closed()


async def _all(work: Iterable[Coroutine[None, None, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for each in work:
            group.create_task(each)


async def _serve(lines: Lines) -> None:
    """In a process of its own: listen when told to, and keep connections."""
    logging.disable()  # a handshake that breaks off is what a herd is made of, and no news
    plan = await lines.get()
    admitted: Counter[int] = Counter()

    def check(connection: ServerConnection, request: Request) -> Response | None:
        due = parse_qs(urlsplit(request.path).query).get("due")
        if due is None:  # a client of the first server
            return None
        if (moment := float(due[0])) >= plan["opens"]:  # else it was late, and found a server
            admitted[int(moment / WINDOW)] += 1
            if admitted[int(moment / WINDOW)] <= plan["limit"]:
                return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many at once.\n")

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(
        handler,
        _HOST,
        plan["port"],
        process_request=check,
        compression=None,
        ping_interval=None,
        backlog=4096,
    ) as server:
        say(port=server.sockets[0].getsockname()[1])
        await lines.get()


async def _listen(server: Child, port: int = 0, opens: float = 0.0, limit: int = 0) -> int:
    return (await server.ask(port=port, opens=opens, limit=limit))["port"]
