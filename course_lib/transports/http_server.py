"""The feed over HTTP, three ways: polling, long polling and server-sent events."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from course_lib.transports.event_stream import ServerSentEvent
from course_lib.transports.feed import Feed, FeedEvent, whole_number
from course_lib.transports.transport import Transport

KEEP_ALIVE = 10.0  # seconds
LONGEST_HOLD = 60.0  # seconds; proxies tend to give up on a silent request at about that age
_FRESH = {"Cache-Control": "no-store"}


class FeedRoutes:
    """A feed at `/poll`, `/long-poll` and `/events`.

    All three take `?since=ID`, the last event that the client has seen.

    Args:
        keep_alive: Seconds without an event after which an event stream carries a comment, so
            that neither proxies nor the client take it for dead.
        retry: Seconds that a client of the event stream shall wait before it reconnects.
    """

    def __init__(self, feed: Feed, keep_alive: float, retry: float) -> None:
        self._feed = feed
        self._keep_alive = keep_alive
        self._retry = retry
        self._held: set[asyncio.Task[object]] = set()

    def add_to(self, app: web.Application) -> None:
        """Serve them in an application."""
        app.on_shutdown.append(self._let_go)
        app.router.add_get(Transport.POLL.path, self._poll)
        app.router.add_get(Transport.LONG_POLL.path, self._long_poll)
        app.router.add_get(Transport.SSE.path, self._events)

    @contextmanager
    def _holding(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task, "a coroutine of asyncio runs in a task"
        self._held.add(task)
        try:
            yield
        finally:
            self._held.remove(task)

    async def _let_go(self, _app: web.Application) -> None:
        # What is held does not end by itself when the server stops.
        for task in self._held:
            task.cancel()
        if self._held:
            await asyncio.wait(set(self._held))

    async def _poll(self, request: web.Request) -> web.Response:
        return _events_response(self._feed.since(_cursor(request)))

    async def _long_poll(self, request: web.Request) -> web.Response:
        last_seen = _cursor(request)
        hold = _number(request.query.get("hold", "25"))
        with self._holding(), suppress(TimeoutError):
            async with asyncio.timeout(min(hold, LONGEST_HOLD)):
                await self._feed.wait_beyond(last_seen)
        return _events_response(self._feed.since(last_seen))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        last_seen = _cursor(request)
        response = web.StreamResponse(headers=_FRESH | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"retry: {round(1000 * self._retry)}\n\n".encode())
        with self._holding():
            while True:
                if news := self._feed.since(last_seen):
                    await response.write(b"".join(map(_server_sent, news)))
                    last_seen = news[-1].id
                try:
                    async with asyncio.timeout(self._keep_alive):
                        await self._feed.wait_beyond(last_seen)
                except TimeoutError:
                    await response.write(b": keep-alive\n\n")


def _events_response(events: list[FeedEvent]) -> web.Response:
    body = "[" + ",".join(event.to_json() for event in events) + "]"
    return web.Response(text=body, content_type="application/json", headers=_FRESH)


def _server_sent(event: FeedEvent) -> bytes:
    return ServerSentEvent(event.to_json(), id=str(event.id)).encode()


def _cursor(request: web.Request) -> int:
    # A browser that reconnects repeats the URL, so its header knows better.
    return _number(request.headers.get("Last-Event-ID") or request.query.get("since", "0"))


def _number(text: str) -> int:
    if (number := whole_number(text)) is None:
        raise web.HTTPBadRequest(text=f"{text!r} is not a whole number, zero or more.")
    return number
