"""A TCP relay that behaves like a line which is slow, jittery, narrow, silent or cut."""

import asyncio
import random
import socket
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from course_lib.network.pipe import Direction, Lane, Pipe, Transfer
from course_lib.network.profiles import PROFILES, Profile
from course_lib.sockets.server import stop_accepting

# struct linger {on, seconds}: closing with a linger of zero seconds sends RST instead of FIN.
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What has entered a link: connections opened, and TCP payload bytes each way."""

    connections: int = 0
    bytes_up: int = 0
    bytes_down: int = 0


class Link:
    """An imperfect line to `host`:`port`. Clients connect to `link.host`:`link.port` instead.

        async with Link("127.0.0.1", 8000, PROFILES["mobile_4g"]) as link:
            reader, writer = await asyncio.open_connection(link.host, link.port)

    A new connection costs one round trip before its first byte can leave, as TCP's handshake
    does. Bytes that cannot be delivered push back on the sender once about a round trip's worth
    is under way, so memory stays bounded. All methods belong to the loop that runs the link.

    Args:
        host: Where the server is.
        port: Its TCP port.
        profile: What the line is like; assign `link.profile` to change it while it runs.
        seed: Of the jitter.
        capture: Keep every piece of data that crosses, in `link.capture`.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        host: str,
        port: int,
        profile: Profile = PROFILES["loopback"],
        *,
        seed: int | None = None,
        capture: bool = False,
    ) -> None:
        self.port = 0
        self.capture: list[Transfer] | None = [] if capture else None
        self._target = (host, port)
        self._passing = asyncio.Event()
        self._passing.set()
        shared = (profile, random.Random(seed), self._passing, self.capture)
        self._up = Lane(Direction.UP, *shared)
        self._down = Lane(Direction.DOWN, *shared)
        self._connections = 0
        self._open: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    @property
    def profile(self) -> Profile:
        """What the line is like now."""
        return self._up.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._up.profile = self._down.profile = profile

    @property
    def counts(self) -> Counts:
        """Connections and bytes so far."""
        return Counts(self._connections, self._up.bytes, self._down.bytes)

    @property
    def open_connections(self) -> int:
        """How many connections the link carries now."""
        return len(self._open)

    def cut(self) -> None:
        """Reset every connection (RST to both ends); what was under way is lost.

        New connections are welcome: see `refuse` for a line that stays cut.
        """
        for task, writers in self._open.items():
            for writer in writers:
                _reset(writer)
            task.cancel()

    def silence(self) -> None:
        """Let nothing pass, neither data nor the end of a connection, and tell nobody.

        Both ends stay open and believe in the connection. What they send meanwhile arrives after
        `heal`, as TCP would retransmit it.
        """
        self._passing.clear()

    def heal(self) -> None:
        """End a silence."""
        self._passing.set()

    def refuse(self) -> None:
        """Refuse new connections, as a host without a server does, until `listen`."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def listen(self) -> None:
        """Accept connections, on the same port as before a `refuse`."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._accept, self.host, self.port, backlog=1024
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening and reset what is still open."""
        if self._server is not None:
            server, self._server = self._server, None
            await stop_accepting(server)
        self.cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # accepted in the last moment
            _reset(writer)
            return
        self._connections += 1
        writers = [writer]
        task = asyncio.create_task(self._carry(self._connections, reader, writers))
        self._open[task] = writers
        task.add_done_callback(self._open.pop)

    async def _carry(
        self, number: int, reader: asyncio.StreamReader, writers: list[asyncio.StreamWriter]
    ) -> None:
        (client,) = writers
        syn, syn_ack = self._up.draw_delay(), self._down.draw_delay()
        accepted = time.perf_counter()
        try:
            await asyncio.sleep(syn)
            await self._passing.wait()
            server_reader, server = await asyncio.open_connection(*self._target)
            writers.append(server)
            up = Pipe(self._up, number, reader, server)
            down = Pipe(self._down, number, server_reader, client)
            async with asyncio.TaskGroup() as group:
                group.create_task(up.take_in(not_before=accepted + syn + syn_ack))
                group.create_task(up.give_out())
                group.create_task(down.take_in())
                group.create_task(down.give_out())
            for writer in writers:
                writer.close()
            for writer in writers:
                await writer.wait_closed()
        except* OSError:
            # Whatever befell one end, the other learns it as a reset.
            for writer in writers:
                _reset(writer)
        finally:
            for writer in writers:
                writer.transport.abort()
            await asyncio.gather(*(w.wait_closed() for w in writers), return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    # The socket may be closed already, and then there is nobody left to tell.
    with suppress(OSError):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
