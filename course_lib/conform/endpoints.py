"""What is tried: a server to connect to, or a client that connects."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from typing import Self

from course_lib.conform import openings
from course_lib.conform.card import Result
from course_lib.conform.openings import Opening
from course_lib.conform.peer import Peer
from course_lib.errors import CourseError
from course_lib.protocol import (
    HandshakeError,
    Request,
    Response,
    accept_request,
    build_request,
    check_response,
    generate_key,
    parse_extensions,
    parse_url,
)
from course_lib.protocol.deflate import DeflateParameters, accept, confirm, offer

WANTED = DeflateParameters()
UNCONNECTED = 20
"""How often a client may return without having asked for anything before it is given up."""


class Refused(Exception):
    """A handshake that holds was refused, so that there is no WebSocket to try anything on."""


class Server:
    """A server that listens somewhere.

    Attributes:
        we_are_client: whether the card takes the client's part.
    """

    we_are_client = True

    def __init__(self, url: str, draw: random.Random, patience: float) -> None:
        """Raises `CourseError` for what is no ws:// URL."""
        try:
            self._target = parse_url(url)
        except HandshakeError as error:
            raise CourseError(f"This is no address of a WebSocket: {url!r}. {error}.") from None
        if self._target.secure:
            raise CourseError(
                "The card looks at bytes that nobody has encrypted: give a ws:// URL."
            )
        self._url, self._draw, self._patience = url, draw, patience

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Peer]:
        """A new connection, which ends with the body."""
        try:
            reader, writer = await asyncio.open_connection(self._target.host, self._target.port)
        except OSError as error:
            why = f": {error.strerror}" if isinstance(error, socket.gaierror) else ""
            raise CourseError(f"Nobody answers at {self._url}{why}.") from None
        with closing(Peer(reader, writer, self._patience)) as peer:
            yield peer

    def openings(self) -> Iterator[Opening]:
        """The handshakes to try."""
        return openings.openings("request")

    async def try_opening(self, opening: Opening, peer: Peer) -> Result:
        """Try one of them."""
        target = self._target
        return await openings.try_request(opening, peer, target.resource, target.host_header)

    async def open(self, peer: Peer, *, compress: bool = False) -> DeflateParameters | None:
        """Do a handshake that holds; what was agreed on compression. Raises `Refused`."""
        offers = [str(offer(WANTED))] if compress else []
        key = generate_key(self._draw.randbytes)
        request = build_request(self._target, key, extensions=offers)
        await peer.send(request.to_bytes())
        head = await peer.head()
        if head is None:
            raise Refused("no response came to a good request")
        try:
            response = Response.parse(head)
            check_response(response, request)
            return confirm(parse_extensions(response.headers), WANTED) if compress else None
        except HandshakeError as error:
            raise Refused(str(error)) from None

    def masking_key(self) -> bytes:
        """What the card masks its next frame with."""
        return self._draw.randbytes(4)


class Client:
    """A client that connects again and again, to a server that the card is. See `Server`.

    Attributes:
        requests: what it has asked for, connection by connection.
    """

    we_are_client = False

    def __init__(self, draw: random.Random, patience: float) -> None:
        self.requests: list[Request] = []
        self._draw, self._patience = draw, patience
        self._came: asyncio.Queue[Peer | CourseError] = asyncio.Queue()
        self._idle = 0
        self._over = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._over = True
        self._server.close()
        while not self._came.empty():
            if isinstance(peer := self._came.get_nowait(), Peer):
                peer.close()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def call(self, client: Callable[[str], Awaitable[object]]) -> None:
        """Let the client connect until this is cancelled."""
        while True:
            before = len(self.requests)
            try:
                await client(self.url)
            except Exception:  # a client may end a bad connection as it likes
                await asyncio.sleep(0)
            self._idle = 0 if len(self.requests) > before else self._idle + 1
            if self._idle > UNCONNECTED:
                why = "The client ended again and again without having asked for a WebSocket."
                self._came.put_nowait(CourseError(why))
                return

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Peer]:
        peer = await self._came.get()
        if isinstance(peer, CourseError):
            raise peer
        with closing(peer):
            yield peer

    def openings(self) -> Iterator[Opening]:
        return openings.openings("response")

    async def try_opening(self, opening: Opening, peer: Peer) -> Result:
        try:
            request = await self._request(peer)
        except Refused as error:
            return Result("handshake", opening.name, opening.rule, "failed", str(error))
        return await openings.try_response(opening, peer, request)

    async def open(self, peer: Peer, *, compress: bool = False) -> DeflateParameters | None:
        request = await self._request(peer)
        answer = accept(parse_extensions(request.headers)) if compress else None
        if compress and answer is None:
            return None
        chosen, agreed = answer or (None, None)
        try:
            response = accept_request(request, extensions=[str(chosen)] if chosen else [])
        except HandshakeError as error:
            raise Refused(str(error)) from None
        await peer.send(response.to_bytes())
        return agreed

    def masking_key(self) -> None:
        return None

    async def _request(self, peer: Peer) -> Request:
        head = await peer.head()
        if head is None:
            raise Refused("no request came")
        try:
            request = Request.parse(head)
        except HandshakeError as error:
            raise Refused(str(error)) from None
        self.requests.append(request)
        return request

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer, self._patience)
        if self._over:  # accepted in the last moment
            peer.close()
        else:
            self._came.put_nowait(peer)


Endpoint = Server | Client
"""What is tried, seen from the card."""
