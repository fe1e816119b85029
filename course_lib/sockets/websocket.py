"""A WebSocket over asyncio streams: handshake, messages both ways, and a clean end."""

import asyncio
import socket

from course_lib import protocol
from course_lib.protocol import deflate

READ_SIZE = 256 * 1024
MAX_SIZE = 2**20
"""Bytes of the largest message that is taken when nothing else is asked for."""
CLOSE_TIMEOUT = 10
"""Seconds that a peer may take for its part of the closing handshake, or of the opening one."""


class WebSocket:
    """One open connection: iterate over its messages, and send.

    Attributes:
        connection: the protocol's state.
        request: the request that opened it.
    """

    def __init__(
        self,
        connection: protocol.Connection,
        request: protocol.Request,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        received: bytes,
    ) -> None:
        self.connection = connection
        self.request = request
        self._reader = reader
        self._writer = writer
        self._events = connection.receive(received)

    def __aiter__(self) -> "WebSocket":
        """The messages received, until the connection is closed or lost; pings are answered.

        How it ended is in `connection.close_code`.
        """
        return self

    async def __anext__(self) -> str | bytes:
        while (event := await self._next_event()) is not None:
            match event:
                case protocol.Text(text):
                    return text
                case protocol.Binary(data):
                    return data
        raise StopAsyncIteration

    async def send(self, message: str | bytes) -> None:
        """Send a message, and wait as long as the peer is slower than we are.

        Raises:
            StateError: the connection is closing.
            OSError: it is lost.
        """
        if isinstance(message, str):
            await self._write(self.connection.send_text(message))
        else:
            await self._write(self.connection.send_binary(message))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection if it is still open, and the TCP connection under it (7.1.1)."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                if self.connection.state is protocol.State.OPEN:
                    await self._write(self.connection.close(code, reason))
                async for _ in self:
                    pass  # what comes before the peer's Close is of no use any more
                await self._close_tcp()
                self._writer.close()
                await self._writer.wait_closed()
        except OSError:  # the peer has gone, or takes too long
            pass
        finally:
            self.connection.receive_eof()
            self._writer.transport.abort()

    async def _next_event(self) -> protocol.Event | None:
        """The next event, its reply sent; None once the connection is closed."""
        while (event := next(self._events, None)) is None:
            if self.connection.state is protocol.State.CLOSED:
                return None
            try:
                data = await self._reader.read(READ_SIZE)
            except OSError:  # a reset is an end as well
                data = b""
            if not data:
                self.connection.receive_eof()
            self._events = self.connection.receive(data)
        if event.reply:
            await self._write(event.reply)
        return event

    async def _close_tcp(self) -> None:
        """The server closes first, the client waits for it (section 7.1.1).

        Closing with bytes unread would reset the connection, and the peer could lose what it has
        not read of ours: so only the sending half is closed at first, and the rest read away.
        """
        server = self.connection.role is protocol.Role.SERVER
        if server or self.connection.close_code == 1006:
            self._writer.write_eof()
        while await self._reader.read(READ_SIZE):
            pass

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


async def connect(url: str, *, max_size: int = MAX_SIZE) -> WebSocket:
    """Open a connection to a ws:// URL, offering permessage-deflate.

    Raises:
        HandshakeError: the URL or the server's response does not hold.
        OSError: there is no server, or it is lost.
    """
    target = protocol.parse_url(url)
    if target.secure:
        raise protocol.HandshakeError("This client speaks ws:// only, without TLS", section="3")
    wanted = deflate.DeflateParameters()
    request = protocol.build_request(
        target, protocol.generate_key(), extensions=[str(deflate.offer(wanted))]
    )
    reader, writer = await asyncio.open_connection(target.host, target.port, limit=READ_SIZE)
    try:
        _set_nodelay(writer)
        writer.write(request.to_bytes())
        head, rest = await _read_head(reader)
        response = protocol.Response.parse(head)
        protocol.check_response(response, request)
        agreed = deflate.confirm(protocol.parse_extensions(response.headers), wanted)
    except BaseException:
        writer.close()
        raise
    connection = protocol.Connection(protocol.Role.CLIENT, max_size=max_size, compression=agreed)
    return WebSocket(connection, request, reader, writer, rest)


async def accept(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    max_size: int = MAX_SIZE,
    compress: bool = True,
) -> WebSocket | None:
    """Answer a client's handshake; None if it had to be refused.

    With `compress`, permessage-deflate is accepted where the client offers it.
    """
    _set_nodelay(writer)
    try:
        head, rest = await _read_head(reader)
        request = protocol.Request.parse(head)
        protocol.check_request(request)
        answer = deflate.accept(protocol.parse_extensions(request.headers)) if compress else None
        extension, agreed = answer or (None, None)
        response = protocol.accept_request(
            request, extensions=[str(extension)] if extension else []
        )
    except protocol.HandshakeError as error:
        writer.write(protocol.reject(error).to_bytes())
        await writer.drain()
        return None
    writer.write(response.to_bytes())
    await writer.drain()
    connection = protocol.Connection(protocol.Role.SERVER, max_size=max_size, compression=agreed)
    return WebSocket(connection, request, reader, writer, rest)


async def _read_head(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    buffer = b""
    async with asyncio.timeout(CLOSE_TIMEOUT):
        while (parts := protocol.split_head(buffer)) is None:
            data = await reader.read(READ_SIZE)
            if not data:
                raise ConnectionResetError("The peer left during the handshake")
            buffer += data
    return parts


def _set_nodelay(writer: asyncio.StreamWriter) -> None:
    """Send small frames at once, instead of waiting for more to go with them."""
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
