"""A server of WebSockets, and the handler that sends everything back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from course_lib.protocol import StateError
from course_lib.sockets.websocket import MAX_SIZE, READ_SIZE, WebSocket, accept

Handler = Callable[[WebSocket], Awaitable[object]]


async def echo(websocket: WebSocket) -> None:
    """Send every message back, until the peer closes."""
    async for message in websocket:
        await websocket.send(message)


@asynccontextmanager
async def serve(
    handler: Handler,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    max_size: int = MAX_SIZE,
    compress: bool = True,
) -> AsyncIterator[asyncio.Server]:
    """Serve while the body runs; what is still open afterwards is cut off.

    Args:
        handler: Called with each connection, which is closed when it returns; with 1011 when it
            fails.
        host, port: Where to listen; port 0 takes a free one, see `server.sockets`.
        max_size: Bytes of the largest message that is taken (close code 1009 beyond).
        compress: Accept permessage-deflate where a client offers it.

    Raises:
        OSError: The port is taken.
    """

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A peer that left in the middle is not worth a word: there is nobody to tell.
        with suppress(ConnectionError, TimeoutError, StateError):
            websocket = await accept(reader, writer, max_size=max_size, compress=compress)
            if websocket is not None:
                await _handle(handler, websocket)

    tasks: set[asyncio.Task[None]] = set()
    over = False

    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own, since Python 3.11's streams complain when they cancel theirs.
        task = asyncio.create_task(converse(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # Here, since a task that is cancelled before it begins has no `finally`.
        task.add_done_callback(lambda _: writer.transport.abort())
        if over:  # accepted in the last moment
            task.cancel()

    async with await asyncio.start_server(handle, host, port, limit=READ_SIZE) as server:
        try:
            yield server
        finally:
            over = True
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _handle(handler: Handler, websocket: WebSocket) -> None:
    try:
        await handler(websocket)
    except Exception:
        await websocket.close(1011, "internal error")
        raise
    await websocket.close()
