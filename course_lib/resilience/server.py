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

from course_lib.resilience.curable import REPLACED
from course_lib.resilience.heartbeat import ProtocolHeartbeat
from course_lib.resilience.tasks import Signal, running
from course_lib.resilience.wire import ProtocolViolation, decode, encode


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
        self._texts: list[str] = []
        self._taken: dict[str, int] = {}
        self._history = history
        self._clients = clients
        self._on_message = on_message or (lambda _client, data: self.publish(data))

    @property
    def last_id(self) -> int:
        """The number of the newest event."""
        return self.first_id + len(self._texts) - 1

    def publish(self, data: object) -> int:
        """Add an event for every client and return its number."""
        self._texts.append(encode("event", id=self.last_id + 1, data=data))
        if len(self._texts) >= 2 * self._history:
            self.first_id += len(self._texts) - self._history
            del self._texts[: -self._history]
        self.changed.notify()
        return self.last_id

    def text(self, id: int) -> str:
        """The wire form of an event from `first_id` to `last_id`."""
        return self._texts[id - self.first_id]

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
            case {"type": "message", "seq": seq, "data": data}:
                self._log.take(visit.client, seq, data)
                await visit.connection.send(encode("ack", seq=self._log.taken(visit.client)))
            case {"type": "seen", "id": id}:
                visit.seen = max(visit.seen, min(id, visit.sent))
                self._log.changed.notify()
            case {"type": "ping", "id": id}:
                await visit.connection.send(encode("pong", id=id))
            case {"type": kind}:
                raise ProtocolViolation(f"A client sends no {kind} here.")

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
                await connection.send(log.text(visit.sent + 1))
                visit.sent += 1
