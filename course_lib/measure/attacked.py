"""What an attack does to a server that others are using: a weak server in a process of its own.

The process of the attacker, and of whoever measures, is another one: a bomb that goes off in the server
shows in the server's memory only, and a flood takes none of the time of the clock that measures it.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from course_lib.measure.child import Child, Lines, say
from course_lib.security import attacks
from course_lib.security.weak import Weak, WeakChat

SAMPLE = 0.005
"""Seconds between two looks at a server's memory."""

PAUSE = 0.25
"""Seconds between two questions of Ann's, so that she keeps to the mended server's limit herself."""

MIB = 2**20


@dataclass(frozen=True)
class There:
    """A weak server in another process, as the attacks want it.

    Attributes:
        weak: what is wrong with it; it is always without TLS.
        port: where it listens on this machine.
    """

    weak: Weak
    port: int

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/chat"


@dataclass(frozen=True)
class Memory:
    """The memory of a server while a message comes.

    Attributes:
        at: seconds since the message was sent.
        mib: what the server held then, in MiB, beyond what it held before.
        accepted: bytes that the server took for the message; 0 if it refused it.
    """

    at: list[float]
    mib: list[float]
    accepted: int


async def bombed(weaknesses: Iterable[str], size: int) -> Memory:
    """Send a small message that inflates to `size` bytes, and watch the server's memory.

    Args:
        weaknesses: Names of attributes of `Weak`, besides "plain".
        size: In bytes; the message itself has about a thousandth of it.
    """
    weak = _weak(weaknesses)
    async with Child(serve_weak, *weaknesses) as server:
        there = There(weak, (await server.hear())["port"])
        process = psutil.Process(server.pid)
        before = process.memory_info().rss
        at: list[float] = []
        mib: list[float] = []
        started = time.perf_counter()
        attack = asyncio.create_task(attacks.drop_bomb(there, size))  # type: ignore[arg-type]
        while not attack.done():
            at.append(time.perf_counter() - started)
            mib.append((process.memory_info().rss - before) / MIB)
            await asyncio.sleep(SAMPLE)
        return Memory(at, mib, await attack)


async def flooded(weaknesses: Iterable[str], messages: int, asks: int = 12) -> list[float]:
    """Seconds that Ann waits for each of her answers, while Bob floods the server.

    Args:
        weaknesses: As for `bombed`.
        messages: How many Bob sends, as fast as he can.
        asks: How often Ann asks for something.
    """
    weak = _weak(weaknesses)
    async with Child(serve_weak, *weaknesses) as server:
        there = There(weak, (await server.hear())["port"])
        async with attacks.dial(there) as ann:  # type: ignore[arg-type]
            await attacks.log_in(ann, "ann")
            async with Child(flood_weak, there.port, messages, *weaknesses) as bob:
                if messages:
                    await bob.hear()
                return await attacks.latencies(ann, asks, pause=PAUSE)


async def serve_weak(lines: Lines, *weaknesses: str) -> None:
    """The server's process: says its port, and serves until it is told to end."""
    _expect_hang_ups()
    async with WeakChat(_weak(weaknesses)) as chat:
        say(port=chat.port)
        await lines.get()


async def flood_weak(lines: Lines, port: int, messages: int, *weaknesses: str) -> None:
    """Bob's process: floods until he is turned away."""
    say(begins=True)
    _expect_hang_ups()
    await attacks.flood(There(_weak(weaknesses), port), messages)  # type: ignore[arg-type]
    await lines.get()


def _expect_hang_ups() -> None:
    """Let asyncio not warn of each write to a side that has hung up, which is what this is about."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)


def _weak(weaknesses: Iterable[str]) -> Weak:
    return Weak(plain=True, **dict.fromkeys(weaknesses, True))
