"""A tap on the line between a WebSocket client and its server: all passes, and is noted."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from course_lib.protocol import Capture


class Tap:
    """A TCP relay to a WebSocket server on this machine. Clients connect to the tap instead.

    Args:
        port: the server's TCP port.

    Attributes:
        captures: the frames of each connection, in the order of their handshakes.
        sockets: what the tap listens on.
    """

    def __init__(self, port: int) -> None:
        self.captures: list[Capture] = []
        self._port = port
        self._relays: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.sockets = self._server.sockets
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._relays:
            task.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(client, to_client))
        self._relays.add(task)
        task.add_done_callback(self._relays.discard)

    async def _carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with contextlib.closing(to_client), contextlib.suppress(OSError, EOFError):
            server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
            with contextlib.closing(to_server):
                # The handshake is HTTP, one head each way; frames begin behind it.
                to_server.write(await client.readuntil(b"\r\n\r\n"))
                response = await server.readuntil(b"\r\n\r\n")
                self.captures.append(capture := Capture())
                to_client.write(response)
                await asyncio.gather(
                    _relay(client, to_server, capture.client_sent),
                    _relay(server, to_client, capture.server_sent),
                )


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]
) -> None:
    while data := await reader.read(2**16):
        note(data)
        writer.write(data)
        await writer.drain()
    writer.write_eof()
