"""How true a link is: the delay it was asked for against the delay it gives.

`python -m benchmarks.link` prints it for each named link on this machine, now.
"""

import asyncio
import statistics
import struct
import time
from dataclasses import dataclass, replace

from course_lib.network.link import Link
from course_lib.network.profiles import PROFILES, Profile

_STAMP = struct.Struct("!d")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One-way delays in seconds, for small messages and with the jitter left out.

    Args:
        asked: What the profile says.
        median, p99: What a link with that profile gave beyond it.
        bare: What the same messages took without any link (median).
    """

    asked: float
    median: float
    p99: float
    bare: float


async def measure_accuracy(profile: Profile, messages: int = 100) -> Accuracy:
    """Send stamped messages with and without a link, and compare."""
    even = replace(profile, jitter=0.0)
    received: asyncio.Queue[float] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while stamp := await reader.read(_STAMP.size):
            received.put_nowait(time.perf_counter() - _STAMP.unpack(stamp)[0])
        writer.close()

    async def send(host: str, port: int) -> list[float]:
        reader, writer = await asyncio.open_connection(host, port)
        delays = []
        for _ in range(messages):
            writer.write(_STAMP.pack(time.perf_counter()))
            delays.append(await received.get())
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        return delays[1:]  # the first one waited for the connection

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        bare = await send(host, port)
        async with Link(host, port, even) as link:
            errors = sorted(delay - even.delay for delay in await send(link.host, link.port))
    return Accuracy(
        asked=even.delay,
        median=statistics.median(errors),
        p99=errors[int(0.99 * len(errors))],
        bare=statistics.median(bare),
    )


async def main() -> None:
    print("one way, in ms        asked    added (median)    added (p99)    without a link")
    for profile in PROFILES.values():
        found = await measure_accuracy(profile, messages=60 if profile.delay > 0.1 else 300)
        print(
            f"{profile.name:<18} {1000 * found.asked:8.2f} {1000 * found.median:17.3f}"
            f" {1000 * found.p99:14.3f} {1000 * found.bare:17.3f}"
        )


if __name__ == "__main__":
    asyncio.run(main())
