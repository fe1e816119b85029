# %% wrong requests_per_hour: the round trip forgotten
# says: the round trip is part of each turn
# with: 3600 / (interval + round_trip) -> 3600 / interval
# %% wrong requests_per_hour: per second
# says: an hour has 3,600 of them
# with: 3600 / (interval + round_trip) -> 1 / (interval + round_trip)
# %% wrong requests_per_hour: one long poll for each event, however many there are
# says: what happens meanwhile travels together
# with: min(events, 3600 / round_trip) -> events
# %% wrong requests_per_hour: a message is a request
# says: SSE asks once
# with:     return 1 ->     return min(events, 3600 / round_trip)
# %% wrong requests_per_hour: no request at all
# says: the opening is a request, too
# with:     return 1 ->     return 0
# %% wrong requests_per_hour: polling asks once for each event
# says: whether there is news or not
# with: 3600 / (interval + round_trip) -> events
# %% wrong requests_per_hour: polling asks no more often than there are events
# says: whether there is news or not
# with: 3600 / (interval + round_trip) -> min(events, 3600 / (interval + round_trip))
# %% wrong requests_per_hour: at least a second between two polls
# says: polling asks in every turn
# with: 3600 / (interval + round_trip) -> 3600 / max(1, interval + round_trip)
# %% wrong requests_per_hour: long polling is polling without an interval
# says: each event answers one held request
# with: min(events, 3600 / round_trip) -> 3600 / round_trip
# %% wrong requests_per_hour: long polling pauses, too
# says: what happens meanwhile travels together
# with: min(events, 3600 / round_trip) -> min(events, 3600 / (interval + round_trip))
# %% wrong requests_per_hour: only the way up counts
# says: there is at least a round trip
# with: min(events, 3600 / round_trip) -> min(events, 7200 / round_trip)
# %% right requests_per_hour: a table of functions
def requests_per_hour(transport, events, interval, round_trip):
    seconds = 60 * 60
    return {
        "polling": lambda: seconds // (interval + round_trip) + 1,
        "long polling": lambda: 1 + (events if events * round_trip < seconds else seconds / round_trip),
        "SSE": lambda: 1.0,
        "WebSocket": lambda: 1.0,
    }[transport]()

# %% right requests_per_hour: cases with conditions
def requests_per_hour(transport, events, interval, round_trip):
    match transport.lower():
        case "polling":
            return int(3600.0 / (interval + round_trip))
        case "long polling" if events >= 3600 / round_trip:
            return 3600 // round_trip
        case "long polling":
            return events + 1
        case "sse" | "websocket":
            return 1

# %% same requests_per_hour: a transport has one name, so that the order makes no difference
# -     if transport == "polling":
# -         return 3600 / (interval + round_trip)
# -     if transport == "long polling":
# -         return min(events, 3600 / round_trip)
# +     if transport == "long polling":
# +         return min(events, 3600 / round_trip)
# +     if transport == "polling":
# +         return 3600 / (interval + round_trip)
# %% same requests_per_hour: within one percent
# with: return 3600 / (interval + round_trip) -> return 3601 / (interval + round_trip)
# %% same requests_per_hour: within one percent
# with: return 3600 / (interval + round_trip) -> return 3599 / (interval + round_trip)
# %% same requests_per_hour: within one percent
# with: min(events, 3600 / round_trip) -> min(events, 3601 / round_trip)
# %% same requests_per_hour: within one percent
# with: min(events, 3600 / round_trip) -> min(events, 3599 / round_trip)
# %% wrong mean_latency: half the interval and no more
# says: that is the wait for the next question only
# with: (interval + round_trip) / 2 + one_way -> interval / 2
# %% wrong mean_latency: the way back forgotten
# says: half a round trip is missing
# with: (interval + round_trip) / 2 + one_way -> (interval + round_trip) / 2
# %% wrong mean_latency: the worst case
# says: that is the worst case
# with: (interval + round_trip) / 2 + one_way -> interval + round_trip
# %% wrong mean_latency: in milliseconds
# says: in seconds, not milliseconds
def mean_latency(transport, interval, round_trip):
    if transport == "polling":
        return 1000 * (interval / 2 + round_trip)
    return 500 * round_trip

# %% wrong mean_latency: long polling takes a round trip
# says: long polling: nothing has to be asked first
# -     return one_way
# +     return round_trip if transport == "long polling" else one_way
# %% wrong mean_latency: long polling is polling
# says: long polling: the event leaves at once
# with: transport == "polling" -> "polling" in transport
# %% right mean_latency: simplified
def mean_latency(transport, interval, round_trip):
    waiting = 0.5 * sum((interval, round_trip)) * (transport == "polling")
    return waiting + 0.5 * round_trip

# %% right mean_latency: a thousand events counted out
def mean_latency(transport, interval, round_trip):
    turn = {"polling": interval + round_trip}.get(transport, 0)
    waits = [(place + 0.5) / 1000 * turn for place in range(1000)]
    return sum(waits) / len(waits) + round_trip / 2

# %% wrong since: the first id subtracted, and one too early
# says: has been seen: begin after it
def since(kept, last_seen):
    if not kept:
        return []
    return kept[max(0, last_seen - kept[0]["id"]):]

# %% wrong since: a negative place
# says: mind negative places
# of: the first id subtracted, and one too early
# with: max(0, last_seen - kept[0]["id"]) -> last_seen - kept[0]["id"] + 1
# %% wrong since: an empty list is an error
# says: no events: nothing to return
def since(kept, last_seen):
    return kept[max(0, last_seen + 1 - kept[0]["id"]):]

# %% wrong since: only texts
# says: these are the events with an id greater
# with: [event for event -> [event["text"] for event
# %% wrong since: the place counted from the end
# says: a cursor is an id, not a place in the list
def since(kept, last_seen):
    return kept[last_seen % 1000:]

# %% wrong since: takes what was seen out of the list
# says: leave `kept` as it is
def since(kept, last_seen):
    while kept and kept[0]["id"] <= last_seen:
        kept.pop(0)
    return kept

# %% wrong since: nothing after a gap
# says: the events with a greater id
def since(kept, last_seen):
    if kept and last_seen < kept[0]["id"] - 1:
        return []
    return [event for event in kept if event["id"] > last_seen]

# %% wrong since: all again when the cursor is not there
# says: nothing to return
def since(kept, last_seen):
    ids = [event["id"] for event in kept]
    return kept[ids.index(last_seen) + 1:] if last_seen in ids else kept

# %% wrong since: None where there is nothing
# says: nothing to return
# with: if event["id"] > last_seen] -> if event["id"] > last_seen] or None
# %% wrong since: a filter
# says: these are the events with a greater id
def since(kept, last_seen):
    return filter(lambda event: event["id"] > last_seen, kept)

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

# %% right since: the place computed, since numbers go on
def since(kept, last_seen):
    return kept[max(0, last_seen + 1 - kept[0]["id"]):] if kept else []

# %% right since: copies from a generator
def since(kept, last_seen):
    def fresh():
        for event in kept:
            if event["id"] > last_seen:
                yield dict(event)
    return [*fresh()]

# %% wrong poll_events: the cursor stays at zero
# says: ask for what comes after the last event
# with: last_seen = news[-1]["id"] -> pass
# %% wrong poll_events: the number of events as a cursor
# says: not how many you have
# with: last_seen = news[-1]["id"] -> last_seen = len(events)
# %% wrong poll_events: ids are counted, not read
# says: ask for what comes after the last event that you have
# with: last_seen = news[-1]["id"] -> last_seen = news[0]["id"] + len(news) - 1
# %% wrong poll_events: no wait
# says: after an empty answer wait `interval` seconds
# with: await asyncio.sleep(interval) -> pass
# %% wrong poll_events: milliseconds
# says: after an empty answer wait `interval` seconds
# with: asyncio.sleep(interval) -> asyncio.sleep(interval / 1000)
# %% wrong poll_events: always a wait
# says: ask again without waiting
# -                 last_seen = news[-1]["id"]
# -             else:
# -                 await asyncio.sleep(interval)
# +                 last_seen = news[-1]["id"]
# +             await asyncio.sleep(interval)
# %% wrong poll_events: a wait after an answer that is not full
# says: ask again without waiting
# -                 last_seen = news[-1]["id"]
# -             else:
# -                 await asyncio.sleep(interval)
# +                 last_seen = news[-1]["id"]
# +             if len(news) < 5:
# +                 await asyncio.sleep(interval)
# %% wrong poll_events: a wait before the first question
# says: the first question is asked at once
# -     last_seen = 0
# +     last_seen = 0
# +     await asyncio.sleep(interval)
# %% wrong poll_events: a wait before it returns
# says: return as soon as you have `count` events
# -                 return events[:count]
# +                 await asyncio.sleep(interval)
# +                 return events[:count]
# %% wrong poll_events: waits that grow
# says: always, and no longer
# -                 await asyncio.sleep(interval)
# +                 await asyncio.sleep(interval)
# +                 interval *= 2
# %% wrong poll_events: time.sleep
# says: the event loop stands still
# -                 await asyncio.sleep(interval)
# +                 import time
# +                 time.sleep(interval)
# %% wrong poll_events: what it knows outlasts the call
# says: each call begins anew
# -     events: list[dict] = []
# -     last_seen = 0
# +     global events, last_seen
# +     if "last_seen" not in globals():
# +         events, last_seen = [], 0
# %% wrong poll_events: a session for each request
# says: keep one session for all
# -     async with aiohttp.ClientSession() as session:
# -         while True:
# -             async with session.get(url, params={"since": last_seen}) as response:
# -                 news = await response.json() if response.status == 200 else []
# +     if True:
# +         while True:
# +             async with (
# +                 aiohttp.ClientSession() as session,
# +                 session.get(url, params={"since": last_seen}) as response,
# +             ):
# +                 news = await response.json() if response.status == 200 else []
# %% wrong poll_events: gives up at a 503
# says: a 503 is no reason to lose anything
# with: await response.json() if response.status == 200 else [] -> await response.json()
# %% wrong poll_events: JSON in the body of a 503
# says: a 503 is no reason to lose anything
# -                 news = await response.json() if response.status == 200 else []
# +                 try:
# +                     news = await response.json()
# +                 except aiohttp.ContentTypeError:
# +                     news = []
# %% wrong poll_events: asks again at once after a 503
# says: after a 503 wait `interval` seconds
# -                 news = await response.json() if response.status == 200 else []
# +                 if response.status == 503:
# +                     continue
# +                 news = await response.json()
# %% wrong poll_events: gives up after three 503
# says: a 503 is no reason to lose anything
# -     last_seen = 0
# +     last_seen = down = 0
# -                 news = await response.json() if response.status == 200 else []
# +                 news = await response.json() if response.status == 200 else []
# +                 down = 0 if response.status == 200 else down + 1
# +             if down == 3:
# +                 return events
# %% wrong poll_events: starts over after a 503
# says: after a 503 ask again with the same cursor
# -                 news = await response.json() if response.status == 200 else []
# +                 news = await response.json() if response.status == 200 else []
# +                 last_seen = last_seen if response.status == 200 else 0
# %% wrong poll_events: an empty answer is the end
# says: after an empty answer more may come
# -             if len(events) >= count:
# +             if len(events) >= count or events and response.status == 200 and not news:
# %% wrong poll_events: all that came
# says: none lost and none too many
# with: events[:count] -> events
# %% wrong poll_events: one question more than needed
# says: the last answer brought all that was asked for
# with: len(events) >= count -> len(events) > count or len(events) == count and not news
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
                await asyncio.sleep(interval)
    return [seen[number] for number in sorted(seen)][:count]

# %% right poll_events: a class, and raise_for_status
import asyncio
import aiohttp

class Poller:
    def __init__(self, session, url):
        self.session, self.url, self.cursor = session, url, 0

    async def ask(self):
        try:
            async with self.session.get(f"{self.url}?since={self.cursor:d}") as response:
                response.raise_for_status()
                news = await response.json()
        except aiohttp.ClientResponseError:
            return []
        self.cursor = max([self.cursor, *(event["id"] for event in news)])
        return news

async def poll_events(url, count, interval):
    result = []
    async with aiohttp.ClientSession() as session:
        poller = Poller(session, url)
        while True:
            news = await poller.ask()
            for event in news:
                result.append(event)
                if len(result) == count:
                    return result
            if not news:
                await asyncio.sleep(interval)

# %% right poll_events: an asynchronous generator
import asyncio
import json
from contextlib import aclosing
import aiohttp

async def feed(url, interval):
    last = 0
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.request("GET", url, params=[("since", str(last))]) as response:
                body = await response.text()
                news = json.loads(body) if response.status != 503 else ()
            if not news:
                await asyncio.sleep(interval)
            for event in news:
                yield event
                last = event["id"]

async def poll_events(url, count, interval):
    got = []
    async with aclosing(feed(url, interval)) as news:
        async for event in news:
            got.append(event)
            if len(got) >= count:
                return got

# %% same poll_events: where nothing came, there are no more events than before
# -             if len(events) >= count:
# -                 return events[:count]
# -             if news:
# -                 last_seen = news[-1]["id"]
# -             else:
# -                 await asyncio.sleep(interval)
# +             if news:
# +                 last_seen = news[-1]["id"]
# +             else:
# +                 await asyncio.sleep(interval)
# +             if len(events) >= count:
# +                 return events[:count]
# %% wrong long_poll: waits although there is news
# says: whether they happened before the request
# with: changed.wait_for(lambda: since(events, last_seen)) -> changed.wait()
# %% wrong long_poll: any event ends the wait
# says: is not after `since`: go on holding the request
# -             await changed.wait_for(lambda: since(events, last_seen))
# +             if not since(events, last_seen):
# +                 await changed.wait()
# %% wrong long_poll: only the newest event
# says: an event is missing
# with: json_response(since(events, last_seen)) -> json_response(since(events, last_seen)[-1:])
# %% wrong long_poll: five at most
# says: an event is missing
# with: json_response(since(events, last_seen)) -> json_response(since(events, last_seen)[:5])
# %% wrong long_poll: answers at once
# says: hold the request until there is an event
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# %% wrong long_poll: holds for ever
# says: when `hold` is over
# with: asyncio.timeout(float(request.query["hold"])) -> asyncio.timeout(None)
# %% wrong long_poll: a hold of its own
# says: when `hold` is over
# with: float(request.query["hold"]) -> 20
# %% wrong long_poll: whole seconds
# says: hold the request for `hold` seconds, which may be a fraction
# with: float(request.query["hold"]) -> int(float(request.query["hold"]))
# %% wrong long_poll: whole seconds, rounded up
# says: answer when `hold` is over, which may be a fraction
# with: float(request.query["hold"]) -> -(-float(request.query["hold"]) // 1)
# %% wrong long_poll: a timeout is an error
# says: the handler raised TimeoutError
# with: except TimeoutError: -> except ZeroDivisionError:
# %% wrong long_poll: no content
# says: answer with status 200
# -     return web.json_response(since(events, last_seen))
# +     news = since(events, last_seen)
# +     return web.json_response(news) if news else web.Response(status=204)
# %% wrong long_poll: an object around the list
# says: the answer is a JSON list of events
# with: json_response(since(events, last_seen)) -> json_response({"events": since(events, last_seen)})
# %% wrong long_poll: JSON by hand
# says: the answer is no JSON
# with: web.json_response(since(events, last_seen)) -> web.Response(text=str(since(events, last_seen)).replace("'", '"'))
# %% wrong long_poll: everything, every time
# says: an event that the client has seen came again
# with: json_response(since(events, last_seen)) -> json_response(since(events, last_seen) and events)
# %% wrong long_poll: zero means from now on
# says: answer with them at once
# with: int(request.query["since"]) -> int(request.query["since"]) or len(events)
# %% wrong long_poll: what it saw before it waited
# says: or it was not heard of
# -     last_seen = int(request.query["since"])
# +     last_seen = int(request.query["since"])
# +     news = since(events, last_seen)
# -     return web.json_response(since(events, last_seen))
# +     return web.json_response(news)
# %% wrong long_poll: blocks the whole server
# says: holds up the whole server
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     import time
# +     end = time.monotonic() + float(request.query["hold"])
# +     while not since(events, last_seen) and time.monotonic() < end:
# +         time.sleep(0.01)
# %% wrong long_poll: keeps the condition while it sleeps
# says: keeps `changed` while it sleeps holds up `publish`
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     end = asyncio.get_running_loop().time() + float(request.query["hold"])
# +     async with changed:
# +         while not since(events, last_seen) and asyncio.get_running_loop().time() < end:
# +             await asyncio.sleep(0.01)
# %% wrong long_poll: looks ten times a second
# says: let `changed` wake it
# of: keeps the condition while it sleeps
# -     end = asyncio.get_running_loop().time() + float(request.query["hold"])
# -     async with changed:
# +     end = asyncio.get_running_loop().time() + float(request.query["hold"])
# +     if True:
# with: asyncio.sleep(0.01) -> asyncio.sleep(0.1)
# %% wrong long_poll: answers at the end of the hold
# says: answer with them at once
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     if not since(events, last_seen):
# +         await asyncio.sleep(float(request.query["hold"]))
# %% wrong long_poll: the hold begins anew with each event
# says: began the hold anew
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# +         while not since(events, last_seen):
# +             async with asyncio.timeout(float(request.query["hold"])), changed:
# +                 await changed.wait()
# %% wrong long_poll: one at a time
# says: another one that is held may not delay it
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     global turn
# +     if "turn" not in globals():
# +         turn = asyncio.Lock()
# +     async with turn:
# +         try:
# +             async with asyncio.timeout(float(request.query["hold"])), changed:
# +                 await changed.wait_for(lambda: since(events, last_seen))
# +         except TimeoutError:
# +             pass
# %% wrong long_poll: the cursor of whoever came last
# says: go on holding the request
# -     last_seen = int(request.query["since"])
# +     global last_seen
# +     last_seen = int(request.query["since"])
# %% wrong long_poll: a task left behind
# says: tasks of them are still waiting on the server
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# +     async def news():
# +         async with changed:
# +             await changed.wait_for(lambda: since(events, last_seen))
# +     waiting = asyncio.create_task(news())
# +     clock = asyncio.create_task(asyncio.sleep(float(request.query["hold"])))
# +     await asyncio.wait([waiting, clock], return_when=asyncio.FIRST_COMPLETED)
# +     waiting.cancel()
# %% wrong long_poll: since left as text
# says: the handler raised TypeError
# with: int(request.query["since"]) -> request.query["since"]
# %% wrong long_poll: a hold of 0 seconds loses what is there
# says: what has happened is answered
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# -     return web.json_response(since(events, last_seen))
# +     async def news():
# +         async with changed:
# +             while len(events) <= last_seen:
# +                 await changed.wait()
# +             return events[last_seen:]
# +     try:
# +         found = await asyncio.wait_for(news(), timeout=float(request.query["hold"]))
# +     except asyncio.TimeoutError:
# +         found = []
# +     return web.json_response(found)
# %% right long_poll: a loop around wait, and a deadline
import asyncio
import json
from aiohttp import web

events: list[dict] = []
changed = asyncio.Condition()


async def publish(text: str) -> None:
    async with changed:
        events.append({"id": len(events) + 1, "text": text})
        changed.notify_all()


async def long_poll(request: web.Request) -> web.StreamResponse:
    clock = asyncio.get_running_loop().time
    last_seen, end = int(request.query["since"]), clock() + float(request.query["hold"])
    async with changed:
        while len(events) <= last_seen and (left := end - clock()) > 0:
            try:
                await asyncio.wait_for(changed.wait(), left)
            except asyncio.TimeoutError:
                break
        news = events[last_seen:]
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(json.dumps(news).encode())
    return response

# %% right long_poll: a task of its own, cleared away
# -     try:
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# -     except TimeoutError:
# -         pass
# -     return web.json_response(since(events, last_seen))
# +     import json
# +     async def news():
# +         async with changed:
# +             await changed.wait_for(lambda: since(events, last_seen))
# +     task = asyncio.ensure_future(news())
# +     _, pending = await asyncio.wait({task}, timeout=float(request.query["hold"]))
# +     for each in pending:
# +         each.cancel()
# +     raise web.HTTPOk(text=json.dumps(since(events, last_seen)))
# %% right long_poll: only the wait has a limit
# -         async with asyncio.timeout(float(request.query["hold"])), changed:
# -             await changed.wait_for(lambda: since(events, last_seen))
# +         async with changed:
# +             if not events[last_seen:]:
# +                 wait = changed.wait_for(lambda: len(events) > last_seen)
# +                 await asyncio.wait_for(wait, float(request.query["hold"]))
# -     return web.json_response(since(events, last_seen))
# +     return web.json_response(data=events[last_seen:], headers={"Cache-Control": "no-store"})
# %% same long_poll: two definitions that know nothing of each other
# - events: list[dict] = []
# - changed = asyncio.Condition()
# + changed = asyncio.Condition()
# + events: list[dict] = []
# %% same long_poll: who waits goes on only when the lock is free again, and by then the event is there
# -         events.append({"id": len(events) + 1, "text": text})
# -         changed.notify_all()
# +         changed.notify_all()
# +         events.append({"id": len(events) + 1, "text": text})
# %% wrong EventStream: each piece on its own
# says: a piece may end
# -         *lines, self.rest = (self.rest + data).split(b"\n")
# +         lines = data.splitlines()
# %% wrong EventStream: decodes each piece
# says: a piece may end within a character
# with: self.rest = b"" -> self.rest = ""
# with: (self.rest + data).split(b"\n") -> (self.rest + data.decode(errors="replace")).split("\n")
# with: line.removesuffix(b"\r").decode() -> line.removesuffix("\r")
# %% wrong EventStream: Latin-1
# says: the text is UTF-8
# with: .decode() -> .decode("latin-1")
# %% wrong EventStream: every kind of line end
# says: do so for `str.splitlines` alone
# -         *lines, self.rest = (self.rest + data).split(b"\n")
# +         whole, end, self.rest = (self.rest + data).rpartition(b"\n")
# +         lines = [line.encode() for line in (whole + end).decode().splitlines()]
# %% wrong EventStream: the last data line wins
# says: join the data lines of one event
# with: self.data.append(value) -> self.data = [value]
# %% wrong EventStream: a newline after each line of data
# says: each empty line completes an event
# with: "\n".join(self.data) -> "".join(line + "\n" for line in self.data)
# %% wrong EventStream: no CRLF
# says: belongs to the end of the line
# with: line.removesuffix(b"\r").decode() -> line.decode()
# %% wrong EventStream: CRLF within a piece only
# says: also where a piece ends between them
# with: (self.rest + data).split -> (self.rest + data.replace(b"\r\n", b"\n")).split
# with: line.removesuffix(b"\r").decode() -> line.decode()
# %% wrong EventStream: white space at the end stripped
# says: white space belongs to the value
# with: line.removesuffix(b"\r").decode() -> line.decode().rstrip()
# %% wrong EventStream: white space before the value stripped
# says: a second one is
# with: value.removeprefix(" ") -> value.lstrip()
# %% wrong EventStream: a line of spaces is empty
# says: a line of spaces is not empty
# with: if not text: -> if not text.strip():
# %% wrong EventStream: names stripped
# says: exactly so; any other is ignored
# with: field == "data" -> field.strip() == "data"
# %% wrong EventStream: names in any case
# says: exactly so; any other is ignored
# with: field == "data" -> field.lower() == "data"
# %% wrong EventStream: split at every colon
# says: all that follows the first colon
# -             field, _, value = text.partition(":")
# +             field, value = (text.split(":") + [""])[:2]
# %% wrong EventStream: a line without a colon is nothing
# says: a line `data` without a colon
# with: elif field == "data": -> elif text.startswith("data:"):
# %% wrong EventStream: empty data is no event
# says: is an empty line of data
# -                 if self.data:
# +                 if any(self.data):
# %% wrong EventStream: the type stays
# says: the type is `message` again for the next event
# with: self.data, self.event = [], "message" -> self.data = []
# %% wrong EventStream: the type stays where there was no data
# says: begins afresh even where there was no data
# -                     complete.append({"event": self.event, "data": joined, "id": self.id})
# -                 self.data, self.event = [], "message"
# +                     complete.append({"event": self.event, "data": joined, "id": self.id})
# +                     self.data, self.event = [], "message"
# %% wrong EventStream: the first type wins
# says: the last one counts
# with: self.event = value or "message" -> self.event = value if self.event == "message" else self.event
# %% wrong EventStream: an empty type
# says: an empty type is `message`, too
# with: value or "message" -> value
# %% wrong EventStream: the id is forgotten
# says: the id stays until another one comes
# with: self.data, self.event = [], "message" -> self.data, self.event, self.id = [], "message", ""
# %% wrong EventStream: None before the first id
# says: as long as no id has come
# with: self.id = "" -> self.id = None
# %% wrong EventStream: a number for an id
# says: `id` is text
# with: self.id = value -> self.id = int(value) if value.isdigit() else value
# %% wrong EventStream: an empty id is none
# says: an id without a value is an id, too
# with: self.id = value -> self.id = value or self.id
# %% wrong EventStream: the id of the line before the data
# says: the id may come after the data
# with: self.data.append(value) -> self.data.append(value); self.now = self.id
# with: "id": self.id} -> "id": self.now}
# %% wrong EventStream: an event without data
# says: without a data line there is no event
# -                 if self.data:
# -                     joined = "\n".join(self.data)
# -                     complete.append({"event": self.event, "data": joined, "id": self.id})
# +                 joined = "\n".join(self.data)
# +                 complete.append({"event": self.event, "data": joined, "id": self.id})
# %% wrong EventStream: returns all events again
# says: those events were returned already
# with: complete = [] -> complete = self.complete = getattr(self, "complete", [])
# %% wrong EventStream: one event for each piece
# says: this is the example of the question
# with: return complete -> return complete[-1:]
# %% wrong EventStream: None where there is nothing
# says: an empty list
# with: return complete -> return complete or None
# %% wrong EventStream: state in the class
# says: each stream has its own rest
# -     def __init__(self) -> None:
# +     rest, data, event, id = b"", [], "message", ""
# +     def __init__(self) -> None:
# +         return
# with: self.data, self.event = [], "message" -> self.data.clear(); self.event = "message"
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
            name, value = re.fullmatch(r"([^:]*)(?:: ?)?(.*)", line, re.DOTALL).groups()
            if name == "id":
                self._id = value
            else:
                self._fields.setdefault(name, []).append(value)
            return
        fields, self._fields = self._fields, {}
        if "data" in fields:
            kind = fields.get("event", ["message"])[-1] or "message"
            events.append({"id": self._id, "data": "\n".join(fields["data"]), "event": kind})

# %% right EventStream: byte by byte
class EventStream:
    def __init__(self):
        self.line, self.last = bytearray(), ""
        self.clear()

    def clear(self):
        self.kind = self.lines = None

    def feed(self, data):
        out = []
        for byte in data:
            if byte != 10:
                self.line.append(byte)
                continue
            line = bytes(self.line)
            self.line.clear()
            out.extend(self.take((line[:-1] if line.endswith(b"\r") else line).decode("utf-8")))
        return out

    def take(self, line):
        if line == "":
            if self.lines is not None:
                yield dict(id=self.last, data=self.lines, event=self.kind or "message")
            self.clear()
            return
        name, value = line.split(":", 1) if ":" in line else (line, "")
        if value[:1] == " ":
            value = value[1:]
        if name == "data":
            self.lines = value if self.lines is None else self.lines + "\n" + value
        if name == "event":
            self.kind = value
        if name == "id":
            self.last = value

# %% same EventStream: two statements that know nothing of each other
# -         *lines, self.rest = (self.rest + data).split(b"\n")
# -         complete = []
# +         complete = []
# +         *lines, self.rest = (self.rest + data).split(b"\n")
# %% same EventStream: without a limit, both split everywhere
# with: .split(b"\n") -> .rsplit(b"\n")
# %% wrong evaluate: latencies not sorted
# says: is the smallest latency within which
# with: sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered) -> [1000 * (arrived - happened) for happened, arrived, _ in delivered]
# %% wrong evaluate: one place too far
# says: is the smallest latency within which
# with: latencies[ceil(percent * len(latencies) / 100) - 1] -> latencies[min(percent * len(latencies) // 100, len(latencies) - 1)]
# %% wrong evaluate: rounded to the nearest place
# says: is the smallest latency within which
# with: ceil(percent * len(latencies) / 100) - 1 -> max(0, round(percent * len(latencies) / 100) - 1)
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
# with: 1000 * (arrived - happened) -> arrived - happened
# %% wrong evaluate: whole milliseconds
# says: none is rounded to more than a thousandth
# with: 1000 * (arrived - happened) -> round(1000 * (arrived - happened))
# %% wrong evaluate: one latency for each entry
# says: is the smallest latency within which
# with: sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered) -> sorted(max(1000 * (event[1] - event[0]) for event in carried) for _, _, carried in capture if carried)
# %% wrong evaluate: equal latencies counted once
# says: is the smallest latency within which
# with: sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered) -> sorted({round(1000 * (arrived - happened), 3) for happened, arrived, _ in delivered})
# %% wrong evaluate: the requests forgotten
# says: the requests, on the way up, are overhead, too
# with: sum(size for _, size, _ in capture) -> sum(size for way, size, _ in capture if way == "down")
# %% wrong evaluate: the useful part
# says: the overhead is the rest
# with: (total - sum(size for _, _, size in delivered)) / total -> sum(size for _, _, size in delivered) / total
# %% wrong evaluate: in percent
# says: as a part of one, not in percent
# with: (total - sum(size for _, _, size in delivered)) / total -> 100 * (total - sum(size for _, _, size in delivered)) / total
# %% wrong evaluate: events of one size counted once
# says: all bytes, less those of the events
# with: sum(size for _, _, size in delivered) -> sum({size for _, _, size in delivered})
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

# %% right evaluate: rounded to three decimals
# with: "p50": percentile(50), "p95": percentile(95), "overhead": overhead -> "p50": round(percentile(50), 3), "p95": round(percentile(95), 3), "overhead": round(overhead, 3)
# %% right evaluate: numpy
import numpy as np

def evaluate(capture):
    events = np.array([event for _, _, carried in capture for event in carried])
    latencies = (events[:, 1] - events[:, 0]) * 1000
    p50, p95 = np.percentile(latencies, [50, 95], method="inverted_cdf")
    total = sum(size for _, size, _ in capture)
    return {"p50": p50, "p95": p95, "overhead": 1 - events[:, 2].sum() / total}

# %% same evaluate: two statements that know nothing of each other
# -     latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
# -     total = sum(size for _, size, _ in capture)
# +     total = sum(size for _, size, _ in capture)
# +     latencies = sorted(1000 * (arrived - happened) for happened, arrived, _ in delivered)
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
# with: "long polling" -> "SSE"
# %% wrong choices: a question every second
# says: what is prompt and still ends with each answer
# with: "long polling" -> "polling"
# %% wrong choices: samples in an event stream
# says: an event stream carries nothing else
# with: ("WebSocket", "binary") -> ("SSE", "binary")
# %% wrong choices: a million streams for a score
# says: one answer in the cache serves a million readers
# with: ("polling", "cached") -> ("SSE", "cached")
# %% wrong choices: a socket that only shows
# says: what is made for just this
# with: "SSE" -> "WebSocket"
# %% wrong choices: reasons mixed up
# says: that is not what decides it
# with: "weather": ("polling", "rare") -> "weather": ("polling", "cached")
# with: "score": ("polling", "cached") -> "score": ("polling", "rare")
# %% wrong choices: a reason twice
# says: use each reason once
# with: "cached" -> "rare"
# %% wrong choices: not all of them chosen
# says: `alarm` needs a tuple
# with: ("long polling", "plain HTTP only") -> None
# %% wrong choices: a transport alone
# says: `weather` needs a tuple of a transport and a reason
# with: ("polling", "rare") -> "polling"
# %% wrong choices: a transport of another name
# says: there is no such transport
# with: ("polling", "rare") -> ("poll", "rare")
# %% wrong choices: the reason first
# says: there is no such transport
# with: ("polling", "rare") -> ("rare", "polling")
# %% wrong choices: a wish is missing
# says: keep the six names
# -     "alarm": ("long polling", "plain HTTP only"),
# %% right choices: put together from pieces
names = "weather score departures drawing scope alarm".split()
reasons = ["rare", "cached", "one way", "both ways", "binary", "plain HTTP only"]
ways = ["polling"] * 2 + ["SSE"] + ["WebSocket"] * 2 + ["long polling"]
choices = dict(zip(names, zip(ways, reasons)))

# %% right choices: lists
# of: put together from pieces
# with: dict(zip(names, zip(ways, reasons))) -> dict(zip(names, map(list, zip(ways, reasons))))
# %% wrong megabits_per_second: bytes
# says: a byte has eight bits
# with: 712 * 8 -> 712
# %% wrong megabits_per_second: the round trip forgotten
# says: the round trip is part of each turn
# with: (1.9 + 0.1) -> 1.9
# %% wrong megabits_per_second: a poll a second, or both ways counted twice
# says: that is twice as much
# with: / (1.9 + 0.1) ->
# %% wrong megabits_per_second: one way only
# says: that is half as much
# with: 712 * 8 -> 712 / 2 * 8
# %% wrong megabits_per_second: powers of two
# says: a megabit is a million bits
# with: 1_000_000 -> 2**20
# %% wrong megabits_per_second: one browser
# says: that is one browser
# with: 10_000 -> 1
# %% wrong megabits_per_second: nothing happens
# says: the questions are asked all the same
megabits_per_second = 0

# %% wrong megabits_per_second: with its unit
# says: give a number
megabits_per_second = "28 Mbit/s"

# %% wrong megabits_per_second: in bits
# says: a megabit is a million of them
# with:  / 1_000_000 ->
# %% right megabits_per_second: rounded
megabits_per_second = round(5_000 * 5_696 / 10**6, 1)

# %% same megabits_per_second: within one percent
# with: 10_000 / -> 10001 /
# %% same megabits_per_second: within one percent
# with: 10_000 / -> 9999 /
# %% same megabits_per_second: within one percent
# with: 712 -> 713
# %% same megabits_per_second: within one percent
# with: 712 -> 711
# %% same megabits_per_second: within one percent
# with: 1_000_000 -> 1000001
# %% same megabits_per_second: within one percent
# with: 1_000_000 -> 999999
