"""A UDP relay that behaves like a line which is slow, jittery, narrow, and loses packets."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

from course_lib.network.pipe import Direction, Lane
from course_lib.network.profiles import PROFILES, Profile

Address = tuple[Any, ...]


class DatagramLink:
    """An imperfect line from one client to the UDP port `port` of `host`.

        async with DatagramLink("127.0.0.1", 4433, PROFILES["mobile_4g"], loss=0.02) as link:
            async with aioquic.asyncio.connect(link.host, link.port) as client:
                ...

    Each packet travels on its own: with enough jitter one overtakes another, as on the Internet.
    The answers go to whoever sent last.

    Args:
        host: The server's IPv4 address.
        port: Its UDP port.
        profile: What the line is like.
        loss: The probability that a packet is lost, either way; assign `link.loss` to change it.
        seed: Of the losses and the jitter.

    Attributes:
        passed: how many packets went through, each way.
        lost: how many did not.

    Raises:
        ValueError: A loss that is no probability.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        host: str,
        port: int,
        profile: Profile = PROFILES["loopback"],
        *,
        loss: float = 0.0,
        seed: int | None = None,
    ) -> None:
        self.port = 0
        self.loss = loss
        self.passed: Counter[Direction] = Counter()
        self.lost: Counter[Direction] = Counter()
        self._server = (host, port)
        source = random.Random(seed)
        self._lanes = {
            way: Lane(way, profile, random.Random(source.random()), asyncio.Event(), None)
            for way in Direction
        }
        self._luck = {way: random.Random(source.random()) for way in Direction}
        self._client: Address | None = None
        self._transports: dict[Direction, asyncio.DatagramTransport] = {}

    @property
    def loss(self) -> float:
        """The probability that a packet is lost."""
        return self._loss

    @loss.setter
    def loss(self, loss: float) -> None:
        if not 0 <= loss <= 1:
            raise ValueError("A link's loss is a probability, from 0 to 1.")
        self._loss = loss

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        # What arrives in front goes up, and leaves by the other socket; and so back.
        front, _ = await loop.create_datagram_endpoint(
            lambda: _Socket(self._from_client), local_addr=(self.host, 0)
        )
        self._transports[Direction.DOWN] = front
        back, _ = await loop.create_datagram_endpoint(
            lambda: _Socket(self._from_server), remote_addr=self._server
        )
        self._transports[Direction.UP] = back
        self.port = front.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        for transport in self._transports.values():
            transport.close()

    def _from_client(self, data: bytes, client: Address) -> None:
        self._client = client
        self._carry(Direction.UP, data, None)

    def _from_server(self, data: bytes, _server: Address) -> None:
        self._carry(Direction.DOWN, data, self._client)

    def _carry(self, way: Direction, data: bytes, to: Address | None) -> None:
        if self._luck[way].random() < self.loss:
            self.lost[way] += 1
            return
        self.passed[way] += 1
        now = time.perf_counter()
        due = self._lanes[way].send(len(data), now)
        loop = asyncio.get_running_loop()
        loop.call_later(due - now, self._give_out, self._transports[way], data, to)

    def _give_out(
        self, transport: asyncio.DatagramTransport, data: bytes, to: Address | None
    ) -> None:
        if not transport.is_closing():
            transport.sendto(data, to)


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._take(data, addr)
