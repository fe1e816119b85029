# %% wrong capacity: base is forgotten
# says: 12 bytes are left beside `base`
# with: (memory - base) // each -> memory // each
# %% wrong capacity: a connection in two processes
# says: a connection is in one process, whole
# with: -(-clients // ((memory - base) // each)) -> -(-clients * each // (memory - base))
# %% wrong capacity: memory rounded down
# says: room for 3 connections of 4 bytes
# with: -(-clients // ((memory - base) // each)) -> clients // ((memory - base) // each)
# %% wrong capacity: receipts grow with the people
# says: n × n × per_minute receipts a minute
# with: size * size for size -> size for size
# %% wrong capacity: nobody hears their own words
# says: n × n × per_minute receipts a minute
# with: size * size for size -> size * (size - 1) for size
# %% wrong capacity: one large room
# says: each room counts for itself
# with: sum(size * size for size in rooms) -> clients * clients
# %% wrong capacity: a minute for a second
# says: n × n × per_minute receipts a minute
# with: (60 * (500_000 // receipt)) -> (500_000 // receipt)
# %% wrong capacity: no half of a core kept free
# says: 500,000 µs a second are to be had
# with: 500_000 // receipt -> 1_000_000 // receipt
# %% wrong capacity: the processor rounded down
# says: 6,001 receipts a minute are too much
# with: -(-receipts_a_minute // (60 * (500_000 // receipt))) -> receipts_a_minute // (60 * (500_000 // receipt))
# %% wrong capacity: part of a receipt
# says: a receipt is sent whole
# with: -(-receipts_a_minute // (60 * (500_000 // receipt))) -> -(-receipts_a_minute * receipt // (60 * 500_000))
# %% wrong capacity: files rounded down
# says: as many connections as `files`
# with: -(-clients // files) -> clients // files
# %% wrong capacity: files are not looked at
# says: 5,000 files at 1,000 each
# with: -(-clients // files) -> 0
# %% wrong capacity: the last of two that tie
# says: memory comes first in the list
# with: first = max(needs, key=needs.get) -> first = max(reversed(needs), key=needs.get)
# %% wrong capacity: the files before the processor
# says: the processor comes first in the list
# with: first = max(needs, key=needs.get) -> first = max(("memory", "files", "processor"), key=needs.get)
# %% wrong capacity: none to spare
# says: and one more to spare
# with: max(needs[first], 1) + 1 -> max(needs[first], 1)
# %% wrong capacity: nobody needs only the spare one
# says: at least one process, and one to spare
# with: max(needs[first], 1) + 1 -> needs[first] + 1
# %% right capacity: with math.ceil, and the largest by hand
import math


def capacity(rooms, per_minute, memory, base, each, receipt, files):
    people = sum(rooms)
    a_second = math.ceil(per_minute * sum(size**2 for size in rooms) / 60)
    what, most = "memory", math.ceil(people / int((memory - base) / each))
    for name, count in (
        ("processor", math.ceil(a_second / int(500_000 / receipt))),
        ("files", math.ceil(people / files)),
    ):
        if count > most:
            what, most = name, count
    return what, 2 if most == 0 else most + 1


# %% wrong Waiting: one more than there is room for
# says: `c` found two waiting
# with: while len(self.events) > limit: -> while len(self.events) > limit + 1:
# %% wrong Waiting: no end
# says: `c` found two waiting
# with: limit = self.room if -> limit = 10**9 if
# %% wrong Waiting: the newest is thrown away
# says: `c` found two waiting: the oldest
# - self.events.pop(0)
# -             self.thrown += 1
# + self.events.pop()
# +             self.thrown += 1
# %% wrong Waiting: the newest comes first
# says: `c` found two waiting
# with: return self.events.pop(0) if -> return self.events.pop() if
# %% wrong Waiting: an empty event is nothing
# says: an empty text is an event like any other
# with: self.events.append(event) -> self.events += [event] if event else []
# %% wrong Waiting: latest with the whole room
# says: only the newest event waits, whatever the room
# with: self.room = 1 if rule == "latest" else room -> self.room = room
# %% wrong Waiting: what is taken counts as thrown away
# says: an event that was taken by `get`
# with: return self.thrown -> return self.thrown + len(self.events) if self.events else self.thrown + (self.rule == "disconnect" and self.stays)
# %% wrong Waiting: disconnected when it is just full
# says: put returns True as long as the client may stay
# with: len(self.events) > self.room: -> len(self.events) >= self.room:
# %% wrong Waiting: disconnect drops the oldest instead
# says: the third event finds the queue full
# with: self.rule == "disconnect" and -> self.rule == "never" and
# %% wrong Waiting: the client comes back
# says: a client that is to be disconnected stays so
# - self.events.append(event)
# + self.stays = True
# +         self.events.append(event)
# %% wrong Waiting: what waits is kept after a disconnect
# says: two waited and one came
# with: limit = self.room if self.stays else 0 -> limit = self.room
# %% wrong Waiting: what comes after a disconnect is not counted
# says: events that come after a disconnect
# - self.events.append(event)
# + if not self.stays:
# +             return False
# +         self.events.append(event)
# %% wrong Waiting: one count for all that were thrown away at once
# says: two waited and one came
# - self.thrown += 1
# + self.thrown += len(self.events) == limit
# %% wrong Waiting: every rule disconnects
# says: put returns True as long as the client may stay
# with: self.rule == "disconnect" and len -> len
# %% wrong Waiting: an error when nothing waits
# says: `get` returns None when nothing more waits
# with: return self.events.pop(0) if self.events else None -> return self.events.pop(0)
# %% right Waiting: a deque, and a rule for each
from collections import deque


class Waiting:
    def __init__(self, room, rule):
        self.disconnects = rule == "disconnect"
        self.queue = deque(maxlen=1 if rule == "latest" else room)
        self.gone = False
        self.count = 0

    def put(self, event):
        full = len(self.queue) == self.queue.maxlen
        if self.gone or (full and self.disconnects):
            self.gone = True
            self.count += len(self.queue) + 1
            self.queue.clear()
            return False
        self.count += full
        self.queue.append(event)
        return True

    def get(self):
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def dropped(self):
        return self.count


# %% wrong home: Python's own hash
# says: SHA-256 digest
# with: return hashlib.sha256(f"{shard}\n{room}".encode()).digest() -> return hash((shard, room)).to_bytes(8, "big", signed=True)
# %% wrong home: the number modulo the count
# says: of a, b, c
# with: return max(shards, key=score) -> return shards[(score("")[0] + 1) % len(shards)]
# %% wrong home: the lowest score
# says: of a, b, c
# with: max(shards, key=score) -> min(shards, key=score)
# %% wrong home: the room is not in the score
# says: the highest wins
# with: f"{shard}\n{room}".encode() -> f"{shard}\nlobby".encode()
# %% wrong home: the room first
# says: of a, b, c
# with: f"{shard}\n{room}" -> f"{room}\n{shard}"
# %% wrong home: no newline
# says: of a, b, c
# with: f"{shard}\n{room}" -> f"{shard}{room}"
# %% wrong home: a space for the newline
# says: of a, b, c
# with: f"{shard}\n{room}" -> f"{shard} {room}"
# %% wrong home: another hash
# says: of a, b, c
# with: hashlib.sha256 -> hashlib.sha1
# %% wrong home: only the first byte counts
# says: SHA-256 digest
# with: .digest() -> .digest()[:1]
# %% wrong home: the digest from behind
# says: SHA-256 digest
# with: .digest() -> .digest()[::-1]
# %% wrong home: Latin-1 for UTF-8
# says: SHA-256 digest
# with: .encode() -> .encode("latin-1")
# %% wrong home: the score for the shard
# says: of a, b, c
# with: max(shards, key=score) -> max(map(score, shards))
# %% wrong home: the first of the list is left out
# says: of a, b, c
# with: max(shards, key=score) -> max(shards[1:], key=score, default="")
# %% right home: pairs in hexadecimal, sorted
from hashlib import sha256


def home(room, shards):
    scores = [(sha256(b"\n".join([s.encode(), room.encode()])).hexdigest(), s) for s in shards]
    return sorted(scores)[-1][1]


# %% wrong Worker: a number that came for nobody counts
# says: a number that came while the room had no clients
# with: if room not in self.rooms or int(number) <= -> if int(number) <=
# with: for client in self.rooms[room]] -> for client in self.rooms.get(room, [])]
# %% wrong Worker: every client subscribes
# says: the room is subscribed to already
# with: self.rooms[room].append(client) -> self.rooms[room].append(client); return [f"SUBSCRIBE {room}"]
# %% wrong Worker: who joins twice hears twice
# says: who joins twice hears once
# with: if client not in self.rooms[room]: -> if True:
# %% wrong Worker: unsubscribes when anybody leaves
# says: bob is still there
# with: if self.rooms[room]: -> if False:
# %% wrong Worker: never unsubscribes
# says: the last client has left: unsubscribe
# with: return [f"UNSUBSCRIBE {room}"] -> return []
# %% wrong Worker: an error for who was never there
# says: to leave a room that one isn't in
# - if client not in self.rooms.get(room, []):
# -             return []
# -         self.rooms[room].remove(client)
# + self.rooms[room].remove(client)
# %% wrong Worker: strangers may speak
# says: a client that is not in the room publishes nothing
# - if client not in self.rooms.get(room, []):
# -             return []
# -         return [f"PUBLISH {room} {text}"]
# + return [f"PUBLISH {room} {text}"]
# %% wrong Worker: the text without its spaces
# says: the text is published as it is
# with: PUBLISH {room} {text}" -> PUBLISH {room} {text.strip()}"
# %% wrong Worker: the line is split at every space
# says: the text arrives as it is
# with: line.split(" ", 3) -> (*line.split(" ")[:3], " ".join(line.split()[3:]))
# %% wrong Worker: everything is heard twice
# says: nobody gets it twice
# with: room not in self.rooms or int(number) <= self.heard.get(room, 0) -> room not in self.rooms
# %% wrong Worker: the last number again
# says: nobody gets it twice
# with: int(number) <= self.heard -> int(number) < self.heard
# %% wrong Worker: numbers compared as texts
# says: the text arrives as it is
# with: int(number) <= self.heard.get(room, 0) -> number <= str(self.heard.get(room, 0))
# %% wrong Worker: one last number for all rooms
# says: each room has a last number of its own
# with: self.heard.get(room, 0) -> max(self.heard.values(), default=0)
# %% wrong Worker: an error for a room without clients
# says: a message for a room without clients is for nobody
# with: room not in self.rooms or int -> int
# %% wrong Worker: clients in the order of their names
# says: in the order in which they joined
# with: for client in self.rooms[room]] -> for client in sorted(self.rooms[room])]
# %% wrong Worker: everybody hears every room
# says: each room has a last number of its own
# with: for client in self.rooms[room]] -> for clients in (self.rooms.values() if room == "tea" else [self.rooms[room]]) for client in clients]
# %% wrong Worker: from now on, after a cut
# says: subscribe from the last number that was heard
# with: if room in self.heard else -> if False else
# %% wrong Worker: number 0 where nothing was heard
# says: from the last number heard, if there is one
# with: if room in self.heard else "" -> if room in self.heard else " 0"
# %% wrong Worker: the last number outlives its room
# says: its last number is forgotten
# with: self.heard.pop(room, None) -> pass
# %% wrong Worker: a room stays when it is empty
# says: the room is empty again: subscribe anew
# with: del self.rooms[room] -> pass
# %% wrong Worker: all workers share their rooms
# says: each worker subscribes for its own first client
# with: self.rooms: dict[str, list[str]] = {} -> self.rooms = Worker.__dict__.get("shared") or setattr(Worker, "shared", {}) or Worker.shared
# %% right Worker: an object for each room
import re


class _Room:
    def __init__(self):
        self.clients = {}
        self.last = None


class Worker:
    def __init__(self):
        self._rooms = {}

    def join(self, client, room):
        new = room not in self._rooms
        self._rooms.setdefault(room, _Room()).clients[client] = True
        return [f"SUBSCRIBE {room}"] * new

    def leave(self, client, room):
        found = self._rooms.get(room)
        if not found or not found.clients.pop(client, False) or found.clients:
            return []
        self._rooms.pop(room)
        return ["UNSUBSCRIBE " + room]

    def say(self, client, room, text):
        inside = room in self._rooms and client in self._rooms[room].clients
        return [" ".join(("PUBLISH", room, text))] if inside else []

    def hear(self, line):
        room, number, text = re.fullmatch(r"MESSAGE (\S+) (\d+) (.*)", line).groups()
        found = self._rooms.get(room)
        if not found or (found.last is not None and int(number) <= found.last):
            return []
        found.last = int(number)
        return [(client, text) for client in found.clients]

    def reconnected(self):
        return [
            f"SUBSCRIBE {name}" + ("" if room.last is None else f" {room.last}")
            for name, room in reversed(self._rooms.items())
        ]


# %% wrong relay: the sender is left out
# says: the sender included
# with: tell(text) -> [queue.put_nowait(text) for other, queue in queues.items() if other is not websocket]
# %% wrong relay: only the sender hears it
# says: a message goes to everybody
# with: tell(text) -> queues[websocket].put_nowait(text)
# %% wrong relay: nothing is sent
# says: a message goes to everybody
# with: pumping = asyncio.create_task(pump(websocket, queues[websocket])) -> pumping = asyncio.create_task(asyncio.sleep(0))
# %% wrong relay: a queue without an end
# says: a client for which more than ten messages wait must be disconnected
# with: asyncio.Queue(10) -> asyncio.Queue()
# %% wrong relay: the newest is thrown away instead
# says: a client for which more than ten messages wait must be disconnected
# - queues.pop(websocket)
# -             websocket.transport.abort()
# + continue
# %% wrong relay: a loop that waits for each
# says: must not keep a message from the others
# with: tell(text) -> [await other.send(text) for other in list(queues)]
# %% wrong relay: it waits until there is room
# says: must not keep a message from the others
# with: tell(text) -> [await queue.put(text) for queue in list(queues.values())]
# %% wrong relay: gather waits, too
# says: must not keep a message from the others
# with: tell(text) -> await asyncio.gather(*[other.send(text) for other in queues])
# %% wrong relay: a closing handshake with who doesn't read
# says: a client for which more than ten messages wait must be disconnected
# with: websocket.transport.abort() -> pass
# %% wrong relay: everybody is disconnected
# says: a client that reads must stay connected
# with: websocket.transport.abort() -> [other.transport.abort() for other in (websocket, *queues)]
# %% wrong relay: room for a thousand
# says: more than ten messages wait must be disconnected
# with: asyncio.Queue(10) -> asyncio.Queue(1000)
# %% wrong relay: the oldest is thrown away instead
# says: more than ten messages wait must be disconnected
# - queues.pop(websocket)
# -             websocket.transport.abort()
# + queue.get_nowait()
# +             queue.put_nowait(text)
# %% wrong relay: who has gone stays in the room
# says: with each client its task must end
# - queues.pop(websocket, None)
# -         pumping.cancel()
# + pass
# %% wrong relay: a client that was disconnected is looked for
# says: without an error of its own
# with: queues.pop(websocket, None) -> queues.pop(websocket)
# %% wrong relay: the task is forgotten
# says: with each client its task must end
# with: pumping.cancel() -> pass
# %% wrong relay: everything is text
# says: a message goes to everybody
# with: tell(text) -> tell(str(text))
# %% wrong relay: a task for each message, and no order
# says: in the same order
# with: tell(text) -> [asyncio.get_running_loop().call_later(hash((text, id(other))) % 7 / 500, queue.put_nowait, text) for other, queue in queues.items()]
# %% wrong relay: only one message is sent
# says: a message goes to everybody
# with: while True: -> for _ in range(1):
# %% wrong relay: the text is trimmed
# says: a message goes to everybody
# with: tell(text) -> tell(text.strip() or "nothing")
# %% wrong relay: broadcast has no end
# says: a client for which more than ten messages wait must be disconnected
from websockets.asyncio.server import broadcast

clients = set()


async def relay(websocket):
    clients.add(websocket)
    try:
        async for text in websocket:
            broadcast(clients, text)
    finally:
        clients.discard(websocket)


# %% right relay: an object for each client
import asyncio
import contextlib

from websockets.exceptions import ConnectionClosed


class _Member:
    everybody = []

    def __init__(self, websocket):
        self.websocket = websocket
        self.waiting = asyncio.Queue(maxsize=10)

    async def feed(self):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.websocket.send(await self.waiting.get())

    def offer(self, text):
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.websocket.transport.abort()


async def relay(websocket):
    member = _Member(websocket)
    _Member.everybody.append(member)
    feeding = asyncio.ensure_future(member.feed())
    try:
        async for text in websocket:
            for other in _Member.everybody:
                other.offer(text)
    finally:
        _Member.everybody.remove(member)
        feeding.cancel()


# %% same Waiting: neither needs the other
# -             self.events.pop(0)
# -             self.thrown += 1
# +             self.thrown += 1
# +             self.events.pop(0)
# %% same Worker: neither needs the other
# -         del self.rooms[room]
# -         self.heard.pop(room, None)
# +         self.heard.pop(room, None)
# +         del self.rooms[room]
# %% same Worker: numbers are above 0
# -         if room not in self.rooms or int(number) <= self.heard.get(room, 0):
# +         if room not in self.rooms or int(number) <= self.heard.get(room, (-1)):
# %% same relay: a client that stays is disconnected once more, which changes nothing
# -             queues.pop(websocket)
# +             pass
# %% same relay: neither needs the other
# -             queues.pop(websocket)
# -             websocket.transport.abort()
# +             websocket.transport.abort()
# +             queues.pop(websocket)
# %% same relay: what else waits is in the system's buffers, so nobody outside sees ten from eleven
# -     queues[websocket] = asyncio.Queue(10)
# +     queues[websocket] = asyncio.Queue(11)
# %% same relay: nor ten from nine
# -     queues[websocket] = asyncio.Queue(10)
# +     queues[websocket] = asyncio.Queue(9)
# %% same relay: its queue is full ten messages later, and then it is taken out
# -         queues.pop(websocket, None)
# +         pass
# %% same relay: neither needs the other
# -         queues.pop(websocket, None)
# -         pumping.cancel()
# +         pumping.cancel()
# +         queues.pop(websocket, None)
# %% same relay: the task ends either way, without it with an error that nobody asks for
# -     with suppress(ConnectionClosed):
# +     if True:
