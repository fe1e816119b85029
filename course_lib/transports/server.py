"""One feed, served all four ways."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import ClassVar, Self

from aiohttp import web
from websockets.asyncio.server import serve

from course_lib.transports.feed import Feed
from course_lib.transports.http_server import KEEP_ALIVE, FeedRoutes
from course_lib.transports.transport import Transport
from course_lib.transports.websocket_server import FeedHandler


@dataclass(kw_only=True)
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

    host: ClassVar = "127.0.0.1"

    feed: Feed = field(kw_only=False)
    keep_alive: float = KEEP_ALIVE
    retry: float = 0.5
    http_port: int = 0
    websocket_port: int = 0
    any_origin: bool = False
    _closing: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)

    def port(self, transport: Transport) -> int:
        """The port of that transport."""
        return self.websocket_port if transport is Transport.WEBSOCKET else self.http_port

    def url(self, transport: Transport) -> str:
        """Where a client of that transport connects to."""
        return transport.url(self.host, self.port(transport))

    async def __aenter__(self) -> Self:
        async with self._closing:
            app = web.Application()
            FeedRoutes(self.feed, self.keep_alive, self.retry).add_to(app)
            if self.any_origin:
                app.on_response_prepare.append(_allow_any_origin)
            # A request whose client has gone need not be held any longer.
            runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=1
            )
            await runner.setup()
            self._closing.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, self.host, self.http_port, backlog=1024)
            await site.start()
            self.http_port = runner.addresses[0][1]

            handler = FeedHandler(self.feed)
            self._closing.callback(handler.close)
            websockets = await self._closing.enter_async_context(
                serve(
                    handler,
                    self.host,
                    self.websocket_port,
                    process_request=handler.check_request,
                    compression=None,  # costs 32 KiB a connection, and events are short
                    ping_interval=self.keep_alive,
                    close_timeout=1,
                    backlog=1024,
                )
            )
            self.websocket_port = websockets.sockets[0].getsockname()[1]
            self._closing = self._closing.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection and free the ports."""
        await self._closing.aclose()


async def _allow_any_origin(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Access-Control-Allow-Origin"] = "*"
