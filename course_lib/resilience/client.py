"""A client that stays connected."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, WebSocketException
from websockets.frames import CloseCode

from course_lib.log import Signal
from course_lib.resilience import curable, wire
from course_lib.resilience.backoff import Backoff, full_jitter_backoff
from course_lib.resilience.heartbeat import protocol_heartbeat
from course_lib.resilience.outbox import Outbox, WhenFull
from course_lib.resilience.status import ClientClosed, ClientState, Status
from course_lib.resilience.tasks import running
from course_lib.resilience.wire import ProtocolViolation, decode, encode


class ResilientClient:
    """Talks with a `LogHandler` over as many connections as it takes.

        async with ResilientClient(url, on_status=print) as client:
            await client.send("hello")
            async for data in client:
                ...

    Each event comes once and in order, each message arrives once and in order, as long as the
    server keeps its log and `when_full` drops nothing. Connections that fail or are lost are
    made again after a delay, except after an error that this cannot cure.

    Args:
        url: Where the server is.
        since, log: Where to go on, from the `last_id` and `log` of an earlier client.
        backoff: How long to wait between attempts; by default with full jitter.
        interval, timeout: Of the heartbeat, in seconds; an attempt to connect has `timeout`, too.
        capacity: How many messages may wait to be acknowledged.
        when_full: What `send` does with one more: "block", "drop_oldest" or "raise".
        on_status: Called with each new `Status`.
        on_note: Called with the data of each note.
        options: For `websockets.connect`, e.g. `ssl` or `additional_headers`.

    Attributes:
        id: its name for the server, random.
        status: the latest.
        last_id: the last event that the iteration has given.
        log: the name of the server's log that `last_id` belongs to.
        repeated: how many events came again and were left out.
        missed: how many events the server no longer had.
    """

    def __init__(
        self,
        url: str,
        *,
        since: int = 0,
        log: str = "",
        backoff: Backoff | None = None,
        interval: float = 20.0,
        timeout: float = 20.0,
        capacity: int = 1000,
        when_full: WhenFull | str = WhenFull.BLOCK,
        on_status: Callable[[Status], object] = lambda _: None,
        on_note: Callable[[object], object] = lambda _: None,
        **options: Any,  # noqa: ANN401 - whatever connect takes
    ) -> None:
        self.url = url
        self.id = secrets.token_hex(8)
        self.last_id = since
        self.log = log
        self.repeated = self.missed = 0
        self.status = Status(ClientState.CLOSED)
        self._backoff = backoff or full_jitter_backoff()
        self._interval = interval
        self._timeout = timeout
        self._on_status = on_status
        self._on_note = on_note
        self._connection: ClientConnection | None = None
        self._options = {"open_timeout": timeout, "close_timeout": 1, **options}
        self._changed = Signal()
        self._outbox = Outbox(capacity, when_full, self._changed)
        self._inbox: deque[tuple[int, object]] = deque()
        self._closed: ClientClosed | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> Self:
        """Begin to connect, as `async with` does."""
        if not (self._task or self._closed):
            self._task = asyncio.create_task(self._stay_connected())
        return self

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close at once, whatever is going on; await `flush` before for what is still to send."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        if not self._closed:  # the task had not begun
            self._close(None)

    async def send(self, data: object) -> int:
        """Have a message delivered, now or when there is a connection; return its number.

        Args:
            data: Anything that has a JSON form.

        Raises:
            TypeError, ValueError: It has none.
            OutboxFull: `capacity` messages are waiting, and `when_full` is "raise".
            ClientClosed: Nothing is delivered any more.
        """
        return await self._outbox.put(data)

    async def note(self, data: object) -> None:
        """Say something that is worth something only now; without a connection it is dropped.

        Raises:
            TypeError, ValueError: The data has no JSON form.
        """
        text = encode("note", data=data)
        if self._connection:
            with suppress(ConnectionClosed):
                await self._connection.send(text)

    async def flush(self) -> None:
        """Wait until the server has acknowledged every message.

        Raises:
            ClientClosed: It never will.
        """
        await self._outbox.flush()

    @property
    def unacknowledged(self) -> int:
        """How many messages the server has not acknowledged."""
        return len(self._outbox)

    @property
    def dropped(self) -> int:
        """How many messages made room for others."""
        return self._outbox.dropped

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> object:
        """The data of the next event.

        Raises:
            ClientClosed: The client has given up.
        """
        await self._changed.wait_for(lambda: self._inbox or self._closed)
        if self._inbox:
            self.last_id, data = self._inbox.popleft()
            self._changed.notify()
            return data
        if self._closed and self._closed.__cause__:
            raise self._closed
        raise StopAsyncIteration

    async def _stay_connected(self) -> None:
        cause = None
        try:
            cause = await self._reconnect()
        except Exception as error:  # of a callback: whoever uses the client learns of it
            cause = error
        finally:
            self._close(cause)

    async def _reconnect(self) -> Exception:
        """Connect again and again; return the error that nothing cures."""
        while True:
            self._report(Status(ClientState.CONNECTING))
            try:
                await self._connect()
            except (OSError, WebSocketException, ProtocolViolation) as error:
                if not curable.is_curable(error):
                    return error
                delay = self._backoff.next_delay() + curable.retry_after(error)
                self._report(Status(ClientState.WAITING, delay, error))
                await asyncio.sleep(delay)

    async def _connect(self) -> None:
        """Connect once and talk for as long as that lasts; raise what ended it."""
        connection = await connect(self.url, ping_interval=None, **self._options)
        try:
            async with protocol_heartbeat(connection, self._interval, self._timeout):
                await self._talk(connection)
        except ProtocolViolation as error:
            await connection.close(CloseCode.POLICY_VIOLATION, str(error))
            raise
        finally:
            await connection.close()
            connection.transport.abort()

    async def _talk(self, connection: ClientConnection) -> None:
        # What came but was not given yet comes again: the server's window starts at `since`.
        self._inbox.clear()
        asked = self.last_id
        await connection.send(encode("hello", client=self.id, log=self.log, since=asked))
        async with asyncio.timeout(self._timeout):
            welcome = decode(await connection.recv())
        if not isinstance(welcome, wire.Welcome):
            raise ProtocolViolation("A server says welcome first.")
        if welcome.log == self.log:
            self.missed += max(0, welcome.since - asked)
        self.log, self.last_id = welcome.log, welcome.since
        self._outbox.acknowledge(welcome.seq)
        self._backoff.opened()
        self._connection = connection
        self._report(Status(ClientState.OPEN))
        try:
            async with running(partial(self._transmit, connection, welcome)):
                await self._receive(connection)
        finally:
            self._connection = None

    async def _receive(self, connection: ClientConnection) -> None:
        received = self.last_id
        while True:
            match decode(await connection.recv()):
                case wire.LogEvent(id, data):
                    if id > received:
                        self._inbox.append((id, data))
                        received = id
                    else:
                        self.repeated += 1
                case wire.Ack(seq):
                    self._outbox.acknowledge(seq)
                case wire.Ping(id):
                    await connection.send(encode("pong", id=id))
                case wire.Note(data):
                    self._on_note(data)
                case message:
                    raise ProtocolViolation(f"A server sends no {message.type} here.")
            self._changed.notify()

    async def _transmit(self, connection: ClientConnection, welcome: wire.Welcome) -> None:
        sent, seen = welcome.seq, welcome.since
        enough = max(1, welcome.window // 2)

        def due() -> bool:
            return self.last_id - seen >= enough

        def pending() -> bool:
            return due() or self._outbox.after(sent) is not None

        with suppress(ConnectionClosed):  # whoever receives learns the same
            while True:
                await self._changed.wait_for(pending)
                if due():
                    seen = self.last_id
                    await connection.send(encode("seen", id=seen))
                if following := self._outbox.after(sent):
                    sent, text = following
                    await connection.send(text)

    def _report(self, status: Status) -> None:
        self.status = status
        self._on_status(status)

    def _close(self, cause: Exception | None) -> None:
        closed = ClientClosed("The client is closed." if cause is None else f"Gave up: {cause}")
        # A server that is done (code 1000) ends the iteration, and is no error.
        closed.__cause__ = None if isinstance(cause, ConnectionClosedOK) else cause
        self._closed = closed
        self._outbox.close(closed)
        self._changed.notify()
        self._report(Status(ClientState.CLOSED, cause=cause))
