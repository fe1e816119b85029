"""The feed over WebSocket: written for all at once, caught up one by one."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Request, Response, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from course_lib.transports.feed import Feed, FeedEvent, whole_number

_SLOW = 64 * 1024  # bytes waiting in a connection's write buffer that make it a slow one


class FeedHandler:
    """Handles the WebSocket connections of one feed.

    A connection that has seen every event is *live*: a new event is written to all live ones at
    once, without a task for each. One whose write buffer fills up leaves them and is sent the
    rest at its own pace from the feed's history, until it is level again. So a slow consumer
    holds up nobody, and never costs more than one full write buffer.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._live: set[ServerConnection] = set()
        self._catching_up: dict[ServerConnection, asyncio.Task[None]] = {}
        feed.listeners.append(self._deliver)

    def close(self) -> None:
        """Stop listening to the feed."""
        self._feed.listeners.remove(self._deliver)

    def check_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a cursor that is not a number (`process_request` of `websockets`)."""
        if _cursor(request.path) is None:
            return connection.respond(HTTPStatus.BAD_REQUEST, "since= must be a whole number.\n")
        return None

    async def __call__(self, connection: ServerConnection) -> None:
        """Serve one connection until it ends."""
        path = connection.request.path if connection.request else ""
        self._catch_up(connection, _cursor(path) or 0)
        try:
            # What a client says is of no interest, but an unread message would keep the close
            # that follows it from being seen.
            async for _ in connection:
                pass
        except ConnectionClosed:
            return
        finally:
            self._live.discard(connection)
            if task := self._catching_up.pop(connection, None):
                task.cancel()

    def _deliver(self, event: FeedEvent) -> None:
        # A server's frames are not masked, so that the same bytes serve everyone: they are made
        # once, and written past `send`, which would make them again for each connection.
        frame = Frame(Opcode.TEXT, event.to_json().encode()).serialize(mask=False)
        for connection in tuple(self._live):
            transport = connection.transport
            if transport.get_write_buffer_size() > _SLOW:
                self._live.remove(connection)
                self._catch_up(connection, event.id - 1)
            elif connection.state is State.OPEN:
                transport.write(frame)

    def _catch_up(self, connection: ServerConnection, last_seen: int) -> None:
        async def catch_up() -> None:
            cursor = last_seen
            with suppress(ConnectionClosed):
                while news := self._feed.since(cursor):
                    for event in news:
                        await connection.send(event.to_json())
                    cursor = news[-1].id
                self._live.add(connection)
            del self._catching_up[connection]

        self._catching_up[connection] = asyncio.create_task(catch_up())


def _cursor(path: str) -> int | None:
    return whole_number(parse_qs(urlsplit(path).query).get("since", ["0"])[0])
