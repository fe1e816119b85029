"""The server's half: a log of events, and a handler that brings each client up to date."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from course_lib.resilience.curable import REPLACED
from course_lib.resilience.heartbeat import ProtocolHeartbeat
from course_lib.resilience.tasks import Signal, running
from course_lib.resilience.wire import ProtocolViolation, decode, encode

_ENOUGH = 64 * 1024
"""Bytes waiting to leave for a client, from which on it gets no notes."""


class EventLog:
    """What must outlive a connection, and a restart of the server: numbered events, and the
    number of the last message that was taken from each client.

    Both stand in memory here; a service keeps them in its database and changes both in one
    transaction, as `take` does in one step. All of it belongs to the loop of its server.

    Args:
        history: How many events are kept at least.
        clients: How many clients are remembered, those that sent something last.
        on_message: Called with a client's name and data, once for each message; by default the
            data becomes an event.
    """

    def __init__(
        self,
        history: int = 10_000,
        clients: int = 100_000,
        on_message: Callable[[str, object], object] | None = None,
    ) -> None:
        self.name = secrets.token_hex(8)
        self.changed = Signal()
        self.first_id = 1
        self._events: list[tuple[str, str]] = []
        self._taken: dict[str, int] = {}
        self._history = history
        self._clients = clients
        self.on_message = on_message or (lambda _client, data: self.publish(data))

    @property
    def last_id(self) -> int:
        """The number of the newest event."""
        return self.first_id + len(self._events) - 1

    def publish(self, data: object, to: str = "") -> int:
        """Add an event and return its number.

        `to` names those whom it is for, in words that the handler's `hears` understands.
        """
        self._events.append((encode("event", id=self.last_id + 1, data=data), to))
        if len(self._events) >= 2 * self._history:
            self.first_id += len(self._events) - self._history
            del self._events[: -self._history]
        self.changed.notify()
        return self.last_id

    def text(self, id: int) -> str:
        """The wire form of an event from `first_id` to `last_id`."""
        return self._events[id - self.first_id][0]

    def to(self, id: int) -> str:
        """Whom an event from `first_id` to `last_id` is for."""
        return self._events[id - self.first_id][1]

    def taken(self, client: str) -> int:
        """The number of the last message that was taken from a client."""
        return self._taken.get(client, 0)

    def take(self, client: str, seq: int, data: object) -> None:
        """Take a message, unless it was taken already."""
        if seq > self.taken(client):
            self.on_message(client, data)
            self._taken.pop(client, None)
            self._taken[client] = seq
            if len(self._taken) > self._clients:
                del self._taken[next(iter(self._taken))]


@dataclass(slots=True)
class _Visit:
    """One connection of a client: the last event that its turn has come for, and those sent on it
    that the client has not dealt with yet."""

    connection: ServerConnection
    client: str
    sent: int
    under_way: deque[int] = field(default_factory=deque)


class LogHandler:
    """Handles the connections of clients that resume:

        log = EventLog()
        async with serve(LogHandler(log), "127.0.0.1", 0, ping_interval=None):
            log.publish("hello")

    A newer connection of a client closes the one before, which may be half-open still.

    Args:
        log: What to deliver, and where messages go.
        interval, timeout: Of the heartbeat; a client has `timeout` seconds to say hello, too.
        window: How many events are sent beyond the last one that a client has dealt with.
        hears: Whether the event with a number is for a client; by default every event is.
        on_note: Called with a client's name and the data of its note.
        on_arrival: Called with a client's name when it is welcomed.
        on_departure: Called with a client's name when its latest connection has ended.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        interval: float = 20.0,
        timeout: float = 20.0,
        window: int = 256,
        hears: Callable[[str, int], bool] = lambda _client, _id: True,
        on_note: Callable[[str, object], object] = lambda _client, _data: None,
        on_arrival: Callable[[str], object] = lambda _client: None,
        on_departure: Callable[[str], object] = lambda _client: None,
    ) -> None:
        self._log = log
        self._interval = interval
        self._timeout = timeout
        self._window = window
        self._hears = hears
        self._on_note = on_note
        self._on_arrival = on_arrival
        self._on_departure = on_departure
        self._draining = False
        self._latest: dict[str, _Visit] = {}

    def note(self, clients: Iterable[str], data: object) -> None:
        """Tell clients something that is worth something only now; who is away misses it."""
        there = [self._latest[client].connection for client in clients if client in self._latest]
        # One that does not read would have notes pile up; it has missed better things already.
        ready = [each for each in there if each.transport.get_write_buffer_size() < _ENOUGH]
        broadcast(ready, encode("note", data=data))

    async def drain(self, patience: float = 1.0) -> None:
        """Wait until every client there has been sent all that is for it, or `patience` seconds."""

        def done() -> bool:
            return all(visit.sent == self._log.last_id for visit in self._latest.values())

        self._draining = True
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._log.changed.wait_for(done)

    async def __call__(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        try:
            async with asyncio.timeout(self._timeout):
                hello = decode(await connection.recv())
            if hello["type"] != "hello":
                raise ProtocolViolation("A client says hello first.")
            async with ProtocolHeartbeat(connection, self._interval, self._timeout):
                await self._serve(connection, hello)
        except ConnectionClosed:
            return
        except TimeoutError:
            await connection.close(CloseCode.POLICY_VIOLATION, "No hello came in time.")
        except ProtocolViolation as error:
            await connection.close(CloseCode.POLICY_VIOLATION, str(error))

    async def _serve(self, connection: ServerConnection, hello: dict[str, object]) -> None:
        log, client = self._log, hello["client"]
        asked = hello["since"] if hello["log"] in ("", log.name) else 0
        since = min(max(asked, log.first_id - 1), log.last_id)
        visit = self._latest[client] = _Visit(connection, client, since)
        log.changed.notify()
        seq = log.taken(client)
        await connection.send(
            encode("welcome", log=log.name, since=since, seq=seq, window=self._window)
        )
        try:
            self._on_arrival(client)
            async with running(partial(self._deliver, visit)):
                async for text in connection:
                    await self._receive(visit, text)
        finally:
            if self._latest[client] is visit:
                del self._latest[client]
                self._on_departure(client)

    async def _receive(self, visit: _Visit, text: str | bytes) -> None:
        match decode(text):
            case {"type": "message", "seq": seq, "data": data}:
                self._log.take(visit.client, seq, data)
                await visit.connection.send(encode("ack", seq=self._log.taken(visit.client)))
            case {"type": "seen", "id": id}:
                while visit.under_way and visit.under_way[0] <= id:
                    visit.under_way.popleft()
                self._log.changed.notify()
            case {"type": "note", "data": data}:
                self._on_note(visit.client, data)
            case {"type": "ping", "id": id}:
                await visit.connection.send(encode("pong", id=id))
            case {"type": kind}:
                raise ProtocolViolation(f"A client sends no {kind} here.")

    async def _deliver(self, visit: _Visit) -> None:
        log, connection = self._log, visit.connection

        def replaced() -> bool:
            return self._latest[visit.client] is not visit

        def ready() -> bool:
            return visit.sent < log.last_id and len(visit.under_way) < self._window

        with suppress(ConnectionClosed):
            while True:
                await log.changed.wait_for(lambda: ready() or replaced())
                if replaced():
                    return await connection.close(REPLACED, "A newer connection took over.")
                if visit.sent + 1 < log.first_id:
                    return await connection.close(CloseCode.TRY_AGAIN_LATER, "Too far behind.")
                visit.sent += 1
                if self._hears(visit.client, visit.sent):
                    visit.under_way.append(visit.sent)
                    await connection.send(log.text(visit.sent))
                if self._draining:
                    log.changed.notify()
