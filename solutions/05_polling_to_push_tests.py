"""Exercise 05: from polling to push."""

import asyncio
import string
import time
from contextlib import asynccontextmanager
from math import ceil

import aiohttp
from aiohttp import web

from course_lib.exercises.question import Question
from course_lib.judge.expect import expect, expect_that

REQUESTS_PER_HOUR = Question(
    "requests_per_hour",
    points=2,
    hints=(
        "How long does one turn take, from one question to the next? An hour has 3,600 seconds.",
        "Polling waits `interval` after each *answer*, and the answer comes a round trip after the "
        "question. A long poll is answered once for each event, but no more than once in a round "
        "trip. SSE and WebSocket ask once, at the beginning.",
        "`3600 / (interval + round_trip)`, `min(events, 3600 / round_trip)`, and 1.",
    ),
)
MEAN_LATENCY = Question(
    "mean_latency",
    points=2,
    hints=(
        "Two parts: how long the event waits at the server, and how long it travels.",
        "All four travel half a round trip. Only with polling an event waits, on average for half "
        "the time from one question to the next.",
        "Polling: `(interval + round_trip) / 2 + round_trip / 2`. The others: `round_trip / 2`.",
    ),
)
SINCE = Question(
    "since",
    points=2,
    hints=(
        "A cursor is the id of an event. What does `kept[last_seen:]` take it for?",
        "The first element of the list is event 1 only as long as nothing has been dropped.",
        "Look at each event's `id`, and keep those that are greater than `last_seen`.",
    ),
)
POLL_EVENTS = Question(
    "poll_events",
    points=3,
    hints=(
        "A loop in a session: ask, take what came, move the cursor, and wait if nothing came.",
        "The cursor moves only when there are events: it is the id of the last one in your hands. "
        "An empty answer or a 503 leaves it where it is.",
        "`news = await response.json() if response.status == 200 else []`; then `last_seen = "
        "news[-1]['id']` if there is news, else `await asyncio.sleep(interval)`. Return "
        "`events[:count]` before you ask again.",
    ),
)
LONG_POLL = Question(
    "long_poll",
    points=4,
    hints=(
        "First look, then wait. What has happened already will not wake you a second time.",
        "`changed.wait_for(predicate)` looks first, waits if need be, and looks again each time it "
        "is woken. It has to be called inside `async with changed:`.",
        "`async with asyncio.timeout(hold), changed: await changed.wait_for(lambda: since(events, "
        "last_seen))`, and catch `TimeoutError`. Either way, answer with `since(events, "
        "last_seen)`.",
    ),
)
EVENT_STREAM = Question(
    "EventStream",
    points=4,
    hints=(
        "Two jobs: cut the bytes into whole lines, keeping what is left for the next time; then "
        "take the lines one by one.",
        "Cut at `\\n` while it is still bytes, so that no character is ever decoded in halves; "
        "then remove a `\\r` at the end, and decode. Data, type and id live from line to line, so "
        "they belong to `self`.",
        "`*lines, self.rest = (self.rest + data).split(b'\\n')`; then `name, _, value = "
        "line.partition(':')` and `value.removeprefix(' ')`. An empty line completes the event if "
        "`self.data` has anything in it.",
    ),
)
EVALUATE = Question(
    "evaluate",
    points=3,
    hints=(
        "Collect all events of the capture in one list first, whatever they travelled in.",
        "Sort the latencies. In twenty sorted values, which one has 95 % of them up to and "
        "including itself? The nineteenth, which has index 18.",
        "`latencies[ceil(percent / 100 * len(latencies)) - 1]`; the overhead is `(total - payload) "
        "/ total`, with the bytes of *all* entries in `total`.",
    ),
)
CHOICES = Question(
    "choices",
    points=3,
    hints=(
        "Ask in this order: may it be late? Does the client send, too? Is it text? What stands in "
        "between?",
        "Two of the six may be late: those poll. One sends both ways, and one is not text: those "
        "need the same transport for different reasons.",
        "The two that are left are prompt and one way. One of them has a proxy that lets nothing "
        "through but complete responses: neither a stream nor an upgrade.",
    ),
)
MEGABITS_PER_SECOND = Question(
    "megabits_per_second",
    points=1,
    hints=(
        "How often does one browser ask? How many questions a second do all of them make?",
        "One question every 1.9 + 0.1 seconds; ten thousand browsers; 712 bytes each time.",
        "5,000 polls a second of 712 bytes. A byte has eight bits.",
    ),
)
QUESTIONS = (
    REQUESTS_PER_HOUR,
    MEAN_LATENCY,
    SINCE,
    POLL_EVENTS,
    LONG_POLL,
    EVENT_STREAM,
    EVALUATE,
    CHOICES,
    MEGABITS_PER_SECOND,
)


def word(rng, length=6):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def near(got, right, why, rel=0.01, slack=0.0):
    """Fail unless `got` is a number close to `right`."""
    expect_that(is_number(got), got, "return a number", f"{right:.6g}")
    close = abs(got - right) <= max(rel * abs(right), slack)
    expect_that(close, got, why, f"about {right:.6g}")


# --- requests_per_hour


@REQUESTS_PER_HOUR
def test_polling_example(answer):
    """The example of the question holds, and polling asks whether there is news or not."""
    for events in (20, 0, 100_000):
        got = answer.requests_per_hour("polling", events=events, interval=0.9, round_trip=0.1)
        near(got, 3600, "a turn of 0.9 and 0.1 seconds fits 3,600 times into an hour", slack=1)
    got = answer.requests_per_hour("polling", events=20, interval=0, round_trip=0.5)
    near(got, 7200, "without a pause, the round trip alone is the turn", slack=1)


@REQUESTS_PER_HOUR
def test_polling_requests(answer, rng):
    """Polling asks once in each interval and round trip."""
    interval, round_trip = rng.uniform(0.5, 5), rng.uniform(0.2, 0.6)
    events = rng.randrange(1, 100)
    got = answer.requests_per_hour("polling", events, interval, round_trip)
    turns = 1 / (interval + round_trip)
    if is_number(got):
        expect_that(
            abs(got - turns) > 0.01 * turns, got, "that is per second: an hour has 3,600 of them"
        )
        expect_that(
            abs(got - 3600 / interval) > 0.01 * got,
            got,
            "the wait begins when the answer has come: the round trip is part of each turn",
        )
    near(
        got,
        3600 * turns,
        "polling asks in every turn of interval and round trip, whether there is news or not",
        slack=1,
    )


@REQUESTS_PER_HOUR
def test_long_polling_requests(answer, rng):
    """Long polling asks once for each event, while events are further apart than a round trip."""
    for events in (0, 36_000):
        got = answer.requests_per_hour("long polling", events, interval=1, round_trip=0.1)
        near(got, events, "each event answers one held request, and one is asked after it", slack=1)
    events, round_trip = rng.randrange(100, 3000), rng.uniform(0.02, 0.3)
    got = answer.requests_per_hour("long polling", events, rng.uniform(0.5, 5), round_trip)
    near(got, events, "each event answers one held request, and one is asked after it", slack=1)


@REQUESTS_PER_HOUR
def test_busy_long_polling(answer, rng):
    """Long polling can't ask more often than once in a round trip."""
    events, round_trip = 3600 * rng.randrange(50, 200), rng.uniform(0.1, 0.5)
    got = answer.requests_per_hour("long polling", events, rng.uniform(0.5, 5), round_trip)
    near(
        got,
        3600 / round_trip,
        "between two requests there is at least a round trip: what happens meanwhile travels "
        "together in the next answer",
        slack=1,
    )


@REQUESTS_PER_HOUR
def test_push_requests(answer, rng):
    """SSE and WebSocket ask once."""
    cases = [(transport, rng.randrange(100, 5000)) for transport in ("SSE", "WebSocket")]
    for transport, events in (*cases, ("SSE", 0), ("WebSocket", 0)):
        got = answer.requests_per_hour(transport, events, rng.uniform(0.5, 5), 0.1)
        expect_that(got != 0, got, "the opening is a request, too", "1")
        near(got, 1, f"{transport} asks once, and then events come by themselves", rel=0)


# --- mean_latency


@MEAN_LATENCY
def test_latency_example(answer):
    """The example of the question holds, and polling without a pause is covered."""
    got = answer.mean_latency("WebSocket", interval=1.0, round_trip=0.2)
    near(got, 0.1, "WebSocket: the event leaves at once, and travels half a round trip")
    got = answer.mean_latency("polling", interval=0, round_trip=0.2)
    near(got, 0.2, "half a turn, which is the round trip alone, and then half a round trip")


@MEAN_LATENCY
def test_polling_latency(answer, rng):
    """With polling an event waits for half a turn, and then travels one way."""
    interval, round_trip = rng.uniform(1, 5), rng.uniform(0.2, 0.6)
    got = answer.mean_latency("polling", interval, round_trip)
    right = (interval + round_trip) / 2 + round_trip / 2
    mistakes = {
        1000 * right: "give it in seconds, not milliseconds",
        interval / 2: "that is the wait for the next question only; then the answer travels",
        (interval + round_trip) / 2: "that is half a turn, in which the event waits at the server; "
        "the answer still has to travel back",
        interval + round_trip: "that is the worst case; on average an event waits for half a turn",
        interval + round_trip * 1.5: "that is the worst case; on average an event waits for half "
        "a turn",
    }
    why = "half a turn of interval and round trip, and then half a round trip"
    expect(got, right, why, mistakes=mistakes, within=0.01)


@MEAN_LATENCY
def test_prompt_latency(answer, rng):
    """The others deliver after one way."""
    for transport in ("long polling", "SSE", "WebSocket"):
        round_trip = rng.uniform(0.05, 0.6)
        got = answer.mean_latency(transport, rng.uniform(0.5, 5), round_trip)
        if is_number(got):
            expect_that(
                abs(got - round_trip) > 0.01 * round_trip,
                got,
                f"{transport}: nothing has to be asked first, so the event travels one way only",
                f"about {round_trip / 2:.6g}",
            )
        near(
            got, round_trip / 2, f"{transport}: the event leaves at once, and travels half a round "
            "trip"
        )  # fmt: skip


# --- since


def numbered(rng, first, count):
    return [{"id": first + place, "text": word(rng)} for place in range(count)]


def with_gaps(rng, events):
    """The same events with numbers that only grow."""
    places = sorted(rng.sample(range(10, 500), len(events)))
    return [each | {"id": place} for each, place in zip(events, places, strict=True)]


@SINCE
def test_since_example(answer):
    """The examples of the question hold."""
    kept = [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}, {"id": 9, "text": "c"}]
    why = "a cursor is an id, not a place in the list: these are the events with a greater id"
    for last_seen, right in ((7, kept[1:]), (2, kept), (8, kept[2:])):
        expect(lambda last_seen=last_seen: answer.since(kept, last_seen), right, why)
    for last_seen in (9, 10, 1000):
        why = "the reader has seen all of them: nothing to return"
        expect(lambda last_seen=last_seen: answer.since(kept, last_seen), [], why)


@SINCE
def test_since_the_beginning(answer, rng):
    """Nothing has been dropped yet."""
    kept = numbered(rng, 1, 8)
    for last_seen in (0, 3, 8):
        expect(
            answer.since(kept, last_seen),
            kept[last_seen:],
            "these are the events with an id greater than the cursor",
        )
    for last_seen in (0, 7):
        why = "no events: nothing to return"
        expect(lambda last_seen=last_seen: answer.since([], last_seen), [], why)


@SINCE
def test_since_events_were_dropped(answer, rng):
    """Old events are gone, and numbers go on."""
    first = rng.randrange(500, 5000)
    kept = numbered(rng, first, 8)
    for place in (0, 3, 7):
        got = answer.since(kept, first + place)
        expect_that(
            not got or got[0]["id"] != first + place,
            got,
            "the event with the cursor's own id has been seen: begin after it",
            str(kept[place + 1 :]),
        )
        expect(
            got,
            kept[place + 1 :],
            "a cursor is an id, not a place in the list: the first one kept has another id by now",
        )


@SINCE
def test_since_long_ago(answer, rng):
    """A reader who was away too long gets all that is left."""
    first = rng.randrange(500, 5000)
    kept = numbered(rng, first, 8)
    for last_seen in (0, first - rng.randrange(2, 8), first - 1):
        expect(
            answer.since(kept, last_seen),
            kept,
            "all that is kept came after this cursor (mind negative places: they count from the "
            "end)",
        )


# --- poll_events


class ScriptedFeed:
    """Answers one poll after the other from a plan: how many events have happened, or 503."""

    def __init__(self, events, plan):
        self.events, self.plan = events, plan
        self.cursors, self.gaps, self.connections = [], [], set()
        self._answered, self._empty = 0.0, False

    async def reply(self, request):
        now = time.monotonic()
        if self._empty:
            self.gaps.append(now - self._answered)
        self.connections.add(request.transport)
        self.cursors.append(request.query.get("since"))
        step = self.plan[min(len(self.cursors), len(self.plan)) - 1]
        last_seen = self.cursors[-1] or ""
        cursor = int(last_seen) if last_seen.isdigit() else 0
        there = 0 if step == 503 else step
        news = [event for event in self.events[:there] if event["id"] > cursor][:5]
        if len(self.cursors) > len(self.plan) + 5:  # let a lost client find an end
            news = [{"id": 10**6 + len(self.cursors), "text": "too many questions"}]
        self._answered, self._empty = time.monotonic(), not news
        return web.Response(status=503) if step == 503 else web.json_response(news)


@asynccontextmanager
async def http_server(handler):
    app = web.Application()
    app.router.add_get("/feed", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed"
    finally:
        await runner.cleanup()


def polled(answer, events, plan, count, interval=0.02):
    feed = ScriptedFeed(events, plan)

    async def main():
        async with http_server(feed.reply) as url:
            return await asyncio.to_thread(answer.poll_events, url, count, interval)

    return feed, asyncio.run(main())


def complete(got, right):
    expect_that(isinstance(got, list), got, "return the events, as a list", str(right))
    ids = [event["id"] for event in got]
    expect_that(
        len(set(ids)) == len(ids),
        got,
        "an event came twice: move the cursor to the last event that you have",
        str(right),
    )
    expect(got, right, "these are the first events of the feed, none lost and none too many")


@POLL_EVENTS
def test_cursor_moves(answer, rng):
    """Every event comes once, in order, however many there are in an answer."""
    events = with_gaps(rng, numbered(rng, 1, 12))
    feed, got = polled(answer, events, [2, 5, 12, 12], 12)
    right = ["0", *(str(events[place]["id"]) for place in (1, 4, 9))]
    expect(
        feed.cursors[:4],
        right,
        "ask for what comes after the last event that you have: its id, which is not how many you "
        "have",
    )
    complete(got, events)


@POLL_EVENTS
def test_waits_when_there_is_nothing(answer, rng):
    """After an empty answer it waits, after a full one it does not."""
    events = numbered(rng, 1, 6)
    interval = 0.05
    feed, got = polled(answer, events, [0, 1, 1, 6, 6], 6, interval)
    complete(got, events)
    expect(feed.cursors[:4], ["0", "0", "1", "1"], "an empty answer leaves the cursor where it is")
    expect_that(
        min(feed.gaps) >= 0.8 * interval,
        [round(gap, 3) for gap in feed.gaps],
        "after an empty answer wait `interval` seconds before the next question",
        f"gaps of {interval} s at least",
    )


@POLL_EVENTS
def test_hurries_when_there_is_more(answer, rng):
    """After an answer with events it asks again at once."""
    events = numbered(rng, 1, 15)
    began = time.monotonic()
    _, got = polled(answer, events, [15, 15, 15], 15, interval=1.5)
    complete(got, events)
    expect_that(
        time.monotonic() - began < 3.0,
        f"{time.monotonic() - began:.1f} s for three answers full of events",
        "an answer with events may not be all there is: ask again without waiting",
    )


@POLL_EVENTS
def test_stops(answer, rng):
    """It stops with the last event asked for, and returns no more than these."""
    events = numbered(rng, 1, 9)
    for second in (6, 8):
        feed, got = polled(answer, events, [3, second, 9], 6)
        complete(got, events[:6])
        expect(len(feed.cursors), 2, "two answers brought all that was asked for: stop there")


@POLL_EVENTS
def test_server_restarts(answer, rng):
    """A 503 is an empty answer: it loses nothing, and the client waits."""
    events = numbered(rng, 1, 4)
    interval = 0.05
    feed, got = polled(answer, events, [503, 2, 503, 503, 4], 4, interval)
    complete(got, events)
    cursors = ["0", "0", "2", "2", "2"]
    expect(feed.cursors[:5], cursors, "after a 503 ask again with the same cursor")
    expect_that(
        min(feed.gaps) >= 0.8 * interval,
        [round(gap, 3) for gap in feed.gaps],
        "a 503 is like an empty answer: wait `interval` seconds before the next question",
        f"gaps of {interval} s at least",
    )


@POLL_EVENTS
def test_one_connection(answer, rng):
    """All requests share one connection."""
    feed, _ = polled(answer, numbered(rng, 1, 5), [1, 2, 3, 4, 5], 5)
    expect(
        len(feed.connections),
        1,
        "a new session for each request opens a new connection each time, which costs a round "
        "trip: keep one session for all",
    )


# --- long_poll

PATIENCE = 4.0


async def ask(session, last_seen, hold=60):
    try:
        async with session.get("/", params={"since": last_seen, "hold": hold}) as response:
            text = await response.text()
            if response.status != 200:
                # What the bench says of an exception.
                why = f"the handler raised {text}" if response.status == 500 else "answer with 200"
                expect_that(False, f"status {response.status}", why, "status 200")
            try:
                return await response.json(content_type=None)
            except ValueError:
                expect_that(False, text, "the answer is a JSON list of events")
    except TimeoutError:
        expect_that(
            False,
            f"no answer within {PATIENCE:g} s",
            "an answer must come as soon as there are events after `since`, also those that "
            "happened before the request, and not only when `hold` is over",
        )
    except aiohttp.ClientError as exc:
        expect_that(False, str(exc), "the connection broke before there was an answer")


def followed(answer, steps):
    """Run `steps(session, publish, last_id)` against the learner's handler."""
    port = answer.serve_http("long_poll")
    last_id = len(answer.value("events"))

    async def main():
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session:

            async def publish(text):
                await asyncio.to_thread(answer.publish, text)

            await steps(session, publish, last_id)

    asyncio.run(main())


def news_of(got, last_id, texts):
    right = [{"id": number, "text": text} for number, text in enumerate(texts, last_id + 1)]
    expect_that(isinstance(got, list), got, "the answer is a JSON list of events", str(right))
    if got and isinstance(got[0], dict):
        expect_that(
            got[0].get("id", 0) > last_id,
            got,
            "an event that the client has seen came again: answer with those after `since` only",
            str(right),
        )
    expect_that(
        len(got) >= len(right),
        got,
        "an event is missing: answer with all that came after `since`, not just with the one that "
        "ended the wait",
        str(right),
    )
    expect(got, right, "these are the events after `since`")


@LONG_POLL
def test_news_that_is_there(answer, rng):
    """What happened before the request is answered at once."""
    texts = [word(rng) for _ in range(3)]

    async def steps(session, publish, last_id):
        for text in texts:
            await publish(text)
        news_of(await ask(session, last_id, hold=60), last_id, texts)
        news_of(await ask(session, last_id + 2, hold=60), last_id + 2, texts[2:])

    followed(answer, steps)


@LONG_POLL
def test_held(answer, rng):
    """Without news the request is held until something happens, for every client."""
    text = word(rng)

    async def steps(session, publish, last_id):
        tasks = [asyncio.create_task(ask(session, last_id)) for _ in range(2)]
        done, _ = await asyncio.wait(tasks, timeout=0.15)
        for task in done:
            expect_that(
                False,
                task.result(),
                "nothing had happened yet: hold the request until there is an event",
                "no answer yet",
            )
        await publish(text)
        for got in await asyncio.gather(*tasks):
            expect_that(
                got != [],
                got,
                "something happened while the request was held, and every client that waits must "
                "hear of it (a handler that blocks, as with time.sleep, holds up the whole server)",
                str([{"id": last_id + 1, "text": text}]),
            )
            news_of(got, last_id, [text])

    followed(answer, steps)


@LONG_POLL
def test_held_beyond_other_events(answer, rng):
    """An event that the client has seen already ends no wait."""
    texts = [word(rng) for _ in range(2)]

    async def steps(session, publish, last_id):
        ahead = asyncio.create_task(ask(session, last_id + 1))
        there = asyncio.create_task(ask(session, last_id))
        await asyncio.wait([ahead], timeout=0.15)  # both are held by now
        await publish(texts[0])
        news_of(await there, last_id, texts[:1])
        done, _ = await asyncio.wait([ahead], timeout=0.15)
        why = "what happened is not after `since`: go on holding the request"
        expect_that(not done, ahead.result() if done else None, why, "no answer yet")
        await publish(texts[1])
        news_of(await ahead, last_id + 1, texts[1:])

    followed(answer, steps)


@LONG_POLL
def test_clients_that_leave(answer, rng):
    """A client that gives up while it waits takes nothing from the others."""
    text = word(rng)

    async def steps(session, publish, last_id):
        stays, leaves = (asyncio.create_task(ask(session, last_id)) for _ in range(2))
        await asyncio.wait([leaves], timeout=0.15)
        leaves.cancel()
        await asyncio.wait([leaves])
        await publish(text)
        news_of(await stays, last_id, [text])
        news_of(await ask(session, last_id), last_id, [text])

    followed(answer, steps)


@LONG_POLL
def test_hold_ends(answer):
    """When nothing happens, the answer is an empty list, after `hold` seconds."""

    async def steps(session, publish, last_id):
        began = time.monotonic()
        expect(
            await ask(session, last_id, hold=0.2),
            [],
            "nothing happened while the request was held: answer with an empty list",
        )
        passed = time.monotonic() - began
        expect_that(
            passed >= 0.19, f"after {passed:.2f} s", "hold the request for `hold` seconds", "0.2 s"
        )
        why = "no seconds to hold: answer with an empty list at once"
        expect(await ask(session, last_id, hold=0), [], why)
        began = time.monotonic()
        short, long = (asyncio.create_task(ask(session, last_id, hold)) for hold in (0.1, 0.6))
        for held in (short, long):
            expect(await held, [], "nothing happened while the request was held")
        passed = time.monotonic() - began
        why = "each request has a `hold` of its own, and the shorter one was over first"
        expect_that(passed >= 0.59, f"after {passed:.2f} s", why, "0.6 s")

    followed(answer, steps)


@LONG_POLL
def test_nothing_lost_between_requests(answer, rng):
    """A client that follows the feed gets every event once."""
    texts = [word(rng) for _ in range(8)]

    async def steps(session, publish, last_id):
        got, cursor, waiting = [], last_id, iter(texts)
        for count in (1, 3, 0, 2, 2):
            # Some events come while a request is held, others between two requests.
            pending = asyncio.create_task(ask(session, cursor, hold=0.3))
            for text in [next(waiting) for _ in range(count)]:
                await publish(text)
            for _ in range(2):
                news = await pending
                expect_that(isinstance(news, list), news, "the answer is a JSON list of events")
                got += news
                cursor = news[-1]["id"] if news else cursor
                if cursor - last_id >= len(texts):
                    break
                pending = asyncio.create_task(ask(session, cursor, hold=0.05))
            await pending
        expect_that(
            [event["text"] for event in got] == texts,
            [event["id"] for event in got],
            "the client lost an event between two requests, or got one twice: what counts is what "
            "came after `since`, whether somebody was waiting or not",
            str(list(range(last_id + 1, last_id + len(texts) + 1))),
        )

    followed(answer, steps)


# --- EventStream


def event(data, id="", event="message"):
    return {"event": event, "data": data, "id": id}


def fed(answer, pieces):
    """All events that come of these pieces; each piece must give a list."""
    stream = answer.make("EventStream")
    got = []
    for piece in pieces:
        news = stream.feed(piece)
        expect_that(
            isinstance(news, list), news, "feed returns a list, an empty one if there is nothing"
        )
        got += news
    return got


def cut(rng, data, pieces=6):
    places = sorted(rng.sample(range(1, len(data)), pieces))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@EVENT_STREAM
def test_stream_example(answer):
    """The example of the question holds, wherever it is cut."""
    pieces = (
        b"id: 7\ndata: one\nda",
        b"ta: two\n\n: still here\n\nevent: bye\r\ndata:x\r\n\r\n",
    )
    stream = answer.make("EventStream")
    why = "no event is complete yet: an empty list"
    expect(lambda: stream.feed(pieces[0]), [], why)
    right = [event("one\ntwo", "7"), event("x", "7", "bye")]
    expect(lambda: stream.feed(pieces[1]), right, "this is the example of the question")
    whole = b"".join(pieces)
    for place in range(len(whole) + 1):
        why = f"the example, cut after {place} bytes"
        expect(fed(answer, [whole[:place], whole[place:]]), right, why)


@EVENT_STREAM
def test_no_id_yet(answer, rng):
    """Before an id has come, it is an empty text."""
    text = word(rng)
    [first] = fed(answer, [f"data: {text}\n\n".encode()])[:1] or [None]
    why = "as long as no id has come, the event's `id` is the empty text"
    expect(first, event(text), why)


@EVENT_STREAM
def test_simple_events(answer, rng):
    """Events with an id and a line of data."""
    texts = [word(rng) for _ in range(3)]
    stream = "".join(f"id: {number}\ndata: {text}\n\n" for number, text in enumerate(texts, 1))
    got = fed(answer, [stream.encode()])
    expect(
        got,
        [event(text, str(number)) for number, text in enumerate(texts, 1)],
        "each empty line completes an event; id and data are text",
    )
    text = word(rng)
    expect(
        fed(answer, [f"data:{text}\n\ndata:  {text}\n\n".encode()]),
        [event(text), event(f" {text}")],
        "one space after the colon is not part of the value, if there is one; a second one is",
    )
    expect(
        fed(answer, [f"data: a: {text}\n\n".encode()]),
        [event(f"a: {text}")],
        "the value is all that follows the first colon",
    )


@EVENT_STREAM
def test_cut_anywhere(answer, rng):
    """The bytes come cut anywhere."""
    text = word(rng)
    data = f"id: 1\ndata: {text}\n\nid: 2\ndata: {text}!\n\n".encode()
    right = [event(text, "1"), event(f"{text}!", "2")]
    expect(
        fed(answer, cut(rng, data)), right, "a piece may end within a line: keep the rest of it "
        "until the next piece comes"
    )  # fmt: skip
    data = f"data: {text}é€🙂\n\n".encode()
    expect(
        fed(answer, [data[place : place + 1] for place in range(len(data))]),
        [event(f"{text}é€🙂")],
        "a piece may end within a character: cut the lines while they are bytes, then decode",
    )


@EVENT_STREAM
def test_several_lines(answer, rng):
    """Several data lines make one text."""
    one, two = word(rng), word(rng)
    expect(
        fed(answer, [f"data: {one}\ndata: {two}\n\n".encode()]),
        [event(f"{one}\n{two}")],
        r"join the data lines of one event by \n",
    )
    expect(
        fed(answer, [f"data: {one}\ndata\ndata:\n\ndata\n\n".encode()]),
        [event(f"{one}\n\n"), event("")],
        "a line `data` without a colon, or without a value, is an empty line of data",
    )


@EVENT_STREAM
def test_line_ends(answer, rng):
    r"""Lines may end with \r\n, also where a piece ends."""
    one, two = word(rng), word(rng)
    data = f"data: {one}\r\ndata: {two}\r\n\r\ndata: {two}\r\n\r\n".encode()
    right = [event(f"{one}\n{two}"), event(two)]
    expect(fed(answer, [data]), right, r"the \r before a \n belongs to the end of the line")
    expect(
        fed(answer, [data[place : place + 1] for place in range(len(data))]),
        right,
        r"\r and \n may come in different pieces, and are one line end all the same",
    )


@EVENT_STREAM
def test_comments(answer, rng):
    """Comments and unknown fields are ignored, and an event needs data."""
    text = word(rng)
    expect(
        fed(answer, [f": {text}\n\ndata: {text}\n: {text}\nretry: 500\n{text}: x\n\n".encode()]),
        [event(text)],
        "a line that begins with a colon is a comment, other names are ignored, and without a data "
        "line there is no event",
    )
    expect(
        fed(answer, [f"Data: x\n data: x\ndatas: x\nida: 3\ndata: {text}\n\n".encode()]),
        [event(text)],
        "only the names `data`, `event` and `id` count, exactly so; any other is ignored",
    )


@EVENT_STREAM
def test_type_and_id(answer, rng):
    """The type is for one event, the id stays."""
    one, two, kind = word(rng), word(rng), word(rng)
    expect(
        fed(answer, [f"id: 7\nevent: {kind}\ndata: {one}\n\ndata: {two}\n\n".encode()]),
        [event(one, "7", kind), event(two, "7")],
        "the id stays until another one comes; the type is `message` again for the next event",
    )
    expect(
        fed(answer, [f"id: 7\ndata: {one}\n\nid\ndata: {two}\n\n".encode()]),
        [event(one, "7"), event(two)],
        "an id without a value is an id, too: the empty one",
    )
    expect(
        fed(answer, [f"event: {kind}\n\nid: 8\n\ndata: {two}\n\n".encode()]),
        [event(two, "8")],
        "an empty line begins afresh even where there was no data: the type is `message` again; "
        "but an id is remembered",
    )


@EVENT_STREAM
def test_two_streams(answer, rng):
    """Two streams don't get into each other's way."""
    one, two = (answer.make("EventStream") for _ in range(2))
    text = word(rng)
    one.feed(f"data: {text}\n".encode())
    expect(two.feed(b"data: other\n\n"), [event("other")], "each stream has its own data")
    expect(one.feed(b"\n"), [event(text)], "each stream has its own data")


# --- evaluate


def draw_capture(rng, events):
    """A capture of polls, its latencies in ms, and the bytes of all and of the events."""
    moments = sorted(rng.uniform(0, 10) for _ in range(events))
    capture, latencies, total, payload = [], [], 0, 0
    while moments:
        up, down = rng.randrange(120, 600), rng.randrange(150, 250)
        capture.append(("up", up, []))
        carried = []
        arrived = moments[0] + rng.uniform(0.05, 0.9)
        while moments and moments[0] < arrived - 0.04:
            happened, size = moments.pop(0), rng.randrange(30, 90)
            carried.append((happened, arrived, size))
            latencies.append(1000 * (arrived - happened))
            payload += size
            down += size + 1
        capture.append(("down", down, carried))
        capture.append(("down", 2, []))
        total += up + down + 2
    return capture, sorted(latencies), total, payload


def evaluated(answer, capture):
    got = answer.evaluate(capture)
    expect_that(
        isinstance(got, dict) and set(got) == {"p50", "p95", "overhead"},
        got,
        "return a dictionary with `p50`, `p95` and `overhead`",
    )
    return got


@EVALUATE
def test_capture_example(answer):
    """The example of the question holds."""
    capture = [("up", 140, []), ("down", 260, [(0.500, 0.900, 60), (0.700, 0.900, 60)])]
    got = evaluated(answer, capture)
    for name, right in (("p50", 200.0), ("p95", 400.0), ("overhead", 0.7)):
        near(got[name], right, f"{name} in the example of the question", rel=0.001)


@EVALUATE
def test_percentiles(answer, rng):
    """The percentiles are latencies of events, in milliseconds."""
    for events in (2, 3, 19, 20, 21, 100, rng.randrange(41, 80)):
        capture, latencies, _, _ = draw_capture(rng, events)
        got = evaluated(answer, capture)
        for percent in (50, 95):
            right = latencies[ceil(percent * events / 100) - 1]
            name = f"p{percent}"
            value = got[name]
            if is_number(value):
                expect_that(
                    abs(1000 * value - right) > 0.01 * right,
                    value,
                    "give latencies in milliseconds",
                    f"{right:.6g}",
                )
                expect_that(
                    any(abs(value - each) <= 0.001 * each for each in latencies),
                    value,
                    f"{name} must be the latency of one of the events: nothing is interpolated",
                    f"{right:.6g}",
                )
            near(
                value,
                right,
                f"{name} is the smallest latency within which at least {percent} % of the events "
                f"arrived: of {events} sorted ones, the one with index "
                f"{ceil(percent * events / 100) - 1}",
                rel=0.001,
            )


@EVALUATE
def test_one_event(answer, rng):
    """One event is its own median."""
    latency, size = rng.uniform(0.1, 0.9), rng.randrange(30, 90)
    capture = [("up", 200, []), ("down", 66, [(2.0, 2.0 + latency, size)])]
    got = evaluated(answer, capture)
    for name in ("p50", "p95"):
        near(got[name], 1000 * latency, "with one event, every percentile is its latency", rel=1e-3)


@EVALUATE
def test_overhead(answer, rng):
    """The overhead is the part of all bytes that is not events."""
    capture, _, total, payload = draw_capture(rng, 30)
    got = evaluated(answer, capture)["overhead"]
    right = (total - payload) / total
    down = sum(size for way, size, _ in capture if way == "down")
    with_events = sum(size for _, size, carried in capture if carried)
    mistakes = {
        payload / total: "that is the part that is events; the overhead is the rest",
        100 * right: "give it as a part of one, not in percent",
        (total - payload) / payload: "that is the overhead for each byte of an event; give it as "
        "a part of all bytes",
        (down - payload) / down: "the requests, on the way up, are overhead, too",
        (with_events - payload) / with_events: "what carries no event is overhead as well: take "
        "the bytes of all entries",
    }
    why = "all bytes, less those of the events, divided by all bytes"
    expect(got, right, why, mistakes=mistakes, within=0.001)


# --- choices

TRANSPORTS = ("polling", "long polling", "SSE", "WebSocket")
REASONS = ("rare", "cached", "one way", "both ways", "binary", "plain HTTP only")
RIGHT = {
    "weather": ("polling", "rare"),
    "score": ("polling", "cached"),
    "departures": ("SSE", "one way"),
    "drawing": ("WebSocket", "both ways"),
    "scope": ("WebSocket", "binary"),
    "alarm": ("long polling", "plain HTTP only"),
}
WHY = {
    "weather": "ten minutes late is fine and news comes once an hour: an open connection would cost "
    "more than a question now and then",
    "score": "with polling, one answer in the cache serves a million readers; every push has to be "
    "sent a million times",
    "departures": "prompt, text, one way, to a browser, and over HTTP/2 the six connections don't "
    "matter: what is made for just this?",
    "drawing": "both of them send all the time, and everything must be prompt",
    "scope": "raw samples are not text, and an event stream carries nothing else",
    "alarm": "the proxy would keep a stream until it ends, and refuses an upgrade; what is prompt "
    "and still ends with each answer?",
}


@CHOICES
def test_every_wish_has_a_choice(answer):
    """Each wish has a transport and a reason."""
    got = answer.value("choices")
    expect_that(
        isinstance(got, dict) and set(got) == set(RIGHT), got, "keep the six names of the wishes"
    )
    for name, choice in got.items():
        expect_that(
            isinstance(choice, tuple | list) and len(choice) == 2,
            choice,
            f"`{name}` needs a tuple of a transport and a reason",
            '("polling", "rare"), for instance',
        )
        expect_that(
            choice[0] in TRANSPORTS, choice, f"`{name}`: there is no such transport",
            ", ".join(TRANSPORTS),
        )  # fmt: skip
        expect_that(
            choice[1] in REASONS, choice, f"`{name}`: there is no such reason", ", ".join(REASONS)
        )


@CHOICES
def test_transports(answer):
    """Each wish has the transport that suits it."""
    for name, (transport, _) in answer.value("choices").items():
        expect_that(transport == RIGHT[name][0], transport, f"`{name}`: {WHY[name]}")


@CHOICES
def test_reasons(answer):
    """Each choice has the reason that decides it."""
    choices = answer.value("choices")
    reasons = [reason for _, reason in choices.values()]
    for reason in REASONS:
        expect_that(
            reasons.count(reason) == 1, reasons, f"use each reason once; look at {reason!r} again"
        )
    for name, (transport, reason) in choices.items():
        expect_that(
            reason == RIGHT[name][1],
            (transport, reason),
            f"`{name}`: that is not what decides it. {WHY[name][0].upper()}{WHY[name][1:]}",
        )


# --- megabits_per_second


@MEGABITS_PER_SECOND
def test_traffic_of_nothing(answer):
    """The prediction counts every poll, in bits."""
    got = answer.value("megabits_per_second")
    expect_that(is_number(got), got, "a number of megabits per second")
    mistakes = {
        3.56: "that is megabytes: a byte has eight bits",
        56.96: "that is twice as much: a turn takes two seconds, and its 712 bytes are both ways'",
        29.979: "the round trip is part of each turn: 1.9 + 0.1 seconds",
        28_480: "that is kilobits",
        28_480_000: "that is bits; a megabit is a million of them",
        0: "nothing happens, but the questions are asked all the same",
    }
    why = "5,000 polls a second, of 712 bytes, of 8 bits"
    expect(got, 28.48, why, mistakes=mistakes, within=0.003)
