"""WebSockets over HTTP/2 (RFC 8441): a server for a lab, and a small client that shows how.

async with http2_server(lab) as server, Http2Client(server.port, lab) as client:
    websocket = await client.websocket("/echo")
    await websocket.send("hello")
    await websocket.recv()
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import h2.config
import h2.connection
import h2.events
import h2.settings
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import Scope

from course_lib.beyond.quic import Listening, certificate_files
from course_lib.protocol import Binary, Connection, Role, Text
from course_lib.security import LabAuthority

_HOST = "127.0.0.1"
_Ends = Callable[..., Awaitable[Any]]  # what an ASGI application receives from, and sends to
_READ_SIZE = 64 * 1024

PAGE = b'<!doctype html><html lang="en"><title>HTTP/2</title><main><h1>Open WebSockets from here</h1></main>'


@asynccontextmanager
async def http2_server(lab: LabAuthority) -> AsyncIterator[Listening]:
    """A server on loopback with TLS that gives a page, and echoes over WebSockets.

    It speaks HTTP/2 with those who offer it, and HTTP/1.1 with all others. Its clients should have
    gone before it ends.
    """
    listener = socket.create_server((_HOST, 0))
    port, stop = listener.getsockname()[1], asyncio.Event()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = None  # neither does a lesson say what port it runs on
    config.graceful_timeout = 5
    with certificate_files(lab) as (config.certfile, config.keyfile):
        serving = asyncio.create_task(serve(_echo, config, shutdown_trigger=stop.wait))
        try:
            yield Listening(port)
        finally:
            stop.set()
            await serving


async def _echo(scope: Scope, receive: _Ends, send: _Ends) -> None:
    """The server's application (ASGI): a page, and an echo."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": event["bytes"], "text": event["text"]})


class Http2Client:
    """One HTTP/2 connection to this machine, that WebSockets share.

    Args:
        port: The TCP port of the server, or of a `Link` before it.
        lab: Who vouches for the server.

    Attributes:
        sent, received: the header fields of the last request and its answer.
    """

    def __init__(self, port: int, lab: LabAuthority) -> None:
        self.sent: list[tuple[str, str]] = []
        self.received: list[tuple[str, str]] = []
        self._port, self._tls = port, lab.client_context()
        self._tls.set_alpn_protocols(["h2"])
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._websockets: dict[int, Http2WebSocket] = {}
        self._ready = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(_HOST, self._port, ssl=self._tls)
        self._http.initiate_connection()
        self.flush()
        self._reading = asyncio.create_task(self._read())
        await self._ready.wait()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._http.close_connection()
        self.flush()
        self._writer.close()
        await asyncio.gather(self._reading, self._writer.wait_closed(), return_exceptions=True)

    async def websocket(self, path: str) -> "Http2WebSocket":
        """Open a WebSocket in a stream of its own (RFC 8441, section 5).

        Raises:
            ConnectionError: The server refused it, or is gone.
        """
        self.sent = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "https"),
            (":path", path),
            (":authority", f"{_HOST}:{self._port}"),
            ("sec-websocket-version", "13"),
        ]
        stream = self._http.get_next_available_stream_id()
        websocket = self._websockets[stream] = Http2WebSocket(self, stream)
        self._http.send_headers(stream, self.sent)
        self.flush()
        if self._reading.done():
            websocket.end()
        self.received = await websocket.opened
        if (":status", "200") not in self.received:
            raise ConnectionError("The server did not open a WebSocket in this stream.")
        return websocket

    def write(self, stream: int, data: bytes) -> None:
        """Send bytes in a stream; at most as many as its window holds, 64 KiB to begin with."""
        self._http.send_data(stream, data)
        self.flush()

    def flush(self) -> None:
        """Write what HTTP/2 has to say."""
        self._writer.write(self._http.data_to_send())

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_READ_SIZE):
                for event in self._http.receive_data(data):
                    self._take(event)
                self.flush()
        finally:
            for websocket in self._websockets.values():
                websocket.end()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RemoteSettingsChanged():
                if self._http.remote_settings.enable_connect_protocol:
                    self._ready.set()
            case h2.events.ResponseReceived(stream_id=stream, headers=headers):
                self._websockets[stream].opened.set_result(
                    [(str(name), str(value)) for name, value in headers]
                )
            case h2.events.DataReceived(stream_id=stream, data=data):
                self._http.acknowledge_received_data(event.flow_controlled_length, stream)
                self._websockets[stream].take(data)
            case h2.events.StreamEnded(stream_id=stream) | h2.events.StreamReset(stream_id=stream):
                self._websockets[stream].end()


class Http2WebSocket:
    """A WebSocket that is a stream of an HTTP/2 connection.

    Attributes:
        wire: the last bytes that came in the stream: frames, as over TCP.
    """

    def __init__(self, client: Http2Client, stream: int) -> None:
        self.opened: asyncio.Future[list[tuple[str, str]]] = (
            asyncio.get_running_loop().create_future()
        )
        self.wire = b""
        self._client, self._stream = client, stream
        self._connection = Connection(Role.CLIENT)
        self._messages: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    async def send(self, message: str) -> None:
        """Send a text message."""
        self._client.write(self._stream, self._connection.send_text(message))

    async def recv(self) -> str | bytes:
        """The next message.

        Raises:
            EOFError: The stream has ended.
        """
        if (message := await self._messages.get()) is None:
            raise EOFError("The stream has ended.")
        return message

    def take(self, data: bytes) -> None:
        """Read the frames in these bytes."""
        self.wire = data
        for event in self._connection.receive(data):
            if event.reply:
                self._client.write(self._stream, event.reply)
            if isinstance(event, Text | Binary):
                self._messages.put_nowait(event.text if isinstance(event, Text) else event.data)

    def end(self) -> None:
        """Nothing more comes."""
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("The connection has ended."))
        self._messages.put_nowait(None)
