# %% wrong full_jitter: the first limit is doubled already
# says: 2 to the power of 0 is 1
def full_jitter(base, cap, draws):
    limit = base
    for draw in draws:
        limit = min(cap, 2 * limit)
        yield draw * limit

# %% wrong full_jitter: jitter on top
# says: not the limit and something on top
def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for draw in draws:
        yield limit + draw * limit
        limit = min(cap, 2 * limit)

# %% wrong full_jitter: equal jitter
# says: what you have is equal jitter
def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for draw in draws:
        yield limit / 2 + draw * limit / 2
        limit = min(cap, 2 * limit)

# %% wrong full_jitter: no jitter at all
# says: all clients would wait equally long
def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for draw in draws:
        yield float(limit)
        limit = min(cap, 2 * limit)

# %% wrong full_jitter: the drawn delay is doubled
# says: not the delay that was drawn
def full_jitter(base, cap, draws):
    delay = min(base, cap)
    for draw in draws:
        delay = draw * delay
        yield delay
        delay = min(cap, 2 * delay)

# %% wrong full_jitter: capped after the draw
# says: cap the limit, then draw
def full_jitter(base, cap, draws):
    for attempt, draw in enumerate(draws):
        yield min(cap, draw * base * 2 ** min(attempt, 100))

# %% wrong full_jitter: a power too large for a float
# says: raised OverflowError
def full_jitter(base, cap, draws):
    for attempt, draw in enumerate(draws):
        yield draw * min(cap, base * 2**attempt)

# %% wrong full_jitter: randomness of its own
# says: the delay is draw × base × 2 ** n
import random

def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for _ in draws:
        yield random.uniform(0, limit)
        limit = min(cap, 2 * limit)

# %% wrong full_jitter: never ends
# says: end when the draws end
import itertools

def full_jitter(base, cap, draws):
    limit = min(base, cap)
    for draw in itertools.cycle(draws):
        yield draw * limit
        limit = min(cap, 2 * limit)

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
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        if lasted is not None:
            limit = base
        waits.append(limit)
        limit = min(cap, 2 * limit)
    return waits

# %% wrong limits: starts over one wait too late
# says: the first of a new series already
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        waits.append(limit)
        limit = min(cap, 2 * limit)
        if lasted is not None and lasted >= stable:
            limit = base
    return waits

# %% wrong limits: never starts over
# says: a connection that was stable starts over
def limits(history, base, cap, stable):
    return [min(cap, base * 2**attempt) for attempt in range(len(history))]

# %% wrong limits: no cap
# says: it never exceeds the cap
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        if lasted is not None and lasted >= stable:
            limit = base
        waits.append(limit)
        limit *= 2
    return waits

# %% wrong limits: doubled before the first wait
# says: the wait after the first failure has the limit `base`
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        if lasted is not None and lasted >= stable:
            limit = base
        else:
            limit = min(cap, 2 * limit)
        waits.append(limit)
    return waits

# %% wrong limits: None compared with a number
# says: raised TypeError
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        if lasted >= stable:
            limit = base
        waits.append(limit)
        limit = min(cap, 2 * limit)
    return waits

# %% wrong limits: more than stable
# says: exactly `stable` seconds are enough
def limits(history, base, cap, stable):
    waits, limit = [], base
    for lasted in history:
        if (lasted or 0) > stable:
            limit = base
        waits.append(limit)
        limit = min(cap, 2 * limit)
    return waits

# %% right limits: failures counted
def limits(history: list, base: float, cap: float, stable: float) -> list:
    failures, waits = 0, []
    for lasted in history:
        failures = 0 if (lasted or 0) >= stable else failures
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

# %% wrong come_back: every status from 500 on
# says: 501 is an answer
def come_back(code, status):
    if status is not None:
        return status >= 500 or status in (408, 425, 429)
    return code not in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003) and not (
        code is not None and 4400 <= code < 4500
    )

# %% wrong come_back: all of 4000 to 4999 are final
# says: only 4400 to 4499 are final
def come_back(code, status):
    if status is not None:
        return status in (408, 425, 429, 500, 502, 503, 504)
    if code is None:
        return True
    return code < 4000 and code not in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003)

# %% wrong come_back: 429 taken for a refusal
# says: 429 passes with time
def come_back(code, status):
    if status is not None:
        return status in (408, 425, 500, 502, 503, 504)
    if code is None:
        return True
    final = code in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003)
    return not final and not 4400 <= code <= 4499

# %% wrong come_back: gives up when nobody answers
# says: nobody has said no
def come_back(code, status):
    if code is not None:
        final = code in (1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003)
        return not final and not 4400 <= code <= 4499
    return status in (408, 425, 429, 500, 502, 503, 504)

# %% wrong come_back: None compared with a number
# says: raised TypeError
def come_back(code, status):
    if status in (408, 425, 429, 500, 502, 503, 504):
        return True
    return code not in (1000, 1002, 1003, 1007, 1008, 1009, 1010) and not 4400 <= code <= 4499

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

# %% wrong Seen: one memory for all objects
# says: the books belong to the object
class Seen:
    numbers = {}

    def is_new(self, sender, number):
        mine = self.numbers.setdefault(sender, set())
        new = number not in mine
        mine.add(number)
        return new

    def complete(self, sender):
        mine = self.numbers.get(sender, set())
        return next(n for n in range(len(mine) + 1) if n + 1 not in mine)

    def kept(self, sender):
        return sum(number > self.complete(sender) for number in self.numbers.get(sender, ()))

# %% wrong Seen: complete is the highest
# says: is missing, so all is complete up to
class Seen:
    def __init__(self):
        self.numbers = {}

    def is_new(self, sender, number):
        mine = self.numbers.setdefault(sender, set())
        new = number not in mine
        mine.add(number)
        return new

    def complete(self, sender):
        return max(self.numbers.get(sender, [0]))

    def kept(self, sender):
        return 0

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

# %% wrong Seen: the gap closes by one only
# says: the gap is closed, and those behind it count now
class Seen:
    def __init__(self):
        self.done, self.early = {}, {}

    def is_new(self, sender, number):
        done, early = self.done.get(sender, 0), self.early.setdefault(sender, set())
        if number <= done or number in early:
            return False
        if number == done + 1:
            self.done[sender] = number
        else:
            early.add(number)
        return True

    def complete(self, sender):
        return self.done.get(sender, 0)

    def kept(self, sender):
        return len(self.early.get(sender, ()))

# %% wrong Seen: an unknown sender is a KeyError
# says: raised KeyError
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

# %% wrong Outbox: numbers are places in the list
# says: the numbers go on
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.messages = capacity, policy, []

    def put(self, text):
        if len(self.messages) >= self.capacity:
            if self.policy == "raise":
                raise OverflowError
            self.messages.pop(0)
        number = self.messages[-1][0] + 1 if self.messages else 1
        self.messages.append((number, text))
        return number

    def pending(self):
        return list(self.messages)

    def confirm(self, number):
        self.messages = [each for each in self.messages if each[0] > number]

# %% wrong Outbox: confirms one message only
# says: 2 is confirmed, and with it all before it
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.last, self.messages = capacity, policy, 0, {}

    def put(self, text):
        if len(self.messages) >= self.capacity:
            if self.policy == "raise":
                raise OverflowError
            del self.messages[min(self.messages)]
        self.last += 1
        self.messages[self.last] = text
        return self.last

    def pending(self):
        return sorted(self.messages.items())

    def confirm(self, number):
        self.messages.pop(number, None)

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
# says: the oldest ones go, not the newest
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

# %% wrong Outbox: no limit
# says: there is room for
class Outbox:
    def __init__(self, capacity, policy):
        self.last, self.messages = 0, []

    def put(self, text):
        self.last += 1
        self.messages.append((self.last, text))
        return self.last

    def pending(self):
        return list(self.messages)

    def confirm(self, number):
        self.messages = [each for each in self.messages if each[0] > number]

# %% wrong Outbox: the refused message takes a number
# says: the one that was refused got no number
class Outbox:
    def __init__(self, capacity, policy):
        self.capacity, self.policy, self.last, self.messages = capacity, policy, 0, []

    def put(self, text):
        self.last += 1
        if len(self.messages) >= self.capacity:
            if self.policy == "raise":
                raise OverflowError("full")
            self.messages.pop(0)
        self.messages.append((self.last, text))
        return self.last

    def pending(self):
        return list(self.messages)

    def confirm(self, number):
        self.messages = [each for each in self.messages if each[0] > number]

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

# %% wrong follow: always from the beginning
# says: name the last event's id when you come back
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    data = []
    while True:
        try:
            async with connect(f"{url}?since=0", proxy=None) as websocket:
                async for message in websocket:
                    data.append(json.loads(message)["data"])
            if websocket.close_code == 1000:
                return data
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: since is a count
# says: not how many you have
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    data = []
    while True:
        try:
            async with connect(f"{url}?since={len(data)}", proxy=None) as websocket:
                async for message in websocket:
                    data.append(json.loads(message)["data"])
            if websocket.close_code == 1000:
                return data
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: a quiet end is the end
# says: 1001 means that the server is going away
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, []
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    if event["id"] > last:
                        last = event["id"]
                        data.append(event["data"])
            return data
        except (OSError, InvalidHandshake, ConnectionClosed):
            await asyncio.sleep(pause)

# %% wrong follow: takes everything that comes
# says: some events came a second time
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, []
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    last = event["id"]
                    data.append(event["data"])
            if websocket.close_code == 1000:
                return data
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: a refused handshake is not expected
# says: raised InvalidStatus
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

async def follow(url, pause):
    last, data = 0, []
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    if event["id"] > last:
                        last = event["id"]
                        data.append(event["data"])
            if websocket.close_code == 1000:
                return data
        except (OSError, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: an absent server is not expected
# says: raised ConnectionRefusedError
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, []
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    if event["id"] > last:
                        last = event["id"]
                        data.append(event["data"])
            if websocket.close_code == 1000:
                return data
        except (InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: two events with the same text taken for one
# says: return the list of all data
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, set()
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    last = event["id"]
                    data.add(event["data"])
            if websocket.close_code == 1000:
                return data
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        await asyncio.sleep(pause)

# %% wrong follow: no pause after a refusal
# says: wait `pause` seconds before each further attempt
import asyncio, json
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

async def follow(url, pause):
    last, data = 0, []
    while True:
        try:
            async with connect(f"{url}?since={last}", proxy=None) as websocket:
                async for message in websocket:
                    event = json.loads(message)
                    if event["id"] > last:
                        last = event["id"]
                        data.append(event["data"])
            if websocket.close_code == 1000:
                return data
            await asyncio.sleep(pause)
        except (OSError, InvalidHandshake, ConnectionClosed):
            continue

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
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, limit = [], base
    while True:
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
                    limit = base
            return messages
        except InvalidStatus as error:
            if error.response.status_code in (401, 403):
                return messages
        except ConnectionClosed as error:
            if error.rcvd and error.rcvd.code == 1008:
                return messages
        except (OSError, InvalidHandshake):
            pass
        waits.append(random.uniform(0, limit))
        await asyncio.sleep(waits[-1])
        limit = min(cap, 2 * limit)

# %% wrong keep_listening: still no jitter
# says: all clients wait the same times
import asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, delay = [], base
    while True:
        code = None
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
                    delay = base
            code = websocket.close_code
        except InvalidStatus as error:
            code = error.response.status_code
        except ConnectionClosed:
            code = websocket.close_code
        except (OSError, InvalidHandshake):
            pass
        if code in (1000, 1008, 401, 403):
            return messages
        waits.append(delay)
        await asyncio.sleep(delay)
        delay = min(cap, 2 * delay)

# %% wrong keep_listening: 1008 still knocked at
# says: 1008 does not pass with time
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, limit = [], base
    while True:
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
                    limit = base
            if websocket.close_code == 1000:
                return messages
        except InvalidStatus as error:
            if error.response.status_code in (401, 403):
                return messages
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass
        waits.append(random.uniform(0, limit))
        await asyncio.sleep(waits[-1])
        limit = min(cap, 2 * limit)

# %% wrong keep_listening: the delay never starts over
# says: each of these connections has brought a message
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, limit = [], base
    while True:
        code = None
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
            code = websocket.close_code
        except InvalidStatus as error:
            code = error.response.status_code
        except ConnectionClosed:
            code = websocket.close_code
        except (OSError, InvalidHandshake):
            pass
        if code in (1000, 1008, 401, 403):
            return messages
        waits.append(random.uniform(0, limit))
        await asyncio.sleep(waits[-1])
        limit = min(cap, 2 * limit)

# %% wrong keep_listening: starts over when it opens
# says: opened and brought nothing
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, limit = [], base
    while True:
        code = None
        try:
            async with connect(url, proxy=None) as websocket:
                limit = base
                async for message in websocket:
                    messages.append(message)
            code = websocket.close_code
        except InvalidStatus as error:
            code = error.response.status_code
        except ConnectionClosed:
            code = websocket.close_code
        except (OSError, InvalidHandshake):
            pass
        if code in (1000, 1008, 401, 403):
            return messages
        waits.append(random.uniform(0, limit))
        await asyncio.sleep(waits[-1])
        limit = min(cap, 2 * limit)

# %% wrong keep_listening: a little jitter on top
# says: no wait is longer than its limit
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, delay = [], base
    while True:
        code = None
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
                    delay = base
            code = websocket.close_code
        except InvalidStatus as error:
            code = error.response.status_code
        except ConnectionClosed:
            code = websocket.close_code
        except (OSError, InvalidHandshake):
            pass
        if code in (1000, 1008, 401, 403):
            return messages
        waits.append(delay + random.uniform(0.05, 0.1) * delay)
        await asyncio.sleep(waits[-1])
        delay = min(cap, 2 * delay)

# %% wrong keep_listening: gives up at every refusal
# says: `waits` has one delay for each of the 24 refusals
import asyncio, random
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

waits = []

async def keep_listening(url, base, cap):
    messages, limit = [], base
    while True:
        try:
            async with connect(url, proxy=None) as websocket:
                async for message in websocket:
                    messages.append(message)
                    limit = base
        except InvalidStatus:
            return messages
        except (OSError, ConnectionClosed):
            pass
        else:
            if websocket.close_code == 1000:
                return messages
        if websocket.close_code == 1008:
            return messages
        waits.append(random.uniform(0, limit))
        await asyncio.sleep(waits[-1])
        limit = min(cap, 2 * limit)

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
outage = {"failed": 7, "back_after": 63, "fifth_wait": 8}

# %% wrong outage: the client knows at once
# says: the client learns it at its next attempt
outage = {"failed": 6, "back_after": 60, "fifth_wait": 8}

# %% wrong outage: the cap forgotten
# says: with the cap one attempt more fits
outage = {"failed": 5, "back_after": 63, "fifth_wait": 8}

# %% wrong outage: the cap forgotten in the sum
# says: that is without the cap
outage = {"failed": 6, "back_after": 127, "fifth_wait": 8}

# %% wrong outage: the limit instead of the mean
# says: 16 is the limit
outage = {"failed": 6, "back_after": 63, "fifth_wait": 16}

# %% wrong outage: counted from 2 to the power of 3
# says: the fifth is 16, not 8
outage = {"failed": 6, "back_after": 63, "fifth_wait": 4}

# %% wrong outage: left empty in one place
# says: 'fifth_wait' is a number
outage = {"failed": 6, "back_after": 63, "fifth_wait": None}

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
