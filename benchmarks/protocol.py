"""What it costs to write and read a message: this protocol beside `wsproto` and `websockets`.

Each is driven without any I/O: from a text to the bytes for the wire, and from those to a text. The
core of `websockets` takes and gives bytes in frames, so the step from and to text is done for it,
as its own next layer does. All take turns in one
process, so that whatever else the machine does meets all of them alike; the median counts.
"""

import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time

import websockets.frames
import websockets.utils
import wsproto.events
from rich.console import Console
from rich.table import Table
from websockets.frames import Frame
from websockets.protocol import Protocol, Side
from wsproto.connection import Connection as WsprotoConnection
from wsproto.connection import ConnectionType

from benchmarks.suite import Benchmark, add_json, benchmark, save
from course_lib.cli.command import Parser
from course_lib.errors import CourseError
from course_lib.protocol import Connection, Role

SIZES = {"125 B": 125, "64 KiB": 65536}
OTHERS = ("wsproto", "websockets, Python", "websockets, C")
BATCH_SECONDS = 0.005

Step = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what is done with which message.
        benchmarks: the seconds that it took each implementation, turn by turn.
    """

    name: str
    benchmarks: dict[str, Benchmark]

    @property
    def microseconds(self) -> dict[str, float]:
        """The median of each implementation."""
        return {name: 1e6 * each.median() for name, each in self.benchmarks.items()}


def steps(text: str, *, masked: bool) -> dict[str, dict[str, Step]]:
    """For encode and for decode: what each implementation does for one text message."""
    ours, ours_peer = Connection(Role.CLIENT), Connection(Role.SERVER)
    wsp = WsprotoConnection(ConnectionType.CLIENT)
    wsp_peer = WsprotoConnection(ConnectionType.SERVER)
    ws, ws_peer = Protocol(Side.CLIENT), Protocol(Side.SERVER)
    if not masked:
        ours, wsp, ws, ours_peer, wsp_peer, ws_peer = ours_peer, wsp_peer, ws_peer, ours, wsp, ws
    wire = ours.send_text(text)

    def websockets_encode() -> object:
        ws.send_text(text.encode())
        return ws.data_to_send()

    def wsproto_decode() -> object:
        wsp_peer.receive_data(wire)
        return list(wsp_peer.events())

    def websockets_decode() -> object:
        ws_peer.receive_data(wire)
        frames = ws_peer.events_received()
        return [bytes(frame.data).decode() for frame in frames if isinstance(frame, Frame)]

    return {
        "encode": {
            "ours": lambda: ours.send_text(text),
            "wsproto": lambda: wsp.send(wsproto.events.TextMessage(text)),
            "websockets, Python": websockets_encode,
            "websockets, C": websockets_encode,
        },
        "decode": {
            "ours": lambda: list(ours_peer.receive(wire)),
            "wsproto": wsproto_decode,
            "websockets, Python": websockets_decode,
            "websockets, C": websockets_decode,
        },
    }


@contextmanager
def masking_of(name: str) -> Iterator[None]:
    """Let `websockets` mask in Python or in C while its turn lasts."""
    chosen = websockets.frames.apply_mask
    if name == "websockets, Python":
        websockets.frames.apply_mask = websockets.utils.apply_mask
    try:
        yield
    finally:
        websockets.frames.apply_mask = chosen


def measure(by_name: dict[str, Step], rounds: int) -> dict[str, list[float]]:
    """The seconds of this process that each step takes, the names taking turns."""
    counts: dict[str, int] = {}
    times: dict[str, list[float]] = {name: [] for name in by_name}
    for name, step in by_name.items():
        with masking_of(name):
            once = min(timeit.repeat(step, number=3, repeat=3)) / 3
        counts[name] = max(3, round(BATCH_SECONDS / once))
    for _ in range(rounds):
        for name, step in by_name.items():
            with masking_of(name):
                spent = timeit.timeit(step, number=counts[name], timer=process_time)
            times[name].append(spent / counts[name])
    return times


def bench(rounds: int) -> Iterator[Row]:
    """Every row, one after the other."""
    for size_name, size in SIZES.items():
        for masked in (False, True):
            for direction, by_name in steps("x" * size, masked=masked).items():
                if not has_c_part():
                    del by_name["websockets, C"]
                name = f"{direction} {size_name}{', masked' if masked else ''}"
                found = measure(by_name, rounds)
                yield Row(name, {each: benchmark(f"{name}: {each}", found[each]) for each in found})


def has_c_part() -> bool:
    """Whether `websockets` was installed with its part in C."""
    return websockets.frames.apply_mask is not websockets.utils.apply_mask


def main(argv: list[str]) -> int:
    """Print the table: how many times the time of this protocol each of the others takes."""
    parser = Parser(prog="course bench protocol", description=main.__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="turns that each one gets (41)")
    add_json(parser)
    options = parser.parse_args(argv)
    if options.rounds < 1:
        raise CourseError("There must be at least one round.")
    others = OTHERS if has_c_part() else OTHERS[:2]
    table = Table(title="Time for one message, as a multiple of ours (above 1: slower than ours)")
    table.add_column("message")
    table.add_column("ours, µs", justify="right")
    for name in others:
        table.add_column(name, justify="right")
    benchmarks: list[Benchmark] = []
    with Console(stderr=True).status("Measuring …"):
        for row in bench(options.rounds):
            benchmarks += row.benchmarks.values()
            ours = row.microseconds["ours"]
            ratios = [f"{row.microseconds[name] / ours:.2f}" for name in others]
            table.add_row(row.name, f"{ours:.2f}", *ratios)
    if options.json:
        save(benchmarks, options.json)
    if options.json != "-":
        Console().print(table)
    return 0
