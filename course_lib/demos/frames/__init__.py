"""Frames: what a page and its server say to each other, bit by bit as it stands on the wire.

A page has two WebSockets: one that is tapped, on which the server sends everything back, and the
control channel, on which it tells what crossed the first. The instructor's page is told of all.
"""

import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConcurrencyError, ConnectionClosed

from course_lib.demos.frames.tapped import Tapped, drawing
from course_lib.demos.stage import heard, message, stage, tell, welcome
from course_lib.web import HERE, Access, asked

_LONGEST = 2000  # bytes of a message that a page may send


@asynccontextmanager
async def serve(port: int = 0, access: Access = HERE) -> AsyncIterator[str]:
    """Serve the demo; gives the URL of the instructor's page.

    Raises:
        OSError: The port is taken.
    """
    tabs: dict[str, Callable[[bool, bytes], None]] = {}
    tapped: dict[str, ServerConnection] = {}
    instructors: set[ServerConnection] = set()
    numbers = itertools.count(1)

    async def control(channel: ServerConnection) -> None:
        instructor = await welcome(channel, access)
        number, tab = next(numbers), secrets.token_hex(8)

        def crossed(up: bool, wire: bytes) -> None:
            hearers = instructors if access.code else {channel}
            broadcast(hearers | {channel}, message(frame=drawing(up, wire) | {"from": number}))

        tabs[tab] = crossed
        if instructor:
            instructors.add(channel)
        try:
            await tell(channel, tab=tab, number=number)
            async for said in heard(channel):
                if "ping" in said and (connection := tapped.get(tab)):
                    with suppress(ConcurrencyError, ConnectionClosed):  # one at a time will do
                        await connection.ping(b"hi")
        finally:
            instructors.discard(channel)
            del tabs[tab]

    async def echo(connection: ServerConnection) -> None:
        tab = asked(connection.request, "tab")
        if tab in tabs and isinstance(connection, Tapped):
            connection.crossed, tapped[tab] = tabs[tab], connection
            try:
                async for text in connection:
                    await connection.send(text)
            finally:
                if tapped.get(tab) is connection:
                    del tapped[tab]

    page = Path(__file__).with_name("page")
    sockets = {"/control": control, "/echo": echo}
    async with stage(page, sockets, port, access, kind=Tapped, max_size=_LONGEST) as url:
        yield url
