# %% wrong requests_per_hour: the round trip forgotten
# says: the round trip is part of each turn
def requests_per_hour(transport, events, interval, round_trip):
    if transport == "polling":
        return 3600 / interval
    return min(events, 3600 / round_trip) if transport == "long polling" else 1

# %% wrong requests_per_hour: per second
# says: an hour has 3,600 of them
def requests_per_hour(transport, events, interval, round_trip):
    if transport == "polling":
        return 1 / (interval + round_trip)
    return min(events, 3600 / round_trip) if transport == "long polling" else 1

# %% wrong requests_per_hour: one long poll for each event, however many there are
# says: what happens meanwhile travels together
def requests_per_hour(transport, events, interval, round_trip):
    match transport:
        case "polling":
            return 3600 / (interval + round_trip)
        case "long polling":
            return events
    return 1

# %% wrong requests_per_hour: a message is a request
# says: SSE asks once
def requests_per_hour(transport, events, interval, round_trip):
    if transport == "polling":
        return 3600 / (interval + round_trip)
    return min(events, 3600 / round_trip)

# %% wrong requests_per_hour: no request at all
# says: the opening is a request, too
def requests_per_hour(transport, events, interval, round_trip):
    if transport == "polling":
        return 3600 / (interval + round_trip)
    return min(events, 3600 / round_trip) if transport == "long polling" else 0

# %% wrong requests_per_hour: polling asks once for each event
# says: whether there is news or not
def requests_per_hour(transport, events, interval, round_trip):
    return events if "poll" in transport else 1

# %% wrong requests_per_hour: long polling is polling without an interval
# says: each event answers one held request
def requests_per_hour(transport, events, interval, round_trip):
    if transport == "polling":
        return 3600 / (interval + round_trip)
    return 3600 / round_trip if transport == "long polling" else 1

# %% right requests_per_hour: a table of functions
def requests_per_hour(transport, events, interval, round_trip):
    seconds = 60 * 60
    return {
        "polling": lambda: seconds // (interval + round_trip) + 1,
        "long polling": lambda: 1 + (events if events * round_trip < seconds else seconds / round_trip),
        "SSE": lambda: 1.0,
        "WebSocket": lambda: 1.0,
    }[transport]()

# %% wrong mean_latency: half the interval and no more
# says: that is the wait for the next question only
def mean_latency(transport, interval, round_trip):
    return interval / 2 if transport == "polling" else round_trip / 2

# %% wrong mean_latency: the way back forgotten
# says: the answer still has to travel back
def mean_latency(transport, interval, round_trip):
    return (interval + round_trip) / 2 if transport == "polling" else round_trip / 2

# %% wrong mean_latency: the worst case
# says: that is the worst case
def mean_latency(transport, interval, round_trip):
    return interval + round_trip if transport == "polling" else round_trip / 2

# %% wrong mean_latency: in milliseconds
# says: in seconds, not milliseconds
def mean_latency(transport, interval, round_trip):
    if transport == "polling":
        return 1000 * (interval / 2 + round_trip)
    return 500 * round_trip

# %% wrong mean_latency: long polling takes a round trip
# says: long polling: nothing has to be asked first
def mean_latency(transport, interval, round_trip):
    if transport == "polling":
        return interval / 2 + round_trip
    return round_trip if transport == "long polling" else round_trip / 2

# %% right mean_latency: simplified
def mean_latency(transport, interval, round_trip):
    waiting = 0.5 * sum((interval, round_trip)) * (transport == "polling")
    return waiting + 0.5 * round_trip

# %% wrong since: the first id subtracted, and one too early
# says: the event with the cursor's own id has been seen
def since(kept, last_seen):
    if not kept:
        return []
    return kept[max(0, last_seen - kept[0]["id"]):]

# %% wrong since: a negative place
# says: mind negative places
def since(kept, last_seen):
    if not kept:
        return []
    return kept[last_seen - kept[0]["id"] + 1:]

# %% wrong since: greater or equal
# says: events with an id greater than the cursor
def since(kept, last_seen):
    return [event for event in kept if event["id"] >= last_seen]

# %% wrong since: an empty list is an error
# says: raised IndexError
def since(kept, last_seen):
    return kept[max(0, last_seen + 1 - kept[0]["id"]):]

# %% wrong since: only texts
# says: these are the events with an id greater
def since(kept, last_seen):
    return [event["text"] for event in kept if event["id"] > last_seen]

# %% wrong since: the place counted from the end
# says: a cursor is an id, not a place in the list
def since(kept, last_seen):
    return kept[last_seen % 1000:]

# %% right since: bisection
from bisect import bisect_right

def since(kept, last_seen):
    return kept[bisect_right(kept, last_seen, key=lambda event: event["id"]):]

# %% right since: from the newest backwards
def since(kept, last_seen):
    fresh = []
    for event in reversed(kept):
        if event["id"] <= last_seen:
            break
        fresh.insert(0, event)
    return fresh

# %% wrong poll_events: the cursor stays at zero
# says: ask for what comes after the last event
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events = []
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": 0}) as response:
                news = await response.json() if response.status == 200 else []
            events += news
            if not news:
                await asyncio.sleep(interval)
    return events[:count]

# %% wrong poll_events: the number of events as a cursor
# says: which is not how many you have
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events = []
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": len(events)}) as response:
                news = await response.json() if response.status == 200 else []
            events += [event for event in news if event not in events]
            if not news:
                await asyncio.sleep(interval)
    return events[:count]

# %% wrong poll_events: no wait
# says: after an empty answer wait `interval` seconds
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": last_seen}) as response:
                if response.status == 200:
                    for event in await response.json():
                        events.append(event)
                        last_seen = event["id"]
    return events[:count]

# %% wrong poll_events: always a wait
# says: ask again without waiting
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(url, params={"since": last_seen}) as response:
                if response.status == 200:
                    for event in await response.json():
                        events.append(event)
                        last_seen = event["id"]
            if len(events) >= count:
                return events[:count]
            await asyncio.sleep(interval)

# %% wrong poll_events: a session for each request
# says: keep one session for all
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    while len(events) < count:
        async with aiohttp.ClientSession() as session:
            async with session.get(url, params={"since": last_seen}) as response:
                news = await response.json() if response.status == 200 else []
        if news:
            events += news
            last_seen = news[-1]["id"]
        else:
            await asyncio.sleep(interval)
    return events[:count]

# %% wrong poll_events: gives up at a 503
# says: raised ContentTypeError
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": last_seen}) as response:
                news = await response.json()
            if news:
                events += news
                last_seen = news[-1]["id"]
            else:
                await asyncio.sleep(interval)
    return events[:count]

# %% wrong poll_events: all that came
# says: none lost and none too many
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": last_seen}) as response:
                news = await response.json() if response.status == 200 else []
            if news:
                events += news
                last_seen = news[-1]["id"]
            else:
                await asyncio.sleep(interval)
    return events

# %% wrong poll_events: starts over after a 503
# says: an event came twice
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while len(events) < count:
            async with session.get(url, params={"since": last_seen}) as response:
                if response.status != 200:
                    last_seen = 0
                    await asyncio.sleep(interval)
                    continue
                news = await response.json()
            if news:
                events += news
                last_seen = news[-1]["id"]
            else:
                await asyncio.sleep(interval)
    return events[:count]

# %% wrong poll_events: one question more than needed
# says: two answers brought all that was asked for
import asyncio
import aiohttp

async def poll_events(url, count, interval):
    events, last_seen = [], 0
    async with aiohttp.ClientSession() as session:
        while len(events) <= count:
            async with session.get(url, params={"since": last_seen}) as response:
                news = await response.json() if response.status == 200 else []
            if news:
                events += news
                last_seen = news[-1]["id"]
            elif len(events) == count:
                break
            else:
                await asyncio.sleep(interval)
            if len(events) > count + 1:
                break
    return events[:count]

# %% right poll_events: recursive helper, dictionary by id
import asyncio
import aiohttp

async def poll_events(url: str, count: int, interval: float) -> list[dict]:
    seen: dict[int, dict] = {}

    async def ask(session: aiohttp.ClientSession) -> bool:
        cursor = max(seen, default=0)
        response = await session.get(f"{url}?since={cursor}")
        fresh = {}
        if response.ok:
            fresh = {event["id"]: event for event in await response.json(content_type=None)}
        response.release()
        seen.update(fresh)
        return bool(fresh)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        while len(seen) < count:
            if not await ask(session):
                await asyncio.sleep(1.2 * interval)
    return [seen[number] for number in sorted(seen)][:count]

# %% wrong long_poll: waits although there is news
# says: also those that happened before the request
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    try:
        async with asyncio.timeout(float(request.query["hold"])), changed:
            await changed.wait()
    except TimeoutError:
        pass
    return web.json_response(since(events, int(request.query["since"])))

# %% wrong long_poll: only what it is woken for
# says: the client lost an event between two requests
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()
answered = 0

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    global answered
    last_seen = int(request.query["since"])
    if not since(events, last_seen):
        try:
            async with asyncio.timeout(float(request.query["hold"])), changed:
                await changed.wait()
                return web.json_response(events[-1:])
        except TimeoutError:
            return web.json_response([])
    answered += 1
    if answered > 2:
        return web.json_response(events[-1:])
    return web.json_response(since(events, last_seen))

# %% wrong long_poll: only the newest event
# says: an event is missing
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = int(request.query["since"])
    try:
        async with asyncio.timeout(float(request.query["hold"])), changed:
            await changed.wait_for(lambda: len(events) > last_seen)
    except TimeoutError:
        return web.json_response([])
    return web.json_response(events[-1:])

# %% wrong long_poll: answers at once
# says: hold the request until there is an event
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    return web.json_response(since(events, int(request.query["since"])))

# %% wrong long_poll: holds for ever
# says: when `hold` is over
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = int(request.query["since"])
    async with changed:
        await changed.wait_for(lambda: since(events, last_seen))
    return web.json_response(since(events, last_seen))

# %% wrong long_poll: a timeout is an error
# says: the handler raised TimeoutError
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = int(request.query["since"])
    async with asyncio.timeout(float(request.query["hold"])), changed:
        await changed.wait_for(lambda: since(events, last_seen))
    return web.json_response(since(events, last_seen))

# %% wrong long_poll: everything, every time
# says: an event that the client has seen came again
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = int(request.query["since"])
    try:
        async with asyncio.timeout(float(request.query["hold"])), changed:
            await changed.wait_for(lambda: since(events, last_seen))
    except TimeoutError:
        return web.json_response([])
    return web.json_response(events)

# %% wrong long_poll: blocks the whole server
# says: holds up the whole server
import asyncio
import time
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = int(request.query["since"])
    end = time.monotonic() + float(request.query["hold"])
    while not since(events, last_seen) and time.monotonic() < end:
        time.sleep(0.01)
    return web.json_response(since(events, last_seen))

# %% wrong long_poll: since left as text
# says: the handler raised TypeError
import asyncio
from aiohttp import web

events = []
changed = asyncio.Condition()

async def publish(text):
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()

async def long_poll(request):
    last_seen = request.query["since"]
    async with changed:
        await changed.wait_for(lambda: since(events, last_seen))
    return web.json_response(since(events, last_seen))

# %% right long_poll: a loop around wait, and a deadline
import asyncio
from aiohttp import web

events: list[dict] = []
changed = asyncio.Condition()


async def publish(text: str) -> None:
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()


async def _news(last_seen: int) -> list[dict]:
    async with changed:
        while len(events) <= last_seen:
            await changed.wait()
        return events[last_seen:]


async def long_poll(request: web.Request) -> web.Response:
    query = request.query
    try:
        news = await asyncio.wait_for(_news(int(query["since"])), timeout=float(query["hold"]))
    except asyncio.TimeoutError:
        news = []
    return web.json_response(news)

# %% wrong EventStream: each piece on its own
# says: keep the rest of it until the next piece comes
class EventStream:
    def __init__(self):
        self.id = ""

    def feed(self, data):
        events, lines, kind = [], [], "message"
        for line in data.decode(errors="replace").splitlines():
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if lines:
                    events.append({"event": kind, "data": "\n".join(lines), "id": self.id})
                lines, kind = [], "message"
            elif name == "data":
                lines.append(value)
            elif name == "event":
                kind = value
            elif name == "id":
                self.id = value
        return events

# %% wrong EventStream: decodes each piece
# says: a piece may end within a character
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = "", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data.decode(errors="replace")).split("\n")
        events = []
        for line in lines:
            line = line.removesuffix("\r")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data, self.event = [], "message"
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: the last data line wins
# says: join the data lines of one event
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", None, "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.removesuffix(b"\r").decode()
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if self.data is not None:
                    events.append({"event": self.event, "data": self.data, "id": self.id})
                self.data, self.event = None, "message"
            elif name in ("data", "event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: split at empty lines, without CRLF
# says: belongs to the end of the line
class EventStream:
    def __init__(self):
        self.rest, self.id = b"", ""

    def feed(self, data):
        *blocks, self.rest = (self.rest + data).split(b"\n\n")
        events = []
        for block in blocks:
            lines, kind = [], "message"
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "data":
                    lines.append(value)
                elif name == "event":
                    kind = value
                elif name == "id":
                    self.id = value
            if lines:
                events.append({"event": kind, "data": "\n".join(lines), "id": self.id})
        return events

# %% wrong EventStream: all white space stripped
# says: a second one is
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().strip()
            name, _, value = line.partition(":")
            value = value.strip()
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data, self.event = [], "message"
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: split at every colon
# says: all that follows the first colon
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().rstrip("\r")
            parts = line.split(":")
            name, value = parts[0], parts[1].removeprefix(" ") if len(parts) > 1 else ""
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data, self.event = [], "message"
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: the type stays
# says: the type is `message` again for the next event
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().rstrip("\r")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data = []
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: the id is forgotten
# says: the id stays until another one comes
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().rstrip("\r")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data, self.event, self.id = [], "message", ""
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: an event without data
# says: without a data line there is no event
class EventStream:
    def __init__(self):
        self.rest, self.data, self.event, self.id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().rstrip("\r")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data, self.event = [], "message"
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% wrong EventStream: state in the class
# says: each stream has its own data
class EventStream:
    rest, data, event, id = b"", [], "message", ""

    def feed(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        events = []
        for line in lines:
            line = line.decode().rstrip("\r")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if self.data:
                    events.append({"event": self.event, "data": "\n".join(self.data), "id": self.id})
                self.data.clear()
                self.event = "message"
            elif name == "data":
                self.data.append(value)
            elif name in ("event", "id"):
                setattr(self, name, value)
        return events

# %% right EventStream: an incremental decoder and regular expressions
import codecs
import re

class EventStream:
    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._fields: dict = {}
        self._id = ""

    def feed(self, data: bytes) -> list[dict]:
        self._text += self._decode(data)
        events = []
        while found := re.match(r"([^\n]*?)\r?\n", self._text):
            self._text = self._text[found.end():]
            self._line(found[1], events)
        return events

    def _line(self, line: str, events: list) -> None:
        if line:
            name, value = re.fullmatch(r"([^:]*)(?:: ?)?(.*)", line).groups()
            if name == "id":
                self._id = value
            else:
                self._fields.setdefault(name, []).append(value)
            return
        fields, self._fields = self._fields, {}
        if "data" in fields:
            kind = fields.get("event", ["message"])[-1]
            events.append({"id": self._id, "data": "\n".join(fields["data"]), "event": kind})

# %% wrong evaluate: latencies not sorted
# says: is the smallest latency within which
from math import ceil

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = [1000 * (arrived - happened) for happened, arrived, _ in delivered]
    total = sum(size for _, size, _ in capture)
    n = len(latencies)
    p50, p95 = (latencies[ceil(p * n / 100) - 1] for p in (50, 95))
    return {"p50": p50, "p95": p95, "overhead": 1 - sum(e[2] for e in delivered) / total}

# %% wrong evaluate: one place too far
# says: is the smallest latency within which
def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
    total = sum(size for _, size, _ in capture)
    n = len(latencies)
    return {
        "p50": latencies[int(0.5 * n)],
        "p95": latencies[int(0.95 * n)],
        "overhead": 1 - sum(e[2] for e in delivered) / total,
    }

# %% wrong evaluate: interpolated
# says: nothing is interpolated
from statistics import median

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
    total = sum(size for _, size, _ in capture)
    place = 0.95 * (len(latencies) - 1)
    low = int(place)
    high = min(low + 1, len(latencies) - 1)
    p95 = latencies[low] + (place - low) * (latencies[high] - latencies[low])
    overhead = 1 - sum(e[2] for e in delivered) / total
    return {"p50": median(latencies), "p95": p95, "overhead": overhead}

# %% wrong evaluate: in seconds
# says: give latencies in milliseconds
from math import ceil

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(arrived - happened for happened, arrived, _ in delivered)
    total = sum(size for _, size, _ in capture)
    p50, p95 = (latencies[ceil(p * len(latencies) / 100) - 1] for p in (50, 95))
    return {"p50": p50, "p95": p95, "overhead": 1 - sum(e[2] for e in delivered) / total}

# %% wrong evaluate: the requests forgotten
# says: the requests, on the way up, are overhead, too
from math import ceil

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
    total = sum(size for way, size, _ in capture if way == "down")
    p50, p95 = (latencies[ceil(p * len(latencies) / 100) - 1] for p in (50, 95))
    return {"p50": p50, "p95": p95, "overhead": 1 - sum(e[2] for e in delivered) / total}

# %% wrong evaluate: the useful part
# says: the overhead is the rest
from math import ceil

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
    total = sum(size for _, size, _ in capture)
    p50, p95 = (latencies[ceil(p * len(latencies) / 100) - 1] for p in (50, 95))
    return {"p50": p50, "p95": p95, "overhead": sum(e[2] for e in delivered) / total}

# %% wrong evaluate: in percent
# says: as a part of one, not in percent
from math import ceil

def evaluate(capture):
    delivered = [event for _, _, carried in capture for event in carried]
    latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
    total = sum(size for _, size, _ in capture)
    p50, p95 = (latencies[ceil(p * len(latencies) / 100) - 1] for p in (50, 95))
    return {"p50": p50, "p95": p95, "overhead": 100 * (1 - sum(e[2] for e in delivered) / total)}

# %% right evaluate: counted out
def evaluate(capture: list) -> dict:
    latencies, payload, total = [], 0, 0
    for way, size, carried in capture:
        total += size
        for happened, arrived, bytes_of_it in carried:
            latencies.append((arrived - happened) * 1e3)
            payload += bytes_of_it

    def within(part):
        for latency in sorted(latencies):
            if 100 * sum(each <= latency for each in latencies) >= part * len(latencies):
                return latency

    return {"overhead": 1 - payload / total, "p95": within(95), "p50": within(50)}

# %% wrong choices: WebSocket for everything
# says: an open connection would cost more
choices = {
    "weather": ("WebSocket", "rare"),
    "score": ("WebSocket", "cached"),
    "departures": ("WebSocket", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("WebSocket", "plain HTTP only"),
}

# %% wrong choices: a stream through the hospital's proxy
# says: the proxy would keep a stream until it ends
choices = {
    "weather": ("polling", "rare"),
    "score": ("polling", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("SSE", "plain HTTP only"),
}

# %% wrong choices: samples in an event stream
# says: an event stream carries nothing else
choices = {
    "weather": ("polling", "rare"),
    "score": ("polling", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("SSE", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}

# %% wrong choices: a million streams for a score
# says: one answer in the cache serves a million readers
choices = {
    "weather": ("polling", "rare"),
    "score": ("SSE", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}

# %% wrong choices: reasons mixed up
# says: that is not what decides it
choices = {
    "weather": ("polling", "cached"),
    "score": ("polling", "rare"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}

# %% wrong choices: a reason twice
# says: use each reason once
choices = {
    "weather": ("polling", "rare"),
    "score": ("polling", "rare"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}

# %% wrong choices: not all of them chosen
# says: `alarm` needs a tuple
choices = {
    "weather": ("polling", "rare"),
    "score": ("polling", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": None,
}

# %% wrong choices: a transport of another name
# says: there is no such transport
choices = {
    "weather": ("poll", "rare"),
    "score": ("polling", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}

# %% right choices: put together from pieces
names = "weather score departures drawing scope alarm".split()
reasons = ["rare", "cached", "one way", "both ways", "binary", "plain HTTP only"]
ways = ["polling"] * 2 + ["SSE"] + ["WebSocket"] * 2 + ["long polling"]
choices = dict(zip(names, zip(ways, reasons)))

# %% wrong megabits_per_second: bytes
# says: a byte has eight bits
megabits_per_second = 10_000 / 2 * 712 / 1e6

# %% wrong megabits_per_second: the round trip forgotten
# says: the round trip is part of each turn
megabits_per_second = 10_000 / 1.9 * 712 * 8 / 1e6

# %% wrong megabits_per_second: a poll a second
# says: that is twice as much
megabits_per_second = 10_000 * 712 * 8 / 1e6

# %% wrong megabits_per_second: nothing happens
# says: the questions are asked all the same
megabits_per_second = 0

# %% wrong megabits_per_second: with its unit
# says: a number of megabits
megabits_per_second = "28 Mbit/s"

# %% wrong megabits_per_second: in bits
# says: a megabit is a million of them
megabits_per_second = 10_000 / 2 * 712 * 8

# %% right megabits_per_second: rounded
megabits_per_second = round(5_000 * 5_696 / 10**6, 1)

# %% wrong since: an empty list breaks it
# says: no events: nothing to return
def since(kept, last_seen):
    return kept[max(0, last_seen - kept[0]["id"] + 1) :]

# %% wrong poll_events: no wait after a 503
# says: a 503 is like an empty answer
# with: else: -> elif response.status == 200:
# %% wrong poll_events: ids are counted, not read
# says: ask for what comes after the last event that you have
# with: last_seen = news[-1]["id"] -> last_seen = news[0]["id"] + len(news) - 1
# %% wrong long_poll: it looks only when the time is over
# says: and not only when `hold` is over
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     if not since(events, last_seen):
# +         await asyncio.sleep(float(request.query["hold"]))
# %% wrong long_poll: any event ends the wait
# says: go on holding the request
# with: await changed.wait_for(lambda: since(events, last_seen)) -> await (asyncio.sleep(0) if since(events, last_seen) else changed.wait())
# %% wrong EventStream: no id is None
# says: the event's `id` is the empty text
# with: self.id = "" -> self.id = None
# %% wrong EventStream: an empty id is none
# says: an id without a value is an id, too
# with: self.id = value -> self.id = value or self.id
# %% wrong EventStream: names in any case
# says: exactly so; any other is ignored
# with: field, _, value = text.partition(":") -> field, _, value = text.lower().partition(":")[0], 0, text.partition(":")[2]
