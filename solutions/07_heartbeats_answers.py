# %% wrong detection_times: the timeout alone at worst
# says: the two follow each other
def detection_times(interval, timeout):
    return timeout, max(interval, timeout), max(interval, timeout)

# %% wrong detection_times: nothing at best
# says: is waited for during the whole timeout
def detection_times(interval, timeout):
    return 0, (interval + timeout) / 2, interval + timeout

# %% wrong detection_times: half of the worst on average
# says: the timeout is always waited for in full
def detection_times(interval, timeout):
    return timeout, max(timeout, (interval + timeout) / 2), interval + timeout

# %% wrong detection_times: the worst first
# says: the order is best, average, worst
def detection_times(interval, timeout):
    return interval + timeout, interval / 2 + timeout, timeout

# %% wrong detection_times: a single number
# says: return a tuple of three numbers
def detection_times(interval, timeout):
    return interval + timeout

# %% wrong detection_times: two intervals at worst
# says: at worst the line dies right after a pong
def detection_times(interval, timeout):
    return timeout, interval + timeout, 2 * interval + timeout

# %% right detection_times: by waiting times until the next ping
def detection_times(interval, timeout):
    waits = [0, 0.5 * interval, interval]
    return tuple(wait + timeout for wait in waits)

# %% wrong shortest_interval: rounded down
# says: it costs more than the budget: round up
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = max(1, 3600 * beat_bytes // bytes_per_hour)
    if interval > idle_timeout / 2:
        raise ValueError("no such interval")
    return interval

# %% wrong shortest_interval: the longest one
# says: not the longest
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = idle_timeout // 2
    if 3600 / interval * beat_bytes > bytes_per_hour:
        raise ValueError("no such interval")
    return interval

# %% wrong shortest_interval: the whole idle time-out allowed
# says: one late beat and the proxy hangs up
import math

def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    interval = max(1, math.ceil(3600 * beat_bytes / bytes_per_hour))
    if interval > idle_timeout:
        raise ValueError("no such interval")
    return interval

# %% wrong shortest_interval: cut to what the proxy allows
# says: one late beat and the proxy hangs up
import math

def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    return max(1, min(math.ceil(3600 * beat_bytes / bytes_per_hour), idle_timeout // 2))

# %% wrong shortest_interval: not whole
# says: whole seconds
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

# %% right shortest_interval: try one after the other
def shortest_interval(idle_timeout, beat_bytes, bytes_per_hour):
    for interval in range(1, idle_timeout // 2 + 1):
        if 3600 * beat_bytes <= bytes_per_hour * interval:
            return interval
    raise ValueError("the budget is too small for this proxy")

# %% wrong overdue_after: the smoothed value first
# says: variation first
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], round_trips[0] / 2
    for sample in round_trips[1:]:
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
        variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
    return smoothed + 4 * variation

# %% wrong overdue_after: weights swapped
# says: not the other way round
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], round_trips[0] / 2
    for sample in round_trips[1:]:
        variation = 7 / 8 * variation + 1 / 8 * abs(smoothed - sample)
        smoothed = 3 / 4 * smoothed + 1 / 4 * sample
    return smoothed + 4 * variation

# %% wrong overdue_after: begins without variation
# says: half of it
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], 0
    for sample in round_trips[1:]:
        variation = 3 / 4 * variation + 1 / 4 * abs(smoothed - sample)
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
    return smoothed + 4 * variation

# %% wrong overdue_after: the mean, three times
# says: this is no mean
def overdue_after(round_trips):
    return 3 * sum(round_trips) / len(round_trips)

# %% wrong overdue_after: the last sample only
# says: the samples before the last one count
def overdue_after(round_trips):
    return 3 * round_trips[-1]

# %% wrong overdue_after: the difference with its sign
# says: these samples
def overdue_after(round_trips):
    smoothed, variation = round_trips[0], round_trips[0] / 2
    for sample in round_trips[1:]:
        variation = 3 / 4 * variation + 1 / 4 * (smoothed - sample)
        smoothed = 7 / 8 * smoothed + 1 / 8 * sample
    return smoothed + 4 * variation

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

# %% wrong keep_watch: more patience
# says: who waits for the pong
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    try:
        while True:
            await asyncio.sleep(interval)
            async with asyncio.timeout(10 * timeout):
                await websocket.ping()
    except TimeoutError:
        websocket.transport.abort()
    except ConnectionClosed:
        return

# %% wrong keep_watch: asks the library for the state
# says: who waits for the pong
import asyncio
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

async def keep_watch(websocket, interval, timeout):
    try:
        while websocket.state is State.OPEN:
            await asyncio.sleep(interval)
            await asyncio.wait_for(websocket.ping(), timeout)
    except TimeoutError:
        websocket.transport.abort()
    except ConnectionClosed:
        return

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
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    try:
        while True:
            await asyncio.sleep(interval)
            async with asyncio.timeout(timeout):
                pong = await websocket.ping()
                await pong
    except TimeoutError:
        return
    except ConnectionClosed:
        return

# %% wrong keep_watch: closes politely
# says: abort: a close frame asks
import asyncio
from websockets.exceptions import ConnectionClosed

async def keep_watch(websocket, interval, timeout):
    try:
        while True:
            await asyncio.sleep(interval)
            async with asyncio.timeout(timeout):
                pong = await websocket.ping()
                await pong
    except TimeoutError:
        await websocket.close()
    except ConnectionClosed:
        return

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

# %% wrong heartbeat: talks and never listens
# says: nobody has noticed
import asyncio
from contextlib import suppress
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    async def beat():
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await websocket.send("ping")

    beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message != "pong":
                await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

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

# %% wrong heartbeat: the task is forgotten
# says: a task of it still sleeps
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

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

    websocket.beating = asyncio.create_task(beat())
    try:
        async for message in websocket:
            if message == "pong":
                answered.set()
            else:
                await websocket.send(message)
    except ConnectionClosed:
        pass

# %% wrong heartbeat: the task is not cancelled when the handler is
# says: the handler was cancelled, but a task of it goes on
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

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
    beating.cancel()

# %% wrong heartbeat: closes politely
# says: abort, don't close
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

    async def beat():
        try:
            while True:
                await asyncio.sleep(interval)
                answered.clear()
                await websocket.send("ping")
                await asyncio.wait_for(answered.wait(), timeout)
        except TimeoutError:
            await websocket.close(1011, "no pong")
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
# says: a ping *frame* is nothing that a page in a browser could see
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
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

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
            await websocket.send(message)
    except ConnectionClosed:
        pass
    finally:
        beating.cancel()

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

# %% wrong heartbeat: a cut connection is an accident
# says: the connection was cut
import asyncio
from websockets.exceptions import ConnectionClosed

async def heartbeat(websocket, interval, timeout):
    answered = asyncio.Event()

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
    finally:
        beating.cancel()

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

# %% wrong noticed_after_s: text
# says: a number of seconds
noticed_after_s = "37 s"

# %% right noticed_after_s: by the clock
next_ping = 20
gives_up = next_ping + 20
noticed_after_s = float(gives_up - 3)
