"""A small chat server that can be broken on purpose, one weakness at a time.

    async with WeakChat(Weak(any_origin=True)) as chat:
        connect(chat.url)

Without a weakness it is built from this room's pieces, and the attacks fail. It listens on
loopback only, whatever it is told.
"""

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response

from course_lib.errors import CourseError
from course_lib.security import auth, limits
from course_lib.security.origins import AllowedOrigins
from course_lib.security.tls import LabAuthority
from course_lib.security.tokens import BadToken, Identity, Tickets, Tokens, same
from course_lib.security.validation import MAX_BYTES, BadMessage, read_message
from course_lib.security.weak_talk import ASKED, LOGIN, Ask, Find, Say

COOKIE = "weak_chat"
PEOPLE = {"ann": "correct horse battery", "bob": "staple of the day"}
"""Who can log in, and with which password."""

_RIGHTS = {"ann": ("say:*", "clear:*"), "bob": ("say:*",)}
_PAGE = Path(__file__).with_name("weak.html")
_POLICY = "default-src 'self'; script-src 'self' 'nonce-{nonce}'; connect-src 'self' {socket}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """What is wrong with the server; by default nothing.

    Attributes:
        plain: there is no TLS.
        anonymous: whoever comes in may say who they are.
        url_token: a session's token may stand in the URL, which the access log keeps.
        any_deed: whoever is in may do everything.
        any_origin: nobody looks at which page a browser comes from.
        raw_html: messages aren't looked at, and the page shows them as HTML.
        any_size: a message may be as large as it likes, also when it is inflated.
        any_rate: a client may send as many messages as it likes.
        any_backlog: what a client doesn't read waits for it, however much it is.
        endless_handshake: a client may take its time, for its login too, and many connections.
        compressed_secrets: a secret and a stranger's text are compressed together.
    """

    plain: bool = False
    anonymous: bool = False
    url_token: bool = False
    any_deed: bool = False
    any_origin: bool = False
    raw_html: bool = False
    any_size: bool = False
    any_rate: bool = False
    any_backlog: bool = False
    endless_handshake: bool = False
    compressed_secrets: bool = False


class WeakChat:
    """The server, while `async with` lasts.

    Everybody who has logged in has notes that are nobody else's business: they are what is stolen
    here.

    Args:
        weak: What is wrong with it.
        host: An address of loopback.
        port: The TCP port; 0 for a free one.
        lab: Who vouches for it, where there is TLS.
        handshake_seconds: How long a client has, where there is a deadline; also for its login.

    Raises:
        CourseError: The host is another machine's address, or all machines' may reach it.

    Attributes:
        log: a line for each request, as a server or a proxy keeps them.
        said: what the people have said, as text of messages.
        notes: everybody's secret.
    """

    def __init__(
        self,
        weak: Weak = Weak(),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        lab: LabAuthority | None = None,
        handshake_seconds: float = 5.0,
    ) -> None:
        _only_loopback(host)
        self.weak, self.lab = weak, lab or LabAuthority()
        self.log: list[str] = []
        self.said: list[str] = []
        self.notes = {user: f"pin={secrets.randbelow(10**6):06}" for user in PEOPLE}
        self._host, self.port = host, port
        self._patience = handshake_seconds
        self._tokens, self._tickets = Tokens(), Tickets()
        self._who: WeakKeyDictionary[ServerConnection, Identity] = WeakKeyDictionary()
        self._inside: set[ServerConnection] = set()
        self._rates = limits.Buckets(5.0, 10)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Of its WebSocket."""
        return f"{'ws' if self.weak.plain else 'wss'}://{self._host}:{self.port}/chat"

    @property
    def page(self) -> str:
        """Of its page."""
        return f"{'http' if self.weak.plain else 'https'}://{self._host}:{self.port}/"

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._handle,
            self._host,
            self.port,
            ssl=None if self.weak.plain else self.lab.server_context(),
            process_request=self._door,
            server_header=None,
            close_timeout=1,
            **self._options(),
        )
        self.port = self._server.sockets[0].getsockname()[1]
        origin = self.page.removesuffix("/")
        self._origins = AllowedOrigins(origin, origin.replace(self._host, "localhost"))
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def session(self, user: str) -> str:
        """A token for somebody who has logged in before; it is their cookie, too."""
        return self._tokens.issue(user, _RIGHTS.get(user, ()))

    def _options(self) -> dict[str, Any]:
        options = limits.serve_options(handshake_seconds=self._patience)
        if self.weak.endless_handshake:
            options["open_timeout"] = None
        else:
            frames = inf if self.weak.any_rate else limits.FRAMES_AT_ONCE
            options["create_connection"] = limits.counting(limits.Addresses(50), frames)
        if self.weak.any_size:
            options |= {"max_size": None, "compression": "deflate"}
        if self.weak.compressed_secrets:
            # Each message on its own, so that the attack needs fewer of them.
            alone = ServerPerMessageDeflateFactory(server_no_context_takeover=True)
            options |= {"compression": None, "extensions": [alone]}
        return options

    def _door(self, connection: ServerConnection, request: Request) -> Response | None:
        url = urlsplit(request.path)
        # A token in the URL is in the log: that is where URLs go.
        self.log.append(f"{limits.address_of(connection)} GET {request.path}")
        if url.path == "/":
            return self._index(connection)
        if url.path == "/enter":
            return self._enter(connection, request)
        if url.path != "/chat":
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such page.\n")
        if not self.weak.any_origin and not self._origins.admits(request.headers.get_all("Origin")):
            return auth.refuse(connection, HTTPStatus.FORBIDDEN, "This page may not come in.")
        try:
            if identity := self._known(request):
                self._who[connection] = identity
        except BadToken as error:
            return auth.refuse(connection, HTTPStatus.UNAUTHORIZED, str(error))
        return None

    def _known(self, request: Request) -> Identity | None:
        """Who a request is from, if it says so; with a first message there is time for that."""
        if self.weak.url_token and (token := auth.from_query(request, "token")):
            return self._tokens.read(token)
        if ticket := auth.from_query(request, "ticket"):
            return self._tickets.redeem(ticket)
        token = auth.from_header(request) or auth.from_cookie(request, COOKIE)
        return self._tokens.read(token) if token else None

    def _enter(self, connection: ServerConnection, request: Request) -> Response:
        """Turn a ticket into a cookie, which no script reads; then show the page."""
        try:
            identity = self._tickets.redeem(auth.from_query(request))
        except BadToken as error:
            return auth.refuse(connection, HTTPStatus.UNAUTHORIZED, str(error))
        response = connection.respond(HTTPStatus.SEE_OTHER, "")
        secure = "" if self.weak.plain else "; Secure"
        response.headers["Set-Cookie"] = (
            f"{COOKIE}={self.session(identity.user)}; Path=/; HttpOnly; SameSite=Lax{secure}"
        )
        response.headers["Location"] = "/"
        return response

    def _index(self, connection: ServerConnection) -> Response:
        nonce = secrets.token_hex(8)
        show = "innerHTML" if self.weak.raw_html else "textContent"
        body = _PAGE.read_text(encoding="utf-8").replace("NONCE", nonce).replace("SHOW", show)
        response = connection.respond(HTTPStatus.OK, body)
        response.headers.pop("Content-Type", None)
        response.headers["Content-Type"] = "text/html; charset=utf-8"
        if not self.weak.raw_html:
            socket = self.url.removesuffix("/chat")
            response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce, socket=socket)
        return response

    async def _handle(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            try:
                identity = self._who.get(connection) or await self._log_in(connection)
                async with auth.while_valid(connection, identity):
                    await self._serve(connection, identity)
            except (BadToken, BadMessage) as error:
                await auth.turn_away(connection, str(error))

    async def _log_in(self, connection: ServerConnection) -> Identity:
        patience = inf if self.weak.endless_handshake else self._patience
        login = read_message(await auth.from_first_message(connection, patience), LOGIN)
        right = same(login.password, PEOPLE.get(login.user, secrets.token_hex()))
        if not (right or self.weak.anonymous):
            raise BadToken("The name or the password is wrong.")
        token = self.session(login.user)
        await connection.send(json.dumps({"type": "welcome", "token": token}))
        return self._tokens.read(token)

    async def _serve(self, connection: ServerConnection, identity: Identity) -> None:
        self._inside.add(connection)
        try:
            for text in self.said:
                await connection.send(text)
            async for data in connection:
                if not (self.weak.any_rate or self._rates.take(identity.user)):
                    return await auth.turn_away(connection, limits.LIMITS["rate"].reason)
                await self._take(connection, identity, data)
        finally:
            self._inside.discard(connection)

    async def _take(
        self, connection: ServerConnection, identity: Identity, data: str | bytes
    ) -> None:
        asked = self._asked(data)
        match asked:
            case Say(text=text):
                self._publish(json.dumps({"type": "said", "user": identity.user, "text": text}))
            case Find(text=text):
                found = {"notes": self.notes.get(identity.user, ""), "found": text}
                await connection.send(json.dumps(found))
            case Ask(type="notes"):
                notes = self.notes.get(identity.user, "")
                await connection.send(json.dumps({"type": "notes", "notes": notes}))
            case Ask(type="ticket"):
                ticket = self._tickets.issue(identity)
                await connection.send(json.dumps({"type": "ticket", "ticket": ticket}))
            case Ask(type="clear") if identity.may("clear") or self.weak.any_deed:
                self.said.clear()
            case _:
                await connection.send(json.dumps({"type": "refused", "text": "You may not."}))

    def _asked(self, data: str | bytes) -> Say | Find | Ask:
        if self.weak.any_size and len(data) > MAX_BYTES:
            return Ask(type="notes")  # it was read, and is in memory; there is no more to say to it
        if self.weak.raw_html and isinstance(data, str):
            with suppress(ValueError):
                said = json.loads(data)
                if said.get("type") == "say":
                    return Say.model_construct(type="say", text=said["text"])
        return read_message(data, ASKED)

    def _publish(self, text: str) -> None:
        self.said = [*self.said[-49:], text]
        if not self.weak.any_backlog:
            self._inside -= {each for each in self._inside if limits.reads_too_slowly(each)}
        broadcast(self._inside, text)


def _only_loopback(host: str) -> None:
    with suppress(ValueError):
        if host == "localhost" or ip_address(host).is_loopback:
            return
    raise CourseError(f"The weak server listens on this machine only, not on {host}.")
