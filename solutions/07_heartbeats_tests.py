"""Exercise 07: heartbeats."""

import asyncio
import math
import time
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from course_lib.exercises.question import Question
from course_lib.judge.expect import expect, expect_guess, expect_raises, expect_that, fail
from course_lib.network import Direction, Link
from course_lib.protocol import Opcode, split_frames

DETECTION_TIMES = Question(
    "detection_times",
    points=2,
    hints=(
        "Draw a line for time, put the pings on it, and let the line die just before one of them, "
        "just after one, and half-way between two.",
        "Whenever it dies: from the next ping on, it takes the whole timeout.",
        "Until the next ping it takes nothing at best, the whole interval at worst. Add the "
        "timeout to each.",
    ),
)
SHORTEST_INTERVAL = Question(
    "shortest_interval",
    points=2,
    hints=(
        "How many beats does the budget pay for in an hour? And how far apart are they then?",
        "`3600 * beat_bytes / bytes_per_hour` seconds would spend the budget exactly. Which way "
        "must you round?",
        "`math.ceil(3600 * beat_bytes / bytes_per_hour)`, at least 1. If that is more than "
        "`idle_timeout / 2`, raise `ValueError`.",
    ),
)
OVERDUE_AFTER = Question(
    "overdue_after",
    points=3,
    hints=(
        "The first sample is special: it sets both numbers. The loop is for the others.",
        "Move the variation first: it wants the distance from the smoothed value as it was before "
        "this sample.",
        "For each sample of `round_trips[1:]`: `variation = 0.75 * variation + 0.25 * "
        "abs(smoothed - sample)`, then `smoothed = 0.875 * smoothed + 0.125 * sample`.",
    ),
)
KEEP_WATCH = Question(
    "keep_watch",
    points=3,
    imports=("websockets",),
    hints=(
        "For what exactly does the `await` in the innermost line wait?",
        "`await websocket.ping()` waits until the ping is sent, which works on a dead line as "
        "well. What does it return?",
        "It returns something that is done when the pong has come: `pong = await "
        "websocket.ping()`, and then `await pong`, both inside the timeout.",
    ),
)
HEARTBEAT = Question(
    "heartbeat",
    points=5,
    imports=("websockets",),
    hints=(
        "Two things happen at once: messages are read, and pings are sent. Let the handler read, "
        "and a task of its own beat. How does the reader tell the task that a pong has come?",
        "An `asyncio.Event` will do: the task clears it, sends `ping`, and waits for it inside "
        "`asyncio.timeout(timeout)`; the reader sets it. Cancel the task in a `finally`.",
        "The task catches `TimeoutError` (and aborts) and `ConnectionClosed` (and returns). The "
        "reader is `async for message in websocket` in a `try` with `except ConnectionClosed` and "
        "`finally: task.cancel()`.",
    ),
)
NOTICED_AFTER_S = Question(
    "noticed_after_s",
    points=1,
    hints=(
        "Write down the times of day: last ping, last pong, death, next ping, end of patience.",
        "The next ping leaves at 12:00:20, into the tunnel.",
        "The server waits until 12:00:40. The train has been gone since 12:00:03.",
    ),
)
QUESTIONS = (
    DETECTION_TIMES,
    SHORTEST_INTERVAL,
    OVERDUE_AFTER,
    KEEP_WATCH,
    HEARTBEAT,
    NOTICED_AFTER_S,
)

SLACK = 1.5
"""Seconds by which a busy computer may be late."""

EARLY, LATE = 0.08, 0.2
"""Seconds by which a measured time may be off, in the best of `TRIES` tries."""

TRIES = 3

SCALES = (1, 5)
"""How many times slower a measurement is made: the second one where the first was disturbed."""

DISTURBED, HELD_UP = 0.05, 0.5
"""Seconds of waiting for a processor that are too much, at the first scale: where something was
found out, and where nothing was, although there were `SLACK` seconds more for it."""


# --- detection_times


@DETECTION_TIMES
def test_three_times(answer, rng):
    """Best, average and worst, for many settings."""
    settings = [(20, 20), (45, 7), (3, 30), (0.25, 0.5)]
    settings += [(rng.randrange(30, 90), rng.randrange(2, 25)) for _ in range(3)]
    for interval, timeout in settings:
        right = (timeout, interval / 2 + timeout, interval + timeout)
        got = answer.detection_times(interval, timeout)
        expect_that(
            isinstance(got, tuple)
            and len(got) == 3
            and all(isinstance(each, int | float) for each in got),
            got,
            "return a tuple of three numbers: best, average, worst",
            str(right),
        )
        best, mean, worst = got
        expect_that(
            best <= mean <= worst, got, "the order is best, average, worst", "from small to large"
        )
        expect_that(
            best != 0,
            best,
            "even a line that dies just before a ping is waited for during the whole timeout",
            str(right[0]),
        )
        expect_that(
            worst != max(interval, timeout),
            worst,
            "the two follow each other: first the wait for the next ping, then the timeout",
            str(right[2]),
        )
        expect(float(best), float(right[0]), "at best the line dies as a ping leaves")
        expect(
            float(worst),
            float(right[2]),
            "at worst the line dies right after a pong: a whole interval passes before the next "
            "ping, and then the timeout",
        )
        expect(
            float(mean),
            float(right[1]),
            "on average half an interval passes before the next ping; the timeout is always "
            "waited for in full",
        )


# --- shortest_interval


@SHORTEST_INTERVAL
def test_example(answer):
    """The example of the question."""
    got = answer.shortest_interval(60, 136, 25_000)
    expect_that(got != 30, got, "the shortest that the budget allows, not the longest", "20")
    expect_that(
        not isinstance(got, float) or got.is_integer(),
        got,
        "19.6 s would spend the budget exactly, and that is no whole number of seconds: round up",
        "20",
    )
    expect_that(got != 19, got, "with 19 s it costs more than the budget: round up", "20")
    expect(got, 20, "180 beats an hour at 136 bytes are 24,480 bytes")


@SHORTEST_INTERVAL
def test_budgets(answer, rng):
    """It keeps within the budget, and only just."""
    for right, budget, why in (
        (20, 24_480, "180 beats of 136 bytes are 24,480 bytes: the budget may be spent to the end"),
        (21, 24_479, "180 beats of 136 bytes are 24,480 bytes, one more than the budget: round up"),
        (
            7,
            69_943,
            "a beat every 7 s is 514.3 beats an hour, or 69,942.9 bytes, and the budget is 69,943: "
            "round the interval, not the number of beats",
        ),
        (
            8,
            69_942,
            "a beat every 7 s is 514.3 beats an hour, or 69,942.9 bytes, and the budget is 69,942: "
            "the number of beats need not be whole",
        ),
    ):
        expect(lambda budget=budget: answer.shortest_interval(60, 136, budget), right, why)
    for _ in range(4):
        right = rng.randrange(5, 60)
        beat = rng.randrange(40, 300)
        exact = 3600 * beat / right  # bytes an hour at this interval
        budget = rng.randrange(math.ceil(exact), math.floor(3600 * beat / (right - 0.9)))
        got = answer.shortest_interval(240, beat, budget)
        expect(
            got,
            right,
            f"{beat} bytes a beat and {budget} bytes an hour: one second less would cost too "
            "much, and with one more a dead line would be found out later than need be",
        )


@SHORTEST_INTERVAL
def test_plenty(answer, rng):
    """A generous budget still means one second at least."""
    for idle in (60, 2):
        beat = rng.randrange(40, 100)
        for budget in (3600 * beat, 10**7):
            expect(
                lambda idle=idle, beat=beat, budget=budget: answer.shortest_interval(
                    idle, beat, budget
                ),
                1,
                "at least 1 s, however much money there is",
            )
    expect_raises(
        lambda: answer.shortest_interval(1, 136, 10**7),
        "ValueError",
        "the interval is at least 1 s, and that is more than half of an idle time-out of 1 s",
    )


@SHORTEST_INTERVAL
def test_impatient_proxy(answer, rng):
    """When budget and proxy can't both be satisfied, it says so."""
    interval = rng.randrange(21, 60)
    beat = rng.randrange(40, 300)
    budget = math.ceil(3600 * beat / interval)
    expect(
        lambda: answer.shortest_interval(2 * interval, beat, budget),
        interval,
        "exactly half of the idle time-out is allowed",
    )
    expect(
        lambda: answer.shortest_interval(2 * interval + 1, beat, budget),
        interval,
        f"{interval} s are less than half of {2 * interval + 1} s",
    )
    for idle in (2 * interval - 1, interval + 1, 1):
        expect_raises(
            lambda idle=idle: answer.shortest_interval(idle, beat, budget),
            "ValueError",
            f"the budget wants {interval} s, and that is more than half of {idle} s: one late beat "
            "and the proxy hangs up",
        )


# --- overdue_after


def estimate(samples, *, late=False, first=0.5, swapped=False, signed=False):
    """The estimate, or what a well-known mistake makes of it."""
    of_variation, of_smoothed = (1 / 8, 1 / 4) if swapped else (1 / 4, 1 / 8)
    smoothed, variation = samples[0], samples[0] * first
    for sample in samples[1:]:
        before = smoothed
        smoothed += of_smoothed * (sample - smoothed)
        reference = smoothed if late else before
        distance = reference - sample if signed else abs(reference - sample)
        variation += of_variation * (distance - variation)
    return smoothed + 4 * variation


@OVERDUE_AFTER
def test_first_sample(answer, rng):
    """One sample: itself, and twice itself on top."""
    seen = []
    for sample in (0.1, 2, rng.uniform(0.01, 2)):
        seen.append(sample)
        expect(
            lambda sample=sample: answer.overdue_after([sample]),
            3 * sample,
            "one sample r gives r + 4 * r / 2",
            mistakes={
                sample: "after one sample nobody knows how much they vary: the RFC begins with "
                "half of it",
                2.5
                * sample: "the first sample only sets the two numbers; the later ones move them",
                1.125
                * sample: "the first sample sets the two numbers; it does not move them from 0",
                estimate(seen): "each call stands alone: forget the samples of the call before",
            },
            within=1e-6,
        )


@OVERDUE_AFTER
def test_more_samples(answer, rng):
    """Each later sample moves both numbers a little."""
    several = [rng.uniform(0.05, 0.5) for _ in range(12)]
    for samples in ([0.1, 0.3], [0.3, 0.1], [1, 2], [0.2, 0.2, 0.1, 0.9], several, several[::-1]):
        mistakes = {
            3 * samples[-1]: "the samples before the last one count, too",
            3 * sum(samples) / len(samples): "this is no mean: recent samples weigh more",
            estimate(samples, late=True): "variation first: it wants the smoothed value from "
            "before this sample",
            estimate(samples, swapped=True): "the variation moves by a quarter and the smoothed "
            "value by an eighth, not the other way round",
            estimate(samples, first=0): "the first sample sets the variation to half of itself",
            estimate(samples, signed=True): "a distance is never negative: take `abs` of it",
            estimate(
                samples[:1] + samples
            ): "the first sample only sets the two numbers; the later ones move them",
        }
        expect(
            lambda samples=samples: answer.overdue_after(samples),
            estimate(samples),
            "the first sample sets both numbers, and each later one moves first the variation, then "
            f"the smoothed value; the samples were {[round(each, 3) for each in samples]}",
            mistakes=mistakes,
            within=1e-6,
        )


@OVERDUE_AFTER
def test_steady_line(answer, rng):
    """On a steady line the time comes close to the round trip, and never below."""
    sample = rng.uniform(0.05, 0.2)
    got = answer.overdue_after([sample] * 60)
    expect_that(
        isinstance(got, int | float) and sample <= got < 1.01 * sample,
        got,
        "sixty equal samples: nothing varies, and little is left of the first guess",
        f"close to {sample:.6g}",
    )


# --- connections to a handler of the answers


@asynccontextmanager
async def client_of(port):
    """A client that has no heartbeat of its own, and the line it hangs on."""
    async with (
        Link("127.0.0.1", port, capture=True) as line,
        connect(
            f"ws://{line.host}:{line.port}", proxy=None, ping_interval=None, close_timeout=0.1
        ) as client,
    ):
        yield client, line


def opcodes_over(line, direction=Direction.DOWN):
    """The opcodes of the frames that have come from the server, or from the client."""
    data = b"".join(each.data for each in line.capture if each.direction is direction)
    frames, _ = split_frames(data.partition(b"\r\n\r\n")[2])
    return [frame.opcode for frame in frames]


async def becomes(ask, right, seconds):
    """Ask until `right(answer)` or until the time is over; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not right(got := await asyncio.to_thread(ask)):
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.02)
    return got


def undisturbed(answer, measure):
    """What `measure(scale)` gives, in which all times are `scale` times as long.

    None, alone or first in a tuple, says that nothing was found out. Where the processes had to
    wait for a processor, what came may be the computer's doing: then it is measured once more, so
    slowly that such a wait weighs little.
    """
    for scale in SCALES:
        before = answer.waited()
        got = asyncio.run(measure(scale))
        found = (got[0] if isinstance(got, tuple) else got) is not None
        if answer.waited() - before < (DISTURBED if found else HELD_UP) * scale:
            break
    return got


def expect_found_out(answer, measure, interval, timeout, silence):
    """Measure how long it takes until a dead connection is found out; on a busy computer, again.

    `measure(scale)` gives the seconds since the last pong, by the scale, or None if nothing was
    found out.
    """
    least, most = interval + timeout - EARLY, interval + timeout + LATE
    for _ in range(TRIES):
        took = undisturbed(answer, measure)
        if took is None or least <= took <= most:
            break
    if took is None:
        fail(
            f"{silence}, and long after that the connection still stands: what has answered once "
            "can fall silent later (and whoever closes instead of aborting waits for the dead)",
            f"the connection aborted after {interval + timeout:g} s",
        )
    expect_that(
        least <= took <= most,
        f"after {took:.2f} s",
        f"{silence}. With interval {interval:g} s and timeout {timeout:g} s, the next ping leaves "
        f"{interval:g} s after the last, and is waited for {timeout:g} s",
        f"about {interval + timeout:g} s after the last pong",
    )


def tasks_before(answer):
    """How many tasks there are before a test: none, unless an earlier one has left some."""
    return asyncio.run(becomes(answer.tasks, lambda tasks: tasks == 0, 0.3))


async def ending(answer, seconds):
    """How the handler that was called last has ended, after at most so many seconds."""
    endings = await becomes(answer.endings, lambda got: got and got[-1] != "running", seconds)
    return endings[-1] if endings else "never called"


async def tasks_after(answer, before, how):
    """How many tasks there are when a handler has ended; those of one that runs on, run on."""
    seconds = 0 if how == "running" else SLACK
    return await becomes(answer.tasks, lambda tasks: tasks <= before, seconds)


# --- keep_watch


@KEEP_WATCH
def test_living_connection(answer):
    """A connection that answers is left alone."""
    port = answer.serve("keep_watch", 0.1, 2.0)

    async def live():
        async with client_of(port) as (client, _):
            await asyncio.sleep(0.6)
            return client.state.name, client.close_code

    state, code = asyncio.run(live())
    expect_that(
        state == "OPEN",
        f"{state}, code {code}",
        "this client answers every ping at once, and was thrown out all the same",
        "OPEN",
    )


@KEEP_WATCH
def test_slow_pongs(answer):
    """A pong that is slow, but in time, is a pong."""
    port = answer.serve("keep_watch", 0.1, 2.5)

    async def dawdle():
        async with client_of(port) as (client, line):
            line.silence()
            await asyncio.sleep(0.5)
            line.heal()
            await asyncio.sleep(0.3)
            return client.state.name

    expect(
        asyncio.run(dawdle()),
        "OPEN",
        "the line was silent for 0.5 s, then the pong came, and 2.5 s are allowed: it is "
        "`timeout` that counts, not `interval`",
    )


@KEEP_WATCH
def test_pings_are_sent(answer):
    """It goes on asking: a ping leaves every interval."""
    port = answer.serve("keep_watch", 0.2, 2.0)

    async def listen():
        began = time.monotonic()
        async with client_of(port) as (_, line):
            opcodes = await becomes(
                lambda: opcodes_over(line), lambda got: got.count(Opcode.PING) >= 3, 0.6 + SLACK
            )
            return opcodes.count(Opcode.PING), time.monotonic() - began

    got, seconds = asyncio.run(listen())
    expect_that(
        got >= 3,
        got,
        "nothing asks any more: there must be a ping every `interval` seconds",
        "3 pings or more",
    )
    expect_that(
        got <= seconds / 0.2 + 1,
        f"{got} pings in {seconds:.1f} s",
        "the interval is 0.2 s: sleep for it between two pings, and wait until the sleep is over",
        f"at most {seconds / 0.2 + 1:.0f}",
    )


@KEEP_WATCH
def test_line_falls_silent_later(answer):
    """A line that goes silent after a pong is found out, neither too early nor too late."""

    async def answer_once(scale):
        port = answer.serve("keep_watch", 0.4 * scale, 0.5 * scale)
        async with client_of(port) as (_, line):
            await becomes(
                lambda: opcodes_over(line, Direction.UP),
                lambda got: Opcode.PONG in got,
                (0.4 + SLACK) * scale,
            )
            line.silence()
            silent = time.monotonic()
            how = await ending(answer, (0.9 + SLACK) * scale)
            return None if how == "running" else (time.monotonic() - silent) / scale

    expect_found_out(answer, answer_once, 0.4, 0.5, "one pong came, and then the line went silent")


@KEEP_WATCH
def test_silent_line(answer):
    """A connection on a silent line is found out, and is gone at once."""
    before = tasks_before(answer)
    port = answer.serve("keep_watch", 0.1, 0.2)

    async def fall_silent():
        async with client_of(port) as (_, line):
            line.silence()
            how = await ending(answer, 0.1 + 0.2 + SLACK)
            left = await tasks_after(answer, before, how)
            line.heal()  # what was sent into the silence arrives now
            sent = await becomes(lambda: opcodes_over(line), lambda got: Opcode.CLOSE in got, 0.2)
            return how, left, Opcode.CLOSE in sent

    how, left, close_frame = asyncio.run(fall_silent())
    expect_that(
        how in ("returned", "running"),
        how,
        "a dead line is no accident: abort the connection, and return",
        "returned",
    )
    expect_that(
        not close_frame,
        "a close frame was sent",
        "abort: a close frame asks for an answer from somebody who is gone, and waits for it",
        "the connection aborted",
    )
    expect_that(
        how != "running",
        "the handler still runs",
        f"the line went silent, interval and timeout are 0.3 s together, and {0.3 + SLACK:.1f} s "
        "later it has noticed nothing: who waits for the pong? (Sending a ping works on a dead "
        "line, too.)",
        "the connection aborted",
    )
    expect_that(left <= before, f"{left - before} more than before", "a task is left behind", "0")


@KEEP_WATCH
def test_goodbye(answer):
    """A client that says goodbye ends it as well."""
    port = answer.serve("keep_watch", 0.1, 2.0)

    async def say_goodbye():
        async with client_of(port) as (client, _):
            await client.close()
            return await ending(answer, 0.1 + SLACK)

    how = asyncio.run(say_goodbye())
    expect(how, "returned", "the connection is closed: there is nobody left to watch")


@KEEP_WATCH
def test_watch_cancelled(answer):
    """It can be cancelled, as before."""
    port = answer.serve("keep_watch", 0.1, 30)

    async def cancel():
        async with client_of(port) as (_, line):
            await becomes(
                lambda: opcodes_over(line, Direction.UP), lambda got: Opcode.PONG in got, SLACK
            )
            # Until it has the pong, too: before Python 3.12, `wait_for` swallows what comes with it.
            for _ in range(3):
                await asyncio.to_thread(answer.endings)
            return (await asyncio.to_thread(answer.endings, cancel=True))[-1]

    expect(
        asyncio.run(cancel()),
        "cancelled",
        "the handler was cancelled and has swallowed it: a bare `except:` catches CancelledError, "
        "too. Catch what you expect, by name",
    )


# --- heartbeat


@HEARTBEAT
def test_a_ping_each_interval(answer):
    """A client that answers gets one ping after the other, and stays."""
    port = answer.serve("heartbeat", 0.2, 2.0)

    async def answer_pings():
        got, began = [], time.monotonic()
        async with client_of(port) as (client, _):
            try:
                async with asyncio.timeout(0.6 + SLACK):
                    while len(got) < 3:
                        got.append(await client.recv())
                        await client.send("pong")
            except TimeoutError:
                pass
            except ConnectionClosed as error:
                got.append(f"{type(error).__name__}: {error}")
            return got, time.monotonic() - began

    got, seconds = asyncio.run(answer_pings())
    expect_that(
        got != [],
        "no message came",
        "send the text message `ping` every `interval` seconds; a page in a browser can't see a ping "
        "*frame*",
        "'ping'",
    )
    expect_that(got[0] == "ping", got[0], "the first message is the text `ping`", "'ping'")
    expect_that(
        len(got) < 2 or got[1] != "pong",
        got,
        "a `pong` is the answer to your ping: it is not sent back",
        "'ping', 'ping', 'ping'",
    )
    expect(got, ["ping"] * 3, "each ping was answered at once: the next one is due")
    expect_that(
        seconds >= 2 * 0.2,
        f"3 pings in {seconds:.2f} s",
        "the interval is 0.2 s: sleep for it between two pings, and wait until the sleep is over",
        "0.2 s from one ping to the next",
    )


@HEARTBEAT
def test_every_message_comes_back(answer, rng):
    """Every message but `pong` comes back as it is, bytes and the empty one included."""
    port = answer.serve("heartbeat", 30, 30)
    messages = [
        "hello",
        "",
        "ping",
        "Pong",
        "pong ",
        '"pong"',
        b"pong",
        b"\x00\xff",
        f"{rng.random()}",
    ]

    async def talk():
        got = []
        async with client_of(port) as (client, _):
            with suppress(TimeoutError, ConnectionClosed):
                for message in messages:
                    await client.send(message)
                async with asyncio.timeout(SLACK):
                    while len(got) < len(messages):
                        got.append(await client.recv())
            return got

    got = asyncio.run(talk())
    expect_that(
        got[:1] != ["ping"],
        got,
        "the first `ping` is sent after the first interval, which lasts 30 s here; until then "
        "nothing but the messages comes back",
        str(messages),
    )
    expect(
        got,
        messages,
        "only the text message `pong` is for the heartbeat; every other one is sent back as it is, "
        "text as text and bytes as bytes, even `ping`, and even the empty one",
    )


@HEARTBEAT
def test_echo(answer, rng):
    """Other messages come back at once, also while a pong is awaited."""
    port = answer.serve("heartbeat", 0.1, 3.0)
    words = [f"word {rng.randrange(10**6)}" for _ in range(3)]

    async def talk():
        got = []
        async with client_of(port) as (client, _):
            try:
                async with asyncio.timeout(SLACK):
                    while await client.recv() != "ping":
                        pass
                    for word in words:  # the pong is owing all the while
                        await client.send(word)
                    while len(got) < len(words):
                        message = await client.recv()
                        if message != "ping":
                            got.append(message)
            except (TimeoutError, ConnectionClosed):
                pass
            return got

    got = asyncio.run(talk())
    expect(
        got,
        words,
        "every message other than `pong` is sent back at once, in order, and none is lost while a "
        "pong is awaited",
    )


@HEARTBEAT
def test_slow_answers(answer):
    """A pong that is slow, but in time, is a pong."""
    port = answer.serve("heartbeat", 0.1, 1.5)

    async def dawdle():
        async with client_of(port) as (client, _):
            try:
                async with asyncio.timeout(0.8 + SLACK):
                    for _ in range(2):
                        while await client.recv() != "ping":
                            pass
                        await asyncio.sleep(0.3)
                        await client.send("pong")
            except TimeoutError:
                return "no ping"
            except ConnectionClosed as error:
                return f"{type(error).__name__} {error}"
            return "still connected"

    got = asyncio.run(dawdle())
    expect_that(
        got != "no ping",
        "no text message `ping` came",
        "every interval there is another `ping`, also after a pong that was slow",
    )
    expect(
        got,
        "still connected",
        "the pongs came after 0.3 s, and 1.5 s are allowed: it is `timeout` that counts, not "
        "`interval`",
    )


@HEARTBEAT
def test_hanging_program(answer):
    """A client that never answers is hung up on."""
    port = answer.serve("heartbeat", 0.1, 0.3)

    async def hang():
        async with client_of(port) as (client, _):
            try:
                async with asyncio.timeout(0.4 + SLACK):
                    await client.wait_closed()
            except TimeoutError:
                return None
            return client.close_code

    code = asyncio.run(hang())
    expect_that(
        code is not None,
        "still connected",
        f"pings were sent, not one pong came, and {0.4 + SLACK:.1f} s later the connection still "
        "stands: give up `timeout` seconds after a ping",
        "the connection aborted",
    )
    expect_that(
        code == 1006,
        f"close code {code}",
        "abort, don't close: a close frame asks for an answer from somebody who gives none",
        "the connection aborted (1006)",
    )


async def code_of_the_end(client, seconds):
    """The close code with which the connection ends; None if it still stands."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await client.wait_closed()
    return client.close_code


@HEARTBEAT
def test_a_pong_answers_its_ping(answer):
    """A pong that came before the ping is no answer to it."""

    async def speak_too_soon(scale):
        pings, port = 0, answer.serve("heartbeat", 0.4 * scale, 0.1 * scale)
        async with client_of(port) as (client, _):
            with suppress(TimeoutError, ConnectionClosed):
                for _ in range(50):
                    await client.send("pong")
                async with asyncio.timeout((0.5 + SLACK) * scale):
                    async for message in client:
                        pings += message == "ping"
            return client.close_code, pings

    code, pings = undisturbed(answer, speak_too_soon)
    why = "fifty pongs came before the first ping, and none after it: forget the old ones when you ask"
    expected = "the connection aborted after the first ping"
    expect_that(code is not None, f"still connected after {pings} pings", why, expected)
    expect_that(pings <= 1, f"aborted after {pings} pings", why, expected)


@HEARTBEAT
def test_chatter_is_no_pong(answer):
    """A client that talks, and never answers a ping, is hung up on."""

    async def chatter(scale):
        port = answer.serve("heartbeat", 0.1 * scale, 0.2 * scale)
        async with client_of(port) as (client, _):
            ends = asyncio.create_task(code_of_the_end(client, (0.3 + SLACK) * scale))
            with suppress(ConnectionClosed):
                while not ends.done():
                    await client.send("no pong")
                    await asyncio.sleep(0.05)
            return await ends

    code = undisturbed(answer, chatter)
    expect_that(
        code is not None,
        "still connected",
        "messages came all the while, but not one `pong`: only that answers a ping",
        "the connection aborted",
    )


@HEARTBEAT
def test_program_falls_silent_later(answer):
    """A program that stops answering is found out, neither too early nor too late."""

    async def answer_once(scale):
        port = answer.serve("heartbeat", 0.4 * scale, 0.5 * scale)
        async with client_of(port) as (client, _):
            with suppress(TimeoutError, ConnectionClosed):
                async with asyncio.timeout((0.4 + SLACK) * scale):
                    while await client.recv() != "ping":
                        pass
                    await client.send("pong")
            answered = time.monotonic()
            code = await code_of_the_end(client, (0.9 + SLACK) * scale)
            return None if code is None else (time.monotonic() - answered) / scale

    expect_found_out(answer, answer_once, 0.4, 0.5, "one ping was answered, and no other")


@HEARTBEAT
def test_two_at_once(answer):
    """What one client answers does not count for another."""

    async def live(client):
        with suppress(ConnectionClosed):
            async for message in client:
                if message == "ping":
                    await client.send("pong")

    async def one_lives_one_hangs(scale):
        port = answer.serve("heartbeat", 0.1 * scale, 0.3 * scale)
        async with client_of(port) as (living, _), client_of(port) as (hanging, _):
            answering = asyncio.create_task(live(living))
            code = await code_of_the_end(hanging, (0.4 + SLACK) * scale)
            await asyncio.sleep(0.2 * scale)
            answering.cancel()
            return code, living.close_code

    code, other = undisturbed(answer, one_lives_one_hangs)
    expect_that(
        code is not None,
        "both connected",
        "of two clients one answers and one does not, and the silent one is never hung up on: "
        "each connection needs a memory of its own",
        "the silent one aborted",
    )
    expect_that(
        other is None,
        f"the other one closed, with {other}",
        "of two clients one answers and one does not: only the silent one is hung up on",
        "the other one connected",
    )


@HEARTBEAT
def test_dead_line(answer):
    """A line that goes silent is found out within interval and timeout."""
    before = tasks_before(answer)
    port = answer.serve("heartbeat", 0.1, 0.2)

    async def fall_silent():
        async with client_of(port) as (_, line):
            line.silence()
            how = await ending(answer, 0.1 + 0.2 + SLACK)
            return how, await tasks_after(answer, before, how)

    how, left = asyncio.run(fall_silent())
    expect_that(
        how != "running",
        "the handler still runs",
        f"the line went silent, and {0.3 + SLACK:.1f} s later nobody has noticed: wait for the pong "
        "no longer than `timeout`, then abort (closing waits for the dead)",
        "the handler returned",
    )
    expect(how, "returned", "a dead line is no accident: abort the connection, and return")
    expect_that(left <= before, f"{left - before} more than before", "a task is left behind", "0")


async def greeted(client):
    """Say something and hear it come back, so that the handler is at work."""
    await client.send("hello")
    try:
        async with asyncio.timeout(SLACK):
            await client.recv()
    except TimeoutError:
        fail(
            "`hello` was sent, long before the first `ping` is due, and did not come back: read the "
            "messages all the while, also while you wait for the time of the next `ping`",
            "'hello'",
        )


@HEARTBEAT
def test_goodbye_leaves_no_task(answer):
    """When a client says goodbye, the handler returns and nothing stays behind."""
    before = tasks_before(answer)
    port = answer.serve("heartbeat", 30, 30)

    async def say_goodbye():
        async with client_of(port) as (client, _):
            await greeted(client)
        how = await ending(answer, SLACK)
        return how, await tasks_after(answer, before, how)

    how, left = asyncio.run(say_goodbye())
    expect(
        how, "returned", "the client has said goodbye: the handler returns, without an exception"
    )
    expect_that(
        left <= before,
        f"{left - before} more than before",
        "the handler has returned, but a task of it still sleeps: cancel it, in a `finally`",
        "0 tasks left behind",
    )


@HEARTBEAT
def test_vanished_client(answer):
    """When a client vanishes without a word, the handler returns all the same."""
    before = tasks_before(answer)
    port = answer.serve("heartbeat", 30, 30)

    async def vanish():
        async with client_of(port) as (client, line):
            await greeted(client)
            line.cut()
            how = await ending(answer, SLACK)
            return how, await tasks_after(answer, before, how)

    how, left = asyncio.run(vanish())
    expect(
        how,
        "returned",
        "the connection was cut, with a TCP reset: expect `ConnectionClosed`, and return",
    )
    expect_that(
        left <= before,
        f"{left - before} more than before",
        "the handler has returned, but a task of it still sleeps: cancel it, in a `finally`",
        "0 tasks left behind",
    )


@HEARTBEAT
def test_cancelled(answer):
    """It can be cancelled, and takes its tasks along."""
    before = tasks_before(answer)
    port = answer.serve("heartbeat", 30, 30)

    async def cancel():
        async with client_of(port) as (client, _):
            await greeted(client)
            how = (await asyncio.to_thread(answer.endings, cancel=True))[-1]
        return how, await tasks_after(answer, before, how)

    how, left = asyncio.run(cancel())
    expect_that(
        how == "cancelled",
        how,
        "the handler was cancelled and has swallowed it: a bare `except:` catches CancelledError, "
        "too. Catch what you expect, by name",
        "cancelled",
    )
    expect_that(
        left <= before,
        f"{left - before} more than before",
        "the handler was cancelled, but a task of it goes on: cancel it, in a `finally`",
        "0 tasks left behind",
    )


# --- noticed_after_s


@NOTICED_AFTER_S
def test_seconds(answer):
    """The prediction follows the clock."""
    got = answer.value("noticed_after_s")
    expect_that(
        isinstance(got, int | float) and not isinstance(got, bool), got, "a number of seconds"
    )
    mistakes = {
        40: "40 s is the worst case; this train did not enter the tunnel right after the pong",
        30: "30 s is the average; here you know exactly when the line died",
        20: "20 s after the next ping, and that has yet to leave",
        17: "after 17 s the next ping leaves; the server still hopes for an answer then",
        23: "at 12:00:23 nothing happens: the timeout does not begin when the line dies",
        57: "the next ping leaves after 17 s, and is waited for 20 s, not 40",
        37.1: "by the clock the next ping leaves at 12:00:20, however long the last pong took",
    }
    why = "the next ping leaves at 12:00:20, and is waited for until 12:00:40"
    expect_guess(got, 37, why, mistakes=mistakes)
