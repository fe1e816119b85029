"""The chat on one port: its page for browsers, and its WebSocket.

async with serve_chat(Chat(), port=8000) as server:
    print(server.url)
"""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from course_lib.chat.rooms import Chat
from course_lib.resilience import RECONNECTING_SOCKET, Audience, LogHandler

UNAUTHORIZED = 3000
"""The close code for a wrong join code (IANA's registry): a page cannot read an HTTP status."""

_PAGE = Path(__file__).with_name("page")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class ChatServer:
    """A chat that is being served.

    Attributes:
        host: the name or address under which others find it.
        url: of the page.
        socket_url: of the WebSocket, for `course_lib.chat.ChatClient`.
    """

    chat: Chat
    host: str
    port: int
    code: str

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/" + (f"?code={self.code}" if self.code else "")

    @property
    def socket_url(self) -> str:
        return f"ws://{self.host}:{self.port}/socket" + (f"?code={self.code}" if self.code else "")


@asynccontextmanager
async def serve_chat(
    chat: Chat,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    code: str = "",
    interval: float = 20.0,
    patience: float = 20.0,
) -> AsyncIterator[ChatServer]:
    """Serve a chat; at the end tell every client that the server goes away (1001).

    The chat outlives its server: served again, its clients go on where they were.

    Args:
        chat: The rooms.
        host: The address to listen on; this machine alone by default.
        port: The TCP port; 0 for a free one.
        code: What a client must have in its URL (`?code=…`) to be let in.
        interval, patience: Seconds between two heartbeats, and to wait for the answer to one.

    Raises:
        OSError: The port is taken.
    """
    presence = _Presence(chat)
    handler = LogHandler(chat.log, presence, interval=interval, timeout=patience)
    chat.notify = handler.note

    async def handle(connection: ServerConnection) -> None:
        if _has_code(connection.request, code):
            return await handler(connection)
        await connection.close(UNAUTHORIZED, "The join code is missing or wrong.")

    server = await serve(
        handle,
        host,
        port,
        process_request=_Door(chat.limits.clients),
        ping_interval=None,  # the handler has a heartbeat of its own
        compression=None,  # short texts gain nothing, and 32 KiB a client would be kept for it
        max_size=chat.limits.message_bytes,
        close_timeout=1,
    )
    try:
        yield ChatServer(chat, host, server.sockets[0].getsockname()[1], code)
    finally:
        await handler.drain()
        server.close(reason="The server goes away.")
        await server.wait_closed()
        presence.close()


class _Door:
    """Answers an HTTP request: with a file of the page, with a refusal, or by letting it in."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self._files = _files()

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path in self._files:
            return self._files[path]
        if path != "/socket":
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such page.\n")
        if not _same_origin(request.headers):
            return connection.respond(HTTPStatus.FORBIDDEN, "This page may not use the chat.\n")
        if len(connection.server.connections) >= self._clients:
            response = connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "The chat is full.\n")
            response.headers["Retry-After"] = "10"
            return response
        return None


class _Presence(Audience):
    """Tells the chat who is there. Keeps a lost client's place for a while, and gives it up when the client stays away."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._away: dict[str, asyncio.TimerHandle] = {}
        # Of a chat that was served before, all are away until they come back.
        for client in chat.clients:
            self.departed(client)

    def hears(self, client: str, id: int, to: str) -> bool:
        return self._chat.hears(client, id, to)

    def note(self, client: str, data: object) -> None:
        self._chat.note(client, data)

    def arrived(self, client: str) -> None:
        if timer := self._away.pop(client, None):
            timer.cancel()

    def departed(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        self._away[client] = loop.call_later(self._chat.limits.grace, self._gone, client)

    def close(self) -> None:
        for timer in self._away.values():
            timer.cancel()

    def _gone(self, client: str) -> None:
        del self._away[client]
        self._chat.leave_all(client)


def _files() -> dict[str, Response]:
    """The page's files by path, as responses."""
    paths = {f"/{path.name}": path for path in _PAGE.iterdir()}
    paths["/"] = paths.pop("/index.html")
    paths[f"/{RECONNECTING_SOCKET.name}"] = RECONNECTING_SOCKET
    return {path: _response(file) for path, file in paths.items()}


def _response(file: Path) -> Response:
    body = file.read_bytes()
    headers = Headers(
        {
            "Content-Type": f"{_TYPES[file.suffix]}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **_SAFE,
        }
    )
    return Response(HTTPStatus.OK, "OK", headers, body)


def _same_origin(headers: Headers) -> bool:
    """Whether a request comes from the chat's own page, or from a program that is no browser.

    The host must be an address. A name could be somebody else's, made to lead to this machine so
    that their page counts as ours (DNS rebinding).
    """
    origins = headers.get_all("Origin")
    if not origins:
        return True
    page = urlsplit(origins[0])
    hosts = headers.get_all("Host")
    return len(origins) == 1 and hosts == [page.netloc] and _is_address(page.hostname or "")


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(host))
    return host == "localhost"


def _has_code(request: Request | None, code: str) -> bool:
    if not code:
        return True
    query = parse_qs(urlsplit(request.path if request else "").query)
    return hmac.compare_digest(query.get("code", [""])[0].encode(), code.encode())
