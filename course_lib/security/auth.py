"""The ways in which a client says who it is, and the moment at which a server says no.

    way              who can use it      what it costs
    cookie           pages, programs     any page can make the browser send it: check the origin
    header           programs            a page's script can't set one on a WebSocket
    query            pages, programs     a URL ends up in logs: a ticket only, never a token
    subprotocol      pages, programs     it isn't what the field is for; the server must answer one
    first message    pages, programs     a connection that is nobody's yet: give it a deadline

Before the handshake is answered a server refuses with an HTTP status: 401 (who are you?) or 403
(not you). A page can't read that status; it sees 1006. Afterwards the server closes with 1008.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from course_lib.resilience.tasks import running
from course_lib.security.tokens import BadToken, Identity

SUBPROTOCOL_PREFIX = "token."


def from_cookie(request: Request, name: str) -> str:
    """The value of a cookie, or nothing; nothing also where a cookie is there twice."""
    try:
        found = [
            cookies[name].value
            for line in request.headers.get_all("Cookie")
            if name in (cookies := SimpleCookie(line))
        ]
    except CookieError:
        return ""
    return found[0] if len(found) == 1 else ""


def from_query(request: Request, name: str = "ticket") -> str:
    """A parameter of the URL, or nothing; nothing also where it is there twice."""
    found = parse_qs(urlsplit(request.path).query).get(name, [])
    return found[0] if len(found) == 1 else ""


def from_header(request: Request) -> str:
    """What stands in `Authorization: Bearer …` (RFC 6750, section 2.1), or nothing."""
    lines = request.headers.get_all("Authorization")
    scheme, _, token = lines[0].partition(" ") if len(lines) == 1 else ("", "", "")
    return token.strip() if scheme.lower() == "bearer" else ""


def from_subprotocol(request: Request) -> str:
    """The token that a page smuggles in as `new WebSocket(url, ["chat", "token.…"])`, or nothing."""
    offered = ",".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(",")
    found = [each.strip() for each in offered if each.strip().startswith(SUBPROTOCOL_PREFIX)]
    return found[0].removeprefix(SUBPROTOCOL_PREFIX) if len(found) == 1 else ""


def without_token(_: ServerConnection, offered: list[Subprotocol]) -> Subprotocol | None:
    """For `select_subprotocol`: the first that is no token, which must not come back in the answer."""
    return next((each for each in offered if not each.startswith(SUBPROTOCOL_PREFIX)), None)


async def from_first_message(connection: ServerConnection, seconds: float = 5.0) -> str:
    """The first message, which has to come within `seconds`.

    Raises:
        BadToken: None has come in time, or it isn't text.
        websockets.exceptions.ConnectionClosed: The client has gone.
    """
    try:
        async with asyncio.timeout(seconds):
            said = await connection.recv()
    except TimeoutError:
        raise BadToken("Nobody has logged in in time.") from None
    if not isinstance(said, str):
        raise BadToken("A login is text.")
    return said


def refuse(connection: ServerConnection, status: HTTPStatus, why: str) -> Response:
    """Answer a handshake with a status; 401 names the way to come in (RFC 9110, section 11.6.1)."""
    response = connection.respond(status, f"{why}\n")
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def turn_away(connection: ServerConnection, why: str) -> None:
    """Close an open connection because of who the client is, or isn't: 1008."""
    await connection.close(CloseCode.POLICY_VIOLATION, why)


@asynccontextmanager
async def while_valid(
    connection: ServerConnection,
    identity: Identity,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[None]:
    """Close the connection (1008) when the identity expires while the body runs.

    A token is looked at once, at the handshake; a connection may last for days after that.
    """

    async def end() -> None:
        await asyncio.sleep(max(0.0, identity.expires - clock()))
        await turn_away(connection, "The token has expired.")

    async with running(end):
        yield
