"""A soak: clients talk through a server for long, while everything that can go wrong does."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from websockets.asyncio.server import Server, serve

from benchmarks.soak_report import SoakReport
from course_lib.log import Signal
from course_lib.network import PROFILES, Link, Profile
from course_lib.resilience import (
    ClientClosed,
    ClientState,
    EventLog,
    LogHandler,
    ResilientClient,
    Status,
)
from course_lib.resilience.backoff import full_jitter_backoff
from course_lib.sockets.server import stop_accepting

_HOST = "127.0.0.1"
_USUAL = PROFILES["wifi"]
_SLOW = Profile("slow", delay=0.1, jitter=0.05, bandwidth=200_000)
_INTERVAL = _TIMEOUT = 0.3  # of the heartbeats, in seconds
_PATIENCE = 30.0  # seconds without any progress that end a soak


class Fault(StrEnum):
    """What goes wrong. All but a restart and a crash befall some of the clients, or all."""

    CUT = "cut"
    BLACK_HOLE = "black hole"
    SLOW_LINK = "slow link"
    RESTART = "restart"
    CRASH = "crash"


@dataclass(slots=True)
class _Participant:
    number: int
    link: Link
    client: ResilientClient
    got: list[tuple[int, int]] = field(default_factory=list)
    openings: int = 0
    down_since: float | None = None
    longest_outage: float = 0.0
    longest_delay: float = 0.0

    def note(self, status: Status) -> None:
        now = time.perf_counter()
        if status.state is ClientState.OPEN:
            if self.down_since is not None:
                self.longest_outage = max(self.longest_outage, now - self.down_since)
            self.openings += 1
            self.down_since = None
        elif self.openings and self.down_since is None:
            self.down_since = now


class _Soak:
    def __init__(self, messages: int, seed: int | None, progress: Callable[[float], None]) -> None:
        self.messages = messages
        self.random = random.Random(seed)
        self.progress = progress
        self.participants: list[_Participant] = []
        self.log = EventLog(history=messages)
        self.issued = self.released = 0
        self.changed = Signal()
        self.faults: Counter[str] = Counter({fault.value: 0 for fault in Fault})
        self.server: Server
        self.port = 0

    async def serve(self) -> None:
        handler = LogHandler(self.log, interval=_INTERVAL, timeout=_TIMEOUT)
        self.server = await serve(
            handler, _HOST, self.port, ping_interval=None, close_timeout=0.2, compression=None
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        # Clients come back while it ends: none may be let in and told nothing.
        await stop_accepting(self.server.server)
        self.server.close()
        await self.server.wait_closed()

    async def send(self, sender: _Participant) -> None:
        number = 0
        with suppress(ClientClosed):
            while self.issued < self.messages:
                await self.changed.wait_for(
                    lambda: self.issued < self.released or self.issued == self.messages
                )
                if self.issued < self.released:
                    self.issued += 1
                    number += 1
                    await sender.client.send([sender.number, number, time.perf_counter()])
                    await asyncio.sleep(0)
            self.changed.notify()

    async def receive(self, receiver: _Participant) -> None:
        with suppress(ClientClosed):
            async for message in receiver.client:
                match message:
                    case [int(sender), int(number), float(sent)]:
                        receiver.got.append((sender, number))
                delay = time.perf_counter() - sent
                receiver.longest_delay = max(receiver.longest_delay, delay)
                self.progress(self.received / (self.messages * len(self.participants)))
                self.changed.notify()

    @property
    def received(self) -> int:
        return sum(len(each.got) for each in self.participants)

    async def arrived(self, count: float) -> None:
        """Wait until `count` receipts are there.

        Raises:
            TimeoutError: Nothing came for long.
        """
        while (before := self.received) < count:
            async with asyncio.timeout(_PATIENCE):
                await self.changed.wait_for(partial(self.more_than, before))

    def more_than(self, count: int) -> bool:
        return self.received > count

    async def enter(self, stack: AsyncExitStack, number: int) -> None:
        """Bring one more client, over a link of its own."""
        link = Link(_HOST, self.port, _USUAL, seed=self.random.getrandbits(32))
        await stack.enter_async_context(link)
        source = random.Random(self.random.getrandbits(32))
        client = ResilientClient(
            f"ws://{link.host}:{link.port}",
            backoff=full_jitter_backoff(0.05, 0.5, stable=1.0, source=source),
            interval=_INTERVAL,
            timeout=_TIMEOUT,
            capacity=100,
            on_status=lambda status: self.participants[number].note(status),
            proxy=None,
            compression=None,
        )
        self.participants.append(_Participant(number, link, client))

    async def suffer(self, cuts: int) -> None:
        """Release the messages in portions, with a fault in the middle of each but the last.

        Raises:
            TimeoutError: Nothing came for long: it is lost.
        """
        receipts = self.messages * len(self.participants)
        for number in range(cuts):
            self.release(self.messages * (number + 1) // (cuts + 1))
            await self.arrived(receipts * (number + 0.5) / (cuts + 1))
            fault = self.random.choice(list(Fault))
            self.faults[fault] += 1
            await self.inflict(fault)
        self.release(self.messages)
        await self.arrived(receipts)
        # Something that comes again would come before the last acknowledgement.
        async with asyncio.timeout(_PATIENCE):
            for each in self.participants:
                await each.client.flush()

    def release(self, messages: int) -> None:
        self.released = messages
        self.changed.notify()

    async def end(self) -> None:
        for each in self.participants:
            await each.client.aclose()
        self.issued = self.messages
        self.changed.notify()

    async def inflict(self, fault: Fault) -> None:
        """Let something go wrong, and mend it."""
        count = self.random.randint(1, len(self.participants))
        links = [each.link for each in self.random.sample(self.participants, count)]
        seconds = self.random.uniform(0.05, 1.0)
        match fault:
            case Fault.CUT:
                for link in links:
                    link.cut()
            case Fault.BLACK_HOLE:
                for link in links:
                    link.silence()
                await asyncio.sleep(seconds)
                for link in links:
                    link.heal()
            case Fault.SLOW_LINK:
                for link in links:
                    link.profile = _SLOW
                await asyncio.sleep(seconds)
                for link in links:
                    link.profile = _USUAL
            case Fault.RESTART | Fault.CRASH:
                if fault is Fault.CRASH:
                    for connection in self.server.connections:
                        connection.transport.abort()
                await self.stop()
                await asyncio.sleep(seconds / 2)
                await self.serve()


async def soak(
    messages: int = 1000,
    cuts: int = 20,
    *,
    clients: int = 4,
    seed: int | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> SoakReport:
    """Send `messages` through a server to all of its clients, over `cuts` faults.

    The clients send in portions, and each fault strikes when half of one has arrived. The seed
    decides which faults there are, for whom and for how long; when exactly each byte meets them
    depends on the machine.

    Raises:
        ValueError: A number that makes no sense.
    """
    if messages < 1 or clients < 1 or cuts < 0:
        raise ValueError("A soak needs messages and clients, and cannot have less than no cuts.")
    run = _Soak(messages, seed, on_progress)
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        await run.serve()
        stack.push_async_callback(run.stop)
        for number in range(clients):
            await run.enter(stack, number)
        async with asyncio.TaskGroup() as tasks:
            for each in run.participants:
                await stack.enter_async_context(each.client)
                tasks.create_task(run.receive(each))
                tasks.create_task(run.send(each))
            with suppress(TimeoutError):
                await run.suffer(cuts)
            await run.end()
    return _report(run, time.perf_counter() - started)


def _report(run: _Soak, seconds: float) -> SoakReport:
    people = run.participants
    received = sum(len(each.got) for each in people)
    different = sum(len(set(each.got)) for each in people)
    return SoakReport(
        sent=run.messages,
        clients=len(people),
        received=received,
        lost=run.messages * len(people) - different,
        repeated=received - different,
        out_of_order=sum(_out_of_order(each.got) for each in people),
        reconnections=sum(max(0, each.openings - 1) for each in people),
        longest_outage=max(each.longest_outage for each in people),
        longest_delay=max(each.longest_delay for each in people),
        faults=dict(run.faults),
        seconds=seconds,
    )


def _out_of_order(got: list[tuple[int, int]]) -> int:
    highest: Counter[int] = Counter()
    late = 0
    for sender, number in got:
        late += number < highest[sender]
        highest[sender] = max(highest[sender], number)
    return late
