"""`course bench hostile`: the chat under attack, and what those who only chat notice of it.

The server, the attackers and the honest clients have a process each, all on loopback. Honest
clients say something twice a second and measure until they hear themselves: in turn in peace, and
while attackers send a corpus of malformed requests, frames and messages, flood, send bombs, and
hold handshakes open. So whatever else the machine does falls on both. The attackers come from an
address of their own, as they would, and their process stands back for the others (`nice`), since
elsewhere they would have a processor of their own. Their rate does not need all of the machine:
against more connections than a computer can accept, no program on it can do anything.
"""

import asyncio
import itertools
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.hostile_corpus import REQUEST, corpus, text_frame
from course_lib.chat import Chat, ChatClient, serve_chat
from course_lib.chat.talk import Entered, Said
from course_lib.cli.command import Parser
from course_lib.measure.child import Child, Lines, say
from course_lib.measure.experiment import percentile
from course_lib.resilience.wire import encode
from course_lib.security.attacks import bomb

HOST = "127.0.0.1"
ELSEWHERE = "127.0.0.2" if sys.platform == "linux" else HOST
"""Where attackers come from: on Linux, all of 127.0.0.0/8 is this machine."""
PARTS = 5
"""Of a round: what else the machine does changes within seconds, and should fall on both sides."""
MOST_RATIO, MOST_MEMORY = 3.0, 50 * 2**20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a hostile run did.

    Attributes:
        peace, attack: seconds that messages of honest clients took, without and with attackers.
        memory_before, memory_after: of the server's process, in bytes.
        sent: connections of the attackers by kind.
        seconds: that the attackers took for all of them.
        load: programs that wanted a processor, on average over the minute before.
    """

    peace: list[float]
    attack: list[float]
    memory_before: int
    memory_after: int
    sent: Counter[str]
    seconds: float
    load: float

    @property
    def ratio(self) -> float:
        """The 99th percentile under attack over the one in peace."""
        return percentile(sorted(self.attack), 99) / percentile(sorted(self.peace), 99)

    @property
    def grown(self) -> int:
        """How many bytes more the server has than before."""
        return self.memory_after - self.memory_before


async def serve_hardened(lines: Lines) -> None:
    """The chat as everybody serves it."""
    async with serve_chat(Chat()) as server:
        say(url=server.socket_url, port=server.port)
        await lines.get()


async def attack(lines: Lines, port: int, seed: int, count: int, rate: int) -> None:
    """The attackers' process: all kinds at once, a part of a round each time that it is told to."""
    if hasattr(os, "nice"):
        os.nice(10)
    inflating = await asyncio.to_thread(bomb, 10_000_000)
    say(ready=True)
    for number in itertools.count():
        await lines.get()
        cases = {
            "malformed": corpus(seed + number, count),
            "bomb": [_bomb(inflating)] * 5,
            "flood": [_flood(seed, number, each) for each in range(5)],
            "half-open": [REQUEST] * 50,
        }
        work = [(kind, data) for kind, all_data in cases.items() for data in all_data]
        random.Random(seed + number).shuffle(work)
        for part in range(PARTS):
            if part:
                await lines.get()
            await _attack(port, work[part::PARTS], rate)


async def _attack(port: int, work: list[tuple[str, bytes]], rate: int) -> None:
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for place, (_, data) in enumerate(work, 1):
            group.create_task(_throw(port, data))
            await asyncio.sleep(begun + place / rate - time.perf_counter())
        took = time.perf_counter() - begun
    say(seconds=took, sent=Counter(kind for kind, _ in work))


async def _throw(port: int, data: bytes) -> None:
    """Send it all, read what comes for a while, and go without a word."""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection(HOST, port, local_addr=(ELSEWHERE, 0))
        try:
            writer.write(data)
            async with asyncio.timeout(0.5):
                while await reader.read(65_536):
                    pass
        except TimeoutError:
            pass
        finally:
            writer.transport.abort()


def _bomb(inflating: bytes) -> bytes:
    head = b"\xc1\xff" + len(inflating).to_bytes(8, "big") + bytes(4)
    extension = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    return REQUEST + extension + head + inflating


def _flood(seed: int, number: int, each: int) -> bytes:
    name = f"flood {number}.{each}"
    client = f"{seed}-{name}"
    join = {"type": "join", "room": "lobby", "name": name, "key": client.rjust(16)}
    spam = {"type": "say", "room": "lobby", "text": "spam"}
    texts = [encode("hello", client=client, log="", since=0), encode("message", seq=1, data=join)]
    texts += [encode("message", seq=seq, data=spam) for seq in range(2, 400)]
    frames = b"".join(text_frame(text.encode()) for text in texts)
    return REQUEST + b"\r\n" + frames


@asynccontextmanager
async def honest(url: str, count: int) -> AsyncIterator[list[ChatClient]]:
    """People who only chat, in a room of their own."""
    async with AsyncExitStack() as stack:
        people = []
        for number in range(count):
            client = ChatClient(url, room="honest", name=f"honest {number}", proxy=None)
            people.append(await stack.enter_async_context(client))
            while not isinstance(await anext(client), Entered):
                pass
        yield people


async def measure(people: list[ChatClient], stop: asyncio.Event, least: int) -> list[float]:
    """Seconds that each message takes until its sender hears it; at least so many of each."""

    async def talk(client: ChatClient) -> list[float]:
        found: list[float] = []
        while len(found) < least or not stop.is_set():
            text, begun = f"{client.name}: {len(found)}", time.perf_counter()
            await client.say(text)
            while not (isinstance(said := await anext(client), Said) and said.text == text):
                pass
            found.append(time.perf_counter() - begun)
            await asyncio.sleep(0.5)
        return found

    return [each for all_of_one in await asyncio.gather(*map(talk, people)) for each in all_of_one]


async def hostile(
    *,
    seed: int = 1,
    count: int = 500,
    rounds: int = 3,
    rate: int = 100,
    clients: int = 10,
    least: int = 2,
) -> Outcome:
    """Run it, with `count` malformed things in each of the rounds, and see what it did."""
    load = psutil.getloadavg()[0]
    async with Child(serve_hardened) as server:
        told = await server.hear()
        process = psutil.Process(server.pid)
        arguments = (told["port"], seed, count, rate)
        async with honest(told["url"], clients) as people, Child(attack, *arguments) as attackers:
            await attackers.hear()
            await measure(people, _over(), 1)  # the first messages pay for what is made once
            before = process.memory_info().rss
            peace: list[float] = []
            under_attack: list[float] = []
            sent: Counter[str] = Counter()
            seconds = 0.0
            for _ in range(rounds * PARTS):
                peace += await measure(people, _over(), least)
                stop = asyncio.Event()
                attackers.tell("go")
                measuring = asyncio.create_task(measure(people, stop, 1))
                done = await attackers.hear()
                stop.set()
                under_attack += await measuring
                sent.update(done["sent"])
                seconds += done["seconds"]
            await measure(people, _over(), 1)  # it still serves
            after = process.memory_info().rss
            return Outcome(peace, under_attack, before, after, sent, seconds, load)


def _over() -> asyncio.Event:
    over = asyncio.Event()
    over.set()
    return over


def main(argv: list[str]) -> int:
    """Run the bench and print what it found; return 1 if the chat did not hold out."""
    parser = Parser(prog="course bench hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the corpus (default: 1)")
    parser.add_argument("--count", type=int, default=500, help="malformed things in a round")
    parser.add_argument("--rounds", type=int, default=3, help="each with a seed one higher")
    parser.add_argument("--rate", type=int, default=100, help="connections a second")
    args = parser.parse_args(argv)
    found = asyncio.run(
        hostile(seed=args.seed, count=args.count, rounds=args.rounds, rate=args.rate)
    )
    table = Table("", "in peace", "under attack", title="The hardened chat")
    for name, share in (("median", 50), ("p99", 99)):
        values = [1000 * percentile(sorted(each), share) for each in (found.peace, found.attack)]
        table.add_row(f"latency, {name}", *(f"{value:.1f} ms" for value in values))
    memory = [f"{each / 2**20:.1f} MiB" for each in (found.memory_before, found.memory_after)]
    table.add_row("memory", *memory)
    console = Console()
    console.print(table)
    console.print(
        f"{len(found.peace)} and {len(found.attack)} messages, each timed from its sender and back"
        f" to it, in peace and under attack in turn. Load at the start:"
        f" {found.load:.1f} on {psutil.cpu_count()} processors."
    )
    seeds = f"{args.seed} to {args.seed + args.rounds - 1}"
    console.print(
        f"Sent, seeds {seeds}: {', '.join(f'{n} {kind}' for kind, n in found.sent.items())};"
        f" {found.sent.total() / found.seconds:.0f} connections a second."
    )
    if found.load > psutil.cpu_count():
        console.print("The machine is busy: the slowest messages on either side are of its making.")
    held = found.ratio <= MOST_RATIO and found.grown <= MOST_MEMORY
    console.print(
        f"p99 is {found.ratio:.2f} times as long (at most {MOST_RATIO:g}), memory"
        f" {found.grown / 2**20:+.1f} MiB (at most +{MOST_MEMORY // 2**20}):"
        f" {'it holds out' if held else 'it does not hold out'}."
    )
    return 0 if held else 1
