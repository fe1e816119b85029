"""Exercise 05: from polling to push."""

import asyncio
import json
import re
import string
import time
from contextlib import asynccontextmanager
from math import ceil

import aiohttp
from aiohttp import web

from course_lib.exercises.question import Question
from course_lib.judge.expect import asked, expect, expect_guess, expect_that, fail

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
    imports=("aiohttp",),
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
    imports=("aiohttp",),
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
    imports=("numpy",),
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


def near(got, right, why, *, rel=0.01, slack=0.0, mistakes=None):
    """Fail unless `got`, a value or a function that asks for it, is a number close to `right`."""
    wanted = f"about {right:.6g}"
    got = asked(got, why, wanted)
    expect_that(is_number(got), got, "give a number", wanted)
    if abs(got - right) <= max(rel * abs(right), slack):
        return
    for wrong, sentence in (mistakes or {}).items():
        expect_that(not abs(got - wrong) <= rel * abs(wrong), got, sentence, wanted)
    expect_that(False, got, why, wanted)


# --- requests_per_hour


def polls(answer, events, interval, round_trip):
    """Test the requests of polling."""
    turn = interval + round_trip
    mistakes = {1 / turn: "that is per second: an hour has 3,600 of them"}
    if interval:
        mistakes[3600 / interval] = (
            "the wait begins when the answer has come: the round trip is part of each turn"
        )
    why = "polling asks in every turn of interval and round trip, whether there is news or not"
    near(
        lambda: answer.requests_per_hour("polling", events, interval, round_trip),
        3600 / turn,
        why,
        slack=1,
        mistakes=mistakes,
    )


@REQUESTS_PER_HOUR
def test_polling_example(answer):
    """The example of the question holds, with names for the arguments."""
    arguments = {"events": 20, "interval": 0.9, "round_trip": 0.1}
    why = "a turn of 0.9 and 0.1 seconds fits 3,600 times into an hour"
    near(lambda: answer.requests_per_hour("polling", **arguments), 3600, why, slack=1)


@REQUESTS_PER_HOUR
def test_polling_requests(answer, rng):
    """Polling asks once in each interval and round trip."""
    for events in (0, 20, 100_000):
        polls(answer, events, 0.9, 0.1)
    polls(answer, 20, 0, 0.5)
    polls(answer, 20, 0.2, 0.05)
    polls(answer, 20, 600, 0.3)
    polls(answer, rng.randrange(1, 100), rng.uniform(0.5, 5), rng.uniform(0.2, 0.6))


@REQUESTS_PER_HOUR
def test_long_polling_requests(answer, rng):
    """Long polling asks once for each event, while events are further apart than a round trip."""
    drawn = rng.randrange(100, 3000), rng.uniform(0.5, 5), rng.uniform(0.02, 0.3)
    why = "each event answers one held request, and one is asked after it"
    for given in (drawn, (0, 1, 0.1), (1, 1, 3), (36_000, 1, 0.1)):
        near(
            lambda given=given: answer.requests_per_hour("long polling", *given),
            given[0],
            why,
            slack=1,
        )


@REQUESTS_PER_HOUR
def test_busy_long_polling(answer, rng):
    """Long polling can't ask more often than once in a round trip."""
    drawn = 3600 * rng.randrange(50, 200), rng.uniform(0.5, 5), rng.uniform(0.1, 0.5)
    why = (
        "between two requests there is at least a round trip: what happens meanwhile travels "
        "together in the next answer"
    )
    for given in (drawn, (37_000, 1, 0.1), (7200, 0.1, 1)):
        near(
            lambda given=given: answer.requests_per_hour("long polling", *given),
            3600 / given[2],
            why,
            slack=1,
        )


@REQUESTS_PER_HOUR
def test_push_requests(answer, rng):
    """SSE and WebSocket ask once."""
    for transport in ("SSE", "WebSocket"):
        why = f"{transport} asks once, and then events come by themselves"
        for events in (rng.randrange(100, 5000), 1, 0):
            given = transport, events, rng.uniform(0.5, 5), 0.1
            near(
                lambda given=given: answer.requests_per_hour(*given),
                1,
                why,
                rel=0,
                mistakes={0: "the opening is a request, too"},
            )


# --- mean_latency


@MEAN_LATENCY
def test_latency_example(answer):
    """The example of the question holds, with names for the arguments."""
    why = "WebSocket: the event leaves at once, and travels half a round trip"
    near(lambda: answer.mean_latency("WebSocket", interval=1.0, round_trip=0.2), 0.1, why)


@MEAN_LATENCY
def test_polling_latency(answer, rng):
    """With polling an event waits for half a turn, and then travels one way."""
    drawn = rng.uniform(1, 5), rng.uniform(0.2, 0.6)
    for interval, round_trip in ((0, 0.2), (1, 0.5), (0.1, 0.62), (60, 1), drawn):
        turn = interval + round_trip
        right = turn / 2 + round_trip / 2
        worst = "that is the worst case; on average an event waits for half a turn"
        mistakes = {
            1000 * right: "give it in seconds, not milliseconds",
            interval / 2: "that is the wait for the next question only; then the answer travels",
            turn / 2: "half a round trip is missing: the event waits for half a turn, which is "
            "interval and round trip, and then it travels back",
            turn: worst,
            turn + round_trip / 2: worst,
        }
        near(
            lambda given=(interval, round_trip): answer.mean_latency("polling", *given),
            right,
            "half a turn of interval and round trip, and then half a round trip",
            mistakes=mistakes,
        )


@MEAN_LATENCY
def test_prompt_latency(answer, rng):
    """The others deliver after one way."""
    for transport in ("long polling", "SSE", "WebSocket"):
        for round_trip in (0.2, 1, rng.uniform(0.05, 0.6)):
            given = transport, rng.uniform(0.5, 5), round_trip
            mistakes = {
                round_trip: f"{transport}: nothing has to be asked first, so the event travels one "
                "way only",
                500 * round_trip: "give it in seconds, not milliseconds",
            }
            near(
                lambda given=given: answer.mean_latency(*given),
                round_trip / 2,
                f"{transport}: the event leaves at once, and travels half a round trip",
                mistakes=mistakes,
            )


# --- since


def numbered(rng, first, count):
    return [{"id": first + place, "text": word(rng)} for place in range(count)]


def picked(answer, kept, last_seen, right, why):
    seen = f"the event {last_seen} has been seen: begin after it"
    wrong = [each for each in kept if each["id"] >= last_seen]
    got = asked(lambda: answer.since(kept, last_seen), why, str(right))
    expect_that(got == right or got != wrong, got, seen, str(right))
    expect(got, right, why)


@SINCE
def test_since_example(answer):
    """The examples of the question hold."""
    kept = [{"id": 7, "text": "a"}, {"id": 8, "text": "b"}, {"id": 9, "text": "c"}]
    why = "a cursor is an id, not a place in the list: these are the events with a greater id"
    for last_seen, right in ((7, kept[1:]), (2, kept), (8, kept[2:])):
        picked(answer, kept, last_seen, right, why)
    for last_seen in (9, 10, 1000):
        picked(answer, kept, last_seen, [], "the reader has seen all of them: nothing to return")


@SINCE
def test_since_the_beginning(answer, rng):
    """Nothing has been dropped yet."""
    kept = numbered(rng, 1, 8)
    for last_seen in (0, 3, 7, 8):
        why = "these are the events with an id greater than the cursor"
        picked(answer, kept, last_seen, kept[last_seen:], why)
    for last_seen in (0, 7):
        picked(answer, [], last_seen, [], "no events: nothing to return")


@SINCE
def test_since_events_were_dropped(answer, rng):
    """Old events are gone, and numbers go on."""
    why = "a cursor is an id, not a place in the list: the first one kept has another id by now"
    for first in (2, 1001, rng.randrange(500, 5000)):
        kept = numbered(rng, first, 8)
        for place in (0, 3, 6, 7):
            picked(answer, kept, first + place, kept[place + 1 :], why)
    kept = numbered(rng, 501, 1000)
    picked(answer, kept, 1498, kept[-2:], why)


@SINCE
def test_since_long_ago(answer, rng):
    """A reader who was away too long gets all that is left."""
    first = rng.randrange(500, 5000)
    kept = numbered(rng, first, 8)
    why = "all that is kept came after this cursor (mind negative places: they count from the end)"
    for last_seen in (0, first - rng.randrange(2, 8), first - 1):
        picked(answer, kept, last_seen, kept, why)


@SINCE
def test_since_takes_nothing_away(answer, rng):
    """The server's list stays as it is."""
    kept = numbered(rng, 11, 4)
    for last_seen in (2, 12, 14):
        why = "the list is the server's, and other readers need it: leave `kept` as it is"
        expect(lambda last_seen=last_seen: answer.leaves("since", kept, last_seen)[0], kept, why)


# --- poll_events

HTML_PAGE = "<html><body><h1>503 Service Unavailable</h1></body></html>"
LATE = 0.5
"""Seconds by which a busy machine may be late."""


class ScriptedFeed:
    """Answers one poll after the other from a plan: how many events have happened, or 503.

    Attributes:
        cursors: what each poll asked for.
        pauses: before each poll and at the end, after what ("the call", "news", "nothing", "503")
            it came, and how many seconds later.
    """

    def __init__(self, events, plan):
        self.events, self.plan = events, plan
        self.cursors, self.pauses, self.connections = [], [], set()
        self.replied = asyncio.Event()
        self.note("the call")

    def note(self, what):
        self.last, self.since = what, time.monotonic()

    def pause(self):
        self.pauses.append((self.last, time.monotonic() - self.since))

    async def reply(self, request):
        self.pause()
        self.replied.set()
        self.connections.add(request.transport)
        self.cursors.append(request.query.get("since", ""))
        step = self.plan[min(len(self.cursors), len(self.plan)) - 1]
        if step == 503:
            self.note("503")
            if self.cursors.count(self.cursors[-1]) % 2:
                return web.Response(status=503, text=HTML_PAGE, content_type="text/html")
            return web.json_response({"error": "restarting"}, status=503)
        cursor = int(self.cursors[-1]) if self.cursors[-1].isdigit() else 0
        news = [event for event in self.events[:step] if event["id"] > cursor][:5]
        if len(self.cursors) > len(self.plan) + 5:  # let a lost client find an end
            news = [{"id": 10**6 + len(self.cursors), "text": "too many questions"}]
        self.note("news" if news else "nothing")
        return web.json_response(news)

    def waited(self, what, interval):
        """Test the pauses after an answer that brought nothing."""
        gaps = [round(gap, 3) for after, gap in self.pauses if after == what]
        then = f"{'an empty answer' if what == 'nothing' else 'a 503'}"
        why = f"after {then} wait `interval` seconds before the next question"
        expect_that(min(gaps) >= interval - 0.002, gaps, why, f"gaps of {interval} s at least")
        why = f"after {then} wait `interval` seconds, always, and no longer"
        expect_that(min(gaps[-2:]) < interval + LATE, gaps, why, f"gaps of about {interval} s")


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


WHOLE = "these are the first events of the feed, none lost and none too many"


def polled(answer, events, plan, count, interval=0.02, why=WHOLE, cursors=None, beside=None):
    """Have the answer poll a feed, and test what it asks and what it returns.

    `cursors` are those that must come first, and why; `beside(feed, task)` runs meanwhile.
    """
    right = events[:count]

    async def main():
        feed = ScriptedFeed(events, plan)
        async with http_server(feed.reply) as url:
            feed.note("the call")
            got = asyncio.create_task(asyncio.to_thread(answer.poll_events, url, count, interval))
            if beside:
                await beside(feed, got)
            return feed, await got

    feed, got = asked(lambda: asyncio.run(main()), why, str(right))
    feed.pause()
    expect_that(bool(feed.cursors), got, "the feed's server was not asked at all", str(right))
    expect(feed.cursors[0], "0", "each call begins anew, with `since=0`")
    if cursors:
        right_cursors, reason = cursors
        came = feed.cursors[: len(right_cursors)]
        expect(came, right_cursors[: len(came)], f"{reason} (these are the cursors that came)")
    expect_that(isinstance(got, list), got, "return the events, as a list", str(right))
    ids = [event.get("id") for event in got if isinstance(event, dict)]
    expect_that(
        len(set(ids)) == len(ids),
        got,
        "an event came twice: move the cursor to the last event that you have",
        str(right),
    )
    expect(got, right, why)
    return feed


def with_gaps(rng, events):
    """The same events with numbers that only grow."""
    places = sorted(rng.sample(range(10, 500), len(events)))
    return [each | {"id": place} for each, place in zip(events, places, strict=True)]


@POLL_EVENTS
def test_cursor_moves(answer, rng):
    """Every event comes once, in order, however many there are in an answer."""
    events = with_gaps(rng, numbered(rng, 1, 12))
    right = ["0", *(str(events[place]["id"]) for place in (1, 4, 9))]
    why = "ask for what comes after the last event that you have: its id, not how many you have"
    polled(answer, events, [2, 5, 12, 12], 12, cursors=(right, why))


@POLL_EVENTS
def test_waits_when_there_is_nothing(answer, rng):
    """After an empty answer it waits."""
    events = numbered(rng, 1, 6)
    interval = 0.08
    why = f"{WHOLE}; after an empty answer more may come"
    cursors = ["0", "0", "4", "4"], "an empty answer leaves the cursor where it is"
    feed = polled(answer, events, [0, 4, 4, 4, 4, 4, 6], 6, interval, why, cursors)
    feed.waited("nothing", interval)


@POLL_EVENTS
def test_waits_without_blocking(answer, rng):
    """While it waits, others can use the event loop."""
    interval = 0.5
    port = answer.serve_http("poll_events")  # whatever is served: it is the same event loop

    async def beside(feed, got):
        replied = asyncio.create_task(feed.replied.wait())
        await asyncio.wait([replied, got], return_when=asyncio.FIRST_COMPLETED)
        began = feed.since
        await asyncio.sleep(0.1)
        limit = aiohttp.ClientTimeout(total=10)
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}/", timeout=limit):
            passed = time.monotonic() - began
        if passed >= interval:
            fail(
                "while it waits, the event loop stands still, and with it all that is in the same "
                "program (`time.sleep` does that)",
                "`await asyncio.sleep(…)`",
            )

    polled(answer, numbered(rng, 1, 1), [0, 1], 1, interval, beside=beside)


@POLL_EVENTS
def test_hurries_when_there_is_more(answer, rng):
    """It asks at once, after an answer with events asks again at once, and returns at once."""
    interval = 1.5
    feed = polled(answer, numbered(rng, 1, 12), [2, 7, 12], 12, interval)
    (_, first), *between, (_, last) = feed.pauses
    why = {
        "the first question is asked at once": first,
        "an answer with events may not be all there is: ask again without waiting": max(
            gap for _, gap in between
        ),
        "return as soon as you have `count` events, without waiting": last,
    }
    for sentence, gap in why.items():
        expect_that(gap < 0.9 * interval, f"a pause of {gap:.1f} s", sentence, "no pause")


@POLL_EVENTS
def test_stops(answer, rng):
    """It stops with the last event asked for, and returns no more than these."""
    events = numbered(rng, 1, 9)
    for plan, count, questions in (
        ([3, 6, 9], 6, 2),
        ([3, 8, 9], 6, 2),
        ([5, 9], 5, 1),
        ([9], 2, 1),
        ([9, 9], 9, 2),
    ):
        feed = polled(answer, events, plan, count)
        why = "the last answer brought all that was asked for: stop there"
        expect(len(feed.cursors), questions, f"{why} (how many questions came)")


@POLL_EVENTS
def test_server_restarts(answer, rng):
    """A 503 is an empty answer: it loses nothing, and the client waits."""
    interval = 0.05
    why = (
        "a 503 is no reason to lose anything, whatever its body is: treat it as an empty answer, "
        "and ask again"
    )
    plan = [503, 2, 503, 503, 503, 503, 4]
    cursors = ["0", "0", "2", "2"], "after a 503 ask again with the same cursor"
    feed = polled(answer, numbered(rng, 1, 4), plan, 4, interval, why, cursors)
    feed.waited("503", interval)


@POLL_EVENTS
def test_one_connection(answer, rng):
    """All requests share one connection."""
    feed = polled(answer, numbered(rng, 1, 5), [1, 2, 2, 3, 4, 5], 5)
    expect(
        len(feed.connections),
        1,
        "a new session for each request opens a new connection each time, which costs a round "
        "trip: keep one session for all (how many connections came)",
    )


# --- long_poll

PATIENCE = 3.0
"""Seconds after which the judge gives up on an answer."""

AT_ONCE = (
    "there are events after `since`: answer with them at once, whether they happened before the "
    "request or while it was held, and not only when `hold` is over"
)
SETTLED = 0.05
"""Seconds in which a request gets to where it waits. A later one is answered in the same way."""


LONGEST = 2**20
"""The longest answer, in bytes, that is read."""


async def text_of(response):
    """The text of an answer that ends."""
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > LONGEST:
            fail(f"the answer has more than {LONGEST:,} bytes", "a list of events as JSON")
    return data.decode("utf-8", "replace")


class Clients:
    """Clients of the served `long_poll`, in one event loop.

    Attributes:
        last_id: of the last event that was published.
    """

    def __init__(self, answer, session):
        self.answer, self.session = answer, session
        self.port = answer.serve_http("long_poll")
        self.events = answer.value("events")

    @property
    def last_id(self):
        return len(self.events)

    async def publish(self, text):
        await asyncio.to_thread(self.answer.publish, text)
        self.events.append({"id": self.last_id + 1, "text": text})

    async def ask(self, last_seen, hold=60, why=AT_ONCE):
        """What comes in answer to one request; `why` says what is wrong if nothing comes."""
        address = f"http://127.0.0.1:{self.port}/"
        query = {"since": last_seen, "hold": hold}
        try:
            async with self.session.get(address, params=query) as response:
                status, text = response.status, await text_of(response)
                if status == 500:
                    fail(f"the handler raised {text}", "an answer with status 200")
                expect(status, 200, "answer with status 200, if there is news and if there is none")
                try:
                    return json.loads(text)
                except (ValueError, RecursionError):
                    expect_that(False, text, "the answer is no JSON; `web.json_response` makes it")
        except TimeoutError:
            fail(f"no answer within {PATIENCE:g} s. {why[0].upper()}{why[1:]}", "an answer")
        except aiohttp.ClientError as exc:
            expect_that(False, str(exc), "the connection broke before there was an answer")

    async def hold(self, last_seen, hold=60, why=AT_ONCE):
        """A request that is held, as a task."""
        task = asyncio.create_task(self.ask(last_seen, hold, why))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait([task], timeout=SETTLED)
        self.held(task, "nothing had happened yet: hold the request until there is an event")
        return task

    def held(self, task, why):
        """Test that a request is not answered yet."""
        if task.done():
            expect_that(False, task.result(), why, "no answer yet")

    def test_news(self, got, since, why="these are the events after `since`"):
        """Test an answer with events."""
        right = self.events[since:]
        expect_that(isinstance(got, list), got, "the answer is a JSON list of events", str(right))
        ids = [each.get("id") for each in got if isinstance(each, dict)]
        expect_that(
            not set(ids) & set(range(1, since + 1)),
            got,
            "an event that the client has seen came again: answer with those after `since` only",
            str(right),
        )
        expect_that(
            not got or len(ids) < len(got) or len(got) >= len(right),
            got,
            "an event is missing: answer with all that came after `since`, not just with the one "
            "that ended the wait",
            str(right),
        )
        expect(got, right, why)


def followed(answer, steps):
    """Run `steps(clients)` against the learner's handler."""

    async def main():
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await steps(Clients(answer, session))

    asyncio.run(main())


@LONG_POLL
def test_held(answer, rng):
    """Without news the request is held until something happens, for every client."""
    texts = [word(rng) for _ in range(2)]

    async def steps(clients):
        last_id = clients.last_id
        first = await clients.hold(last_id, hold=2)
        await clients.publish(texts[0])
        clients.test_news(
            await first,
            last_id,
            "nothing could happen while the request was held, or it was not heard of: a handler "
            "that blocks, as with `time.sleep`, holds up the whole server, and one that keeps "
            "`changed` while it sleeps holds up `publish`",
        )
        last_id += 1
        waiting = [await clients.hold(last_id)]
        waiting += [asyncio.create_task(clients.ask(last_id)) for _ in range(9)]
        await clients.publish(texts[1])
        why = "every client that waits must hear of what happened"
        for got in await asyncio.gather(*waiting):
            clients.test_news(got, last_id, why)

    followed(answer, steps)


@LONG_POLL
def test_news_that_is_there(answer, rng):
    """What happened before the request is answered at once, all of it."""
    texts = [f'it\'s "{word(rng)}", für €{number}' for number in range(6)]

    async def steps(clients):
        last_id = clients.last_id
        for text in texts:
            await clients.publish(text)
        waiting = await clients.hold(clients.last_id)
        for since in (last_id, last_id + 2, last_id + 5, 0):
            clients.test_news(await clients.ask(since), since)
        why = "also where `hold` is 0, what has happened is answered, with all of it"
        clients.test_news(await clients.ask(last_id, hold=0), last_id, why)
        clients.held(waiting, "what others are answered is not after this request's `since`")

    followed(answer, steps)


@LONG_POLL
def test_prompt(answer, rng):
    """A held request is answered when something happens, not a little later."""

    async def steps(clients):
        for _ in range(3):
            last_id = clients.last_id
            waiting = await clients.hold(last_id)
            await clients.publish(word(rng))
            for _ in range(5):  # by then the server has had time and again to do what it can do
                clients.test_news(await clients.ask(last_id), last_id)
            if not waiting.done():
                fail(
                    "the event was there, and other clients had it, but the held request was still "
                    "without an answer: let `changed` wake it, instead of looking now and then",
                    "an answer as soon as something happens",
                )
            clients.test_news(waiting.result(), last_id)

    followed(answer, steps)


@LONG_POLL
def test_nothing_stays_behind(answer, rng):
    """After an answer nothing goes on waiting on the server."""

    async def steps(clients):
        async def running():
            return await asyncio.to_thread(answer.tasks)

        await clients.publish(word(rng))  # those that other tests left behind are done with it
        await clients.ask(clients.last_id, 0.01)
        before = await running()
        for _ in range(4):
            await clients.ask(clients.last_id, 0.01)
            waiting = await clients.hold(clients.last_id)
            await clients.publish(word(rng))
            await waiting
        for _ in range(20):
            if (now := await running()) <= before:
                return
            await asyncio.sleep(0.02)
        fail(
            f"eight answers were given, and {now - before} tasks of them are still waiting on the "
            f"server: cancel what is not needed any more",
            "nothing goes on waiting after the answer",
        )

    followed(answer, steps)


@LONG_POLL
def test_held_beyond_other_events(answer, rng):
    """An event that is not after `since` ends no wait, and begins none anew."""

    async def steps(clients):
        last_id = clients.last_id
        ahead, there = await clients.hold(last_id + 1), await clients.hold(last_id)
        await clients.publish(word(rng))
        clients.test_news(await there, last_id)
        await asyncio.wait([ahead], timeout=SETTLED)
        clients.held(ahead, "what happened is not after `since`: go on holding the request")
        await clients.publish(word(rng))
        clients.test_news(await ahead, last_id + 1)

        ahead = await clients.hold(last_id + 1000, hold=0.2)
        for _ in range(40):
            await clients.publish(word(rng))
            await asyncio.wait([ahead], timeout=0.05)
            if ahead.done():
                break
        else:
            fail(
                "events that are not after `since` began the hold anew, again and again: it is "
                "over `hold` seconds after the request",
                "an empty list",
            )
        why = "what happened is not after `since`: answer with an empty list when `hold` is over"
        expect(ahead.result(), [], why)

    followed(answer, steps)


@LONG_POLL
def test_clients_that_leave(answer, rng):
    """A client that gives up while it waits takes nothing from the others."""

    async def steps(clients):
        last_id = clients.last_id
        stays, leaves = await clients.hold(last_id), await clients.hold(last_id)
        leaves.cancel()
        await asyncio.wait([leaves])
        await clients.publish(word(rng))
        clients.test_news(await stays, last_id)
        clients.test_news(await clients.ask(last_id), last_id)

    followed(answer, steps)


@LONG_POLL
def test_hold_ends(answer, rng):
    """When nothing happens, the answer is an empty list, after `hold` seconds."""
    nothing = "nothing happened while the request was held: answer with an empty list"

    async def steps(clients):
        last_id, passed = clients.last_id, []
        for _ in range(3):
            began = time.monotonic()
            expect(await clients.ask(last_id, 0.1, f"{nothing} when `hold` is over"), [], nothing)
            passed.append(round(time.monotonic() - began, 3))
        why = "hold the request for `hold` seconds, which may be a fraction"
        expect_that(min(passed) >= 0.099, f"after {min(passed)} s", why, "after 0.1 s")
        why = "answer when `hold` is over, which may be a fraction of a second"
        expect_that(min(passed) < 0.1 + LATE, f"after {min(passed)} s", why, "after 0.1 s")
        why = "no seconds to hold: answer with an empty list at once"
        expect(await clients.ask(last_id, 0, why), [], why)

        long = await clients.hold(last_id)
        why = "each request has a `hold` of its own: another one that is held may not delay it"
        expect(await clients.ask(last_id, 0.1, why), [], nothing)
        clients.held(long, "each request has a `hold` of its own: this one's is not over yet")
        await clients.publish(word(rng))
        clients.test_news(await long, last_id)

    followed(answer, steps)


@LONG_POLL
def test_nothing_lost_between_requests(answer, rng):
    """A client that follows the feed gets every event once."""
    texts = [word(rng) for _ in range(8)]

    async def steps(clients):
        last_id = cursor = clients.last_id
        got, waiting = [], iter(texts)
        for count in (1, 3, 0, 2, 2):
            # Some events come while a request is held, others between two requests.
            pending = asyncio.create_task(clients.ask(cursor, hold=0.1))
            for text in [next(waiting) for _ in range(count)]:
                await clients.publish(text)
            for _ in range(2):
                news = await pending
                expect_that(isinstance(news, list), news, "the answer is a JSON list of events")
                got += news
                cursor = news[-1]["id"] if news else cursor
                if cursor - last_id >= len(texts):
                    break
                pending = asyncio.create_task(clients.ask(cursor, hold=0.05))
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
        for each in news:
            well_formed(each)
        got += news
    return got


def well_formed(each):
    """Test what holds for every event."""
    expect_that(
        isinstance(each, dict) and set(each) == {"event", "data", "id"},
        each,
        "an event is a dictionary with `event`, `data` and `id`",
        str(event("one\ntwo", "7")),
    )
    why = "as long as no id has come, an event's `id` is the empty text"
    expect_that(each["id"] is not None, each, why, "''")
    for name, value in each.items():
        expect_that(isinstance(value, str), value, f"`{name}` is text", "text")


def streams(answer, text, right, why):
    """Test the events of a whole text, as it is and cut everywhere but inside words."""
    data = text.encode()
    expect(lambda: fed(answer, [data]), right, why)
    pieces = re.findall(rb"[a-z]+|[^a-z]", data)
    expect(lambda: fed(answer, pieces), right, f"{why}; here it came in {len(pieces)} pieces")


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
    expect(lambda: stream.feed(b""), [], "nothing came, and those events were returned already")
    whole = b"".join(pieces)
    for place in range(len(whole) + 1):
        why = f"the example, cut after {place} bytes: a piece may end anywhere"
        expect(lambda place=place: fed(answer, [whole[:place], whole[place:]]), right, why)


@EVENT_STREAM
def test_simple_events(answer, rng):
    """Events with an id and a line of data."""
    texts = [word(rng) for _ in range(3)]
    streams(
        answer,
        "".join(f"id: {number}\ndata: {text}\n\n" for number, text in enumerate(texts, 1)),
        [event(text, str(number)) for number, text in enumerate(texts, 1)],
        "each empty line completes an event; id and data are text",
    )


@EVENT_STREAM
def test_values(answer, rng):
    """A value is all that follows the first colon, less one space."""
    text = word(rng)
    streams(
        answer,
        f"data:{text}\n\ndata:  {text}\n\n",
        [event(text), event(f" {text}")],
        "one space after the colon is not part of the value, if there is one; a second one is",
    )
    streams(
        answer,
        f"data:\t{text} \t \n\nevent:  {text} \nid:  {text} \ndata: \n\n",
        [event(f"\t{text} \t "), event("", f" {text} ", f" {text} ")],
        "white space belongs to the value, but for one space after the colon",
    )
    streams(
        answer,
        f"data: a: {text}\n\n",
        [event(f"a: {text}")],
        "the value is all that follows the first colon",
    )
    streams(
        answer,
        f"data: {text}é€🙂\n\n",
        [event(f"{text}é€🙂")],
        "the text is UTF-8, and a piece may end within a character: cut the lines while they are "
        "bytes, then decode",
    )


@EVENT_STREAM
def test_cut_anywhere(answer, rng):
    """The bytes come cut anywhere."""
    text = word(rng)
    data = f"id: 1\ndata: {text}\n\nid: 2\ndata: {text}!\n\n".encode()
    right = [event(text, "1"), event(f"{text}!", "2")]
    places = sorted(rng.sample(range(1, len(data)), 6))
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    why = "a piece may end within a line: keep the rest of it until the next piece comes"
    expect(lambda: fed(answer, pieces), right, why)
    long = word(rng, 100_000)
    data = f"data: {long}\n\n".encode()
    pieces = [data[place : place + 4096] for place in range(0, len(data), 4096)]
    expect_that(fed(answer, pieces) == [event(long)], "…", "a line may be long", "100,000 letters")


@EVENT_STREAM
def test_several_lines(answer, rng):
    """Several data lines make one text."""
    one, two = word(rng), word(rng)
    streams(
        answer,
        f"data: {one}\ndata: {two}\ndata: {one}\n\n",
        [event(f"{one}\n{two}\n{one}")],
        r"join the data lines of one event by \n",
    )
    streams(
        answer,
        f"data: {one}\ndata\ndata:\n\ndata\n\ndata:\ndata:\n\n",
        [event(f"{one}\n\n"), event(""), event("\n")],
        "a line `data` without a colon, or without a value, is an empty line of data",
    )


@EVENT_STREAM
def test_line_ends(answer, rng):
    r"""Lines end with \n or \r\n, and with nothing else."""
    one, two = word(rng), word(rng)
    streams(
        answer,
        f"data: {one}\r\ndata: {two}\r\n\r\ndata: {two}\r\n\r\n",
        [event(f"{one}\n{two}"), event(two)],
        r"the \r before a \n belongs to the end of the line, also where a piece ends between them",
    )
    streams(
        answer,
        f"data: {one}\r\ndata: {two}\n\r\ndata: {two}\r\n\n",
        [event(f"{one}\n{two}"), event(two)],
        r"some lines may end with \n and others with \r\n",
    )
    others = "\v".join([one, "\f", "\x1c", "\x85", "\u2028", "\u2029", two])
    streams(
        answer,
        f"data: {others}\n\n",
        [event(others)],
        r"only \n and \r\n end a line; other signs, such as \f and U+2028, do so for "
        "`str.splitlines` alone",
    )
    streams(
        answer,
        f"data: {one}\n \ndata: {two}\n\n",
        [event(f"{one}\n{two}")],
        "a line of spaces is not empty: it is a field of another name",
    )


@EVENT_STREAM
def test_comments(answer, rng):
    """Comments and unknown fields are ignored, and an event needs data."""
    text = word(rng)
    streams(
        answer,
        f": {text}\n\ndata: {text}\n: {text}\n:\n:data: {text}\nretry: 500\n{text}: x\n{text}\n\n",
        [event(text)],
        "a line that begins with a colon is a comment, other names are ignored, and without a data "
        "line there is no event",
    )
    streams(
        answer,
        f"\n\n\ndata: {text}\n\n\n\n",
        [event(text)],
        "without a data line there is no event, however many empty lines come",
    )
    streams(
        answer,
        f"Data: x\n data: x\ndata : x\ndatas: x\nida: 3\ndata: {text}\n\n",
        [event(text)],
        "only the names `data`, `event` and `id` count, exactly so; any other is ignored",
    )


@EVENT_STREAM
def test_type(answer, rng):
    """The type is for one event."""
    one, two, kind = word(rng), word(rng), word(rng)
    streams(
        answer,
        f"event: {kind}\ndata: {one}\n\ndata: {two}\n\n",
        [event(one, event=kind), event(two)],
        "the type is `message` again for the next event",
    )
    streams(
        answer,
        f"event: {kind}\n\ndata: {two}\n\n",
        [event(two)],
        "an empty line begins afresh even where there was no data: the type is `message` again",
    )
    streams(
        answer,
        f"data: {one}\nevent: {two}\nevent: {kind}\n\n",
        [event(one, event=kind)],
        "the type may come after the data, and the last one counts",
    )
    streams(
        answer,
        f"event:\ndata: {one}\n\nevent: {kind}\nevent\ndata: {two}\n\n",
        [event(one), event(two)],
        "an empty type is `message`, too",
    )


@EVENT_STREAM
def test_id(answer, rng):
    """The id stays."""
    one, two = word(rng), word(rng)
    why = "as long as no id has come, an event's `id` is the empty text"
    streams(answer, f"data: {one}\n\n", [event(one)], why)
    streams(
        answer,
        f"id: 7\ndata: {one}\n\ndata: {two}\n\ndata: {one}\n\n",
        [event(one, "7"), event(two, "7"), event(one, "7")],
        "the id stays until another one comes",
    )
    streams(
        answer,
        f"id: 8\n\ndata: {two}\n\n",
        [event(two, "8")],
        "an id is remembered even where there was no data",
    )
    streams(
        answer,
        f"data: {one}\nid: 8\nid: {two}\n\n",
        [event(one, two)],
        "the id may come after the data, it may be any text, and the last one counts",
    )
    streams(
        answer,
        f"id: 7\ndata: {one}\n\nid\ndata: {two}\n\nid: 8\nid:\ndata: {two}\n\n",
        [event(one, "7"), event(two), event(two)],
        "an id without a value is an id, too: the empty one",
    )


@EVENT_STREAM
def test_two_streams(answer, rng):
    """Two streams don't get into each other's way."""
    one, two = (answer.make("EventStream") for _ in range(2))
    text, kind = word(rng), word(rng)
    why = "each stream has its own rest of a line, data, type and id"
    expect(lambda: one.feed(f"id: 3\nevent: {kind}\ndata: {text}\ndat".encode()), [], why)
    expect(lambda: two.feed(b"data: other\n\n"), [event("other")], why)
    expect(lambda: one.feed(b"a: x\n\n"), [event(f"{text}\nx", "3", kind)], why)


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


def evaluated(answer, capture, why):
    right = "a dictionary with `p50`, `p95` and `overhead`"
    got = asked(lambda: answer.evaluate(capture), why, right)
    names = isinstance(got, dict) and set(got) == {"p50", "p95", "overhead"}
    expect_that(names, got, f"return {right}")
    return got


def right_percentiles(got, latencies):
    """Test the percentiles, given the latencies in ms."""
    ordered = sorted(latencies)
    for percent in (50, 95):
        name, place = f"p{percent}", ceil(percent * len(ordered) / 100) - 1
        right, value = ordered[place], got[f"p{percent}"]
        why = (
            f"{name} is the smallest latency within which at least {percent} % of the events "
            f"arrived: of {len(ordered)} sorted ones, the one with index {place}"
        )
        if is_number(value):
            expect_that(
                any(abs(value - each) <= 0.001 * each for each in (*ordered, right / 1000)),
                value,
                f"{name} must be the latency of one of the events: nothing is interpolated, and "
                "none is rounded to more than a thousandth",
                f"about {right:.6g}",
            )
        mistakes = {right / 1000: "give latencies in milliseconds"}
        near(value, right, why, rel=0.001, mistakes=mistakes)


def carrying(latencies, size=50):
    """A capture with one entry for each event."""
    return [("down", size + 16, [(1.0, 1.0 + ms / 1000, size)]) for ms in latencies]


@EVALUATE
def test_capture_example(answer):
    """The example of the question holds."""
    capture = [("up", 140, []), ("down", 260, [(0.500, 0.900, 60), (0.700, 0.900, 60)])]
    why = "this is the example of the question"
    got = evaluated(answer, capture, why)
    for name, right in (("p50", 200.0), ("p95", 400.0), ("overhead", 0.7)):
        mistakes = {right / 1000: "give latencies in milliseconds"} if name != "overhead" else {}
        near(got[name], right, f"{name}: {why}", rel=0.001, mistakes=mistakes)


@EVALUATE
def test_percentiles(answer, rng):
    """The percentiles are latencies of events, in milliseconds."""
    for events in (2, 3, 10, 19, 20, 21, 40, 100, 101, rng.randrange(41, 80)):
        capture, latencies, _, _ = draw_capture(rng, events)
        got = evaluated(answer, capture, "any number of events may travel in an entry")
        right_percentiles(got, latencies)
    short = [1.4, 3.6, 0.7]
    right_percentiles(evaluated(answer, carrying(short), "a latency may be short"), short)


@EVALUATE
def test_equal_latencies(answer):
    """Latencies that are equal count once for each event."""
    for latencies in ([100, 900, 100, 500], [100] * 19 + [700], [80] * 7):
        why = "two events may have the same latency"
        got = evaluated(answer, carrying(latencies), why)
        right_percentiles(got, latencies)


@EVALUATE
def test_one_event(answer, rng):
    """One event is its own median."""
    latency, size = rng.uniform(0.1, 0.9), rng.randrange(30, 90)
    capture = [("up", 200, []), ("down", 66 + size, [(2.0, 2.0 + latency, size)])]
    why = "with one event, every percentile is its latency"
    got = evaluated(answer, capture, why)
    for name in ("p50", "p95"):
        mistakes = {latency: "give latencies in milliseconds"}
        near(got[name], 1000 * latency, why, rel=0.001, mistakes=mistakes)


@EVALUATE
def test_overhead(answer, rng):
    """The overhead is the part of all bytes that is not events."""
    drawn, _, _, _ = draw_capture(rng, 30)
    for capture in (drawn, carrying([10, 20], size=48), [*carrying([10]), ("up", 9_000, [])]):
        total = sum(size for _, size, _ in capture)
        payload = sum(size for _, _, carried in capture for _, _, size in carried)
        right = (total - payload) / total
        down = sum(size for way, size, _ in capture if way == "down")
        with_events = sum(size for _, size, carried in capture if carried)
        mistakes = {
            payload / total: "that is the part that is events; the overhead is the rest",
            100 * right: "give it as a part of one, not in percent",
            (total - payload) / payload: "that is the overhead for each byte of an event; give it "
            "as a part of all bytes",
            (down - payload) / down: "the requests, on the way up, are overhead, too",
            (with_events - payload) / with_events: "what carries no event is overhead as well: "
            "take the bytes of all entries",
        }
        why = "all bytes, less those of the events, divided by all bytes"
        got = evaluated(answer, capture, why)["overhead"]
        near(got, right, why, rel=0.001, slack=0.0006, mistakes=mistakes)
    got = evaluated(answer, [("down", 50, [(1.0, 1.1, 50)])], "events may be all there is")
    near(got["overhead"], 0, "nothing but events: no overhead", slack=0.0006)


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


def choices_of(answer):
    """The choices, each of them a transport and a reason."""
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
    return got


@CHOICES
def test_every_wish_has_a_choice(answer):
    """Each wish has a transport and a reason."""
    choices_of(answer)


@CHOICES
def test_transports(answer):
    """Each wish has the transport that suits it."""
    for name, (transport, _) in choices_of(answer).items():
        expect_that(transport == RIGHT[name][0], transport, f"`{name}`: {WHY[name]}")


@CHOICES
def test_reasons(answer):
    """Each choice has the reason that decides it."""
    choices = choices_of(answer)
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
    mistakes = {
        3.56: "that is megabytes: a byte has eight bits",
        56.96: "that is twice as much: each browser asks once in two seconds, and 712 bytes are "
        "request and answer together",
        14.24: "that is half as much: 712 bytes are request and answer together",
        29.979: "the round trip is part of each turn: 1.9 + 0.1 seconds",
        27.161: "a megabit is a million bits, not 2 to the power of 20",
        0.002848: "that is one browser; there are ten thousand",
        28_480: "that is kilobits",
        28_480_000: "that is bits; a megabit is a million of them",
        0: "nothing happens, but the questions are asked all the same",
    }
    expect_that(is_number(got), got, "give a number")
    why = "multiply three things: the polls in a second, the bytes of one, and the bits of a byte"
    expect_guess(got, 28.48, why, mistakes=mistakes, within=0.01)
