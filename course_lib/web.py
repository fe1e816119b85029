"""A page and its WebSockets on one port, and who may come in: what the chat and the demos share."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING

from course_lib.security.auth import from_query
from course_lib.security.limits import (
    LIMITS,
    Addresses,
    Buckets,
    CountedConnection,
    address_of,
    serve_options,
)
from course_lib.security.origins import same_origin
from course_lib.security.tokens import same

UNAUTHORIZED = 3000
"""The close code for a wrong join code (IANA's registry): a page cannot read an HTTP status."""

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_SAFE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_GUESSES, _GUESSES_PER_SECOND = 10, 0.1
"""Wrong codes from one address: a million codes take years so, and a typing error a second try."""
_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'"

Handler = Callable[[ServerConnection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in; by default whoever is at this machine.

    Attributes:
        host: the name or address under which the server is found.
        listens: the address that it listens on.
        code: what a participant has in the URL, as `?code=…`.
        key: what the instructor has there, as `?key=…`.
    """

    host: str = "127.0.0.1"
    listens: str = "127.0.0.1"
    code: str = ""
    key: str = ""

    def url(self, port: int, scheme: str = "http", path: str = "") -> str:
        """The address for a participant, of the page or of something else."""
        query = f"?code={self.code}" if self.code else ""
        return f"{scheme}://{self.host}:{port}/{path}{query}"

    def own_url(self, port: int) -> str:
        """The page's address for the instructor."""
        return f"http://{self.host}:{port}/" + (f"?key={self.key}" if self.key else "")

    def admits(self, request: Request | None) -> bool:
        """Whether a request has the code, or the instructor's key."""
        return _has(request, "code", self.code) or self.instructs(request)

    def instructs(self, request: Request | None) -> bool:
        """Whether a request is the instructor's; on this machine alone, everybody's is."""
        return bool(self.key or not self.code) and _has(request, "key", self.key)


HERE = Access()


@dataclass(slots=True)
class Served:
    """A page that is being served, and its WebSocket beside it.

    Attributes:
        access: who may come in.
        port: where.
    """

    access: Access
    port: int

    @property
    def url(self) -> str:
        """Of the page."""
        return self.access.url(self.port)

    @property
    def socket_url(self) -> str:
        """Of the WebSocket."""
        return self.access.url(self.port, "ws", "socket")


@asynccontextmanager
async def serve_page(
    files: Mapping[str, Response],
    sockets: Mapping[str, Handler],
    *,
    access: Access = HERE,
    port: int = 0,
    listening: socket.socket | None = None,
    refuses: Callable[[Request], bool] = lambda request: not same_origin(request.headers),
    clients: int = 1000,
    per_address: int = 100,
    kind: type[CountedConnection] = CountedConnection,
    **options: Any,  # noqa: ANN401 - whatever `serve` takes
) -> AsyncIterator[int]:
    """Serve a page and its WebSockets; gives the port. Clients hear of the end (1001).

    Args:
        files, sockets: What is at each path: a file, e.g. of `page_files`, or a handler.
        access: Who may come in.
        port, listening: The TCP port, 0 for a free one; or a socket that listens already.
        refuses: Whether a page may not open a WebSocket; by default those from elsewhere may not.
        clients, per_address: How many connections there may be, in all and from one address.
        kind: What a connection is made of.
        options: For `websockets.asyncio.server.serve`, beyond those of `serve_options`.

    Raises:
        OSError: The port is taken.
    """
    guests: WeakSet[ServerConnection] = WeakSet()
    addresses = Addresses(per_address)

    def guest(*arguments: Any, **settings: Any) -> ServerConnection:  # noqa: ANN401 - of `kind`
        guests.add(made := kind(*arguments, **settings))
        made.addresses = addresses
        return made

    server = await serve(
        partial(_handle, sockets, access),
        *((None, None) if listening else (access.listens, port)),
        process_request=_Door(files, sockets, refuses, clients, access),
        server_header=None,  # it would be added to a file's response at every request
        close_timeout=1,
        create_connection=guest,  # type: ignore[arg-type]  # it is called, as a type is
        **serve_options() | {"sock": listening} | options,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close(reason="The server goes away.")
        await _hang_up(guests)
        await server.wait_closed()


@dataclass(frozen=True, slots=True)
class _Door:
    """Answers an HTTP request: with a file, with a refusal, or by letting it in."""

    files: Mapping[str, Response]
    sockets: Mapping[str, Handler]
    refuses: Callable[[Request], bool]
    clients: int
    access: Access
    guesses: Buckets = field(default_factory=lambda: Buckets(_GUESSES_PER_SECOND, _GUESSES))

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path in self.files:
            return self.files[path]
        if path not in self.sockets:
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such page.\n")
        if self.refuses(request):
            return connection.respond(HTTPStatus.FORBIDDEN, "This page may not come in.\n")
        if not self._may_guess(connection, request):
            return _later(connection, "guesses")
        if len(connection.server.connections) >= self.clients:
            return _later(connection, "clients")
        return None

    def _may_guess(self, connection: ServerConnection, request: Request) -> bool:
        """Whether a code is looked at, right or wrong: a right one must not show among many.

        The instructor has a key that nobody guesses, and comes in past whoever tries.
        """
        if self.access.instructs(request):
            return True
        address = address_of(connection)
        if self.guesses.empty(address):
            return False
        return self.access.admits(request) or self.guesses.take(address)


def _later(connection: ServerConnection, limit: str) -> Response:
    """Refuse somebody who may come again."""
    response = connection.respond(HTTPStatus(LIMITS[limit].status), f"{LIMITS[limit].reason}\n")
    response.headers["Retry-After"] = "10"
    return response


async def _handle(
    sockets: Mapping[str, Handler], access: Access, connection: ServerConnection
) -> None:
    if not access.admits(connection.request):
        await connection.close(UNAUTHORIZED, "The join code is missing or wrong.")
    elif connection.request is not None:
        try:
            await sockets[urlsplit(connection.request.path).path](connection)
        except* ConnectionClosed:
            pass  # the page has gone while something was said to it


async def _hang_up(guests: WeakSet[ServerConnection]) -> None:
    """End what was connected in advance, as browsers do, and has asked for nothing yet.

    The server would wait for a request from each until the handshake's timeout.
    """
    for _ in range(3):  # turns of the loop in which what was accepted last becomes a connection
        await asyncio.sleep(0)
        for guest in guests:
            if guest.state is CONNECTING and hasattr(guest, "transport"):
                guest.transport.abort()


def page_files(*paths: Path, policy: str = "") -> dict[str, Response]:
    """The files of a page by the path at which each is served; `index.html` is served at `/`.

    Args:
        paths: Files, and folders whose files are meant.
        policy: What the page's content security policy allows beyond its own files.
    """
    files = [file for path in paths for file in (path.iterdir() if path.is_dir() else [path])]
    return {
        f"/{file.name.removesuffix('index.html')}": file_response(
            file.suffix, file.read_bytes(), policy
        )
        for file in files
    }


def file_response(suffix: str, body: bytes, policy: str = "") -> Response:
    """A file's answer to a GET, of the type that its suffix says."""
    headers = Headers(
        {
            "Content-Type": f"{_TYPES[suffix]}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "Content-Security-Policy": f"{_POLICY}; {policy}" if policy else _POLICY,
            **_SAFE,
        }
    )
    return Response(HTTPStatus.OK, "OK", headers, body)


def asked(request: Request | None, name: str) -> str:
    """A parameter of the URL's query, or nothing; nothing also where it is there twice."""
    return from_query(request, name) if request else ""


def _has(request: Request | None, name: str, secret: str) -> bool:
    return not secret or same(asked(request, name), secret)
