"""Four clients of a feed behind one interface: `async for event in client`."""

import asyncio
import json
import random
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import ClassVar, Self

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from course_lib.statuses import CURABLE_STATUSES, seconds_to_wait
from course_lib.transports.event_stream import EventStreamParser
from course_lib.transports.feed import FeedEvent
from course_lib.transports.transport import Transport

PATIENCE = 30.0  # seconds
_CONNECTION_LOST = (aiohttp.ClientError, OSError, ConnectionClosed, InvalidHandshake, EOFError)


@dataclass(eq=False, kw_only=True)
class Client(ABC):
    """Receives a feed's events, each once and in order, over as many connections as it takes.

        client = WebSocketClient(url)
        async for event in client:
            ...

    It keeps the id of the last event it has seen and asks for what came after, so that a lost
    connection loses nothing. `aclose` ends the iteration, from any task of the same loop.

    Args:
        url: Where the server offers this transport.
        last_id: The id of the last event that is known already.
        retry: Seconds between a lost connection and the next attempt, on average; each wait is
            drawn from half to one and a half of it.
        patience: Seconds without a sign of life after which a connection counts as lost.
        interval: Seconds that polling waits between an answer and its next request.
        hold: Whole seconds for which long polling lets the server hold a request.

    Attributes:
        last_id: the id of the last event that was seen.
        requests: HTTP requests sent so far; a WebSocket's opening handshake is one.
        ready: set once the server has answered for the first time.

    Raises:
        aiohttp.ClientResponseError, websockets.exceptions.InvalidStatus: While iterating, when
            the server refuses what is asked and would again (see `course_lib.statuses`).
    """

    transport: ClassVar[Transport]

    url: str = field(kw_only=False)
    last_id: int = 0
    retry: float = 0.5
    patience: float = PATIENCE
    interval: float = 1.0
    hold: int = 25
    requests: int = field(default=0, init=False)
    ready: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _consumer: asyncio.Task[object] | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._events = self._run()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> FeedEvent:
        self._consumer = task = asyncio.current_task()
        assert task, "a coroutine of asyncio runs in a task"
        cancelled_before = task.cancelling()
        try:
            return await anext(self._events)
        except asyncio.CancelledError:
            # Somebody else may have cancelled the task in the same moment as `aclose` did.
            if not self._closed or task.uncancel() > cancelled_before:
                raise
            raise StopAsyncIteration from None
        finally:
            self._consumer = None

    async def aclose(self) -> None:
        """Close the connection and end the iteration."""
        if self._closed:
            return
        self._closed = True
        if self._consumer is not None:
            self._consumer.cancel()
        else:
            await self._events.aclose()

    async def _run(self) -> AsyncGenerator[FeedEvent, None]:
        while True:
            asked_to_wait = 0.0
            try:
                async with aclosing(self._receive()) as events:
                    async for event in events:
                        if event.id > self.last_id:
                            self.last_id = event.id
                            yield event
            except _CONNECTION_LOST as error:
                status, headers = _refusal(error)
                if status not in (None, *CURABLE_STATUSES):
                    raise
                asked_to_wait = seconds_to_wait(headers)
            await asyncio.sleep(asked_to_wait + self.retry * random.uniform(0.5, 1.5))

    @abstractmethod
    def _receive(self) -> AsyncGenerator[FeedEvent, None]:
        """Yield what comes after `last_id` until the connection is lost."""


class _HttpClient(Client):
    def _session(self, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        async def count(
            _session: aiohttp.ClientSession, _context: SimpleNamespace, _sent: object
        ) -> None:
            self.requests += 1

        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(count)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1, keepalive_timeout=60),
            timeout=timeout,
            trace_configs=[trace],
            raise_for_status=True,
        )

    async def _ask(self, session: aiohttp.ClientSession, **parameters: float) -> list[FeedEvent]:
        params = {"since": self.last_id, **parameters}
        async with session.get(self.url, params=params) as response:
            body = await response.read()
        self.ready.set()
        return [FeedEvent(**fields) for fields in json.loads(body)]


class PollingClient(_HttpClient):
    """Asks for news, waits `interval` seconds after the answer, and asks again."""

    transport = Transport.POLL

    async def _receive(self) -> AsyncGenerator[FeedEvent, None]:
        async with self._session(aiohttp.ClientTimeout(total=self.patience)) as session:
            while True:
                for event in await self._ask(session):
                    yield event
                await asyncio.sleep(self.interval)


class LongPollingClient(_HttpClient):
    """Asks for news and lets the server hold the request until there is some.

    The first request of a connection is answered at once; from then on one is always held, for
    at most `hold` whole seconds, or on its way.
    """

    transport = Transport.LONG_POLL

    async def _receive(self) -> AsyncGenerator[FeedEvent, None]:
        async with self._session(aiohttp.ClientTimeout(total=self.hold + self.patience)) as session:
            hold = 0
            while True:
                for event in await self._ask(session, hold=hold):
                    yield event
                hold = self.hold


class SseClient(_HttpClient):
    """Reads an event stream (server-sent events) and reconnects with `Last-Event-ID`."""

    transport = Transport.SSE

    async def _receive(self) -> AsyncGenerator[FeedEvent, None]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.last_id)}
        timeout = aiohttp.ClientTimeout(sock_connect=self.patience, sock_read=self.patience)
        parser = EventStreamParser()
        async with (
            self._session(timeout) as session,
            session.get(self.url, headers=headers) as response,
        ):
            async for data in response.content.iter_any():
                self.ready.set()
                for event in parser.feed(data):
                    yield FeedEvent.from_json(event.data)
                if parser.retry is not None:
                    self.retry = parser.retry


class WebSocketClient(Client):
    """Receives each event as a WebSocket message."""

    transport = Transport.WEBSOCKET

    async def _receive(self) -> AsyncGenerator[FeedEvent, None]:
        self.requests += 1
        async with connect(
            f"{self.url}?since={self.last_id}",
            proxy=None,
            compression=None,
            open_timeout=self.patience,
            ping_interval=self.patience / 2,
            ping_timeout=self.patience / 2,
            close_timeout=1,
        ) as connection:
            self.ready.set()
            async for message in connection:
                yield FeedEvent.from_json(message)


CLIENTS: dict[Transport, type[Client]] = {
    client.transport: client
    for client in (PollingClient, LongPollingClient, SseClient, WebSocketClient)
}


def _refusal(error: Exception) -> tuple[int | None, Mapping[str, str]]:
    """The status and headers of an HTTP answer that refused; None if there was no answer."""
    match error:
        case aiohttp.ClientResponseError():
            return error.status, error.headers or {}
        case InvalidStatus():
            return error.response.status_code, error.response.headers
    return None, {}
