"""Cross-site WebSocket hijacking: a page from elsewhere uses the login that a browser keeps.

The bank is at 127.0.0.1; the other page is served on another port, which a browser finds at
127.0.0.1 as well as at localhost. Neither can be reached from another machine.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.http11 import Request

from course_lib.demos.stage import heard, message, stage, tell
from course_lib.security import same, same_origin
from course_lib.security.auth import from_cookie
from course_lib.web import UNAUTHORIZED, page_files, serve_page

COOKIE = "course_bank"
_HERE = Path(__file__).parent


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[str]:
    """Serve the bank and the other page on loopback; gives the URL of the bank.

    Raises:
        OSError: The port is taken.
    """
    policy = "connect-src 'self' ws://127.0.0.1:*"
    async with serve_page(page_files(_HERE / "evil", policy=policy), {}) as evil:
        bank = _Bank(evil)
        frames = f"frame-src http://127.0.0.1:{evil} http://localhost:{evil}"
        sockets = {"/control": bank.control, "/account": bank.account}
        page = stage(_HERE / "page", sockets, port, policy=frames, refuses=bank.refuses)
        async with page as url:
            yield url


class _Bank:
    def __init__(self, evil: int) -> None:
        self._evil = evil
        self._session = secrets.token_hex(8)
        self._balance = 1000
        self._checks = False
        self._channels: set[ServerConnection] = set()

    def refuses(self, request: Request) -> bool:
        """Look at the origin, or, at the account, only if that is switched on."""
        foreign = not same_origin(request.headers)
        if urlsplit(request.path).path != "/account":
            return foreign
        seen = {
            "origin": request.headers.get("Origin", "none"),
            "foreign": foreign,
            "cookie": self._knows(request),
            "refused": foreign and self._checks,
        }
        broadcast(self._channels, message(seen=seen))
        return foreign and self._checks

    async def account(self, connection: ServerConnection) -> None:
        """Tell the balance to whoever has the cookie, and transfer what they say."""
        if connection.request is None or not self._knows(connection.request):
            return await connection.close(UNAUTHORIZED, "Please log in.")
        await tell(connection, owner="Ada", balance=self._balance)
        async for said in heard(connection):
            match said:
                case {"transfer": int(amount)} if 0 < amount <= self._balance:
                    self._balance -= amount
                    await tell(connection, owner="Ada", balance=self._balance)
                    self._report()

    async def control(self, channel: ServerConnection) -> None:
        """What the page of the bank shows and switches."""
        self._channels.add(channel)
        try:
            await tell(channel, cookie=f"{COOKIE}={self._session}", evil=self._evil)
            self._report()
            async for said in heard(channel):
                match said:
                    case {"check": bool(checks)}:
                        self._checks = checks
                    case {"reset": True}:
                        self._balance, self._checks = 1000, False
                self._report()
        finally:
            self._channels.discard(channel)

    def _report(self) -> None:
        broadcast(self._channels, message(balance=self._balance, checks=self._checks))

    def _knows(self, request: Request) -> bool:
        return same(from_cookie(request, COOKIE), self._session)
