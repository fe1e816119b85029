"""What lets a server of one's own stand in front of a real application, as a proxy does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

READ_SIZE = 2**16


class OwnSocket(Protocol):
    """What `relay` needs of a WebSocket that somebody has written."""

    def __aiter__(self) -> AsyncIterator[str | bytes]: ...

    async def send(self, message: str | bytes) -> Any: ...  # noqa: ANN401 - nobody asks for it

    async def close(self, code: int = 1000) -> Any: ...  # noqa: ANN401 - nobody asks for it


async def hand_over(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
) -> None:
    """Let the server on another port of this machine answer a plain request, head and all."""
    from_there, to_there = await asyncio.open_connection("127.0.0.1", port)
    to_there.write(head)
    await asyncio.gather(_pour(from_there, writer), _pour(reader, to_there))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(OSError):
        while data := await reader.read(READ_SIZE):
            writer.write(data)
            await writer.drain()


async def relay(own: OwnSocket, application: ClientConnection) -> None:
    """Pass messages on in both directions, until one of the two is closed; then close the other."""

    async def inwards() -> None:
        async for message in own:
            await application.send(message)
        await application.close()

    async def outwards() -> None:
        async for message in application:
            await own.send(message)

    tasks = [asyncio.create_task(inwards()), asyncio.create_task(outwards())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(outcome, ConnectionClosed | OSError | asyncio.CancelledError | None):
                raise outcome
    with suppress(OSError):
        await own.close(application.close_code or 1001)
