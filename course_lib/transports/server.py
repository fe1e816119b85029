"""One feed, served all four ways."""

from contextlib import AsyncExitStack
from typing import Self

from aiohttp import web
from websockets.asyncio.server import serve

from course_lib.transports.feed import Feed
from course_lib.transports.http_server import KEEP_ALIVE, add_feed_routes
from course_lib.transports.transport import Transport
from course_lib.transports.websocket_server import FeedHandler


class FeedServer:
    """Serves `feed` on loopback: HTTP on one free port, WebSocket on another.

        async with FeedServer(feed) as server:
            ...  # clients of server.url(Transport.SSE)

    Args:
        feed: What to deliver.
        keep_alive: Seconds between the signs of life on a stream without events.
        retry: Seconds that an event stream tells its clients to wait before they reconnect.
        http_port, websocket_port: 0 for a free one; a server that comes back wants its old one.
        any_origin: Let pages from anywhere read the feed over HTTP (CORS); over WebSocket they
            can anyway.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        feed: Feed,
        *,
        keep_alive: float = KEEP_ALIVE,
        retry: float = 0.5,
        http_port: int = 0,
        websocket_port: int = 0,
        any_origin: bool = False,
    ) -> None:
        self.feed = feed
        self._keep_alive = keep_alive
        self._retry = retry
        self._http_port = http_port
        self._websocket_port = websocket_port
        self._any_origin = any_origin
        self._closing = AsyncExitStack()

    def port(self, transport: Transport) -> int:
        """The port of that transport."""
        return self._websocket_port if transport is Transport.WEBSOCKET else self._http_port

    def url(self, transport: Transport) -> str:
        """Where a client of that transport connects to."""
        return transport.url(self.host, self.port(transport))

    async def __aenter__(self) -> Self:
        async with self._closing:
            app = web.Application()
            add_feed_routes(app, self.feed, keep_alive=self._keep_alive, retry=self._retry)
            if self._any_origin:
                app.on_response_prepare.append(_allow_any_origin)
            # Whose client has gone need not be held any longer.
            runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=1
            )
            await runner.setup()
            self._closing.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, self.host, self._http_port, backlog=1024)
            await site.start()
            self._http_port = runner.addresses[0][1]

            handler = FeedHandler(self.feed)
            self._closing.callback(handler.close)
            websockets = await self._closing.enter_async_context(
                serve(
                    handler,
                    self.host,
                    self._websocket_port,
                    process_request=handler.check_request,
                    compression=None,  # costs 32 KiB a connection, and events are short
                    ping_interval=self._keep_alive,
                    close_timeout=1,
                    backlog=1024,
                )
            )
            self._websocket_port = websockets.sockets[0].getsockname()[1]
            self._closing = self._closing.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection and free the ports."""
        await self._closing.aclose()


async def _allow_any_origin(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Access-Control-Allow-Origin"] = "*"
