"""A chat over several processes and Redis, with workers killed and Redis restarted, counted.

Every client says its share; every client must hear every message of the room once, and all must
hear them in the same order.
"""

import asyncio
import json
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field

import psutil

from course_lib.chat.limits import Limits
from course_lib.chat.redis_server import RedisServer
from course_lib.chat.talk import Join, Say
from course_lib.chat.workers import Workers, serve_workers
from course_lib.log import Signal
from course_lib.resilience import ResilientClient
from course_lib.resilience.backoff import full_jitter_backoff

_ROOM = "lobby"
_PATIENCE = 60.0  # seconds without any progress that end a soak


@dataclass(slots=True)
class Listener:
    """What one client has heard.

    Attributes:
        entered: whether it is in the room.
        count: how many messages.
        digest: of all of them, in their order.
        refused: how often it was refused something.
    """

    entered: bool = False
    count: int = 0
    digest: int = 0
    refused: int = 0


@dataclass(slots=True)
class Counts:
    """What came of a soak.

    Attributes:
        clients, messages: how many there were.
        delivered: messages heard, by all clients together.
        orders: how many different sequences of messages were heard; 1 is right.
        in_turn: whether each sender's messages came in the order in which they were sent, once.
        refused: how often a client was refused something.
        reconnections: how often a client connected again.
        kills, restarts: of workers, and of Redis.
        seconds: how long it took.
    """

    clients: int
    messages: int
    delivered: int = 0
    orders: int = 0
    in_turn: bool = False
    refused: int = 0
    reconnections: int = 0
    kills: int = 0
    restarts: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every client heard every message once, and all in one order."""
        everything = self.delivered == self.clients * self.messages
        return everything and self.orders == 1 and self.in_turn and not self.refused

    def rows(self) -> dict[str, str]:
        """All of it as a table: a name for each number, and the number with its unit."""
        return {
            "sent": f"{self.messages:,} messages by {self.clients} clients, each to all",
            "faults": f"{self.kills} × worker killed, {self.restarts} × Redis restarted",
            "delivered": f"{self.delivered:,} of {self.clients * self.messages:,}",
            "orders": f"{self.orders}; 1 is right",
            "each in turn": "yes" if self.in_turn else "no",
            "refused": f"{self.refused:,}",
            "reconnections": f"{self.reconnections:,}",
            "took": f"{self.seconds:.1f} s",
        }

    def to_json(self) -> str:
        """All of it."""
        return json.dumps(asdict(self), indent=2)


@dataclass(slots=True)
class _Soak:
    url: str
    counts: Counts
    progress: Callable[[float], None]
    heard: Signal = field(default_factory=Signal)
    listeners: list[Listener] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    connections: int = 0
    count: int = 0
    suffered: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, status: object) -> None:
        self.connections += str(status) == "open"

    async def listen(self, client: ResilientClient, listener: Listener) -> None:
        async for event in client:
            assert isinstance(event, dict)
            match event["type"]:
                case "entered":
                    listener.entered = True
                case "said":
                    listener.count += 1
                    self.count += 1
                    listener.digest = hash((listener.digest, event["id"], event["text"]))
                    if listener is self.listeners[0]:
                        self.first.append(event["text"])
                        self.progress(len(self.first) / self.counts.messages)
                case "refused":
                    listener.refused += 1
            self.heard.notify()

    async def until(self, reached: Callable[[Listener], bool]) -> None:
        """Wait until it is so with every listener; raises TimeoutError if nothing more comes."""
        while not all(map(reached, self.listeners)):
            before = self.count
            async with asyncio.timeout(_PATIENCE):
                await self.heard.wait_for(
                    lambda: self.count > before or all(map(reached, self.listeners))  # noqa: B023 - at once
                )


async def soak_chat(
    messages: int = 10_000,
    *,
    clients: int = 200,
    workers: int = 4,
    kills: int = 1,
    restarts: int = 1,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Counts:
    """Run it; kills and restarts are spread over the messages.

    Args:
        messages: How many the clients say, all together.
        clients: How many there are.
        workers: Processes that serve.
        kills: Workers that are killed (SIGKILL).
        restarts: Of Redis (SIGKILL, and started again from its append-only file).
        on_progress: Called with the part of all messages that the first client has heard.

    Raises:
        CourseError: redis-server is not installed.
        ValueError: A number that makes no sense.
    """
    if min(messages, clients, workers) < 1 or min(kills, restarts) < 0 or messages % clients:
        raise ValueError(
            "A soak needs messages, as many of each client, and clients and workers, and cannot "
            "have less than no kills or restarts."
        )
    most = clients + 10
    # Nobody leaves a room for being away: a busy machine may hold up a reconnection for long.
    limits = Limits(
        rate=1e6, burst=10**6, members=clients, clients=most, per_address=most, grace=3600.0
    )
    counts = Counts(clients, messages, kills=kills, restarts=restarts)
    async with (
        RedisServer(durable=True) as redis,
        serve_workers(workers, redis.url, limits=limits) as serving,
        AsyncExitStack() as stack,
    ):
        soak = _Soak(serving.socket_url, counts, on_progress)
        everybody = [await _come_in(soak, stack, number) for number in range(clients)]
        began = time.monotonic()
        try:
            await soak.until(lambda each: each.entered)
            async with asyncio.TaskGroup() as group:
                for number, client in enumerate(everybody):
                    group.create_task(_speak(soak, client, number))
                await _suffer(soak, _faults(serving, redis, kills, restarts))
        except* TimeoutError:
            pass  # nothing comes any more: it is lost, as the counts will say
        counts.seconds = time.monotonic() - began
        _sum_up(soak)
    return counts


async def _suffer(soak: _Soak, faults: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Inflict each fault when its share of the messages was heard, and wait for the rest."""
    messages = soak.counts.messages
    for turn, fault in enumerate(faults, 1):
        due = messages * turn // (len(faults) + 1)
        await soak.until(lambda _: len(soak.first) >= due)  # noqa: B023 - at once
        await fault()
    soak.suffered.set()
    await soak.until(lambda each: each.count >= messages)


async def _come_in(soak: _Soak, stack: AsyncExitStack, number: int) -> ResilientClient:
    client = ResilientClient(
        soak.url,
        backoff=full_jitter_backoff(0.1, 1.0),
        on_status=soak.opened,
        proxy=None,
        compression=None,
    )
    listener = Listener()
    soak.listeners.append(listener)
    await stack.enter_async_context(client)
    listening = asyncio.create_task(soak.listen(client, listener))
    stack.push_async_callback(asyncio.wait, [listening])
    stack.push_async_callback(client.aclose)
    join = Join(room=_ROOM, name=f"client {number:x}.", key=secrets.token_hex(16))
    await client.send(join.model_dump())
    return client


async def _speak(soak: _Soak, client: ResilientClient, number: int) -> None:
    """Say a client's share, the last of it after all faults: else they could come when all is said."""
    counts = soak.counts
    share = counts.messages // counts.clients
    for turn in range(share):
        if counts.kills + counts.restarts < share == turn + 1:
            await soak.suffered.wait()
        await client.send(Say(room=_ROOM, text=f"{number} {turn}").model_dump())
    await client.flush()


def _faults(
    serving: Workers, redis: RedisServer, kills: int, restarts: int
) -> Sequence[Callable[[], Awaitable[None]]]:
    async def kill() -> None:
        os.kill(max(serving.pids, key=_connections), signal.SIGKILL)

    async def restart() -> None:
        await redis.stop()
        await asyncio.sleep(0.5)
        await redis.start()

    return [kill] * kills + [restart] * restarts


def _connections(pid: int) -> int:
    try:
        return len(psutil.Process(pid).net_connections())
    except psutil.NoSuchProcess:  # killed just now, and not replaced yet
        return 0


def _sum_up(soak: _Soak) -> None:
    counts = soak.counts
    counts.delivered = sum(each.count for each in soak.listeners)
    counts.orders = len({each.digest for each in soak.listeners})
    counts.refused = sum(each.refused for each in soak.listeners)
    counts.reconnections = soak.connections - counts.clients
    turns: dict[str, list[int]] = {}
    for text in soak.first:
        who, turn = text.split()
        turns.setdefault(who, []).append(int(turn))
    share = list(range(counts.messages // counts.clients))
    counts.in_turn = len(turns) == counts.clients and all(each == share for each in turns.values())
