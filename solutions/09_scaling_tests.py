"""Exercise 09: scaling."""

import asyncio
import contextlib
import hashlib
import time
from functools import partial
from itertools import combinations, count, islice

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from course_lib.exercises.question import Question
from course_lib.judge.expect import asked, expect, expect_that, fail, shown

CAPACITY = Question(
    "capacity",
    points=3,
    hints=(
        "Work out what *one* process can do, three times over: connections by memory, receipts a "
        "second, connections by files. Whole numbers, rounded down.",
        "A room of n people makes n × n × per_minute receipts a minute. Divide what is needed by "
        "what one process can do, and round up; the largest of the three decides.",
        "`-(-a // b)` rounds up. With the three needs in a dictionary, in the order of the list, "
        "`max(needs, key=needs.get)` names the first of the largest. Then "
        "`max(needs[first], 1) + 1`.",
    ),
)
WAITING = Question(
    "Waiting",
    points=3,
    hints=(
        "A list, a count of what was thrown away, and for one of the rules whether the client may "
        "still stay.",
        "`latest` is `oldest` with room for one event. `disconnect` is a queue that, once it was too "
        "full, has room for none.",
        "Append the event first. Then decide how many may wait, and while there are more, "
        "`pop(0)` and count.",
    ),
)
HOME = Question(
    "home",
    points=3,
    hints=(
        "One score for each shard, and the shard with the highest.",
        "`hashlib.sha256(data).digest()` is the score. `max` takes a function as its `key`.",
        '`max(shards, key=lambda shard: hashlib.sha256(f"{shard}\\n{room}".encode()).digest())`.',
    ),
)
WORKER = Question(
    "Worker",
    points=5,
    hints=(
        "Two dictionaries: the clients of each room, in order, and the last number of each room.",
        "A room is in the first dictionary exactly as long as it has clients. Whether to subscribe, "
        "to unsubscribe, or to deliver is then a look at it.",
        "`line.split(' ', 3)` leaves the text whole. Compare numbers as `int`. When the last client "
        "leaves, remove the room from both dictionaries.",
    ),
)
RELAY = Question(
    "relay",
    points=4,
    hints=(
        "One dictionary for the room: from each connection to its queue. Whoever hears something "
        "puts it into every queue, and waits for nobody.",
        "`asyncio.Queue(10)` has `full()` and `put_nowait(message)`. A task for each client does "
        "`await websocket.send(await queue.get())` for ever.",
        "Where a queue is full, take its client out of the dictionary and abort its transport. In a "
        "`finally` of the handler, take the client out if it is still there, and cancel its task.",
    ),
    imports=("websockets",),
)
QUESTIONS = (CAPACITY, WAITING, HOME, WORKER, RELAY)


# --- capacity

PLENTY = {"memory": 10**12, "base": 0, "each": 1, "receipt": 1, "files": 10**9}


def needs(answer, rooms, per_minute, right, why, **limits):
    call = partial(answer.capacity, rooms, per_minute, **PLENTY | limits)
    expect(call, right, why, tuples=True)


@CAPACITY
def test_capacity_example(answer):
    """The question's example."""
    limits = {"memory": 100_000_000, "base": 40_000_000, "each": 20_000, "receipt": 25}
    why = "5,000 files at 1,000 each are 5 processes, and one more to spare"
    needs(answer, [100] * 50, 6, ("files", 6), why, **limits, files=1000)


@CAPACITY
def test_capacity_memory(answer):
    """As many connections as fit into memory, each of them whole."""
    why = "12 bytes are left beside `base`: room for 3 connections of 4 bytes"
    for clients, processes in ((3, 2), (4, 3), (6, 3), (7, 4)):
        right = ("memory", processes)
        needs(answer, [clients], 0, right, why, memory=112, base=100, each=4, files=1000)
    why = "a connection is in one process, whole: 14 bytes hold 3 connections of 4 bytes"
    needs(answer, [7], 0, ("memory", 4), why, memory=14, each=4, files=1000)


@CAPACITY
def test_capacity_processor(answer):
    """Receipts grow with the square of each room, and half a core stays free."""
    why = "a room of n has n × n × per_minute receipts a minute; 500,000 µs a second are to be had"
    few = {"memory": 1000, "receipt": 5000, "files": 1000}
    needs(answer, [100], 60, ("processor", 101), why, **few)
    needs(answer, [60], 100, ("processor", 61), why, **few)
    needs(answer, [60, 60], 100, ("processor", 121), "each room counts for itself", **few)
    why = "6,001 receipts a minute are too much for a process that can send 100 a second"
    needs(answer, [1], 12_000, ("processor", 3), "200 a second need 2 processes of 100", **few)
    needs(answer, [1], 6_001, ("processor", 3), why, **few)
    why = "a receipt is sent whole: at 200,000 µs each, half a core can send 2 a second"
    needs(answer, [1], 240, ("processor", 3), why, receipt=200_000)
    needs(answer, [1], 300, ("processor", 4), why, receipt=200_000)
    why = "three receipts of 166,667 µs are 1 µs more than half a core: two are sent"
    needs(answer, [1], 180, ("processor", 3), why, receipt=166_667)


@CAPACITY
def test_capacity_files(answer):
    """No more connections than files."""
    why = "a process can have as many connections as `files`"
    for clients, processes in ((20, 3), (21, 4), (30, 4)):
        needs(answer, [1] * clients, 0, ("files", processes), why, files=10)


@CAPACITY
def test_capacity_ties(answer):
    """Where two ask for as many, the order of the list decides."""
    why = "memory and files ask for as many: memory comes first in the list"
    needs(answer, [20], 0, ("memory", 3), why, memory=10, files=10)
    why = "processor and files ask for as many: the processor comes first in the list"
    needs(answer, [1] * 20, 60, ("processor", 3), why, receipt=50_000, files=10)


@CAPACITY
def test_capacity_nobody(answer):
    """A chat without rooms has one process, and one to spare."""
    needs(answer, [], 5, ("memory", 2), "at least one process, and one to spare")
    needs(answer, [0, 0], 5, ("memory", 2), "at least one process, and one to spare")


# --- Waiting


def puts(waiting, events, right, why):
    for event in events:
        expect(partial(waiting.put, event), right, why)


def holds(waiting, events, why):
    for event in events:
        expect(waiting.get, event, why)
    expect(waiting.get, None, "`get` returns None when nothing more waits")


def threw(waiting, events, why="`dropped` counts each event that was thrown away, once"):
    expect(waiting.dropped, events, why)


STAY = "put returns True as long as the client may stay"


@WAITING
def test_waiting_example(answer):
    """The question's example."""
    waiting = answer.make("Waiting", 2, "oldest")
    threw(waiting, 0, "nothing was thrown away yet")
    puts(waiting, "abc", True, STAY)
    holds(waiting, "bc", "`c` found two waiting: the oldest, `a`, is thrown away")
    threw(waiting, 1)


@WAITING
def test_waiting_room(answer):
    """As many as there is room for wait, in their order, under the two rules with room."""
    for rule in ("oldest", "disconnect"):
        waiting = answer.make("Waiting", 3, rule)
        for events, why in (
            ("bca", "a queue with room for 3 keeps 3 events, and gives the first one first"),
            (["b", "", "a"], "an empty text is an event like any other: it waits, and comes"),
            ("abc", "a queue that is empty again has room for 3 once more"),
        ):
            puts(waiting, events, True, STAY)
            holds(waiting, events, why)
        threw(waiting, 0, "an event that was taken by `get` was not thrown away")
        for event in "xyz":
            puts(waiting, event, True, STAY)
            holds(waiting, event, "what was put is what comes")


@WAITING
def test_waiting_oldest(answer, rng):
    """Drop the oldest: the newest stay."""
    for room in (1, 5):
        waiting = answer.make("Waiting", room, "oldest")
        events = [f"{rng.randrange(1000)}" for _ in range(room + 7)]
        puts(waiting, events, True, "under `oldest` the client always stays")
        holds(waiting, events[-room:], "under `oldest` the newest events wait, in their order")
        threw(waiting, 7)


@WAITING
def test_waiting_latest(answer):
    """Latest only: one event, whatever the room."""
    for room in (1, 3):
        waiting = answer.make("Waiting", room, "latest")
        puts(waiting, "abcd", True, "under `latest` the client always stays")
        holds(waiting, "d", "under `latest` only the newest event waits, whatever the room")
        threw(waiting, 3)
        puts(waiting, ["e"], True, "under `latest` the client always stays")
        holds(waiting, "e", "what was put is what comes")
        threw(waiting, 3)


@WAITING
def test_waiting_disconnect(answer):
    """Disconnect: from the event that finds the queue full, nothing is kept."""
    waiting = answer.make("Waiting", 2, "disconnect")
    puts(waiting, "ab", True, "two events fit: the client may stay")
    puts(waiting, "c", False, "the third event finds the queue full: put returns False")
    threw(waiting, 3, "two waited and one came: all three are thrown away")
    holds(waiting, "", "after that nothing waits")
    puts(waiting, "de", False, "a client that is to be disconnected stays so: put returns False")
    holds(waiting, "", "nothing is kept from then on")
    threw(waiting, 5, "events that come after a disconnect are thrown away, too, and counted")


@WAITING
def test_waiting_apart(answer):
    """Each client has a queue of its own."""
    one, two = (answer.make("Waiting", 1, rule) for rule in ("oldest", "disconnect"))
    puts(one, "ab", True, STAY)
    puts(two, "x", True, "each client has a queue of its own")
    holds(one, "b", "each client has a queue of its own")
    threw(two, 0, "each client has a count of its own")
    holds(two, "x", "each client has a queue of its own")


# --- home

SHARDS = [f"shard-{letter}" for letter in "abcdefgh"]


def score(room, shard):
    return hashlib.sha256(f"{shard}\n{room}".encode()).digest()


def right_home(room, shards):
    return max(shards, key=partial(score, room))


@HOME
def test_home_example(answer):
    """The question's examples, and a single shard."""
    for shards in (["a", "b", "c"], ["a", "b", "c", "d"]):
        why = f"the shard with the highest score for lobby, of {', '.join(shards)}"
        expect(partial(answer.home, "lobby", shards), right_home("lobby", shards), why)
    expect(partial(answer.home, "lobby", ["only"]), "only", "with one shard there is no choice")


@HOME
def test_home_order(answer):
    """The order of the list makes no difference."""
    for number in range(20):
        room = f"room {number}"
        there = asked(partial(answer.home, room, SHARDS), "home returns a shard", "a shard")
        back = partial(answer.home, room, SHARDS[::-1])
        expect(back, there, "the order in which the shards are listed makes no difference")


@HOME
def test_home_few_move(answer):
    """A new shard takes rooms only for itself."""
    for number in range(40):
        room = f"room {number}"
        before = asked(partial(answer.home, room, SHARDS[:4]), "home returns a shard", "a shard")
        after = asked(partial(answer.home, room, SHARDS[:5]), "home returns a shard", "a shard")
        why = "when a shard is added, a room stays where it is or moves to the new one"
        expect_that(after in (before, SHARDS[4]), after, why, f"{before} or {SHARDS[4]}")


@HOME
def test_home_right(answer):
    """The highest SHA-256, whatever is in the names."""
    why = "the score is the SHA-256 digest of shard, newline and room in UTF-8; the highest wins"
    for number in range(40):
        for room in (f"room {number}", f"Café {number}"):
            expect(partial(answer.home, room, SHARDS), right_home(room, SHARDS), why)


@HOME
def test_home_to_the_last_byte(answer):
    """Scores that begin alike are compared further on."""
    tied = (
        (room, pair)
        for room in map("room {}".format, count())
        for pair in combinations(SHARDS, 2)
        if len({score(room, shard)[:1] for shard in pair}) == 1
    )
    for room, pair in islice(tied, 20):
        why = "the SHA-256 digest counts to its last byte: these two begin with the same one"
        for shards in (list(pair), list(reversed(pair))):
            expect(partial(answer.home, room, shards), right_home(room, shards), why)


# --- Worker


class Broker:
    """Keeps each room's messages, and carries lines between workers."""

    def __init__(self, *workers):
        self.workers = workers
        self.log = []
        self.rooms = {}
        self.got = []

    def take(self, worker, lines):
        """Do what a worker's lines ask for."""
        for line in lines:
            command, _, rest = line.partition(" ")
            room, _, more = rest.partition(" ")
            subscribed = self.rooms.setdefault(room, [])
            if command == "SUBSCRIBE":
                if worker not in subscribed:
                    subscribed.append(worker)
                for number, where, text in self.log if more else []:
                    if where == room and number > int(more):
                        self.hand(worker, number, room, text)
            elif command == "UNSUBSCRIBE":
                subscribed.remove(worker)
            else:
                self.log.append((len(self.log) + 1, room, more))
                for each in subscribed:
                    self.hand(each, *self.log[-1])

    def hand(self, worker, number, room, text):
        self.got += self.workers[worker].hear(f"MESSAGE {room} {number} {text}")


def joins(worker, client, room, lines, why):
    expect(partial(worker.join, client, room), lines, why)


def hears(worker, line, pairs, why):
    expect(partial(worker.hear, line), pairs, why, tuples=True)


FIRST = "the first client of a room: subscribe to it"


@WORKER
def test_worker_example(answer):
    """The question's example."""
    worker = answer.make("Worker")
    joins(worker, "ann", "lobby", ["SUBSCRIBE lobby"], FIRST)
    joins(worker, "bob", "lobby", [], "the room is subscribed to already: no line is needed")
    why = "what a client says is published"
    expect(partial(worker.say, "ann", "lobby", "good morning"), ["PUBLISH lobby good morning"], why)
    right = [("ann", "good morning"), ("bob", "good morning")]
    hears(worker, "MESSAGE lobby 17 good morning", right, "each client of the room gets it")
    why = "after a cut, subscribe from the last number that was heard"
    expect(worker.reconnected, ["SUBSCRIBE lobby 17"], why)


@WORKER
def test_worker_join_and_leave(answer):
    """Subscribed from the first client to the last."""
    worker = answer.make("Worker")
    why = "to leave a room that one isn't in changes nothing and needs no line"
    expect(partial(worker.leave, "ann", "lobby"), [], why)
    joins(worker, "ann", "lobby", ["SUBSCRIBE lobby"], FIRST)
    expect(partial(worker.leave, "bob", "lobby"), [], why)
    joins(worker, "ann", "lobby", [], "to join twice changes nothing and needs no line")
    joins(worker, "ann", "tea", ["SUBSCRIBE tea"], FIRST)
    joins(worker, "bob", "lobby", [], "the room is subscribed to already: no line is needed")
    joins(worker, "bob", "lobby", [], "to join twice changes nothing and needs no line")
    hears(worker, "MESSAGE lobby 1 x", [("ann", "x"), ("bob", "x")], "who joins twice hears once")
    expect(partial(worker.leave, "ann", "lobby"), [], "bob is still there: stay subscribed")
    hears(worker, "MESSAGE lobby 2 y", [("bob", "y")], "who has left hears nothing more")
    hears(worker, "MESSAGE tea 3 z", [("ann", "z")], "ann has left one room, not the other")
    last = "the last client has left: unsubscribe"
    expect(partial(worker.leave, "bob", "lobby"), ["UNSUBSCRIBE lobby"], last)
    expect(partial(worker.leave, "bob", "lobby"), [], why)
    joins(worker, "bob", "lobby", ["SUBSCRIBE lobby"], "the room is empty again: subscribe anew")
    expect(partial(worker.leave, "bob", "lobby"), ["UNSUBSCRIBE lobby"], last)


@WORKER
def test_worker_say(answer):
    """Only somebody in a room can speak in it, and nobody hears it before the broker."""
    worker = answer.make("Worker")
    why = "a client that is not in the room publishes nothing"
    expect(partial(worker.say, "ann", "lobby", "x"), [], why)
    joins(worker, "ann", "lobby", ["SUBSCRIBE lobby"], FIRST)
    expect(partial(worker.say, "bob", "lobby", "x"), [], why)
    for text in ("", " two  spaces ", "PUBLISH lobby x"):
        right = [f"PUBLISH lobby {text}"]
        expect(partial(worker.say, "ann", "lobby", text), right, "the text is published as it is")


@WORKER
def test_worker_hear(answer):
    """In the order of joining, once, and the text as it is."""
    worker = answer.make("Worker")
    hears(worker, "MESSAGE lobby 1 x", [], "a message for a room without clients is for nobody")
    for client in ("zoe", "ann", "mia"):
        joins(worker, client, "lobby", [] if client != "zoe" else ["SUBSCRIBE lobby"], FIRST)
    got = worker.hear("MESSAGE lobby 1 x")
    why = "a number that came while the room had no clients doesn't count"
    expect_that(got != [], got, why, "all three hear it")
    order = "the clients of a room, in the order in which they joined"
    hears(worker, "MESSAGE lobby 2 x", [("zoe", "x"), ("ann", "x"), ("mia", "x")], order)
    joins(worker, "bob", "tea", ["SUBSCRIBE tea"], FIRST)
    for number, text in ((9, " two  spaces "), (10, ""), (100, "x")):
        pairs = [(client, text) for client in ("zoe", "ann", "mia")]
        hears(worker, f"MESSAGE lobby {number} {text}", pairs, "the text arrives as it is")
    for number in (100, 99, 9):
        why = "a number that is not above the last one has come before: nobody gets it twice"
        hears(worker, f"MESSAGE lobby {number} x", [], why)
    why = "each room has a last number of its own"
    hears(worker, "MESSAGE tea 5 x", [("bob", "x")], why)


@WORKER
def test_worker_reconnected(answer):
    """One line for each room with clients, from the last number."""
    worker = answer.make("Worker")
    expect(worker.reconnected, [], "without clients there is nothing to subscribe to")
    for room in ("lobby", "tea", "old"):
        joins(worker, "ann", room, [f"SUBSCRIBE {room}"], FIRST)
    for line in ("MESSAGE lobby 9 x", "MESSAGE lobby 12 x", "MESSAGE old 3 x", "MESSAGE lobby 4 x"):
        worker.hear(line)
    worker.leave("ann", "old")
    why = "one line for each room with clients, from the last number heard, if there is one"
    for _ in range(2):
        got = asked(worker.reconnected, why, "two lines")
        expect_that(isinstance(got, list), got, "reconnected returns a list of lines", "a list")
        right = ["SUBSCRIBE lobby 12", "SUBSCRIBE tea"]
        expect(sorted(got), right, why)
    joins(worker, "bob", "old", ["SUBSCRIBE old"], "the room is empty again: subscribe anew")
    why = "when the last client has left a room, its last number is forgotten"
    expect(sorted(worker.reconnected()), [*right[:1], "SUBSCRIBE old", right[1]], why)
    hears(worker, "MESSAGE old 1 x", [("bob", "x")], why)


@WORKER
def test_two_workers(answer):
    """Two workers share a room over a broker, also across a cut."""
    share_a_room([answer.make("Worker") for _ in range(2)])


@WORKER
def test_two_processes(answer):
    """Two workers in two processes share a room over a broker, also across a cut."""
    with answer.apart("Worker") as one, answer.apart("Worker") as two:
        share_a_room([one, two])


def share_a_room(workers):
    broker = Broker(*workers)
    for number, client in ((0, "ann"), (1, "bob"), (1, "cid")):
        lines = asked(partial(workers[number].join, client, "lobby"), FIRST, "lines")
        broker.take(number, lines)
    expect(broker.rooms, {"lobby": [0, 1]}, "each worker subscribes for its own first client")
    for number, client in ((0, "ann"), (1, "cid")):
        broker.take(number, workers[number].say(client, "lobby", f"I am {client}"))
    right = [(to, f"I am {who}") for who in ("ann", "cid") for to in ("ann", "bob", "cid")]
    expect(broker.got, right, "each client of either worker gets each message once", tuples=True)
    broker.got.clear()
    broker.rooms["lobby"].remove(1)
    broker.take(0, workers[0].say("ann", "lobby", "missed"))
    expect(broker.got, [("ann", "missed")], "the other worker is cut off", tuples=True)
    broker.take(1, workers[1].reconnected())
    right = [(client, "missed") for client in ("ann", "bob", "cid")]
    expect(broker.got, right, "after a cut each client gets what it missed, once", tuples=True)


# --- relay

PATIENCE = 10.0
"""Seconds after which a server that answers nothing at all counts as hanging."""

SOON = 0.3
"""Seconds within which a message comes from a server that has read all and answers."""

SETTLED = 2.0
"""Seconds within which the tasks of those who have gone come to their end."""

BIG = 400_000
ROUNDS = 40
"""So many big messages are more than ten that wait and what the system's own buffers take."""

ALL = "a message goes to everybody in the room, the sender included"
STUCK = "a client that doesn't read must not keep a message from the others"
CUT = "a client for which more than ten messages wait must be disconnected"


@contextlib.asynccontextmanager
async def client(port, **options):
    """A client that leaves without a word in the end."""
    url = f"ws://127.0.0.1:{port}"
    options = {"compression": None, "proxy": None, "ping_interval": None, **options}
    websocket = await connect(url, max_size=None, **options)
    try:
        yield websocket
    finally:
        websocket.transport.abort()


async def heard(websocket, speaker, why):
    """The next message; fails if none comes although the server has read all and sent the rest."""
    coming = asyncio.ensure_future(websocket.recv())
    await asyncio.wait([coming], timeout=SOON)
    if not coming.done():  # is the server slow, or silent? A pong says that it has read all
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for each in (speaker, websocket):
                    await (await each.ping())
        await asyncio.wait([coming], timeout=SOON)
    if not coming.done():
        coming.cancel()
        fail(f"{why}: nothing came")
    try:
        return coming.result()
    except ConnectionClosed:
        fail(f"a client that reads must stay connected. {why[0].upper()}{why[1:]}")


async def all_hear(speaker, listeners, message, why):
    with contextlib.suppress(ConnectionClosed):  # whoever listens finds out
        await speaker.send(message)
    for each in listeners:
        got = await heard(each, speaker, why)
        expect_that(got == message, shown(got, 40), why, shown(message, 40))


async def enter(stack, port, others=(), **options):
    """A client that is in the room: it has heard its own greeting, and so have the others."""
    websocket = await stack.enter_async_context(client(port, **options))
    await all_hear(websocket, (websocket, *others), "hello", ALL)
    return websocket


async def three(stack, port):
    """Three clients, one after another."""
    people = []
    for _ in range(3):
        people.append(await enter(stack, port, people))
    return people


async def settled(asked, reached):
    """What `asked` gives once it is as it should be, or when the time is over."""
    end = time.monotonic() + SETTLED
    while True:
        got = asked()
        if reached(got) or time.monotonic() > end:
            return got
        await asyncio.sleep(0.02)


def in_the_room(conversation, answer):
    async def run():
        async with contextlib.AsyncExitStack() as stack:
            await conversation(stack, answer.serve("relay"))

    asyncio.run(run())


@RELAY
def test_relay(answer, rng):
    """Everybody hears every message, as it is."""

    async def conversation(stack, port):
        ann, bob, cid = await three(stack, port)
        for speaker, message in (
            (ann, f"{rng.randrange(1000)}"), (bob, " two  spaces "), (ann, ""), (cid, b"\x00\xff")
        ):  # fmt: skip
            await all_hear(speaker, (ann, bob, cid), message, ALL)

    in_the_room(conversation, answer)


@RELAY
def test_relay_in_one_order(answer):
    """When all speak at once, all hear the same order."""

    async def conversation(stack, port):
        people = ann, bob, cid = await three(stack, port)
        for number in range(10):
            said = [f"{number} {name}" for name in ("ann", "bob", "cid")]
            pairs = zip(people, said, strict=True)
            await asyncio.gather(*(who.send(text) for who, text in pairs))
            order = [await heard(ann, ann, ALL) for _ in said]
            expect(sorted(order), said, ALL)
            for each in (bob, cid):
                got = [await heard(each, each, ALL) for _ in said]
                expect(got, order, "everybody hears the messages in the same order")

    in_the_room(conversation, answer)


@RELAY
def test_relay_when_one_leaves(answer):
    """Whoever goes disturbs nobody, and leaves no task behind."""

    async def conversation(stack, port):
        ann, bob, cid = await three(stack, port)
        bob.transport.abort()
        await cid.close()
        for number in range(5):
            why = "a client that has gone must not disturb those who stay"
            await all_hear(ann, [ann], f"{number}", why)
        await ann.close()
        running = await settled(answer.tasks, lambda running: not running)
        why = "all have gone, and with each client its task must end: so many tasks still run"
        expect(running, 0, why)

    in_the_room(conversation, answer)


@RELAY
def test_relay_with_a_stuck_client(answer):
    """One client stops reading: the others hear everything, and it is disconnected."""

    async def conversation(stack, port):
        stuck = await enter(stack, port, max_queue=1)
        ann = await enter(stack, port)
        bob = await enter(stack, port, [ann])
        for number in range(ROUNDS):
            await all_hear(ann, (ann, bob), f"{number} ".ljust(BIG, "x"), STUCK)
        await is_cut(stuck, bob)
        of_stuck = -3  # the last three who came
        endings = await settled(answer.endings, lambda endings: endings[of_stuck] != "running")
        expect_that(
            endings[of_stuck] in ("running", "returned", "cancelled", "ConnectionClosedError"),
            endings[of_stuck],
            "the handler of a client that was disconnected must end without an error of its own",
        )
        await all_hear(bob, (ann, bob), "still here", "after that the room goes on")

    in_the_room(conversation, answer)


async def is_cut(stuck, other):
    """The connection ends before all has reached it, and nobody hears what comes from there."""
    hears = asyncio.create_task(other.recv())
    reads = asyncio.create_task(read_on(stuck, ROUNDS))
    with contextlib.suppress(ConnectionClosed):
        await stuck.send("am I still here?")
    await asyncio.wait([hears, reads], timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    if not reads.done() or hears.done() or reads.result() >= ROUNDS:
        reads.cancel()
        fail(CUT)
    hears.cancel()
    await asyncio.wait([hears])


async def read_on(websocket, most):
    """How many messages still come, until the connection ends or there are `most`."""
    came = 0
    with contextlib.suppress(ConnectionClosed):
        while came < most:
            await websocket.recv()
            came += 1
    return came
