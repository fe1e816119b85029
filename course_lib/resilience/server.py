"""The server's half: a handler that brings each client up to date with a log."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from course_lib.log import Signal
from course_lib.resilience import wire
from course_lib.resilience.curable import REPLACED
from course_lib.resilience.event_log import EventLog
from course_lib.resilience.heartbeat import protocol_heartbeat
from course_lib.resilience.tasks import running
from course_lib.resilience.wire import ProtocolViolation, decode, encode

_ENOUGH = 64 * 1024
"""Bytes waiting to leave for a client, from which on it is served apart from the others."""


class Audience:
    """Who hears what. This one lets everybody hear everything, and does nothing else."""

    def hears(self, client: str, id: int, to: str) -> bool:
        """Whether the event with a number, addressed so, is for a client."""
        return True

    def note(self, client: str, data: object) -> None:
        """A client has sent a note."""

    def arrived(self, client: str) -> None:
        """A client has been welcomed."""

    def departed(self, client: str) -> None:
        """A client's latest connection has ended."""


@dataclass(slots=True)
class _Visit:
    """One connection of a client.

    Attributes:
        sent: the last event whose turn has come.
        under_way: the events sent that the client has not dealt with yet.
        changed: told when there may be something to send, or when the visit is over.
        welcomed: whether events may be sent.
        here: whether the audience counts the client as here, because of this connection or of the one
            that it replaces.
    """

    connection: ServerConnection
    client: str
    sent: int
    under_way: deque[int] = field(default_factory=deque)
    changed: Signal = field(default_factory=Signal)
    welcomed: bool = False
    here: bool = False

    @property
    def congested(self) -> bool:
        """Whether what was written before has not left yet."""
        return self.connection.transport.get_write_buffer_size() >= _ENOUGH


class LogHandler:
    """Handles the connections of clients that resume:

        log = EventLog()
        async with serve(LogHandler(log), "127.0.0.1", 0, ping_interval=None):
            log.publish("hello")

    A newer connection of a client closes the one before, which may be half-open still.

    Whoever is up to date gets a new event at once, together with all the others who are, written
    without waiting (`websockets.broadcast`). Whoever is not, because they came late or read
    slowly, is served from the log by a task of their own, at their pace.

    Args:
        log: What to deliver, and where messages go.
        audience: Who hears what.
        interval, timeout: Of the heartbeat; a client has `timeout` seconds to say hello, too.
        window: How many events are sent that a client has not yet dealt with.
    """

    def __init__(
        self,
        log: EventLog,
        audience: Audience | None = None,
        *,
        interval: float = 20.0,
        timeout: float = 20.0,
        window: int = 256,
    ) -> None:
        self._log = log
        self._audience = audience or Audience()
        self._interval = interval
        self._timeout = timeout
        self._window = window
        self._latest: dict[str, _Visit] = {}
        self._fan_out: asyncio.Task[None] | None = None
        self._caught_up = Signal()

    def note(self, clients: Iterable[str], data: object) -> None:
        """Tell clients something that is worth something only now; whoever is away misses it."""
        there = (self._latest[client] for client in clients if client in self._latest)
        # One that does not read would have notes pile up; it has missed better things already.
        ready = [each.connection for each in there if each.welcomed and not each.congested]
        broadcast(ready, encode("note", data=data))

    async def drain(self, patience: float = 1.0) -> None:
        """Wait until every client has been sent all that is for it, or for `patience` seconds."""

        def done() -> bool:
            return all(visit.sent == self._log.last_id for visit in self._latest.values())

        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._caught_up.wait_for(done)

    async def __call__(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        try:
            async with asyncio.timeout(self._timeout):
                hello = decode(await connection.recv())
            if not isinstance(hello, wire.Hello):
                raise ProtocolViolation("A client says hello first.")
            async with protocol_heartbeat(connection, self._interval, self._timeout):
                await self._serve(connection, hello)
        except ConnectionClosed:
            return
        except TimeoutError:
            # Not 1008: a line that was silent for a while is no reason to stay away.
            await connection.close(CloseCode.TRY_AGAIN_LATER, "The greeting took too long.")
        except ProtocolViolation as error:
            await connection.close(CloseCode.POLICY_VIOLATION, str(error))

    async def _serve(self, connection: ServerConnection, hello: wire.Hello) -> None:
        log, client = self._log, hello.client
        asked = hello.since if hello.log in ("", log.name) else 0
        if hello.log == log.name:
            async with asyncio.timeout(self._timeout):
                await log.reached(asked)
        since = min(max(asked, log.first_id - 1), log.last_id)
        visit = _Visit(connection, client, since)
        self._arrive(visit)
        try:
            seq = log.taken(client)
            await connection.send(
                encode("welcome", log=log.name, since=since, seq=seq, window=self._window)
            )
            visit.welcomed = visit.here = True
            self._audience.arrived(client)
            async with running(partial(self._deliver, visit)):
                async for text in connection:
                    await self._receive(visit, text)
                    await asyncio.sleep(0)  # what came in one piece must not hold up the others
        finally:
            self._depart(visit)

    def _arrive(self, visit: _Visit) -> None:
        before = self._latest.get(visit.client)
        self._latest[visit.client] = visit
        if before:
            visit.here = before.here
            before.changed.notify()
        if self._fan_out is None:
            self._fan_out = asyncio.create_task(self._send_to_all(self._log.last_id))

    def _depart(self, visit: _Visit) -> None:
        if self._latest.get(visit.client) is not visit:
            return
        del self._latest[visit.client]
        self._caught_up.notify()
        if not self._latest and self._fan_out:
            self._fan_out.cancel()
            self._fan_out = None
        if visit.here:
            self._audience.departed(visit.client)

    async def _receive(self, visit: _Visit, text: str | bytes) -> None:
        match decode(text):
            case wire.Message(seq, data):
                await self._log.receive(visit.client, seq, data)
                await visit.connection.send(encode("ack", seq=self._log.taken(visit.client)))
            case wire.Seen(id):
                while visit.under_way and visit.under_way[0] <= id:
                    visit.under_way.popleft()
                visit.changed.notify()
            case wire.Ping(id):
                await visit.connection.send(encode("pong", id=id))
            case wire.Note(data):
                self._audience.note(visit.client, data)
            case message:
                raise ProtocolViolation(f"A client sends no {message.type} here.")

    async def _send_to_all(self, last: int) -> None:
        """Send each new event to all who are up to date; wake the tasks of the others."""
        log = self._log
        while True:
            await log.wait_beyond(last)
            last = max(last + 1, log.first_id)
            text, to = log[last]
            up_to_date = []
            for visit in self._latest.values():
                if visit.sent >= last:
                    continue
                if visit.sent < last - 1 or not self._has_room(visit) or visit.congested:
                    visit.changed.notify()
                elif self._turn(visit, to):
                    up_to_date.append(visit.connection)
            broadcast(up_to_date, text)
            self._caught_up.notify()

    async def _deliver(self, visit: _Visit) -> None:
        """Bring one client up to date, as often as it falls behind."""
        log, connection = self._log, visit.connection

        def replaced() -> bool:
            return self._latest.get(visit.client) is not visit

        def ready() -> bool:
            return visit.sent < log.last_id and self._has_room(visit)

        with suppress(ConnectionClosed):
            while True:
                await visit.changed.wait_for(lambda: ready() or replaced())
                if replaced():
                    return await connection.close(REPLACED, "A newer connection took over.")
                if visit.sent + 1 < log.first_id:
                    return await connection.close(CloseCode.TRY_AGAIN_LATER, "Too far behind.")
                text, to = log[visit.sent + 1]
                if self._turn(visit, to):
                    await connection.send(text)
                self._caught_up.notify()

    def _has_room(self, visit: _Visit) -> bool:
        return visit.welcomed and len(visit.under_way) < self._window

    def _turn(self, visit: _Visit, to: str) -> bool:
        """The next event's turn has come; returns whether it is for this client."""
        visit.sent += 1
        if not self._audience.hears(visit.client, visit.sent, to):
            return False
        visit.under_way.append(visit.sent)
        return True
