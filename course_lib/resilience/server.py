"""The server's half: a log of events, and a handler that brings each client up to date."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from course_lib.log import Log
from course_lib.resilience.curable import REPLACED
from course_lib.resilience.heartbeat import protocol_heartbeat
from course_lib.resilience.tasks import running
from course_lib.resilience.wire import (
    Hello,
    Message,
    Ping,
    ProtocolViolation,
    Seen,
    decode,
    encode,
    kind_of,
)


class EventLog(Log[str]):
    """What must outlive a connection, and a restart of the server: numbered events, and the
    number of the last message that was taken from each client.

    Both stand in memory here; a service keeps them in its database and changes both in one
    transaction, as `take` does in one step. All of it belongs to the loop of its server.

    Args:
        history: How many events are kept.
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
        super().__init__(history)
        self.name = secrets.token_hex(8)
        self._taken: dict[str, int] = {}
        self._clients = clients
        self._on_message = on_message or (lambda _client, data: self.publish(data))

    def publish(self, data: object) -> int:
        """Add an event for every client and return its number."""
        return self.append(encode("event", id=self.last_id + 1, data=data))

    def taken(self, client: str) -> int:
        """The number of the last message that was taken from a client."""
        return self._taken.get(client, 0)

    def take(self, client: str, seq: int, data: object) -> None:
        """Take a message, unless it was taken already."""
        if seq > self.taken(client):
            self._on_message(client, data)
            self._taken.pop(client, None)
            self._taken[client] = seq
            if len(self._taken) > self._clients:
                del self._taken[next(iter(self._taken))]


@dataclass(slots=True)
class _Visit:
    """One connection of a client: the last event sent on it, and the last it has dealt with."""

    connection: ServerConnection
    client: str
    sent: int
    seen: int


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
    """

    def __init__(
        self, log: EventLog, *, interval: float = 20.0, timeout: float = 20.0, window: int = 256
    ) -> None:
        self._log = log
        self._interval = interval
        self._timeout = timeout
        self._window = window
        self._latest: dict[str, _Visit] = {}

    async def __call__(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        try:
            async with asyncio.timeout(self._timeout):
                hello = decode(await connection.recv())
            if not isinstance(hello, Hello):
                raise ProtocolViolation("A client says hello first.")
            async with protocol_heartbeat(connection, self._interval, self._timeout):
                await self._serve(connection, hello)
        except ConnectionClosed:
            return
        except TimeoutError:
            await connection.close(CloseCode.POLICY_VIOLATION, "No hello came in time.")
        except ProtocolViolation as error:
            await connection.close(CloseCode.POLICY_VIOLATION, str(error))

    async def _serve(self, connection: ServerConnection, hello: Hello) -> None:
        log, client = self._log, hello.client
        asked = hello.since if hello.log in ("", log.name) else 0
        since = min(max(asked, log.first_id - 1), log.last_id)
        visit = self._latest[client] = _Visit(connection, client, since, since)
        log.changed.notify()
        seq = log.taken(client)
        await connection.send(
            encode("welcome", log=log.name, since=since, seq=seq, window=self._window)
        )
        try:
            async with running(partial(self._deliver, visit)):
                async for text in connection:
                    await self._receive(visit, text)
        finally:
            if self._latest[client] is visit:
                del self._latest[client]

    async def _receive(self, visit: _Visit, text: str | bytes) -> None:
        match decode(text):
            case Message(seq, data):
                self._log.take(visit.client, seq, data)
                await visit.connection.send(encode("ack", seq=self._log.taken(visit.client)))
            case Seen(id):
                visit.seen = max(visit.seen, min(id, visit.sent))
                self._log.changed.notify()
            case Ping(id):
                await visit.connection.send(encode("pong", id=id))
            case message:
                raise ProtocolViolation(f"A client sends no {kind_of(message)} here.")

    async def _deliver(self, visit: _Visit) -> None:
        log, connection = self._log, visit.connection

        def replaced() -> bool:
            return self._latest[visit.client] is not visit

        def ready() -> bool:
            return visit.sent < min(log.last_id, visit.seen + self._window)

        with suppress(ConnectionClosed):
            while True:
                await log.changed.wait_for(lambda: ready() or replaced())
                if replaced():
                    return await connection.close(REPLACED, "A newer connection took over.")
                if visit.sent + 1 < log.first_id:
                    return await connection.close(CloseCode.TRY_AGAIN_LATER, "Too far behind.")
                await connection.send(log[visit.sent + 1])
                visit.sent += 1
