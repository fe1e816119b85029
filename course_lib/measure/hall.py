"""A hall: a server in a process of its own, with some thousands of connections."""

import asyncio
import gc
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import psutil
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from course_lib.measure.child import Child, Lines, allow_open_files, say

Compression = Literal["deflate"] | None
_HOST = "127.0.0.1"


class Way(StrEnum):
    """How a server sends one message to everybody."""

    LOOP = "loop"
    GATHER = "gather"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Sent:
    """What it took a server to send one message to everybody.

    Attributes:
        began: when, by `time.perf_counter`, which all processes of a computer share.
        seconds: until the server was done with it, or the limit.
        cpu_seconds: what the server's process computed meanwhile.
        finished: whether it was done within the limit.
    """

    began: float
    seconds: float
    cpu_seconds: float
    finished: bool


class Hall(Child):
    """A server in a process of its own that keeps every connection, inside `async with`.

    It sends no pings, so that nothing but what is measured goes on.

    Args:
        compression: "deflate", or None for none.
        files: How many open files its process may have; it needs one a connection.

    Raises:
        CourseError: This system does not allow so many open files.
    """

    url: str

    def __init__(self, compression: Compression = "deflate", files: int = 10_000) -> None:
        super().__init__(_keep, compression, files)

    async def begin(self) -> None:
        self.url = f"ws://{_HOST}:{(await self.hear())['port']}/"

    async def memory(self) -> int:
        """The bytes of memory that the process has in use (resident), its garbage collected."""
        return (await self.ask(ask="memory"))["bytes"]

    async def send(self, text: str, way: Way = Way.BROADCAST, limit: float = 10.0) -> Sent:
        """Send everybody a message, and give up after `limit` seconds."""
        return Sent(**await self.ask(ask="send", text=text, way=way, limit=limit))


async def _keep(lines: Lines, compression: Compression, files: int) -> None:
    """In a process of its own: a hall."""
    connections: dict[ServerConnection, None] = {}  # in the order in which they came

    async def handler(connection: ServerConnection) -> None:
        connections[connection] = None
        try:
            await connection.wait_closed()
        finally:
            connections.pop(connection)

    allow_open_files(files)
    async with serve(
        handler, _HOST, 0, compression=compression, ping_interval=None, backlog=4096
    ) as server:
        say(port=server.sockets[0].getsockname()[1])
        while question := await lines.get():
            if question["ask"] == "memory":
                gc.collect()
                say(bytes=psutil.Process().memory_info().rss)
            else:
                say(**await _send(connections, question))


async def _send(
    connections: dict[ServerConnection, None], question: dict[str, Any]
) -> dict[str, float | bool]:
    began, computed, finished = time.perf_counter(), time.process_time(), False
    with suppress(TimeoutError):
        async with asyncio.timeout(question["limit"]):
            await _send_all([*connections], question["text"], question["way"])
            finished = True
    return {
        "began": began,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - computed,
        "finished": finished,
    }


async def _send_all(connections: list[ServerConnection], text: str, way: str) -> None:
    match way:
        case Way.LOOP:
            for connection in connections:
                with suppress(ConnectionClosed):
                    await connection.send(text)
        case Way.GATHER:
            sending = (connection.send(text) for connection in connections)
            await asyncio.gather(*sending, return_exceptions=True)
        case Way.BROADCAST:
            broadcast(connections, text)
