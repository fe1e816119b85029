"""WebTransport over HTTP/3: a server for a lab that sends everything back, and a small client.

    async with webtransport_server(lab) as server, session(server.port, lab) as client:
        client.send_datagram(b"hello")
        await client.datagrams.get()

`aioquic` speaks an early draft of the protocol (draft-ietf-webtrans-http3-02), which this Chromium
understands as well. What it teaches has stayed; the names of settings have not.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import (
    DatagramReceived,
    H3Event,
    HeadersReceived,
    WebTransportStreamDataReceived,
)
from aioquic.quic.connection import QuicConnection, stream_is_unidirectional
from aioquic.quic.events import ConnectionTerminated, QuicEvent, StreamDataReceived

from course_lib.beyond.quic import Listening, believing, listening
from course_lib.security import LabAuthority

_ALPN = H3_ALPN[0]
_HOST = "127.0.0.1"


def webtransport_server(lab: LabAuthority) -> AbstractAsyncContextManager[Listening]:
    """A server on loopback: what comes in a stream or as a datagram goes back the same way."""
    return listening(lab, _ALPN, _Echo)


class _Http3(QuicConnectionProtocol):
    """One end of an HTTP/3 connection."""

    def __init__(self, quic: QuicConnection, stream_handler: None = None) -> None:
        super().__init__(quic)
        self.http = H3Connection(quic, enable_webtransport=True)

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self.http.handle_event(event):
            self.take(each)
        if isinstance(event, ConnectionTerminated):
            self.ended()

    def take(self, event: H3Event) -> None:
        """Take what the other end has sent."""
        raise NotImplementedError

    def ended(self) -> None:
        """Nothing more comes."""

    def write(self, stream: int, data: bytes, *, end: bool) -> None:
        """Send bytes in a stream of the session."""
        self._quic.send_stream_data(stream, data, end)
        self.transmit()


class _Echo(_Http3):
    def take(self, event: H3Event) -> None:
        match event:
            case HeadersReceived(headers=headers, stream_id=stream):
                asked = dict(headers)
                accepted = asked.get(b":protocol") == b"webtransport"
                status = b"200" if accepted else b"404"
                answer = [(b":status", status), (b"sec-webtransport-http3-draft", b"draft02")]
                self.http.send_headers(stream, answer, end_stream=not accepted)
            case DatagramReceived(stream_id=session, data=data):
                self.http.send_datagram(session, data)
            case WebTransportStreamDataReceived(stream_id=stream, data=data, stream_ended=ended):
                if not stream_is_unidirectional(stream):
                    self.write(stream, data, end=ended)
        self.transmit()


class Session(_Http3):
    """A client's WebTransport session.

    Attributes:
        datagrams: what has come as datagrams.
        sent, received: the header fields of the request that opened it, and of the answer.
    """

    def __init__(self, quic: QuicConnection, stream_handler: None = None) -> None:
        super().__init__(quic)
        self.datagrams: asyncio.Queue[bytes] = asyncio.Queue()
        self.sent: list[tuple[str, str]] = []
        self.received: list[tuple[str, str]] = []
        self._answered = asyncio.Event()
        self._session = 0
        self._parts: dict[int, bytes] = defaultdict(bytes)
        self._whole: dict[int, asyncio.Future[bytes]] = {}

    async def open(self, path: str, port: int) -> None:
        """Ask for the session with an extended CONNECT, and wait for the answer.

        Raises:
            ConnectionError: The server does not want it.
        """
        self.sent = [
            (":method", "CONNECT"),
            (":protocol", "webtransport"),
            (":scheme", "https"),
            (":authority", f"{_HOST}:{port}"),
            (":path", path),
        ]
        self._session = self._quic.get_next_available_stream_id()
        encoded = [(name.encode(), value.encode()) for name, value in self.sent]
        self.http.send_headers(self._session, encoded)
        self.transmit()
        await self._answered.wait()
        if (":status", "200") not in self.received:
            raise ConnectionError("The server did not open a session.")

    def send_datagram(self, data: bytes) -> None:
        """Send a datagram, which may get lost."""
        self.http.send_datagram(self._session, data)
        self.transmit()

    async def exchange(self, data: bytes) -> bytes:
        """Send bytes in a new stream of both directions, end it, and return all that comes back.

        Raises:
            ConnectionError: The connection ended before that.
        """
        stream = self.http.create_webtransport_stream(self._session)
        self._whole[stream] = asyncio.get_running_loop().create_future()
        self.write(stream, data, end=True)
        return await self._whole[stream]

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, StreamDataReceived) and event.stream_id in self._whole:
            # What comes back in a stream of our own has no header, and is not HTTP/3's.
            self._parts[event.stream_id] += event.data
            if event.end_stream:
                self._whole[event.stream_id].set_result(self._parts[event.stream_id])
        else:
            super().quic_event_received(event)

    def take(self, event: H3Event) -> None:
        match event:
            case HeadersReceived(headers=headers):
                self.received = [(name.decode(), value.decode()) for name, value in headers]
                self._answered.set()
            case DatagramReceived(data=data):
                self.datagrams.put_nowait(data)

    def ended(self) -> None:
        self._answered.set()
        for whole in self._whole.values():
            if not whole.done():
                whole.set_exception(ConnectionError("The connection has ended."))


@asynccontextmanager
async def session(port: int, lab: LabAuthority, path: str = "/") -> AsyncIterator[Session]:
    """A WebTransport session with a server on this machine.

    Raises:
        ConnectionError: There is none, or it does not want a session.
    """
    configuration = believing(lab, _ALPN)
    async with connect(_HOST, port, configuration=configuration, create_protocol=Session) as client:
        assert isinstance(client, Session)
        await client.open(path, port)
        yield client
