"""`course bench scale`: the chat over 1, 2 and 4 processes that meet at Redis, against its clients.

For each size: seconds until all have come in, memory that the workers have more than before for
each of them, and the time from one message to the last client that hears it. The clients are in
this process, one for all, so their own work is part of every time.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.terminal import check_folder, progress_bar
from course_lib.chat.limits import Limits
from course_lib.chat.redis_server import RedisServer
from course_lib.chat.talk import Join, Say
from course_lib.chat.workers import Workers, serve_workers
from course_lib.errors import CourseError
from course_lib.log import Signal
from course_lib.measure.style import PALETTE, use_style
from course_lib.resilience import ResilientClient

_MARKERS = "osD^v"


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured with a number of workers and clients.

    Attributes:
        connect: seconds until all clients were in the room.
        memory: bytes of the workers' resident memory for each client.
        fan_out: seconds from sending a message until the last client heard it, the median.
    """

    workers: int
    clients: int
    connect: float
    memory: float
    fan_out: float


async def measure(workers: int, clients: int, messages: int) -> Point:
    """One point, with processes of its own.

    Raises:
        CourseError: redis-server is not installed.
    """
    limits = Limits(
        rate=1e6, burst=10**6, members=clients, clients=clients + 10, per_address=clients + 10
    )
    heard = Signal()
    counts = {"entered": 0, "said": 0}

    async def listen(client: ResilientClient) -> None:
        async for event in client:
            assert isinstance(event, dict)
            if event["type"] in counts:
                counts[event["type"]] += 1
                heard.notify()

    async with (
        RedisServer() as redis,
        serve_workers(workers, redis.url, limits=limits) as serving,
        AsyncExitStack() as stack,
    ):
        before, began = resident(serving), time.perf_counter()
        for number in range(clients):
            client = ResilientClient(serving.socket_url, proxy=None, compression=None)
            await stack.enter_async_context(client)
            stack.push_async_callback(asyncio.wait, [asyncio.create_task(listen(client))])
            stack.push_async_callback(client.aclose)
            name = f"client {number:x}."
            await client.send(Join(room="all", name=name, key=secrets.token_hex(16)).model_dump())
        await heard.wait_for(lambda: counts["entered"] == clients)
        connect = time.perf_counter() - began
        memory = (resident(serving) - before) / clients
        times = []
        for turn in range(1, messages + 1):
            sent = time.perf_counter()
            await client.send(Say(room="all", text=str(turn)).model_dump())
            await heard.wait_for(lambda: counts["said"] == turn * clients)  # noqa: B023 - at once
            times.append(time.perf_counter() - sent)
    return Point(workers, clients, connect, memory, statistics.median(times))


def resident(serving: Workers) -> int:
    """Bytes of memory that all workers have, what they share counted for each."""
    return sum(psutil.Process(pid).memory_info().rss for pid in serving.pids)


def draw(points: list[Point], file: str) -> None:
    """Three panels over the number of clients, a line for each number of workers."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    use_style()
    figure, panels = plt.subplots(1, 3, figsize=(12, 4.2))
    shown: list[tuple[str, Callable[[Point], float]]] = [
        ("until all are in (s)", lambda point: point.connect),
        ("memory for each (KiB)", lambda point: point.memory / 1024),
        ("a message to all (ms)", lambda point: point.fan_out * 1000),
    ]
    for panel, (title, value) in zip(panels, shown, strict=True):
        for turn, workers in enumerate(sorted({point.workers for point in points})):
            line = [point for point in points if point.workers == workers]
            panel.plot(
                [point.clients for point in line],
                [value(point) for point in line],
                color=PALETTE[turn % len(PALETTE)],
                marker=_MARKERS[turn % len(_MARKERS)],
                label=f"{workers} worker" + "s" * (workers > 1),
            )
        panel.set(title=title, xlabel="clients", ylim=(0, None))
    panels[0].legend()
    figure.savefig(file)
    plt.close(figure)


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = argparse.ArgumentParser(prog="course bench scale", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[50, 100, 200, 400])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--messages", type=int, default=30, help="at each size (default: 30)")
    parser.add_argument("--json", metavar="FILE", help="save the numbers; - prints them")
    parser.add_argument("--figure", metavar="FILE", help="save a figure, as .png or .svg")
    args = parser.parse_args(argv)
    if min(*args.clients, *args.workers, args.messages) < 1:
        raise CourseError("Clients, workers and messages are numbers from 1.")
    check_folder(args.json)
    check_folder(args.figure)
    sizes = [(workers, clients) for workers in args.workers for clients in sorted(args.clients)]
    points = []
    with progress_bar("Measuring") as show:
        for done, (workers, clients) in enumerate(sizes):
            show(done / len(sizes))
            points.append(asyncio.run(measure(workers, clients, args.messages)))
    if args.figure:
        draw(points, args.figure)
    numbers = json.dumps([asdict(point) for point in points], indent=2)
    if args.json == "-":
        print(numbers)
        return 0
    if args.json:
        Path(args.json).write_text(numbers + "\n", encoding="utf-8")
    print("workers  clients  all in (s)  KiB each  a message to all (ms)")
    for point in points:
        print(
            f"{point.workers:7}  {point.clients:7}  {point.connect:10.2f}"
            f"  {point.memory / 1024:8.1f}  {point.fan_out * 1000:21.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
