"""Exercise 08: reconnection."""

import asyncio
import json
import string
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from websockets.asyncio.server import serve

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerRaised
from course_lib.judge.expect import (
    Mismatch,
    asked,
    expect,
    expect_guess,
    expect_raises,
    expect_that,
    shown,
)
from course_lib.network import Link

FULL_JITTER = Question(
    "full_jitter",
    points=3,
    hints=(
        "Two steps for each draw: what is the limit now, and which part of it is the delay?",
        "The limits are `base`, `2 * base`, `4 * base`, … up to `cap`, whatever was drawn. The delay "
        "is the draw times the limit.",
        "Keep the limit in a variable: `yield draw * limit`, then `limit = min(2 * limit, cap)`. "
        "Then no number ever grows too large, as `2 ** n` does.",
    ),
)
LIMITS = Question(
    "limits",
    points=2,
    hints=(
        "Go through the history and keep the limit in a variable. In what order must you append it, "
        "double it, and start over?",
        "A stable connection puts the limit back to `base` *before* its own wait: the wait after it "
        "is the first one of a new series.",
        "`if lasted is not None and lasted >= stable: limit = base`, then append, then "
        "`limit = min(2 * limit, cap)`.",
    ),
)
COME_BACK = Question(
    "come_back",
    points=3,
    hints=(
        "Three cases: there is a status, there is a code, there is neither.",
        "For a status list those that pass with time. For a code list those that don't.",
        "`if status is not None: return status in {…}`; `if code is not None: return code not in "
        "{…} and not 4400 <= code <= 4499`; and True at the end.",
    ),
)
SEEN = Question(
    "Seen",
    points=3,
    hints=(
        "What must you remember of a sender whose messages 1 to 1000 have come, and 1003?",
        "One number, up to which all is complete, and a set of those that came early. Each sender "
        "has its own.",
        "A message is new if its number is above the complete one and not in the set. Add it to the "
        "set; then, while `complete + 1` is in the set, take it out and raise `complete` by one.",
    ),
)
OUTBOX = Question(
    "Outbox",
    points=3,
    hints=(
        "A list of `(number, text)` and a counter are all you need.",
        "The counter goes on whatever happens to the list: a number that was dropped or confirmed "
        "does not come again.",
        "In `put`, look whether it is full first: raise before anything changes, or remove the first. "
        "`confirm` keeps what has a higher number. `pending` returns a copy.",
    ),
)
FOLLOW = Question(
    "follow",
    points=5,
    imports=("websockets",),
    hints=(
        "A loop around everything: connect, read until it ends, look how it ended, wait, again. What "
        "must survive from one turn to the next?",
        "The last id and the list of data survive. An event with an id that is not above the last "
        "one has come before. A cut raises `ConnectionClosed`, a 503 `InvalidHandshake`, a server "
        "that is away `OSError`.",
        'Inside `try`: `async with connect(f"{url}?since={last}", proxy=None) as websocket:`, read '
        "with `async for`; after it `if websocket.close_code == 1000: return data`. Catch the three, "
        "and `await asyncio.sleep(pause)` at the end of each turn.",
    ),
)
KEEP_LISTENING = Question(
    "keep_listening",
    points=4,
    imports=("websockets",),
    hints=(
        "Take the bugs one by one. For the first: when does `async for` end without an exception?",
        "`websocket.close_code`, after the loop or in `except ConnectionClosed`, says how it ended: "
        "1000 and 1008 are the end, all else is not. What is drawn must be the wait, not the limit.",
        "Return only for 1000, 1008, 401 and 403. Put the limit back to `base` where a message "
        "comes. Wait `random.uniform(0, limit)`, and note that very number in `waits`.",
    ),
)
OUTAGE = Question(
    "outage",
    points=2,
    hints=(
        "Write down the time of each attempt: a sum of waits, 1, 1 + 2, …",
        "The attempts come after 1, 3, 7, 15, … seconds, and from the fifth wait on the cap holds. "
        "A random part of a limit is half of it on average.",
        "Attempts after 1, 3, 7, 15, 31, 47 and 63 seconds; the server is back after 60. The fifth "
        "limit is min(16, 16).",
    ),
)
QUESTIONS = (
    FULL_JITTER, LIMITS, COME_BACK, SEEN, OUTBOX, FOLLOW, KEEP_LISTENING, OUTAGE
)  # fmt: skip


def word(rng, length=6):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def close(one, other):
    return abs(one - other) <= 1e-9 * max(1, abs(other))


# --- full_jitter


ONE_FOR_EACH = "yield one delay for each draw, and end when the draws end"


def delays(answer, base, cap, draws, why=ONE_FOR_EACH):
    call = partial(answer.take, len(draws) + 1, "full_jitter", base, cap, draws)
    got = asked(call, why, f"{len(draws)} delays")
    expect_that(
        all(type(delay) in (int, float) for delay in got), got, "yield numbers, one for each draw"
    )
    expect(len(got), len(draws), why)
    return got


@FULL_JITTER
def test_example(answer):
    """The question's example, with draws that run out at once, too."""
    right = [0.5, 1.0, 2.0, 2.5, 0.0]
    got = delays(answer, 1, 5, [0.5, 0.5, 0.5, 0.5, 0.0])
    expect(got, right, "half of 1, of 2, of 4 and of 5, and nothing of 5")
    expect(delays(answer, 1, 5, []), [], "no draws, no delays")
    why = "`draws` can be anything that `for` goes through, such as the keys of a dictionary"
    got = delays(answer, 1, 5, {0.5: "first", 0.25: "second", 0.75: "third"}, why)
    expect(got, [0.5, 0.5, 3.0], why)
    got = answer.full_jitter(1, 5, [0.5])
    why = "write a generator: in a program the source is endless, and a list is never complete"
    expect_that(not isinstance(got, list | tuple), got, why, "a generator")


@FULL_JITTER
def test_doubles(answer, rng):
    """The limits double, whatever is drawn."""
    base, draws = rng.randint(1, 9), [rng.uniform(0.1, 0.9) for _ in range(5)]
    got = delays(answer, base, 1000 * base, draws)
    limits = [base * 2**n for n in range(5)]
    right = [draw * limit for draw, limit in zip(draws, limits, strict=True)]
    drawn = [draws[0] * base]
    for draw in draws[1:]:
        drawn.append(draw * 2 * drawn[-1])
    mistakes = {
        tuple(
            2 * delay for delay in right
        ): "attempt number 0 has the limit `base`: 2 to the power of 0 is 1",
        tuple(limit + delay for limit, delay in zip(limits, right, strict=True)): "the delay is a "
        "part of the limit, not the limit and something on top: the jitter must be able to bring it "
        "down to nothing",
        tuple((limit + delay) / 2 for limit, delay in zip(limits, right, strict=True)): "from "
        "nothing to the whole limit: what you have is equal jitter, which never goes below the half",
        tuple(limits): "the limits are right, but all clients would wait equally long: multiply "
        "each with its draw",
        tuple(drawn): "double the *limit* from attempt to attempt, not the delay that was drawn",
    }
    why = "the delay is draw × base × 2 ** n"
    expect(got, right, why, mistakes=mistakes, within=1e-9, tuples=True)


@FULL_JITTER
def test_cap(answer, rng):
    """The limit stops at the cap, and the delay is drawn below it."""
    base, cap = 1, rng.choice((5, 7, 11))
    draws = [round(rng.uniform(0.1, 0.4), 3) for _ in range(8)]
    got = delays(answer, base, cap, draws)
    right = [draw * min(cap, 2**n) for n, draw in enumerate(draws)]
    capped_late = [min(cap, draw * 2**n) for n, draw in enumerate(draws)]
    expect_that(
        not all(map(close, got, capped_late)),
        got,
        "cap the limit, then draw. Drawn first and capped after, most late delays are exactly the "
        "cap, and the herd is back",
        str(right),
    )
    expect_that(all(map(close, got, right)), got, "from then on the limit is the cap", str(right))
    low = "the cap holds for the first limit, too: here it is below `base`"
    expect(delays(answer, 8, 2, [0.5, 0.5]), [1.0, 1.0], low)
    even = "the limit may reach the cap exactly, and stays there"
    expect(delays(answer, 1, 4, [0.5] * 5), [0.5, 1.0, 2.0, 2.0, 2.0], even)
    expect(delays(answer, 3, 3, [0.5, 0.25]), [1.5, 0.75], even)
    expect(delays(answer, 1, 8, [0.0, 0.0, 0.5]), [0.0, 0.0, 2.0], "a draw of 0 is a wait of 0")


@FULL_JITTER
def test_many_draws(answer, rng):
    """Over many draws each delay is its own part of the limit."""
    base, cap = rng.uniform(0.1, 1), rng.uniform(10, 60)
    draws = [rng.random() for _ in range(300)]
    got = delays(answer, base, cap, draws)
    for n, (delay, draw) in enumerate(zip(got, draws, strict=True)):
        limit = min(cap, base * 2 ** min(n, 20))
        expect_that(
            close(delay, draw * limit),
            delay,
            f"delay number {n} is the draw {draw:.3f} of the limit {limit:.3f}",
            str(draw * limit),
        )


@FULL_JITTER
def test_long_outage(answer):
    """A weekend without a connection."""
    why = "2000 attempts, and the limit must stay a number all the while: 2 ** n gets too large"
    got = delays(answer, 0.5, 30, [0.5] * 2000, why)
    expect(got[-1], 15.0, "after 2000 attempts the limit is still the cap")


# --- limits


def check_limits(answer, history, base, cap, stable, right, why, mistakes=None):
    call = partial(answer.limits, history, base, cap, stable)
    got = asked(call, why, shown(right))
    expect_that(isinstance(got, list), got, "return a list of limits", shown(right))
    expect(len(got), len(history), "one limit for each attempt")
    expect(got, right, why, mistakes=mistakes, within=1e-9, tuples=True)


@LIMITS
def test_limits_example(answer):
    """The question's example, and no history."""
    history = [None, None, 0.1, 3600.0, None]
    why = "two attempts failed, one broke at once, one was stable, one failed"
    check_limits(answer, history, 1, 60, 10, [1, 2, 4, 1, 2], why)
    check_limits(answer, [], 1, 60, 10, [], "no attempts, no waits")


@LIMITS
def test_failures_double(answer, rng):
    """After failures the limit doubles, up to the cap."""
    why = "double the limit after each attempt; it never exceeds the cap"
    first = {
        (2, 4, 8, 10, 10, 10): "the wait after the first failure has the limit `base`",
        (1, 2, 4, 8, 16, 32): "it never exceeds the cap",
    }
    check_limits(answer, [None] * 6, 1, 10, 10, [1, 2, 4, 8, 10, 10], why, first)
    base = rng.randint(2, 5)
    right = [base, 2 * base, 4 * base, 8 * base, 8 * base]
    check_limits(answer, [None] * 5, base, 8 * base, 10, right, why)


@LIMITS
def test_stable_starts_over(answer, rng):
    """A stable connection starts over, at once."""
    stable = rng.randint(5, 20)
    why = "after a stable connection the limit is `base` again, then it doubles"
    mistakes = {
        (1, 2, 4, 1): "the wait after a stable connection is the first of a new series already",
        (1, 2, 4, 8): "a connection that was stable starts over",
    }
    history = [None, None, float(stable + 60), None]
    check_limits(answer, history, 1, 60, stable, [1, 2, 1, 2], why, mistakes)
    history = [float(stable + 1), None, stable + 2, float(stable + 3), None, None]
    check_limits(answer, history, 1, 60, stable, [1, 2, 1, 1, 2, 4], why)
    enough = "exactly `stable` seconds are enough"
    check_limits(answer, [None, None, float(stable), None], 1, 60, stable, [1, 2, 1, 2], enough)


@LIMITS
def test_short_connections_count_as_failures(answer, rng):
    """A connection that broke soon does not start over."""
    stable = rng.randint(5, 20)
    why = (
        "a connection that lasted less than `stable` counts as a failure: a server that accepts "
        "everyone and crashes must not be asked at the shortest delay for ever"
    )
    history = [0.0, 0.1, stable - 0.001, None]
    check_limits(answer, history, 1, 60, stable, [1, 2, 4, 8], why)
    why = "with `stable` at 0 any connection is stable, but an attempt that failed is none"
    check_limits(answer, [None, None, 0.0, None], 1, 60, 0, [1, 2, 1, 2], why)


@LIMITS
def test_history(answer, rng):
    """A long history, drawn at random."""
    base, cap, stable = 0.5, 20, 10
    history = [rng.choice((None, None, 0.2, 9.5, 10.0, 600.0)) for _ in range(100)]
    right, limit = [], base
    for lasted in history:
        limit = base if lasted is not None and lasted >= stable else limit
        right.append(limit)
        limit = min(cap, 2 * limit)
    got = answer.limits(history, base, cap, stable)
    if isinstance(got, list) and len(got) == len(right) and got != right:
        # What stands before the first difference is enough to show it.
        first = [one == other for one, other in zip(got, right, strict=True)].index(False)
        history, right = history[: first + 1], right[: first + 1]
    check_limits(answer, history, base, cap, stable, right, "each rule holds anywhere in a history")


# --- come_back


def decides(answer, code, status, right, why):
    expect(partial(answer.come_back, code, status), right, why)


@COME_BACK
def test_not_reached(answer):
    """A server that was not reached is asked again."""
    decides(answer, None, None, True, "nobody has answered, so nobody has said no: try again")


@COME_BACK
def test_codes_that_pass(answer):
    """These close codes mean: come back."""
    for code, why in (
        (1001, "1001, going away: that is what a server says when it restarts"),
        (1005, "1005, no code was given: nothing speaks against another attempt"),
        (1006, "1006, the line broke: the very reason to reconnect"),
        (1011, "1011, an error in the server: it may be gone in a minute"),
        (1012, "1012, restart: it is coming back, and so should you"),
        (1013, "1013 means: try again later"),
        (1014, "1014, a bad gateway: the server behind it may come back"),
    ):
        decides(answer, code, None, True, why)


FINAL = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003}


@COME_BACK
def test_other_codes(answer):
    """All codes below 4000 that the list does not name mean: come back."""
    codes = {*range(1000, 1101), 1999, 2000, *range(2990, 3100), *range(3980, 4000)} - FINAL
    for code in sorted(codes):
        why = f"the list does not name {code}, so it is worth another attempt"
        decides(answer, code, None, True, why)


@COME_BACK
def test_final_codes(answer):
    """These close codes mean: stay away."""
    for code, why in (
        (1000, "1000: the conversation is over, and both know it"),
        (1002, "1002: one end breaks the protocol, and would break it again"),
        (1003, "1003: the other end does not take this kind of data, and won't tomorrow either"),
        (1007, "1007: the data did not fit its type, and would not the next time"),
        (1008, "1008: a rule forbids it, and asking again does not change the rule"),
        (1009, "1009: the same message would be too big again"),
        (1010, "1010: the extension would be missing again"),
        (3000, "3000: not authorised; first get a new token"),
        (3003, "3003: forbidden"),
    ):
        decides(answer, code, None, False, why)


@COME_BACK
def test_agreed_codes(answer, rng):
    """From 4000 on the agreement counts."""
    for code in range(4400, 4500):
        decides(answer, code, None, False, "4400 to 4499 are the client's fault, by agreement")
    others = rng.sample(range(4000, 4400), 9) + rng.sample(range(4500, 5000), 9)
    for code in (4000, 4001, 4300, 4399, 4500, 4501, 4600, 4999, *others):
        decides(answer, code, None, True, "of the codes from 4000 on only 4400 to 4499 are final")


@COME_BACK
def test_statuses(answer):
    """An HTTP status that passes with time is worth another attempt, no other is."""
    passing = {408, 425, 429, 500, 502, 503, 504}
    for status in sorted(passing):
        decides(answer, None, status, True, f"{status} passes with time")
    for status in sorted({*range(200, 600)} - passing):
        decides(answer, None, status, False, f"{status} is an answer, and would be the same again")


# --- Seen


@SEEN
def test_seen_example(answer):
    """The question's example."""
    seen = answer.make("Seen")
    why = "1, 2 and 4 come for the first time, and then 2 once more"
    for number, new in ((1, True), (2, True), (4, True), (2, False)):
        expect(partial(seen.is_new, "ann", number), new, why)
    expect(partial(seen.complete, "ann"), 2, "3 is missing")
    expect(partial(seen.kept, "ann"), 1, "of 1, 2 and 4 only 4 is beyond the complete ones")
    expect(partial(seen.is_new, "ann", 3), True, "3 comes for the first time")
    expect(partial(seen.complete, "ann"), 4, "the gap is closed: 1 to 4 have come")
    expect(partial(seen.kept, "ann"), 0, "nothing is missing, so there is nothing to keep")


@SEEN
def test_memory(answer, rng):
    """A sender whose messages have all come takes no more memory."""
    seen, sender = answer.make("Seen"), word(rng)
    count, numbers = 1500, iter(range(1, 2001))
    for number in islice(numbers, 500):  # by now the process has all the memory that a call needs
        expect(partial(seen.is_new, sender, number), True, "it comes for the first time")
    before = answer.memory()
    for number in islice(numbers, count):
        expect(partial(seen.is_new, sender, number), True, "it comes for the first time")
    kept = answer.memory() - before
    expect_that(
        kept < 24 * count,
        f"{kept / 1024:.0f} KiB more than before",
        f"{count} messages have come, one after the other, and nothing is missing: remember how far "
        "they go, not each of them",
        "no more memory than after the first few",
    )


@SEEN
def test_in_order(answer, rng):
    """New the first time, known the second."""
    seen, sender = answer.make("Seen"), word(rng)
    expect(partial(seen.complete, sender), 0, "nothing has come from this sender yet")
    expect(partial(seen.kept, sender), 0, "nothing has come from this sender yet")
    for number in range(1, 6):
        expect(
            partial(seen.is_new, sender, number), True, f"message {number} comes for the first time"
        )
        expect(
            partial(seen.is_new, sender, number), False, f"message {number} was here a moment ago"
        )
    expect(partial(seen.complete, sender), 5, "1 to 5 have come")
    expect(
        partial(seen.kept, sender), 0, "nothing is missing, so there is nothing to keep but the 5"
    )


@SEEN
def test_senders_are_apart(answer, rng):
    """Each sender counts for itself."""
    seen, one, other = answer.make("Seen"), "a" + word(rng), "b" + word(rng)
    seen.is_new(one, 1)
    seen.is_new(one, 2)
    expect(partial(seen.is_new, other, 1), True, "this sender's first message has not come yet")
    expect(
        partial(seen.complete, other),
        1,
        "this sender's messages are complete up to 1, not the other's",
    )
    expect(partial(seen.complete, one), 2, "the other sender's messages don't count here")
    seen.is_new(one, 9)
    expect(partial(seen.kept, other), 0, "what the other sender's gap holds up doesn't count here")
    expect(partial(seen.is_new, other, 9), True, "9 came from another sender, not from this one")
    another = answer.make("Seen")
    expect(partial(another.complete, one), 0, "a new `Seen` has seen nothing")
    expect(partial(another.kept, one), 0, "a new `Seen` has seen nothing")
    expect(
        partial(another.is_new, one, 1),
        True,
        "a new `Seen` has seen nothing: the books belong to the object",
    )
    expect(partial(another.is_new, one, 9), True, "the books belong to the object: 9 is new here")


@SEEN
def test_gap(answer, rng):
    """A number that was left out may come later."""
    seen, sender = answer.make("Seen"), word(rng)
    gap = rng.randint(3, 9)
    for number in [*range(1, gap), gap + 2]:
        seen.is_new(sender, number)
    expect(partial(seen.is_new, sender, gap + 2), False, "it came early, but it came")
    expect(
        partial(seen.is_new, sender, gap + 1),
        True,
        "a lower number than the highest may still be new",
    )
    expect(
        partial(seen.complete, sender),
        gap - 1,
        f"{gap} is missing, so all is complete up to {gap - 1} only",
    )
    expect(partial(seen.kept, sender), 2, f"{gap + 1} and {gap + 2} are beyond the complete ones")
    expect(partial(seen.is_new, sender, gap), True, "the missing one comes for the first time")
    expect(
        partial(seen.complete, sender), gap + 2, "the gap is closed, and those behind it count now"
    )
    expect(partial(seen.kept, sender), 0, "nothing is missing, so there is nothing to keep")


@SEEN
def test_shuffled(answer, rng):
    """Three senders, each message twice, in any order."""
    seen = answer.make("Seen")
    mail = [(sender, number) for sender in ("a", "b", "c") for number in range(1, 41)] * 2
    rng.shuffle(mail)
    books = set()
    for sender, number in mail:
        new = (sender, number) not in books
        books.add((sender, number))
        expect(
            partial(seen.is_new, sender, number),
            new,
            "a message is known by its sender and its number together, in whatever order they come",
        )
    for sender in ("a", "b", "c"):
        expect(partial(seen.complete, sender), 40, "1 to 40 have come, in some order")
        expect(partial(seen.kept, sender), 0, "when all have come there is nothing to keep")


# --- Outbox


def filled(answer, capacity, policy, texts):
    outbox = answer.make("Outbox", capacity, policy)
    for number, text in enumerate(texts, 1):
        expect(partial(outbox.put, text), number, "`put` returns the message's number: 1, 2, 3, …")
    return outbox


@OUTBOX
def test_outbox_example(answer):
    """The question's example."""
    outbox = filled(answer, 2, "drop_oldest", ["one", "two", "three"])
    expect(outbox.pending, [(2, "two"), (3, "three")], "the oldest has made room for the third")


@OUTBOX
def test_put_and_confirm(answer, rng):
    """Messages are kept in order until they are confirmed."""
    texts = [word(rng) for _ in range(4)]
    outbox = filled(answer, 10, "raise", texts)
    right = list(enumerate(texts, 1))
    got = outbox.pending()
    expect_that(isinstance(got, list), got, "return a list of (number, text)", str(right))
    expect(got, right, "all four wait, oldest first, each a tuple of number and text")
    expect(
        outbox.pending, right, "looking removes nothing: what was sent may have to be sent again"
    )
    outbox.confirm(2)
    expect(
        outbox.pending, right[2:], "2 is confirmed, and with it all before it; 3 and 4 still wait"
    )
    for late in (1, 2, 0):
        outbox.confirm(late)
        expect(outbox.pending, right[2:], "a confirmation that comes late changes nothing")
    outbox.confirm(4)
    expect(outbox.pending, [], "4 is confirmed, the last one: nothing waits any more")
    outbox = filled(answer, 10, "raise", texts)
    outbox.confirm(9)
    expect(outbox.pending, [], "9 is confirmed, and with it all before it: 1 to 4 are forgotten")
    twins = filled(answer, 10, "raise", ["twice", "twice", "twice"])
    why = "two messages may have the same text: it is the number that tells them apart"
    expect(twins.pending, [(1, "twice"), (2, "twice"), (3, "twice")], why)
    twins.confirm(1)
    expect(twins.pending, [(2, "twice"), (3, "twice")], why)


@OUTBOX
def test_numbers_go_on(answer, rng):
    """A number is never used twice."""
    for policy in ("raise", "drop_oldest"):
        outbox = filled(answer, 2, policy, ["one", "two"])
        outbox.confirm(2)
        expect(partial(outbox.put, "three"), 3, "the numbers go on after a confirmation")
        expect(outbox.pending, [(3, "three")], "only this one is not confirmed")
    outbox = filled(answer, 5, "raise", ["one", "two"])
    outbox.confirm(2)
    expect(outbox.pending, [], "everything is confirmed")
    text = word(rng)
    expect(
        partial(outbox.put, text),
        3,
        "the numbers go on: a second message 1 would look like the first one come again",
    )


@OUTBOX
def test_drop_oldest(answer, rng):
    """drop_oldest makes room at the front."""
    one = filled(answer, 1, "drop_oldest", ["a", "b", "c"])
    expect(one.pending, [(3, "c")], "with room for one, only the newest is left")
    capacity = rng.randint(3, 5)
    texts = [word(rng) for _ in range(capacity + 2)]
    outbox = filled(answer, capacity, "drop_oldest", texts)
    right = list(enumerate(texts, 1))
    got = outbox.pending()
    expect_that(len(got) <= capacity, got, f"there is room for {capacity} messages", str(right[2:]))
    expect_that(got != right[:capacity], got, "the oldest ones go, not the newest", str(right[2:]))
    expect(got, right[2:], "the two oldest have made room, and the others keep their numbers")
    outbox.confirm(2)
    expect(outbox.pending, right[2:], "2 was dropped already; confirming it takes no other with it")
    outbox.confirm(3)
    expect(partial(outbox.put, "more"), len(texts) + 1, "a number is never used twice")
    got = [*right[3:], (len(texts) + 1, "more")]
    expect(outbox.pending, got, "the confirmation of 3 has made room: no other has to go")


@OUTBOX
def test_raise(answer, rng):
    """raise lets nothing in, and loses nothing."""
    one = filled(answer, 1, "raise", ["only"])
    expect_raises(partial(one.put, "more"), "OverflowError", "there is room for one message")
    capacity = rng.randint(2, 5)
    texts = [word(rng) for _ in range(capacity)]
    outbox = filled(answer, capacity, "raise", texts)
    for _ in range(2):
        expect_raises(
            partial(outbox.put, "one too many"),
            "OverflowError",
            f"there is room for {capacity} messages, those under way included: raise OverflowError",
        )
        expect(outbox.pending, list(enumerate(texts, 1)), "what was refused has changed nothing")
    outbox.confirm(1)
    expect(
        partial(outbox.put, "fits"),
        capacity + 1,
        "a confirmation makes room, and the one that was refused got no number",
    )


@OUTBOX
def test_two_outboxes(answer):
    """Two outboxes know nothing of each other."""
    one, other = filled(answer, 2, "raise", ["mine"]), filled(answer, 2, "raise", ["yours"])
    expect(one.pending, [(1, "mine")], "each outbox has messages of its own")
    expect(partial(one.put, "more"), 2, "each outbox counts for itself")
    other.confirm(1)
    expect(one.pending, [(1, "mine"), (2, "more")], "the other outbox was confirmed, not this one")


@OUTBOX
def test_forgets(answer):
    """What is confirmed or dropped is forgotten."""
    confirmed, dropped = (answer.make("Outbox", 2, policy) for policy in ("raise", "drop_oldest"))
    size, count = 50_000, 60
    for number in range(1, count + 11):
        if number == 11:  # by now the process has all the memory that one call needs
            before = answer.memory()
        confirmed.put("x" * size)
        confirmed.confirm(number)
        dropped.put("x" * size)
    kept, sent = answer.memory() - before, 2 * count * size
    expect_that(
        kept < sent / 4,
        f"{kept / 2**20:.1f} MiB more than before",
        f"{sent / 2**20:.1f} MiB of messages were confirmed, or dropped from a box for 2: forget "
        "them, or it grows as long as the program runs",
        "nothing kept but the last ones",
    )


# --- A server with a plan, for the last two


@dataclass
class Server:
    """Serves one step of its plan on each connection or handshake; then it is done.

    A step is an HTTP status, or (how many events, how it ends): a close code, "no code" for a close
    frame without one, "cut", or "away" for a cut after which nobody listens for a moment. After the last step whoever comes again is
    noted, and sent away with 1000. `gaps` are the seconds between the end of one step and the next
    attempt.
    """

    events: list[tuple[int, str]]
    plan: list
    bare: bool = False
    overlap: int = 0
    asked: list[int] = field(default_factory=list)
    came_back: bool = False
    gaps: list[float] = field(default_factory=list)
    ended: float | None = None
    link: Link | None = None
    away: asyncio.Task | None = None

    def request(self, connection, request):
        if self.ended is not None:
            self.gaps.append(time.monotonic() - self.ended)
        if self.plan and isinstance(self.plan[0], int):
            self.ended = time.monotonic()
            return connection.respond(self.plan.pop(0), "")
        return None

    def last(self, plan):
        """What happened last, of all that was planned."""
        step = plan[len(plan) - len(self.plan) - 1]
        return f"status {step}" if isinstance(step, int) else step[1]

    async def handler(self, websocket):
        if not self.plan:
            self.came_back = True
            return
        count, end = self.plan.pop(0)
        since = int(websocket.request.path.partition("?since=")[2] or 0)
        self.asked.append(since)
        known = [event for event in self.events if event[0] <= since]
        rest = self.events[max(0, len(known) - self.overlap) :]
        for number, data in rest[:count]:
            await websocket.send(data if self.bare else json.dumps({"id": number, "data": data}))
        if self.bare:
            del self.events[:count]
        self.ended = time.monotonic()
        if isinstance(end, int):
            await websocket.close(end)
        elif end == "no code":
            websocket.transport.write(b"\x88\x00")
            await websocket.wait_closed()
        elif end == "away":
            self.link.refuse()
            self.link.cut()
            self.away = asyncio.create_task(self.listen_soon())
        else:
            websocket.transport.abort()

    async def listen_soon(self):
        await asyncio.sleep(0.1)
        await self.link.listen()

    async def meet(self, call, *args):
        """What the learner's client gives when it meets this server."""
        options = {"process_request": self.request, "close_timeout": 0.5, "compression": None}
        async with serve(self.handler, "127.0.0.1", 0, **options) as server:
            port = server.sockets[0].getsockname()[1]
            async with Link("127.0.0.1", port) as link:
                self.link = link
                url = f"ws://127.0.0.1:{link.port}/"
                try:
                    return await asyncio.to_thread(call, url, *args)
                finally:
                    if self.away:
                        self.away.cancel()
                        await asyncio.wait([self.away])
                    # One that hangs or fails because it came back is told that it came back.
                    if self.came_back:
                        raise Mismatch(self.too_much, "one more connection", "none")

    too_much = "the server was done and said so, with 1000; your client came back all the same"


def given(server, call, *args):
    """What the learner's client gives when it meets this server, or that it should have come back."""
    try:
        return asyncio.run(server.meet(call, *args))
    except AnswerRaised as error:
        if error.explained or not error.is_a("ConnectionClosed", "InvalidHandshake", "OSError"):
            raise
        why = (
            "a cut (ConnectionClosed), a refusal (InvalidHandshake) and a server that is away "
            "(OSError) are to be expected: catch them, and go on"
        )
        raise Mismatch(why, error.what_came, "no exception", error.place) from None


def some_events(rng, count):
    number, events = rng.randint(10, 99), []
    for _ in range(count):
        number += rng.randint(1, 9)
        events.append((number, word(rng)))
    return events


def followed(answer, server, pause=0.01):
    got = given(server, answer.follow, pause)
    right = [data for _, data in server.events]
    expect_that(isinstance(got, list), got, "return the list of all data", str(right))
    return got, right


@FOLLOW
def test_one_connection(answer, rng):
    """On a line that holds, all events come."""
    events = some_events(rng, 5)
    server = Server(events, [(5, 1000)])
    got, right = followed(answer, server)
    expect(server.asked, [0], "the first connection asks with ?since=0")
    expect(got, right, "the `data` of each event, in order")
    got, right = followed(answer, Server([], [(0, 1000)]))
    expect(got, right, "the server had no events, and closed with 1000: there is nothing to return")


@FOLLOW
def test_asks_for_the_rest(answer, rng):
    """After a cut it asks for what it has not seen."""
    events = some_events(rng, 6)
    server = Server(events, [(4, 1012), (6, 1000)])
    got, right = followed(answer, server)
    expect_that(
        server.asked[1:] != [0],
        server.asked,
        "name the last event's id when you come back, or the server starts from the beginning",
        str([0, events[3][0]]),
    )
    expect_that(
        server.asked[1:] != [4],
        server.asked,
        "?since= is the *id* of the last event, not how many you have: the ids have gaps",
        str([0, events[3][0]]),
    )
    expect(server.asked, [0, events[3][0]], "ask for what came after the last id that you saw")
    expect(got, right, "what came before the cut and what came after it, in one list")


@FOLLOW
def test_same_data(answer):
    """Two events may hold the same data."""
    events = [(1, "again"), (4, ""), (5, "again"), (9, "again"), (10, "")]
    server = Server(events, [(3, 1011), (5, 1000)])
    got, right = followed(answer, server)
    why = "two events with the same data are two events: it is the id that tells them apart"
    expect(got, right, why)


@FOLLOW
def test_waits_between_attempts(answer, rng):
    """Between two attempts there is a pause."""
    plan = [503, 503, (0, "cut"), (0, "cut"), (2, 1000)]
    quick = Server(some_events(rng, 2), list(plan))
    followed(answer, quick, pause=0.001)
    expect_that(
        min(quick.gaps, default=0) < 0.9,
        f"{min(quick.gaps, default=0):.3f} s between two attempts, at least",
        "`pause` says how many seconds to wait; you wait longer",
        "0.001 s, as `pause` says",
    )
    # What a busy machine adds to each attempt must not pass for a pause.
    pause = min(max(0.05, 8 * max(quick.gaps, default=0)), 0.6)
    server = Server(some_events(rng, 2), plan)
    got, right = followed(answer, server, pause=pause)
    shortest = min(server.gaps, default=pause)
    expect_that(
        shortest >= 0.9 * pause,
        f"{shortest:.3f} s between two attempts",
        "wait `pause` seconds before each further attempt, after a refusal and after a cut",
        f"{pause:.2f} s, as `pause` says",
    )
    expect(got, right, "each event once and in order")


@FOLLOW
def test_any_other_end(answer, rng):
    """Any end but 1000 means: come back."""
    ends = (1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4999, "no code", 1001)
    plan = [*((1, end) for end in ends), (3, 1000)]
    server = Server(some_events(rng, len(ends) + 3), list(plan))
    got, right = followed(answer, server)
    last = server.last(plan)
    why = f"the server ended with {last}, not with 1000: come back for the rest"
    expect(got, right, "each event once and in order" if last == 1000 else why)


@FOLLOW
def test_going_away(answer, rng):
    """1001 is no goodbye."""
    server = Server(some_events(rng, 4), [(2, 1001), (4, 1000)])
    got, right = followed(answer, server)
    expect(
        got,
        right,
        "1001 means that the server is going away, not that it is done. `async for` ends quietly all "
        "the same, so look at `websocket.close_code`",
    )


@FOLLOW
def test_events_again(answer, rng):
    """What comes a second time is left out."""
    server = Server(some_events(rng, 9), [(4, 1012), (5, 1012), (9, 1000)], overlap=2)
    got, right = followed(answer, server)
    expect_that(
        len(got) <= len(right) or set(got) != set(right),
        got,
        "some events came a second time: the id tells, one that is not above the last is known",
        str(right),
    )
    expect(got, right, "each event once, in order")


@FOLLOW
def test_many_cuts(answer, rng):
    """Cuts, refusals and absences: nothing lost, nothing twice."""
    steps = [(rng.randint(0, 4), "cut"), 503, (3, 1011), (2, "away"), (0, "cut"), 503]
    steps += [(rng.randint(1, 3), "cut"), (1, 1001), (2, 1012)]
    rng.shuffle(steps)
    server = Server(some_events(rng, 20), [*steps, (40, 1000)], overlap=1)
    got, right = followed(answer, server)
    expect_that(
        set(right) <= set(got), got, "events are missing: each connection goes on where you were"
    )
    expect(got, right, "each event once and in order, however often the line is cut")


# --- keep_listening

BASE, CAP = 0.002, 0.032


def listened(answer, plan, why, base=BASE, cap=CAP):
    """What came, what was sent, the waits as they were noted and as the server saw, the last end."""
    count = sum(step[0] for step in plan if isinstance(step, tuple))
    texts = [f"message {number}" for number in range(1, count + 1)]
    server = Server(list(enumerate(texts, 1)), list(plan), bare=True)
    server.too_much = why
    before = answer.value("waits")
    got = given(server, answer.keep_listening, base, cap)
    waits = answer.value("waits")
    if waits[: len(before)] == before:  # unless each call begins a new list
        waits = waits[len(before) :]
    expect_that(
        all(type(wait) in (int, float) and wait >= 0 for wait in waits),
        waits,
        "`waits` holds the seconds of each wait",
    )
    expect_that(isinstance(got, list), got, "return the list of messages", str(texts))
    return got, texts, waits, server.gaps, server.last(plan)


DONE = "the server was done, with 1000: there is nothing to come back for"


@KEEP_LISTENING
def test_deployment(answer):
    """Bug 1: after 1001 it comes back."""
    plan = [(2, 1001), (1, 1012), (2, 1000)]
    got, texts, waits, *_ = listened(answer, plan, DONE)
    expect_that(
        got != texts[:2],
        got,
        "the server closed with 1001, going away: it will be back, and the client should be, too",
        str(texts),
    )
    expect(got, texts, "all the messages, in the order in which they came")
    expect(len(waits), 2, "`waits` has one delay for each time that it came back")


@KEEP_LISTENING
def test_jitter(answer):
    """Bug 2: each client waits its own time."""
    waits = []
    for _ in range(12):
        _, _, more, *_ = listened(answer, [*[503] * 6, (1, 1000)], DONE)
        expect(len(more), 6, "`waits` has one delay for each of the 6 refusals with 503")
        waits += more
    limits = [min(CAP, BASE * 2**n) for n in range(6)] * 12
    expect_that(
        not all(map(close, waits, limits)),
        waits,
        "all clients wait the same times, so they all come back together: draw each wait at random",
        "a random part of each limit",
    )
    too_long = [wait for wait, limit in zip(waits, limits, strict=True) if wait > limit * 1.000001]
    expect(too_long, [], "no wait is longer than its limit: `base`, doubled each time, up to `cap`")
    expect_that(
        any(wait < limit / 2 for wait, limit in zip(waits, limits, strict=True)),
        waits,
        "a random part means anything from nothing to the whole limit; none of these waits is below "
        "the half",
    )
    capped = [wait for wait, limit in zip(waits, limits, strict=True) if limit == CAP]
    long = [wait for wait in capped if wait > CAP / 4]  # three in four, by chance
    expect_that(
        len(long) >= len(capped) / 4,
        waits,
        "the limit doubles from attempt to attempt, whatever was drawn: these waits stay far below",
    )
    expect_that(
        max(waits) > CAP / 2,
        waits,
        f"the limit doubles up to `cap`, {CAP} here; these waits all stay below half of it",
    )


@KEEP_LISTENING
def test_really_waits(answer):
    """What `waits` says is what was waited."""
    # A busy machine adds to each wait. So the waits are long beside what it adds, and there are so
    # many that one that was drawn anew for waiting can't be long enough by chance each time.
    _, _, _, gaps, _ = listened(answer, [*[503] * 6, (1, 1000)], DONE, 0.001, 0.001)
    limit = min(max(0.06, 8 * max(gaps)), 0.6)
    count = min(24, int(3.6 / limit))
    shortest = float("inf")
    for _ in range(24 // count):
        plan = [*[503] * count, (1, 1000)]
        _, _, waits, gaps, _ = listened(answer, plan, DONE, limit, limit)
        expect(len(waits), count, "`waits` has one delay for each time that it came back")
        for wait, gap in zip(waits, gaps, strict=True):
            expect_that(
                gap >= 0.9 * wait,
                f"an attempt {gap:.3f} s after the one before, and {wait:.3f} s in `waits`",
                "wait as long as `waits` says, before each further attempt: draw once, note it, "
                "wait it",
            )
        shortest = min(shortest, *gaps)
    expect_that(
        shortest < 0.9 * limit,
        f"at least {shortest:.3f} s from one attempt to the next",
        f"the waits are to be random parts of {limit} s; yours take all of it, every time",
    )
    one, other = (listened(answer, [*[503] * 4, (1, 1000)], DONE)[2] for _ in range(2))
    expect_that(
        one != other,
        other,
        "each client draws for itself: two of them waited the same times, so they come back together",
    )


@KEEP_LISTENING
def test_sent_away(answer):
    """Bug 3: whoever is sent away stays away."""
    for end in (1008, 401, 403):
        why = f"{end} does not pass with time: return, and don't ask again"
        for first in ([], [(2, 1012)]):
            plan = [*first, (1, 1008)] if end == 1008 else [*first, end]
            got, texts, waits, *_ = listened(answer, plan, why)
            expect(got, texts, "return the messages that came, all of them and in order")
            expect(len(waits), len(first), "there is nothing to wait for when it stays away")


@KEEP_LISTENING
def test_comes_back(answer):
    """Whatever else happens, it comes back."""
    codes = (1001, 1002, 1003, 1007, 1009, 1011, 1013, 3000, 3003, 4000, 4401, 4999)
    ends = (*((1, code) for code in codes), (0, 1011), (0, "no code"), (0, "cut"), (0, "away"))
    statuses = (400, 402, 404, 429, 500, 502, 503)
    for plan in ([*ends, (2, 1000)], [*statuses, (2, 1000)]):
        got, texts, waits, _, last = listened(answer, plan, DONE)
        expect(got, texts, f"after {last} it comes back, and hears the messages")
        expect_that(
            len(waits) >= len(plan) - 1,
            waits,
            "`waits` has one delay for each time that it came back",
        )


@KEEP_LISTENING
def test_starts_over(answer):
    """Bug 4: a good connection starts over."""
    plan = [*[503] * 8, *[(1, 1012)] * 16, (1, 1000)]
    _, _, waits, *_ = listened(answer, plan, DONE)
    expect(len(waits), 24, "`waits` has one delay for each time that it came back")
    expect_that(
        max(waits[8:]) <= BASE * 1.000001,
        waits[8:],
        "each of these connections has brought a message, so the wait after it has the limit `base`",
        f"{BASE} at most",
    )
    _, _, waits, *_ = listened(answer, [*[503] * 6, *[(0, 1012)] * 16, (1, 1000)], DONE)
    expect_that(
        max(waits[6:]) > BASE,
        waits[6:],
        "these connections have opened and brought nothing. That was not good: the limit stays up",
    )


# --- outage


def number_of(answer, name):
    got = answer.value("outage")
    expect_that(isinstance(got, dict), got, "keep the dictionary, and put your numbers in it")
    value = got.get(name)
    expect_that(type(value) in (int, float), value, f"{name!r} is a number")
    return float(value)


@OUTAGE
def test_failed(answer):
    """How many attempts fail."""
    got = number_of(answer, "failed")
    mistakes = {
        7.0: "the seventh attempt comes after 63 seconds, and the server is there",
        5.0: "with the cap one attempt more fits into the minute: after 47 seconds",
        60.0: "one a second would be a constant delay; here each wait is twice as long",
    }
    why = "add up the waits: which attempts come before 60 seconds?"
    expect_guess(got, 6, why, mistakes=mistakes)


@OUTAGE
def test_back_after(answer):
    """When the client is back."""
    got = number_of(answer, "back_after")
    mistakes = {
        60.0: "the server is back after 60 seconds; the client learns it at its next attempt",
        61.0: "nobody tells the client that the server is back: it wakes when its wait is over",
        64.0: "add up the waits: 1 + 2 + 4 + 8 + 16 + 16 + 16",
        127.0: "that is without the cap: no wait is longer than 16 seconds",
    }
    why = "the first attempt after 60 seconds is the one that succeeds"
    expect_guess(got, 63, why, mistakes=mistakes)


@OUTAGE
def test_fifth_wait(answer):
    """The fifth wait with full jitter, on average."""
    got = number_of(answer, "fifth_wait")
    mistakes = {
        16.0: "16 is the limit; the wait is a random part of it",
        4.0: "the limits are 1, 2, 4, 8, 16: the fifth is 16, not 8",
        12.0: "that is equal jitter, from half to the whole; full jitter begins at nothing",
    }
    why = "a number drawn evenly from 0 to a limit is half the limit on average"
    expect_guess(got, 8, why, mistakes=mistakes)
