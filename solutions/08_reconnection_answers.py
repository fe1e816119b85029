# %% wrong full_jitter: the first limit is doubled already
# says: 2 to the power of 0 is 1
# -         yield draw * limit
# -         limit = min(2 * limit, cap)
# +         limit = min(2 * limit, cap)
# +         yield draw * limit
# %% wrong full_jitter: jitter on top
# says: not the limit and something on top
# with: yield draw * limit -> yield limit + draw * limit
# %% wrong full_jitter: equal jitter
# says: what you have is equal jitter
# with: yield draw * limit -> yield limit / 2 + draw * limit / 2
# %% wrong full_jitter: no jitter at all
# says: all clients would wait equally long
# with: yield draw * limit -> yield float(limit)
# %% wrong full_jitter: the drawn delay is doubled
# says: not the delay that was drawn
# -         yield draw * limit
# +         limit = draw * limit
# +         yield limit
# %% wrong full_jitter: no cap for the first limit
# says: the cap holds for the first limit, too
# with: min(base, cap) -> base
# %% wrong full_jitter: randomness of its own
# says: half of 1, of 2, of 4 and of 5
# with: yield draw * limit -> import random; yield random.uniform(0, limit)
# %% wrong full_jitter: capped after the draw
# says: cap the limit, then draw
def full_jitter(base, cap, draws):
    for attempt, draw in enumerate(draws):
        yield min(cap, draw * base * 2 ** min(attempt, 100))

# %% wrong full_jitter: a power too large for a float
# says: the limit must stay a number
# of: capped after the draw
# with: min(cap, draw * base * 2 ** min(attempt, 100)) -> draw * min(cap, base * 2**attempt)
# %% wrong full_jitter: never ends
# says: end when the draws end
import itertools

def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for draw in itertools.cycle(draws):
        yield draw * limit
        limit = min(cap, 2 * limit)

# %% wrong full_jitter: a list
# says: write a generator
def full_jitter(base, cap, draws):
    limits = [min(cap, base * 2 ** min(n, 100)) for n in range(len(draws))]
    return [draw * limit for draw, limit in zip(draws, limits)]

# %% wrong full_jitter: draws taken by their index
# says: anything that `for` goes through
def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for attempt in range(len(draws)):
        yield draws[attempt] * limit
        limit = min(2 * limit, cap)

# %% right full_jitter: the limits by themselves
import itertools

def full_jitter(base, cap, draws):
    limits = itertools.accumulate(itertools.repeat(base), lambda limit, _: min(cap, limit * 2))
    return (draw * min(cap, limit) for draw, limit in zip(draws, limits))

# %% right full_jitter: a power with a bounded exponent
import math

def full_jitter(base, cap, draws):
    last = max(0, math.ceil(math.log2(cap / base)))
    for attempt, draw in enumerate(draws):
        yield draw * min(cap, base * 2 ** min(attempt, last))

# %% wrong limits: every open connection starts over
# says: a connection that lasted less than `stable` counts as a failure
# with: lasted is not None and lasted >= stable -> lasted is not None
# %% wrong limits: None compared with a number
# says: two attempts failed, one broke at once
# with: lasted is not None and lasted >= stable -> lasted >= stable
# %% wrong limits: more than stable
# says: exactly `stable` seconds are enough
# with: lasted >= stable -> lasted > stable
# %% wrong limits: no connection taken for one of 0 seconds
# says: an attempt that failed is none
# with: lasted is not None and lasted >= stable -> (lasted or 0) >= stable
# %% wrong limits: no cap
# says: it never exceeds the cap
# with: min(2 * limit, cap) -> 2 * limit
# %% wrong limits: starts over one wait too late
# says: the first of a new series already
# -         if lasted is not None and lasted >= stable:
# -             limit = min(base, cap)
# -         waits.append(limit)
# -         limit = min(2 * limit, cap)
# +         waits.append(limit)
# +         limit = min(2 * limit, cap)
# +         if lasted is not None and lasted >= stable:
# +             limit = min(base, cap)
# %% wrong limits: doubled before the first wait
# says: the wait after the first failure has the limit `base`
# -             limit = min(base, cap)
# -         waits.append(limit)
# -         limit = min(2 * limit, cap)
# +             limit = min(base, cap)
# +         else:
# +             limit = min(2 * limit, cap)
# +         waits.append(limit)
# %% wrong limits: the stable connection itself is forgotten
# says: one limit for each attempt
# -             limit = min(base, cap)
# -         waits.append(limit)
# +             limit = min(base, cap)
# +             continue
# +         waits.append(limit)
# %% wrong limits: never starts over
# says: a connection that was stable starts over
def limits(history, base, cap, stable):
    return [min(cap, base * 2**attempt) for attempt in range(len(history))]

# %% right limits: failures counted
def limits(history: list, base: float, cap: float, stable: float) -> list:
    failures, waits = 0, []
    for lasted in history:
        started_over = lasted is not None and lasted >= stable
        failures = 0 if started_over else failures
        waits.append(min(cap, base * 2**failures))
        failures += 1
    return waits

# %% wrong come_back: always
# says: the conversation is over
def come_back(code, status):
    return True

# %% wrong come_back: only after 1006
# says: 1001, going away
def come_back(code, status):
    return code == 1006 or (code is None and status is None) or status in (502, 503, 504)

# %% wrong come_back: None compared with a number
# says: nobody has answered, so nobody has said no
def come_back(code, status):
    if status in (408, 425, 429, 500, 502, 503, 504):
        return True
    return code not in (1000, 1002, 1003, 1007, 1008, 1009, 1010) and not 4400 <= code <= 4499

# %% wrong come_back: every status from 500 on
# says: 501 is an answer
# with: status in {408, 425, 429, 500, 502, 503, 504} -> status >= 500 or status in (408, 425, 429)
# %% wrong come_back: all of 4000 to 4999 are final
# says: only 4400 to 4499 are final
# with: 4400 <= code <= 4499 -> 4000 <= code
# %% wrong come_back: all of 3000 to 3999 are final
# says: the list does not name 3001
# with: 3000, 3003} -> *range(3000, 4000)}
# %% wrong come_back: gives up when nobody answers
# says: nobody has said no
# with: return True -> return False
# %% wrong come_back: only the codes that the RFC knows pass
# says: the list does not name 1016
# with: return code not in final -> return code in range(1000, 1016) and code not in final
# %% right come_back: match
def come_back(code: int | None, status: int | None) -> bool:
    match code, status:
        case None, None:
            return True
        case None, 408 | 425 | 429 | 500 | 502 | 503 | 504:
            return True
        case None, _:
            return False
        case 1000 | 1002 | 1003 | 1007 | 1008 | 1009 | 1010 | 3000 | 3003, _:
            return False
    return code // 100 != 44

# %% right come_back: 200 and 404 as numbers of their hundreds
FINAL = frozenset(range(1000, 1011)) - {1001, 1004, 1005, 1006} | {3000, 3003} | frozenset(range(4400, 4500))

def come_back(code, status):
    if code is None and status is None:
        return True
    passing = {4: (8, 25, 29), 5: (0, 2, 3, 4)}
    return code not in FINAL if status is None else status % 100 in passing.get(status // 100, ())

# %% wrong Seen: only the highest number
# says: a lower number than the highest may still be new
class Seen:
    def __init__(self):
        self.highest = {}

    def is_new(self, sender, number):
        if number <= self.highest.get(sender, 0):
            return False
        self.highest[sender] = number
        return True

    def complete(self, sender):
        return self.highest.get(sender, 0)

    def kept(self, sender):
        return 0

# %% wrong Seen: senders mixed up
# says: this sender's first message has not come yet
class Seen:
    def __init__(self):
        self.seen = set()

    def is_new(self, sender, number):
        new = number not in self.seen
        self.seen.add(number)
        return new

    def complete(self, sender):
        return next(n for n in range(len(self.seen) + 1) if n + 1 not in self.seen)

    def kept(self, sender):
        return sum(number > self.complete(sender) for number in self.seen)

# %% wrong Seen: keeps every number
# says: nothing is missing, so there is nothing to keep
class Seen:
    def __init__(self):
        self.numbers = {}

    def is_new(self, sender, number):
        mine = self.numbers.setdefault(sender, set())
        new = number not in mine
        mine.add(number)
        return new

    def complete(self, sender):
        mine = self.numbers.get(sender, set())
        return next(n for n in range(len(mine) + 1) if n + 1 not in mine)

    def kept(self, sender):
        return len(self.numbers.get(sender, ()))

# %% wrong Seen: keeps every number, and doesn't say so
# says: remember how far they go, not each of them
# of: keeps every number
# with: return len(self.numbers.get(sender, ())) -> return len([n for n in self.numbers.get(sender, ()) if n > self.complete(sender)])
# %% wrong Seen: complete is the highest
# says: 3 is missing
# of: keeps every number
# with: return next(n for n in range(len(mine) + 1) if n + 1 not in mine) -> return max(mine, default=0)
# %% wrong Seen: complete is how many have come
# says: 3 is missing
# of: keeps every number
# with: return next(n for n in range(len(mine) + 1) if n + 1 not in mine) -> return len(mine)
# %% wrong Seen: one memory for all objects
# says: a new `Seen` has seen nothing
# -     def __init__(self):
# -         self._complete = {}
# -         self._early = {}
# +     _complete, _early = {}, {}
# %% wrong Seen: the gap closes by one only
# says: the gap is closed: 1 to 4 have come
# with: while complete + 1 in early -> if complete + 1 in early
# %% wrong Seen: what is held for all senders
# says: what the other sender's gap holds up doesn't count here
# with: len(self._early.get(sender, ())) -> sum(map(len, self._early.values()))
# %% wrong Seen: an early one is new again
# says: it came early, but it came
# with: number <= complete or number in early -> number <= complete
# %% wrong Seen: an unknown sender is a KeyError
# says: 1, 2 and 4 come for the first time
class Seen:
    def __init__(self):
        self.numbers = {}

    def is_new(self, sender, number):
        new = number not in self.numbers[sender]
        self.numbers[sender].add(number)
        return new

    def complete(self, sender):
        return len(self.numbers[sender])

    def kept(self, sender):
        return 0

# %% right Seen: the missing ones instead of the early ones
from collections import defaultdict

class Seen:
    def __init__(self):
        self.highest = defaultdict(int)
        self.missing = defaultdict(set)

    def is_new(self, sender: str, number: int) -> bool:
        if number > self.highest[sender]:
            self.missing[sender].update(range(self.highest[sender] + 1, number))
            self.highest[sender] = number
            return True
        new = number in self.missing[sender]
        self.missing[sender].discard(number)
        return new

    def complete(self, sender: str) -> int:
        return min(self.missing[sender], default=self.highest[sender] + 1) - 1

    def kept(self, sender: str) -> int:
        beyond = self.highest[sender] - self.complete(sender)
        return beyond - len(self.missing[sender])

# %% wrong Outbox: looking empties it
# says: looking removes nothing
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.last, self.messages = capacity, policy, 0, []

    def put(self, text):
        if len(self.messages) >= self.capacity:
            if self.policy == "raise":
                raise OverflowError
            self.messages.pop(0)
        self.last += 1
        self.messages.append((self.last, text))
        return self.last

    def pending(self):
        messages, self.messages = self.messages, []
        return messages

    def confirm(self, number):
        self.messages = [each for each in self.messages if each[0] > number]

# %% wrong Outbox: the refused message takes a number
# says: the one that was refused got no number
# of: looking empties it
# with: messages, self.messages = self.messages, [] -> messages = list(self.messages)
# with: raise OverflowError -> self.last += 1; raise OverflowError
# %% wrong Outbox: numbers are places in the list
# says: the numbers go on
# with: self._last += 1 -> self._last = self._messages[-1][0] + 1 if self._messages else 1
# %% wrong Outbox: numbers count what waits
# says: the numbers go on
# with: self._last += 1 -> self._last = len(self._messages) + 1
# %% wrong Outbox: confirms one message only
# says: 2 is confirmed, and with it all before it
# with: message[0] > number -> message[0] != number
# %% wrong Outbox: what was confirmed stays, out of sight
# says: forget them, or it grows
# with: self._messages = [] -> self._messages, self._all = [], []
# with: self._messages.append((self._last, text)) -> self._messages.append((self._last, text)); self._all.append(text)
# %% wrong Outbox: the oldest goes although it is refused
# says: what was refused has changed nothing
# -             if self._policy == "raise":
# +             oldest = self._messages.pop(0)
# +             if self._policy == "raise":
# with: del self._messages[0] -> del oldest
# %% wrong Outbox: room for one more
# says: there is room for
# with: len(self._messages) == self._capacity -> len(self._messages) > self._capacity
# %% wrong Outbox: a text that waits is not put again
# says: two messages may have the same text
# -         self._last += 1
# -         self._messages.append((self._last, text))
# +         self._last += 1
# +         if text not in dict(self._messages).values():
# +             self._messages.append((self._last, text))
# %% wrong Outbox: a count of messages that is never taken back
# says: the confirmation of 3 has made room
# with: len(self._messages) == self._capacity -> self._last >= self._capacity and self._messages
# %% wrong Outbox: lists instead of tuples
# says: each a tuple of number and text
# with: self._messages.append((self._last, text)) -> self._messages.append([self._last, text])
# %% wrong Outbox: confirm counts instead of comparing
# says: confirming it takes no other with it
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.last, self.messages = capacity, policy, 0, []
        self.confirmed = 0

    def put(self, text):
        if len(self.messages) >= self.capacity:
            if self.policy == "raise":
                raise OverflowError
            self.messages.pop(0)
        self.last += 1
        self.messages.append((self.last, text))
        return self.last

    def pending(self):
        return list(self.messages)

    def confirm(self, number):
        if number > self.confirmed:
            del self.messages[: number - self.confirmed]
            self.confirmed = number

# %% wrong Outbox: drops the newest
# says: with room for one, only the newest is left
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.last, self.messages = capacity, policy, 0, []

    def put(self, text):
        self.last += 1
        if len(self.messages) < self.capacity:
            self.messages.append((self.last, text))
        elif self.policy == "raise":
            self.last -= 1
            raise OverflowError
        return self.last

    def pending(self):
        return list(self.messages)

    def confirm(self, number):
        self.messages = [each for each in self.messages if each[0] > number]

# %% wrong Outbox: one box for all
# says: each outbox has messages of its own
class Outbox:
    messages, last = [], 0

    def __init__(self, capacity, policy):
        self.capacity, self.policy = capacity, policy

    def put(self, text):
        if len(self.messages) == self.capacity:
            if self.policy == "raise":
                raise OverflowError
            self.messages.pop(0)
        self.last += 1
        self.messages.append((self.last, text))
        return self.last

    def pending(self):
        return self.messages

    def confirm(self, number):
        self.messages[:] = [each for each in self.messages if each[0] > number]

# %% right Outbox: a deque
import itertools
from collections import deque

class Outbox:
    def __init__(self, capacity: int, policy: str):
        self.bounded = policy == "raise"
        self.messages = deque(maxlen=capacity)
        self.numbers = itertools.count(1)

    def put(self, text: str) -> int:
        if self.bounded and len(self.messages) == self.messages.maxlen:
            raise OverflowError("there is no room")
        self.messages.append((next(self.numbers), text))
        return self.messages[-1][0]

    def pending(self) -> list:
        return [*self.messages]

    def confirm(self, number: int) -> None:
        while self.messages and self.messages[0][0] <= number:
            self.messages.popleft()

# %% right Outbox: a dictionary, and an error of its own
class Full(OverflowError):
    pass

class Outbox:
    def __init__(self, capacity, policy):
        self.room, self.refuses, self.texts, self.next = capacity, policy == "raise", {}, 1

    def put(self, text):
        if self.room <= len(self.texts):
            if self.refuses:
                raise Full(text)
            self.texts.pop(next(iter(self.texts)))
        self.texts[self.next] = text
        self.next += 1
        return self.next - 1

    def pending(self):
        return sorted(self.texts.items())

    def confirm(self, number):
        self.texts = {key: text for key, text in self.texts.items() if key > number}

# %% wrong follow: always from the beginning
# says: name the last event's id when you come back
# with: ?since={last} -> ?since=0
# %% wrong follow: since is a count
# says: not how many you have
# with: ?since={last} -> ?since={len(data)}
# %% wrong follow: a quiet end is the end
# says: 1001
# -             if websocket.close_code == 1000:
# -                 return data
# +             return data
# %% wrong follow: takes everything that comes
# says: some events came a second time
# -                     if event["id"] > last:
# -                         last = event["id"]
# -                         data.append(event["data"])
# +                     last = event["id"]
# +                     data.append(event["data"])
# %% wrong follow: a refused handshake is not expected
# says: a refusal (InvalidHandshake)
# with: (OSError, InvalidHandshake, ConnectionClosed) -> (OSError, ConnectionClosed)
# %% wrong follow: an absent server is not expected
# says: a server that is away (OSError)
# with: (OSError, InvalidHandshake, ConnectionClosed) -> (InvalidHandshake, ConnectionClosed)
# %% wrong follow: two events with the same data taken for one
# says: two events with the same data are two events
# with: if event["id"] > last: -> if event["id"] > last and event["data"] not in data:
# %% wrong follow: an event without data is none
# says: two events with the same data are two events
# with: if event["id"] > last: -> if event["id"] > last and event["data"]:
# %% wrong follow: no pause after a refusal
# says: wait `pause` seconds before each further attempt
# with: pass -> continue
# %% wrong follow: a second more than asked
# says: you wait longer
# with: asyncio.sleep(pause) -> asyncio.sleep(pause + 1)
# %% wrong follow: 1008 is an end, too
# says: not with 1000: come back for the rest
# -         except (OSError, InvalidHandshake, ConnectionClosed):
# -             pass
# +         except (OSError, InvalidHandshake):
# +             pass
# +         except ConnectionClosed as closed:
# +             if closed.rcvd and closed.rcvd.code == 1008:
# +                 return data
# %% wrong follow: the data of each event as JSON again
# says: the `data` of each event, in order
# with: data.append(event["data"]) -> data.append(message)
# %% wrong follow: comes back whatever happens
# says: your client came back all the same
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, []
    for attempt in range(20):
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    if event["id"] > last:
                        last = event["id"]
                        data.append(event["data"])
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)
    return data

# %% right follow: a dictionary, and recv until it ends
import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

async def follow(url: str, pause: float) -> list:
    events = {}
    code = None
    while code != 1000:
        if events or code:
            await asyncio.sleep(pause)
        code = 1006
        try:
            websocket = await connect(f"{url}?since={max(events, default=0)}", proxy=None)
        except (OSError, WebSocketException):
            continue
        try:
            while True:
                event = json.loads(await websocket.recv())
                events[event["id"]] = event["data"]
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
    return [events[number] for number in sorted(events)]

# %% wrong keep_listening: 1001 still a goodbye
# says: it will be back, and the client should be, too
# with: (1000, 1008) or -> (1000, 1001, 1008) or
# %% wrong keep_listening: still no jitter
# says: all clients wait the same times
# with: random.uniform(0, limit) -> limit
# %% wrong keep_listening: equal jitter
# says: none of these waits is below the half
# with: random.uniform(0, limit) -> random.uniform(limit / 2, limit)
# %% wrong keep_listening: a limit that grows too slowly
# says: these waits
# with: min(cap, 2 * limit) -> min(cap, 1.2 * limit)
# %% wrong keep_listening: a little jitter on top
# says: no wait is longer than its limit
# with: random.uniform(0, limit) -> limit + random.uniform(0.05, 0.1) * limit
# %% wrong keep_listening: the wait that was drawn is doubled
# says: the limit doubles from attempt to attempt, whatever was drawn
# with: limit = min(cap, 2 * limit) -> limit = min(cap, 2 * waits[-1])
# %% wrong keep_listening: the same randomness for every client
# says: each client draws for itself
# -     limit = base
# -     while True:
# +     limit = base
# +     random.seed(6455)
# +     while True:
# %% wrong keep_listening: one draw is noted, another one waited
# says: wait as long as `waits` says
# with: asyncio.sleep(waits[-1]) -> asyncio.sleep(random.uniform(0, limit))
# %% wrong keep_listening: random numbers are noted, the limit is waited
# says: yours take all of it
# with: asyncio.sleep(waits[-1]) -> asyncio.sleep(limit)
# %% wrong keep_listening: no wait at all
# says: wait as long as `waits` says
# with: asyncio.sleep(waits[-1]) -> asyncio.sleep(0)
# %% wrong keep_listening: 1008 still knocked at
# says: 1008 does not pass with time
# with: (1000, 1008) or -> (1000,) or
# %% wrong keep_listening: gives up at every refusal
# says: `waits` has one delay for each of the 6 refusals
# with: status in (401, 403) -> status
# %% wrong keep_listening: gives up at 404
# says: after status 404 it comes back
# with: status in (401, 403) -> status in (401, 403, 404)
# %% wrong keep_listening: all that is said to be the client's fault is an end
# says: after 1002 it comes back
# with: (1000, 1008) or -> (1000, 1002, 1003, 1007, 1008, 1009) or
# %% wrong keep_listening: messages lost when it is sent away
# says: return the messages that came, all of them and in order
# -             return messages
# -         waits.append(random.uniform(0, limit))
# +             return messages if code == 1000 else []
# +         waits.append(random.uniform(0, limit))
# %% wrong keep_listening: the delay never starts over
# says: each of these connections has brought a message
# -                     limit = base
# %% wrong keep_listening: starts over when it opens
# says: opened and brought nothing
# -                 async for message in websocket:
# -                     messages.append(message)
# -                     limit = base
# +                 limit = base
# +                 async for message in websocket:
# +                     messages.append(message)
# %% wrong keep_listening: no waits noted
# says: `waits` has one delay for each
# -         waits.append(random.uniform(0, limit))
# -         await asyncio.sleep(waits[-1])
# +         await asyncio.sleep(random.uniform(0, limit))
# %% right keep_listening: each call notes its own waits
# -     limit = base
# -     while True:
# +     limit = base
# +     waits.clear()
# +     while True:
# %% right keep_listening: a class of errors, and a generator of waits
import asyncio
import random

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

waits = []

def jitter(base, cap):
    while True:
        yield random.random() * base
        base = min(cap, base * 2)

async def keep_listening(url: str, base: float, cap: float) -> list:
    messages, delays = [], jitter(base, cap)
    while True:
        try:
            websocket = await connect(url, proxy=None)
            while True:
                messages.append(await websocket.recv())
                delays = jitter(base, cap)
        except ConnectionClosed as closed:
            if closed.rcvd and closed.rcvd.code in {1000, 1008}:
                return messages
        except InvalidStatus as refused:
            if refused.response.status_code in {401, 403}:
                return messages
        except (OSError, WebSocketException):
            pass
        waits.append(next(delays))
        await asyncio.sleep(waits[-1])

# %% wrong outage: the successful attempt counted, too
# says: the seventh attempt comes after 63 seconds
# with: "failed": 6 -> "failed": 7
# %% wrong outage: the cap forgotten
# says: with the cap one attempt more fits
# with: "failed": 6 -> "failed": 5
# %% wrong outage: the client knows at once
# says: the client learns it at its next attempt
# with: 63 -> 60
# %% wrong outage: the cap forgotten in the sum
# says: that is without the cap
# with: 63 -> 127
# %% wrong outage: the limit instead of the mean
# says: 16 is the limit
# with: 16 / 2 -> 16
# %% wrong outage: counted from 2 to the power of 3
# says: the fifth is 16, not 8
# with: 16 / 2 -> 8 / 2
# %% wrong outage: left empty in one place
# says: 'fifth_wait' is a number
# with: 16 / 2 -> None
# %% right outage: computed
times, limit, now = [], 1, 0
while now < 60:
    now += limit
    limit = min(16, 2 * limit)
    times.append(now)
outage = {
    "failed": sum(time < 60 for time in times),
    "back_after": times[-1],
    "fifth_wait": min(16, 2**4) * 0.5,
}

# %% same come_back: never are both given
# -     if status is not None:
# -         return status in {408, 425, 429, 500, 502, 503, 504}
# -     if code is not None:
# -         final = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003}
# -         return code not in final and not 4400 <= code <= 4499
# +     if code is not None:
# +         final = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003}
# +         return code not in final and not 4400 <= code <= 4499
# +     if status is not None:
# +         return status in {408, 425, 429, 500, 502, 503, 504}
# %% same follow: on the way to this machine there is no proxy
# with: connect(f"{url}?since={last}", proxy=None) -> connect(f"{url}?since={last}")
# %% same follow: nothing can come between the two lines
# -                         last = event["id"]
# -                         data.append(event["data"])
# +                         data.append(event["data"])
# +                         last = event["id"]
# %% same keep_listening: on the way to this machine there is no proxy
# -         try:
# -             async with connect(url, proxy=None) as websocket:
# +         try:
# +             async with connect(url) as websocket:
# %% same keep_listening: nothing can come between a message and its limit
# -                     messages.append(message)
# -                     limit = base
# +                     limit = base
# +                     messages.append(message)
# %% same keep_listening: what is waited is drawn already
# -         await asyncio.sleep(waits[-1])
# -         limit = min(cap, 2 * limit)
# +         limit = min(cap, 2 * limit)
# +         await asyncio.sleep(waits[-1])
