"""`course bench transports`: one event to a thousand WebSocket clients, next to less.

Three servers, each in a process of its own, send the same text to the same bare sockets: the
feed's server, `websockets.broadcast` alone, and asyncio streams without any WebSocket. They take
turns in one run, so that whatever else the machine does befalls all three.
"""

import asyncio
import base64
import os
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

from rich.console import Console
from rich.progress import track
from rich.table import Table
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.suite import add_json, benchmark, save
from course_lib.cli.command import Parser
from course_lib.errors import CourseError
from course_lib.measure.child import Child, Lines, say
from course_lib.measure.experiment import percentile
from course_lib.transports import Feed, FeedEvent, FeedServer, Transport

_HOST = "127.0.0.1"
_PAYLOAD = "x" * 20


async def serve_feed(lines: Lines) -> None:
    """The feed's own server."""
    feed = Feed(history=100)
    async with FeedServer(feed) as server:
        say(port=server.port(Transport.WEBSOCKET))
        await _publish(lines, lambda _: feed.publish(_PAYLOAD))


async def serve_broadcast(lines: Lines) -> None:
    """Nothing but `websockets.broadcast`."""
    connections = set()

    async def handler(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()

    async with serve(handler, _HOST, 0, compression=None, backlog=1024) as server:
        say(port=server.sockets[0].getsockname()[1])
        await _publish(lines, lambda text: broadcast(connections, text))


async def serve_streams(lines: Lines) -> None:
    """Nothing but TCP: what no WebSocket server can be faster than."""
    writers = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello\r\n\r\n")
        writers.append(writer)

    def write_to_all(text: str) -> None:
        data = text.encode()
        for writer in writers:
            writer.write(data)

    async with await asyncio.start_server(accept, _HOST, 0, backlog=1024) as server:
        say(port=server.sockets[0].getsockname()[1])
        await _publish(lines, write_to_all)


async def _publish(lines: Lines, send: Callable[[str], object]) -> None:
    number = 0
    while True:
        await lines.get()
        number += 1
        computed = time.process_time()
        send(FeedEvent(number, time.perf_counter(), _PAYLOAD).to_json())
        say(cpu_seconds=time.process_time() - computed)


SERVERS = {
    "feed": serve_feed,
    "broadcast": serve_broadcast,
    "streams": serve_streams,
}


class Crowd:
    """Many bare sockets that only note when an event has come."""

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self._missing = clients
        self._all_there = asyncio.Event()
        self._last = b""

    async def connect(self, port: int) -> None:
        """Open the connections and greet as a WebSocket client does."""
        loop = asyncio.get_running_loop()
        for _ in range(self.clients):
            await loop.create_connection(lambda: _Member(self), _HOST, port)
        await self._all_there.wait()

    async def next_event(self) -> float:
        """Wait until everyone has the next event; return its latency for the last, in seconds."""
        await self._all_there.wait()
        text = self._last[self._last.index(b"{") :]
        return time.perf_counter() - FeedEvent.from_json(text).created

    def expect(self) -> None:
        """Begin to wait for one message for each."""
        self._missing = self.clients
        self._all_there.clear()

    def arrived(self, data: bytes) -> None:
        """Note that one member has its message."""
        self._missing -= 1
        if not self._missing:
            self._last = data
            self._all_there.set()


class _Member(asyncio.Protocol):
    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET / HTTP/1.1\r\nHost: {_HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        # Messages are so short that each comes in one piece; what does not end one is a ping.
        if data.endswith((b"}", b"\r\n\r\n")):
            self._crowd.arrived(data)


async def bench(clients: int, rounds: int) -> dict[str, list[float]]:
    """For each server, the seconds until the last client had the event, round by round."""
    async with AsyncExitStack() as stack:
        children, crowds = {}, {}
        for name, function in SERVERS.items():
            children[name] = await stack.enter_async_context(Child(function))
            crowds[name] = Crowd(clients)
            await crowds[name].connect((await children[name].hear())["port"])
        found: dict[str, list[float]] = {name: [] for name in SERVERS}
        console = Console(stderr=True)
        for _ in track(range(rounds), "Delivering", console=console, transient=True):
            for name, crowd in crowds.items():
                crowd.expect()
                children[name].tell("publish")
                found[name].append(await crowd.next_event())
                await children[name].hear()
    return found


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = Parser(prog="course bench transports", description=__doc__)
    parser.add_argument("--clients", type=int, default=1000, help="(default: 1000)")
    parser.add_argument("--rounds", type=int, default=50, help="events for each (default: 50)")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.clients < 1 or args.rounds < 1:
        raise CourseError("There must be at least one client and one round.")
    try:
        found = asyncio.run(bench(args.clients, args.rounds))
    except OSError as error:
        raise CourseError(f"{args.clients} clients are too many here ({error.strerror}).") from None
    if args.json:
        save((benchmark(f"transports: {name}", found[name]) for name in found), args.json)
    if args.json != "-":
        Console().print(_table(args.clients, found))
    return 0


def _table(clients: int, found: dict[str, list[float]]) -> Table:
    bare = [name for name in SERVERS if name != "feed"]
    table = Table(title=f"One event to {clients:,} clients, until the last has it", box=None)
    table.add_column("", no_wrap=True)
    for column in ("median (ms)", "p95 (ms)", *(f"÷ {name}" for name in bare)):
        table.add_column(column, justify="right")
    for name, seconds in found.items():
        # Each round is held against the same round of the others.
        ratios = [
            statistics.median(a / b for a, b in zip(seconds, found[other], strict=True))
            for other in bare
        ]
        ordered = sorted(1000 * each for each in seconds)
        table.add_row(
            name,
            f"{percentile(ordered, 50):.1f}",
            f"{percentile(ordered, 95):.1f}",
            *(f"{ratio:.2f}" for ratio in ratios),
        )
    return table
