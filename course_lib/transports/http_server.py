"""The feed over HTTP, three ways: polling, long polling and server-sent events."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from course_lib.transports.event_stream import ServerSentEvent
from course_lib.transports.feed import Event, Feed

KEEP_ALIVE = 10.0  # seconds
LONGEST_HOLD = 60.0  # seconds; proxies tend to give up on a silent request at about that age
_FRESH = {"Cache-Control": "no-store"}


def add_feed_routes(
    app: web.Application, feed: Feed, *, keep_alive: float = KEEP_ALIVE, retry: float = 0.5
) -> None:
    """Serve `feed` at `/poll`, `/long-poll` and `/events`.

    All three take `?since=ID`, the last event that the client has seen.

    Args:
        keep_alive: Seconds without an event after which an event stream carries a comment, so
            that neither proxies nor the client take it for dead.
        retry: Seconds that a client of the event stream shall wait before it reconnects.
    """

    held: set[asyncio.Task[object]] = set()

    @contextmanager
    def holding() -> Iterator[None]:
        task = asyncio.current_task()
        assert task, "a coroutine of asyncio runs in a task"
        held.add(task)
        try:
            yield
        finally:
            held.remove(task)

    async def let_go(_app: web.Application) -> None:
        # What is held does not end by itself when the server stops.
        for task in held:
            task.cancel()
        if held:
            await asyncio.wait(set(held))

    async def poll(request: web.Request) -> web.Response:
        return _events_response(feed.since(_cursor(request)))

    async def long_poll(request: web.Request) -> web.Response:
        last_seen = _cursor(request)
        hold = _number(request.query.get("hold", "25"))
        with holding(), suppress(TimeoutError):
            async with asyncio.timeout(min(hold, LONGEST_HOLD)):
                await feed.wait_beyond(last_seen)
        return _events_response(feed.since(last_seen))

    async def events(request: web.Request) -> web.StreamResponse:
        last_seen = _cursor(request)
        response = web.StreamResponse(headers=_FRESH | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(f"retry: {round(1000 * retry)}\n\n".encode())
        with holding():
            while True:
                if news := feed.since(last_seen):
                    await response.write(b"".join(map(_server_sent, news)))
                    last_seen = news[-1].id
                try:
                    async with asyncio.timeout(keep_alive):
                        await feed.wait_beyond(last_seen)
                except TimeoutError:
                    await response.write(b": keep-alive\n\n")

    app.on_shutdown.append(let_go)
    app.router.add_get("/poll", poll)
    app.router.add_get("/long-poll", long_poll)
    app.router.add_get("/events", events)


def _events_response(events: list[Event]) -> web.Response:
    body = "[" + ",".join(event.to_json() for event in events) + "]"
    return web.Response(text=body, content_type="application/json", headers=_FRESH)


def _server_sent(event: Event) -> bytes:
    return ServerSentEvent(event.to_json(), id=str(event.id)).encode()


def _cursor(request: web.Request) -> int:
    # A browser that reconnects repeats the URL, so its header knows better.
    return int(_number(request.headers.get("Last-Event-ID") or request.query.get("since", "0")))


def _number(text: str) -> float:
    if not (text.isascii() and text.isdigit()):
        raise web.HTTPBadRequest(text=f"{text!r} is not a whole number, zero or more.")
    return int(text)
