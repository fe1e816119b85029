# %% wrong detection_times: the timeout alone at worst
# says: the two follow each other
# with: return timeout, interval / 2 + timeout, interval + timeout -> return timeout, max(interval, timeout), max(interval, timeout)

# %% wrong detection_times: nothing at best
# says: is waited for during the whole timeout
# with: return timeout, interval / 2 + timeout, interval + timeout -> return 0, (interval + timeout) / 2, interval + timeout

# %% wrong detection_times: half of the worst on average
# says: the timeout is always waited for in full
# with: interval / 2 + timeout -> max(timeout, (interval + timeout) / 2)

# %% wrong detection_times: the worst first
# says: the order is best, average, worst
# with: return timeout, interval / 2 + timeout, interval + timeout -> return interval + timeout, interval / 2 + timeout, timeout

# %% wrong detection_times: a single number
# says: return a tuple of three numbers
# with: return timeout, interval / 2 + timeout, interval + timeout -> return interval + timeout

# %% wrong detection_times: two intervals at worst
# says: at worst the line dies right after a pong
# with: interval / 2 + timeout, interval + timeout -> interval + timeout, 2 * interval + timeout

# %% wrong detection_times: floor division
# says: on average
# with: interval / 2 -> interval // 2

# %% wrong detection_times: the smaller of the two at best
# says: at best
# with: return timeout, -> return min(interval, timeout),

# %% right detection_times: by waiting times until the next ping
def detection_times(interval, timeout):
    waits = [0, 0.5 * interval, interval]
    return tuple(wait + timeout for wait in waits)

# %% right detection_times: numbers by name
from typing import NamedTuple
class Times(NamedTuple):
    best: float
    average: float
    worst: float
def detection_times(interval, timeout):
    return Times(float(timeout), timeout + 0.5 * interval, float(timeout + interval))

# %% wrong shortest_interval: rounded down
# says: it costs more than the budget: round up
# with: -(-3600 * beat_bytes // bytes_per_hour)  # rounded up, so 1 at least -> max(1, 3600 * beat_bytes // bytes_per_hour)

# %% wrong shortest_interval: the longest one
# says: not the longest
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = idle_timeout // 2
    if 3600 / interval * beat_bytes > bytes_per_hour:
        raise ValueError("no such interval")
    return interval

# %% wrong shortest_interval: the whole idle time-out allowed
# says: one late beat and the proxy hangs up
# with: > idle_timeout / 2: -> > idle_timeout:

# %% wrong shortest_interval: cut to what the proxy allows
# says: one late beat and the proxy hangs up
import math

def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    return max(1, min(math.ceil(3600 * beat_bytes / bytes_per_hour), idle_timeout // 2))

# %% wrong shortest_interval: not whole
# says: no whole number of seconds
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = 3600 * beat_bytes / bytes_per_hour
    if interval > idle_timeout / 2:
        raise ValueError("no such interval")
    return max(1.0, interval)

# %% wrong shortest_interval: always one more
# says: at least 1 s, however much money there is
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = 3600 * beat_bytes // bytes_per_hour
    interval += 3600 * beat_bytes % bytes_per_hour > 0 and interval > 0
    if interval > idle_timeout / 2:
        raise ValueError("no such interval")
    return int(interval)

# %% wrong shortest_interval: whole beats only
# says: the number of beats need not be whole
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    for interval in range(1, idle_timeout // 2 + 1):
        if 3600 // interval * beat_bytes <= bytes_per_hour:
            return interval
    raise ValueError("the two have to talk")

# %% wrong shortest_interval: rounded to the nearest
# says: round up
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = max(1, round(3600 * beat_bytes / bytes_per_hour))
    if interval > idle_timeout / 2:
        raise ValueError("no")
    return interval

# %% wrong shortest_interval: returns None when impossible
# says: one late beat
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    for interval in range(1, idle_timeout // 2 + 1):
        if 3600 * beat_bytes <= bytes_per_hour * interval:
            return interval

# %% wrong shortest_interval: beats per hour rounded first
# says: round up
import math
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    beats = bytes_per_hour // beat_bytes
    interval = max(1, 3600 // beats)
    if interval > idle_timeout / 2:
        raise ValueError("no")
    return interval

# %% wrong shortest_interval: beats per hour rounded first, then up
# says: may be spent
import math
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    beats = bytes_per_hour // beat_bytes
    interval = 3600 // beats + 1
    if interval > idle_timeout / 2:
        raise ValueError("no")
    return interval

# %% wrong shortest_interval: only whole beats are counted
# says: round the interval, not the number of beats
import math
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = math.ceil(3600 / (bytes_per_hour // beat_bytes))
    if interval > idle_timeout / 2:
        raise ValueError("no")
    return interval

# %% wrong shortest_interval: the last beat of an hour is counted in full
# says: round the interval, not the number of beats
import math
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    for interval in range(1, idle_timeout // 2 + 1):
        if math.ceil(3600 / interval) * beat_bytes <= bytes_per_hour:
            return interval
    raise ValueError("the budget is too small for this proxy")

# %% right shortest_interval: try one after the other
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    for interval in range(1, idle_timeout // 2 + 1):
        if 3600 * beat_bytes <= bytes_per_hour * interval:
            return interval
    raise ValueError("the budget is too small for this proxy")

# %% right shortest_interval: ceil as a float, and an error of its own
import math
class TooDear(ValueError):
    pass
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = float(math.ceil(3600 * beat_bytes / bytes_per_hour))
    if 2 * interval > idle_timeout:
        raise TooDear
    return interval

# %% wrong overdue_after: the smoothed value first
# says: variation first
# -         variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
# -         smoothed = 7 / 8 * smoothed + 1 / 8 * sample
# +         smoothed = 7 / 8 * smoothed + 1 / 8 * sample
# +         variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)

# %% wrong overdue_after: weights swapped
# says: not the other way round
# -         variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
# -         smoothed = 7 / 8 * smoothed + 1 / 8 * sample
# +         variation = 7 / 8 * variation + 1 / 8 * abs(smoothed - sample)
# +         smoothed = 3 / 4 * smoothed + 1 / 4 * sample

# %% wrong overdue_after: begins without variation
# says: half of it
# with: round_trips[0], round_trips[0] / 2 -> round_trips[0], 0

# %% wrong overdue_after: the mean, three times
# says: this is no mean
def overdue_after(round_trips):
    return 3 * sum(round_trips) / len(round_trips)

# %% wrong overdue_after: the difference with its sign
# says: a distance is never negative
# with: abs(smoothed - sample) -> (smoothed - sample)

# %% wrong overdue_after: state kept from call to call
# says: each call stands alone
state = {}
def overdue_after(round_trips):
    for sample in round_trips:
        if not state:
            state.update(s=sample, v=sample / 2)
            continue
        state["v"] = 0.75 * state["v"] + 0.25 * abs(state["s"] - sample)
        state["s"] = 0.875 * state["s"] + 0.125 * sample
    return state["s"] + 4 * state["v"]

# %% wrong overdue_after: the first sample counts twice
# says: only sets the two numbers
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], round_trips[0] / 2
    for sample in round_trips:
        variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
    return smoothed + 4 * variation

# %% wrong overdue_after: begins with nothing
# says: it does not move them from 0
def overdue_after(round_trips):
    smoothed = variation = 0
    for sample in round_trips:
        variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
    return smoothed + 4 * variation

# %% wrong overdue_after: rounded
# says: the samples were
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], round_trips[0] / 2
    for sample in round_trips[1:]:
        variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
    return round(smoothed + 4 * variation, 3)

# %% right overdue_after: by steps towards the sample
def overdue_after(round_trips):
    first, *others = round_trips
    smoothed = first
    variation = first / 2
    for sample in others:
        error = sample - smoothed
        variation += (abs(error) - variation) / 4
        smoothed += error / 8
    return smoothed + variation * 4

# %% wrong keep_watch: looks for the pong at once
# says: was thrown out all the same
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    try:
        while True:
            await asyncio.sleep(interval)
            pong = await websocket.ping()
            if not pong.done():
                websocket.transport.abort()
                return
    except ConnectionClosed:
        return

# %% wrong keep_watch: returns and leaves the closing to the library
# says: abort: a close frame asks
# -                 await pong
# -     except TimeoutError:
# -         websocket.transport.abort()
# +                 await pong
# +     except TimeoutError:
# +         return

# %% wrong keep_watch: closes politely
# says: abort: a close frame asks
# -                 await pong
# -     except TimeoutError:
# -         websocket.transport.abort()
# +                 await pong
# +     except TimeoutError:
# +         await websocket.close()

# %% wrong keep_watch: a goodbye is an accident
# says: there is nobody left to watch
import asyncio

async def keep_watch(websocket, interval, timeout):
    try:
        await asyncio.sleep(interval)
        while True:
            async with asyncio.timeout(timeout):
                pong = await websocket.ping()
                await pong
            await asyncio.sleep(interval)
    except TimeoutError:
        websocket.transport.abort()

# %% wrong keep_watch: lets the timeout escape
# says: abort the connection, and return
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    try:
        while True:
            await asyncio.sleep(interval)
            async with asyncio.timeout(timeout):
                await (await websocket.ping())
    except ConnectionClosed:
        return

# %% wrong keep_watch: never asks
# says: nothing asks any more
async def keep_watch(websocket, interval, timeout):
    await websocket.wait_closed()

# %% wrong keep_watch: only the first pong is waited for
# says: fall silent later
import asyncio
from websockets.exceptions import ConnectionClosed
async def keep_watch(websocket, interval, timeout):
    try:
        await asyncio.sleep(interval)
        async with asyncio.timeout(timeout):
            await (await websocket.ping())
        while True:
            await asyncio.sleep(interval)
            async with asyncio.timeout(timeout):
                await websocket.ping()
    except TimeoutError:
        websocket.transport.abort()
    except ConnectionClosed:
        return

# %% wrong keep_watch: the interval is the timeout
# says: `timeout` that counts
# -             async with asyncio.timeout(timeout):
# -                 pong = await websocket.ping()
# +             async with asyncio.timeout(interval):
# +                 pong = await websocket.ping()

# %% wrong keep_watch: no pause
# says: the interval is 0.2 s
# -             await asyncio.sleep(interval)
# -             async with asyncio.timeout(timeout):
# -                 pong = await websocket.ping()
# +             await asyncio.sleep(0)
# +             async with asyncio.timeout(timeout):
# +                 pong = await websocket.ping()

# %% wrong keep_watch: waits for interval and timeout
# says: the next ping leaves
# -             async with asyncio.timeout(timeout):
# -                 pong = await websocket.ping()
# +             async with asyncio.timeout(interval + timeout):
# +                 pong = await websocket.ping()

# %% wrong keep_watch: sleeps for the timeout, too
# says: the next ping leaves
# -             await asyncio.sleep(interval)
# -             async with asyncio.timeout(timeout):
# -                 pong = await websocket.ping()
# +             await asyncio.sleep(interval + timeout)
# +             async with asyncio.timeout(timeout):
# +                 pong = await websocket.ping()

# %% wrong keep_watch: swallows its cancellation
# says: swallowed
import asyncio
async def keep_watch(websocket, interval, timeout):
    while True:
        try:
            await asyncio.sleep(interval)
            async with asyncio.timeout(timeout):
                await (await websocket.ping())
        except:
            websocket.transport.abort()
            return

# %% right keep_watch: wait_for
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    while True:
        await asyncio.sleep(interval)
        try:
            pong = await websocket.ping()
            await asyncio.wait_for(pong, timeout)
        except asyncio.TimeoutError:
            websocket.transport.abort()
            break
        except ConnectionClosed:
            break

# %% right keep_watch: by the clock, and asyncio.wait
import asyncio
from websockets.exceptions import ConnectionClosed
async def keep_watch(websocket, interval, timeout):
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due += interval
        await asyncio.sleep(due - loop.time())
        try:
            waiter = await websocket.ping()
        except ConnectionClosed:
            return
        try:
            done, _ = await asyncio.wait([waiter], timeout=timeout)
            if not done:
                websocket.transport.abort()
                return
            await waiter
        except ConnectionClosed:
            return

# %% right keep_watch: pings first, then sleeps
import asyncio
from contextlib import suppress
from websockets.exceptions import ConnectionClosed
async def keep_watch(websocket, interval, timeout):
    with suppress(ConnectionClosed):
        while True:
            pong = await websocket.ping()
            try:
                async with asyncio.timeout(timeout):
                    await pong
            except TimeoutError:
                websocket.transport.abort()
                return
            await asyncio.sleep(interval)

# %% wrong heartbeat: talks and never listens
# says: nobody has noticed
# -                     await answered.wait()

# %% wrong heartbeat: a bare except
# says: a bare `except:` catches CancelledError
import asyncio

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                answered.clear()
                await websocket.send("ping")
                await asyncio.wait_for(answered.wait(), timeout)
        except:
            websocket.transport.abort()

    beating = asyncio.create_task(beat())
    while True:
        try:
            message = await websocket.recv()
            if message == "pong":
                answered.set()
            else:
                await websocket.send(message)
        except:
            break
    beating.cancel()

# %% wrong heartbeat: it sleeps first, and reads only while it waits for a pong
# says: did not come back: read the messages all the while
import asyncio

async def heartbeat(websocket, interval, timeout):
    while True:
        await asyncio.sleep(interval)
        await websocket.send("ping")
        try:
            async with asyncio.timeout(timeout):
                message = await websocket.recv()
                if message != "pong":
                    await websocket.send(message)
        except TimeoutError:
            websocket.transport.abort()
            return

# %% wrong heartbeat: the task is forgotten
# says: a task of it still sleeps
# -     finally:
# -         beating.cancel()

# %% wrong heartbeat: the task is not cancelled when the handler is
# says: the handler was cancelled, but a task of it goes on
# -     finally:
# -         beating.cancel()
# +     beating.cancel()

# %% wrong heartbeat: closes politely
# says: abort, don't close
# with: websocket.transport.abort() -> await websocket.close(1011, "no pong")

# %% wrong heartbeat: one loop that asks and reads by turns
# says: none is lost while a pong is awaited
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    try:
        while True:
            await websocket.send("ping")
            if await asyncio.wait_for(websocket.recv(), timeout) != "pong":
                continue
            await asyncio.sleep(interval)
    except TimeoutError:
        websocket.transport.abort()
    except ConnectionClosed:
        pass

# %% wrong heartbeat: ping frames
# says: a page in a browser can't see a ping *frame*
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                pong = await websocket.ping()
                await asyncio.wait_for(pong, timeout)
        except TimeoutError:
            websocket.transport.abort()
        except ConnectionClosed:
            pass

    beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

# %% wrong heartbeat: pongs are sent back
# says: it is not sent back
# -                 answered.set()
# -             else:
# -                 await websocket.send(message)
# +                 answered.set()
# +             await websocket.send(message)

# %% wrong heartbeat: gives up at the next ping
# says: it is `timeout` that counts
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    alive = True

    async def beat():
        nonlocal alive
        try:
            while alive:
                alive = False
                await websocket.send("ping")
                await asyncio.sleep(interval)
            websocket.transport.abort()
        except ConnectionClosed:
            pass

    beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message == "pong":
                alive = True
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

# %% wrong heartbeat: any message is a pong
# says: only that answers a ping
# -             if message == "pong":
# -                 answered.set()
# -             else:
# +             answered.set()
# +             if message != "pong":

# %% wrong heartbeat: one event for all
# says: memory of its own
answered = asyncio.Event()
async def heartbeat(websocket, interval, timeout):
    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                answered.clear()
                await websocket.send("ping")
                await asyncio.wait_for(answered.wait(), timeout)
        except TimeoutError:
            websocket.transport.abort()
        except ConnectionClosed:
            pass
    beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message == "pong":
                answered.set()
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

# %% wrong heartbeat: swallows pings that come in
# says: every other one is sent back
# with: if message == "pong": -> if message in ("ping", "pong"):

# %% wrong heartbeat: bytes come back as text
# says: bytes as bytes
# with: await websocket.send(message) -> await websocket.send(message if isinstance(message, str) else message.decode(errors="replace"))

# %% wrong heartbeat: drops the empty message
# says: the empty one
# with: else: -> elif message:

# %% wrong heartbeat: pongs in any case
# says: only the text message
# with: if message == "pong": -> if isinstance(message, str) and message.strip().lower() == "pong":

# %% wrong heartbeat: asks before the first interval
# says: the first `ping` is sent after the first interval
# -                 await asyncio.sleep(interval)
# -                 answered.clear()
# +                 answered.clear()
# -                     await answered.wait()
# +                     await answered.wait()
# +                 await asyncio.sleep(interval)

# %% wrong heartbeat: interval ignored
# says: the interval is 0.2 s
# with: await asyncio.sleep(interval) -> await asyncio.sleep(0.01)

# %% wrong heartbeat: a ping as bytes
# says: first message is the text
# with: send("ping") -> send(b"ping")

# %% wrong heartbeat: timeout in the reader
# says: not one `pong`
import asyncio
from websockets.exceptions import ConnectionClosed
async def heartbeat(websocket, interval, timeout):
    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                await websocket.send("ping")
        except ConnectionClosed:
            pass
    beating = asyncio.create_task(beat())
    try:
        while True:
            message = await asyncio.wait_for(websocket.recv(), interval + timeout)
            if message != "pong":
                await websocket.send(message)
    except TimeoutError:
        websocket.transport.abort()
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

# %% wrong heartbeat: checks when the next ping is due
# says: the next ping leaves
import asyncio, time
from websockets.exceptions import ConnectionClosed
async def heartbeat(websocket, interval, timeout):
    last = time.monotonic()
    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                if time.monotonic() - last > interval + timeout:
                    websocket.transport.abort()
                    return
                await websocket.send("ping")
        except ConnectionClosed:
            pass
    beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message == "pong":
                last = time.monotonic()
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

# %% wrong heartbeat: a queue of pongs, old ones and all
# says: forget the old ones
import asyncio
from contextlib import suppress
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    pongs = asyncio.Queue()

    async def beat():
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await websocket.send("ping")
                try:
                    await asyncio.wait_for(pongs.get(), timeout)
                except TimeoutError:
                    websocket.transport.abort()
                    return

    async with asyncio.TaskGroup() as group:
        task = group.create_task(beat())
        with suppress(ConnectionClosed):
            async for message in websocket:
                if message == "pong":
                    pongs.put_nowait(message)
                else:
                    await websocket.send(message)
        task.cancel()

# %% right heartbeat: a task group and a queue
import asyncio
from contextlib import suppress
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    pongs = asyncio.Queue()

    async def beat():
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                while not pongs.empty():
                    pongs.get_nowait()
                await websocket.send("ping")
                try:
                    await asyncio.wait_for(pongs.get(), timeout)
                except TimeoutError:
                    websocket.transport.abort()
                    return

    async with asyncio.TaskGroup() as group:
        task = group.create_task(beat())
        with suppress(ConnectionClosed):
            async for message in websocket:
                if message == "pong":
                    pongs.put_nowait(message)
                else:
                    await websocket.send(message)
        task.cancel()

# %% right heartbeat: no task at all, the reader has a deadline
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    now = asyncio.get_running_loop().time
    due, awaited = now() + interval, False
    try:
        while True:
            try:
                async with asyncio.timeout_at(due):
                    message = await websocket.recv()
            except TimeoutError:
                if awaited:
                    websocket.transport.abort()
                    return
                await websocket.send("ping")
                due, awaited = now() + timeout, True
                continue
            if message == "pong":
                due, awaited = now() + interval, False
            else:
                await websocket.send(message)
    except ConnectionClosed:
        return

# %% right heartbeat: two tasks and whoever is first
import asyncio
from websockets.exceptions import ConnectionClosed
async def heartbeat(websocket, interval, timeout):
    pong = asyncio.Event()
    async def read():
        async for message in websocket:
            if message == "pong":
                pong.set()
            else:
                await websocket.send(message)
    async def beat():
        while True:
            await asyncio.sleep(interval)
            pong.clear()
            await websocket.send("ping")
            await asyncio.wait_for(pong.wait(), timeout)
    tasks = [asyncio.create_task(read()), asyncio.create_task(beat())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        websocket.transport.abort()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

# %% right heartbeat: a future for each ping
import asyncio
from websockets.exceptions import ConnectionClosed
async def heartbeat(websocket, interval, timeout):
    waiting = None
    async def beat():
        nonlocal waiting
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(interval)
                waiting = loop.create_future()
                await websocket.send("ping")
                done, _ = await asyncio.wait({waiting}, timeout=timeout)
                if not done:
                    websocket.transport.abort()
                    return
        except ConnectionClosed:
            return
    task = asyncio.create_task(beat())
    try:
        while True:
            message = await websocket.recv()
            if message != "pong":
                await websocket.send(message)
            elif waiting is not None and not waiting.done():
                waiting.set_result(None)
    except ConnectionClosed:
        return
    finally:
        task.cancel()

# %% right heartbeat: by the clock, a timer that is called off
import asyncio
from contextlib import suppress
from websockets.exceptions import ConnectionClosed
async def heartbeat(websocket, interval, timeout):
    loop = asyncio.get_running_loop()
    timer = None
    async def beat():
        nonlocal timer
        due = loop.time()
        with suppress(ConnectionClosed):
            while True:
                due += interval
                await asyncio.sleep(due - loop.time())
                if timer is None:
                    timer = loop.call_later(timeout, websocket.transport.abort)
                await websocket.send("ping")
    task = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message == "pong":
                if timer:
                    timer.cancel()
                timer = None
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        if timer:
            timer.cancel()
        task.cancel()

# %% same heartbeat: the reader hears of the end at the same time, and cancels the task
# -             pass
# +             raise

# %% wrong noticed_after_s: the worst case
# says: 40 s is the worst case
noticed_after_s = 20 + 20

# %% wrong noticed_after_s: the average
# says: 30 s is the average
noticed_after_s = 30

# %% wrong noticed_after_s: only until the next ping
# says: the server still hopes
noticed_after_s = 20 - 3

# %% wrong noticed_after_s: only the timeout
# says: that has yet to leave
noticed_after_s = 20

# %% wrong noticed_after_s: another whole detection after the next ping
# says: waited for 20 s, not 40
noticed_after_s = 17 + 40

# %% wrong noticed_after_s: from pong to ping
# says: by the clock
noticed_after_s = 37.1

# %% wrong noticed_after_s: text
# says: a number of seconds
noticed_after_s = "37 s"

# %% right noticed_after_s: by the clock
next_ping = 20
gives_up = next_ping + 20
noticed_after_s = float(gives_up - 3)
