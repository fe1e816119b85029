"""The heartbeat: a line that goes silent, and how each end of a connection finds out.

To each page a laboratory of its own: a server, a link, a client, and a heartbeat at either end.
"""

import asyncio
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websockets

from course_lib.demos.stage import heard, stage, tell
from course_lib.network import Link
from course_lib.resilience import Heartbeat, protocol_heartbeat, worst_case_detection

BEATS = {"2 s": (2.0, 1.0), "5 s": (5.0, 2.0), "20 s": (20.0, 20.0), "never": None}
_TICK = 0.05  # seconds between two reports to the page
_OPTIONS: dict[str, Any] = {"ping_interval": None, "close_timeout": 0.1, "compression": None}


def serve(port: int = 0) -> AbstractAsyncContextManager[str]:
    """Serve the demo on loopback; gives the URL of its page.

    Raises:
        OSError: The port is taken.
    """
    return stage(Path(__file__).with_name("page"), {"/control": _control}, port)


@dataclass
class _End:
    """One end of the connection, and what it knows."""

    beat: tuple[float, float] | None
    heartbeat: Heartbeat | None = None
    answer: float | None = None  # the latest round trip
    heard: float = 0.0  # when that was over
    ended: float | None = None  # when this end knew

    async def hold(self, connection: Connection) -> None:
        self.heard = time.perf_counter()
        beating = protocol_heartbeat(connection, *self.beat) if self.beat else None
        async with beating or nullcontext() as self.heartbeat:
            await connection.wait_closed()
        self.ended = time.perf_counter()

    def report(self, now: float, pulled: float | None) -> dict[str, Any]:
        found = self.heartbeat
        if found and found.round_trips and self.answer != found.round_trips[-1]:
            self.answer, self.heard = found.round_trips[-1], now
        return {
            "beat": self.beat,
            "most": self.beat and worst_case_detection(*self.beat),
            "quiet": (self.ended or now) - self.heard,
            "lost": bool(found and found.lost),
            "ended": self.ended is not None,
            "knew": self.ended - pulled if self.ended and pulled else None,
        }


class _Laboratory:
    def __init__(self, channel: ServerConnection, beats: dict[str, str]) -> None:
        self._channel = channel
        self._client, self._server = (_End(BEATS.get(beats[end])) for end in ("client", "server"))
        self._link: Link | None = None
        self._pulled: float | None = None
        self._silent = False

    def pull(self, plug: bool) -> None:
        if self._link is not None and plug != self._silent:
            self._silent = plug
            if plug:
                self._pulled = time.perf_counter()
                self._link.silence()
            else:
                self._link.heal()

    async def run(self) -> None:
        async with serve_websockets(self._server.hold, "127.0.0.1", 0, **_OPTIONS) as server:
            port = server.sockets[0].getsockname()[1]
            async with Link("127.0.0.1", port) as self._link:
                url = f"ws://127.0.0.1:{self._link.port}"
                async with connect(url, proxy=None, **_OPTIONS) as connection:
                    client = asyncio.create_task(self._client.hold(connection))
                    try:
                        await self._report()
                    finally:
                        client.cancel()

    async def _report(self) -> None:
        while True:
            now = time.perf_counter()
            await tell(
                self._channel,
                silent=self._silent,
                client=self._client.report(now, self._pulled),
                server=self._server.report(now, self._pulled),
            )
            await asyncio.sleep(_TICK)


async def _control(channel: ServerConnection) -> None:
    laboratory, running = None, None
    await tell(channel, beats=list(BEATS))
    async with asyncio.TaskGroup() as group:
        async for said in heard(channel):
            match said:
                case {"start": {"client": str(), "server": str()} as beats}:
                    if running is not None:
                        running.cancel()
                    laboratory = _Laboratory(channel, beats)
                    running = group.create_task(laboratory.run())
                case {"pull": bool(plug)} if laboratory is not None:
                    laboratory.pull(plug)
        if running is not None:
            running.cancel()
