"""`course bench link`: the delay that a link was asked for against the delay it gives.

Small messages with a time stamp go over each named link, its jitter left out, and without any
link; what counts is what came on top of the delay that was asked for.
"""

import asyncio
import struct
import time
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from benchmarks.suite import Benchmark, add_json, benchmark, save
from course_lib.cli.command import Parser
from course_lib.errors import CourseError
from course_lib.measure.experiment import percentile
from course_lib.network import PROFILES, Link, Profile

_STAMP = struct.Struct("!d")


async def measure(profile: Profile, messages: int = 100) -> tuple[list[float], list[float]]:
    """Seconds that messages took beyond the profile's delay, and what they take without a link."""
    even = replace(profile, jitter=0.0)
    received: asyncio.Queue[float] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while stamp := await reader.read(_STAMP.size):
            received.put_nowait(time.perf_counter() - _STAMP.unpack(stamp)[0])
        writer.close()

    async def send(host: str, port: int) -> list[float]:
        reader, writer = await asyncio.open_connection(host, port)
        delays = []
        for _ in range(messages + 1):
            writer.write(_STAMP.pack(time.perf_counter()))
            delays.append(await received.get())
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        return delays[1:]  # the first one waited for the connection

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        bare = await send(host, port)
        async with Link(host, port, even) as link:
            added = [delay - even.delay for delay in await send(link.host, link.port)]
    return added, bare


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = Parser(prog="course bench link", description=__doc__)
    parser.add_argument("--messages", type=int, default=100, help="over each link (100)")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.messages < 1:
        raise CourseError("There must be at least one message.")
    table = Table(title="One way, in ms", box=None)
    table.add_column("", no_wrap=True)
    for column in ("asked", "added, median", "added, p99", "without a link"):
        table.add_column(column, justify="right")
    benchmarks: list[Benchmark] = []
    with Console(stderr=True).status("Measuring …"):
        for profile in PROFILES.values():
            added, bare = asyncio.run(measure(profile, args.messages))
            benchmarks.append(benchmark(f"link {profile.name}, added", added))
            seconds = (
                profile.delay,
                percentile(sorted(added), 50),
                percentile(sorted(added), 99),
                percentile(sorted(bare), 50),
            )
            table.add_row(profile.name, *(f"{1000 * each:.3f}" for each in seconds))
    if args.json:
        save(benchmarks, args.json)
    if args.json != "-":
        Console().print(table)
    return 0
