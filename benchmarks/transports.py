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
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.frames import Frame, Opcode

from benchmarks.suite import add_json, benchmark, save
from course_lib.cli.command import Parser
from course_lib.errors import CourseError
from course_lib.measure.child import Child, Lines, Serve, say
from course_lib.measure.experiment import percentile
from course_lib.transports import Feed, FeedEvent, FeedServer, Transport

HOST = "127.0.0.1"
_PAYLOAD = "x" * 20


async def serve_feed(lines: Lines) -> None:
    """The feed's own server."""
    feed = Feed(history=100)
    async with FeedServer(feed) as server:
        say(port=server.port(Transport.WEBSOCKET))
        await publish(lines, lambda _: feed.publish(_PAYLOAD))


async def serve_broadcast(lines: Lines) -> None:
    """Nothing but `websockets.broadcast`."""
    connections = set()

    async def handler(connection: ServerConnection) -> None:
        connections.add(connection)
        await connection.wait_closed()

    async with serve(handler, HOST, 0, compression=None, backlog=1024) as server:
        say(port=server.sockets[0].getsockname()[1])
        await publish(lines, lambda text: broadcast(connections, text))


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

    async with await asyncio.start_server(accept, HOST, 0, backlog=1024) as server:
        say(port=server.sockets[0].getsockname()[1])
        await publish(lines, write_to_all)


async def publish(lines: Lines, send: Callable[[str], object]) -> None:
    """Give the text of an event to `send` for each line that comes."""
    number = 0
    while True:
        await lines.get()
        number += 1
        computed, created = time.process_time(), time.perf_counter()
        send(FeedEvent(number, created, _PAYLOAD).to_json())
        say(cpu_seconds=time.process_time() - computed, created=created)


class Crowd:
    """Many bare sockets that only note when an event has come."""

    def __init__(self, clients: int) -> None:
        self.clients = clients
        self._missing = clients
        self._all_there = asyncio.Event()
        self._transports: list[asyncio.Transport] = []

    async def connect(self, port: int, path: str = "/") -> None:
        """Open the connections and greet as a WebSocket client does."""
        loop = asyncio.get_running_loop()
        for _ in range(self.clients):
            await loop.create_connection(lambda: _Member(self, path), HOST, port)
        await self._all_there.wait()

    async def say(self, texts: Iterable[str]) -> None:
        """Send a text from each, and wait until each has an answer."""
        self.expect()
        for transport, text in zip(self._transports, texts, strict=True):
            transport.write(Frame(Opcode.TEXT, text.encode()).serialize(mask=True))
        await self._all_there.wait()

    async def next_event(self) -> float:
        """Wait until everyone has the next event; return when that was (`time.perf_counter`)."""
        await self._all_there.wait()
        return time.perf_counter()

    def expect(self) -> None:
        """Begin to wait for one message for each."""
        self._missing = self.clients
        self._all_there.clear()

    def joined(self, transport: asyncio.Transport) -> None:
        """Note that one member is connected."""
        self._transports.append(transport)

    def arrived(self) -> None:
        """Note that one member has its message."""
        self._missing -= 1
        if not self._missing:
            self._all_there.set()


class _Member(asyncio.Protocol):
    def __init__(self, crowd: Crowd, path: str) -> None:
        self._crowd, self._path = crowd, path

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._crowd.joined(transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        # Messages are so short that each comes in one piece; what does not end one is a ping.
        if data.endswith((b"}", b"\r\n\r\n")):
            self._crowd.arrived()


class Server(NamedTuple):
    """What serves a crowd, in a process of its own, and how the crowd comes in."""

    serve: Serve
    arguments: tuple[int, ...] = ()
    enter: Callable[[Crowd, int], Awaitable[None]] = Crowd.connect


SERVERS = {
    "feed": Server(serve_feed),
    "broadcast": Server(serve_broadcast),
    "streams": Server(serve_streams),
}


async def bench(servers: Mapping[str, Server], clients: int, rounds: int) -> dict[str, list[float]]:
    """For each server, the seconds until the last client had the event, round by round."""
    async with AsyncExitStack() as stack:
        children, crowds = {}, {}
        for name, server in servers.items():
            child = Child(server.serve, *server.arguments)
            children[name] = await stack.enter_async_context(child)
            crowds[name] = Crowd(clients)
            await server.enter(crowds[name], (await child.hear())["port"])
        found: dict[str, list[float]] = {name: [] for name in servers}
        console = Console(stderr=True)
        for _ in track(range(rounds), "Delivering", console=console, transient=True):
            for name, crowd in crowds.items():
                crowd.expect()
                children[name].tell("publish")
                arrived = await crowd.next_event()
                found[name].append(arrived - (await children[name].hear())["created"])
    return found


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    return compare("transports", __doc__ or "", lambda _: SERVERS, argv, clients=1000)


def compare(
    name: str,
    description: str,
    servers: Callable[[int], Mapping[str, Server]],
    argv: list[str],
    clients: int,
) -> int:
    """Run `course bench NAME`: one event for a crowd from each of some servers.

    Args:
        servers: The servers for so many clients; the first is held against the others.
        clients: How many, if the command doesn't say.
    """
    parser = Parser(prog=f"course bench {name}", description=description)
    parser.add_argument("--clients", type=int, default=clients, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=50, help="events for each (default: 50)")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.clients < 1 or args.rounds < 1:
        raise CourseError("There must be at least one client and one round.")
    try:
        found = asyncio.run(bench(servers(args.clients), args.clients, args.rounds))
    except OSError as error:
        raise CourseError(f"{args.clients} clients are too many here ({error.strerror}).") from None
    if args.json:
        save((benchmark(f"{name}: {each}", found[each]) for each in found), args.json)
    if args.json != "-":
        Console().print(_table(args.clients, found))
    return 0


def _table(clients: int, found: dict[str, list[float]]) -> Table:
    _, *bare = found
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
