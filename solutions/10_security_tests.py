"""Exercise 10: security."""

import asyncio
import json
import math
import re
import secrets
import string
from functools import partial
from itertools import zip_longest

from websockets.asyncio.server import serve

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerRaised
from course_lib.judge.expect import Mismatch, asked, expect, expect_raises, expect_that, shown

STEAL = Question(
    "steal",
    points=3,
    imports=("websockets",),
    hints=(
        "What does `PASSWORDS.get(…)` give for a name that it doesn't have? And `login.get(…)` for a "
        "field that isn't there?",
        "Both are None, so a user that nobody knows gets in without a password. Then look at who "
        "decides whose note is sent.",
        'Send `{"user": "nobody"}`, read the welcome, send `{"type": "note", "of": "ann"}`, and '
        'return the `"note"` of what comes.',
    ),
)
ADMITS = Question(
    "admits",
    points=3,
    hints=(
        "Don't compare texts. Make of each origin what it consists of, and compare that.",
        "One regular expression with `re.fullmatch` finds scheme, host and port, and refuses all "
        "else. (`re.match` and `$` let a line break at the end pass.)",
        'r"(https?)://([a-z0-9.-]+)(?::([0-9]{1,5}))?" with `re.I | re.A`. Then lower case for '
        "scheme and host, and `int` of the port or the scheme's own.",
    ),
)
TICKETS = Question(
    "Tickets",
    points=4,
    hints=(
        "A dictionary from the ticket to the user and the time of issue. What must leave it, and when?",
        "`secrets.token_urlsafe(16)` is a ticket. `redeem` takes it out before it looks at the "
        "time, and `issue` drops the expired ones first.",
        "`self.issued.pop(ticket, None)` in `redeem`; a ticket is good while "
        "`now - since < self.seconds`.",
    ),
)
DECIDE = Question(
    "decide",
    points=3,
    hints=(
        "Put the rules in an order: what holds whatever the message says comes first.",
        "Two texts would allow it: the action with this room, and the action with `*`. Are they "
        'among the rights? (Ask with `in` the *list*: `"say:lob" in "say:lobby"` is True, too.)',
        '`f"{action}:{room}" in session["rights"]`. A room that is `*` would find the right for '
        "every room, so refuse it before.",
    ),
)
BUCKET = Question(
    "Bucket",
    points=3,
    hints=(
        "Nothing has to happen while time passes. When somebody asks, work out what has dripped in "
        "since they asked last.",
        "Remember the tokens and the latest time. First fill: "
        "`min(burst, tokens + passed * rate)`; then look whether there is one.",
        "`passed = max(0, now - latest)`, and `latest += passed`, so that a clock that goes back "
        "changes nothing. What is missing is `1 - tokens`; it takes `(1 - tokens) / rate` seconds.",
    ),
)
CHECK_MESSAGE = Question(
    "check_message",
    points=5,
    hints=(
        "Go down the table, one check for each line. Size and depth come before the parser, which "
        "would do the work that they are to save.",
        "`json.loads` has `parse_constant`, which is called for NaN and Infinity, and "
        "`object_pairs_hook`, which gets an object's fields before a dictionary swallows the first "
        "of two. To count brackets, remove the texts: `re.sub(r'\"(?:[^\"\\\\]|\\\\.)*\"', '', data)`.",
        "`json.JSONDecodeError` is a ValueError: catch it by its own name, or you catch your own. "
        "`type(number) is int` is False for True. `unicodedata.category(char)` gives `Cc` and `Cs`.",
    ),
)
SAY_NO = Question(
    "say_no",
    points=3,
    hints=(
        "Each event is the case of one line of the first table; only 1008 is used more than once.",
        "Of the broken ones nobody but the server is to blame, so no code may say that the client is.",
        "On an open connection, three events break only the server's own rules: no first message, "
        "the expired token, and too many messages.",
    ),
)
QUESTIONS = (STEAL, ADMITS, TICKETS, DECIDE, BUCKET, CHECK_MESSAGE, SAY_NO)


def expect_bool(ask, right, why):
    """Expect True or False itself, not what counts as it."""
    got = asked(ask, why, str(right))
    if isinstance(got, bool):
        expect(got, right, why)
    else:
        expect_that(False, got, "return True or False itself", str(right))


# --- steal


class Notes:
    """The question's server, which keeps the books about its visitor."""

    def __init__(self):
        self.passwords = {name: secrets.token_hex() for name in ("ann", "bob")}
        self.notes = {name: f"pin={secrets.randbelow(10**6):06}" for name in ("ann", "bob")}
        self.visits, self.refused, self.broken = 0, None, ""

    async def handler(self, websocket):
        self.visits += 1
        try:
            await self.talk(websocket)
        except (ValueError, TypeError, KeyError) as error:
            self.broken = f"{type(error).__name__}: {error}"
            await websocket.close(1011)

    async def talk(self, websocket):
        login = json.loads(await websocket.recv())
        if self.passwords.get(login["user"]) != login.get("password"):
            self.refused = login["user"]
            return await websocket.close(1008, "wrong name or password")
        await websocket.send(json.dumps({"type": "welcome", "user": login["user"]}))
        async for text in websocket:
            asked = json.loads(text)
            if asked["type"] == "note":
                owner = asked.get("of", login["user"])
                note = self.notes.get(owner, "")
                await websocket.send(json.dumps({"type": "note", "note": note}))

    async def meet(self, call):
        async with serve(self.handler, "127.0.0.1", 0, compression=None) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return await asyncio.to_thread(call, url)


def stolen(answer):
    server = Notes()
    try:
        got = asyncio.run(server.meet(answer.steal))
    except AnswerRaised as error:
        if error.explained or not (server.refused or server.broken):
            raise
        why = f"the server has turned you away as {server.refused!r}: that name needs its password"
        if server.broken:
            why = f"one of its lines fails at what you said ({server.broken}), and it closes with 1011"
        raise Mismatch(why, error.what_came, "ann's note", error.place) from None
    return server, got


def expect_note(server, got):
    right = server.notes["ann"]
    mistakes = {
        server.notes["bob"]: "this is bob's note; ann's is asked for",
        "": "the server gives nothing to whom it has no note for: name the owner in your request",
        json.dumps({"type": "note", "note": right}): "this is the whole message: return its `note`",
        json.dumps({"type": "welcome", "user": "nobody"}): "this is the welcome, which comes first",
    }
    if isinstance(got, dict) and got.get("note") == right:
        expect(got, right, "this is the whole message: return its `note`")
    expect(got, right, "return ann's note, which only the server can tell you", mistakes=mistakes)


@STEAL
def test_has_the_note(answer):
    """You have ann's note."""
    server, got = stolen(answer)
    expect_note(server, got)
    expect_that(server.visits == 1, server.visits, "connect once", "one connection")


@STEAL
def test_has_another_note(answer):
    """And that of another server, with other passwords and notes."""
    for _ in range(2):
        server, got = stolen(answer)
        expect_note(server, got)


# --- admits


HERE = "https://chat.example"
SAME = "scheme, host and port are the same"


def check_origins(answer, table, allowed=(HERE,)):
    for origin, right, why in table:
        ask = partial(answer.admits, origin, list(allowed))
        expect_bool(ask, right, f"{origin!r}: {why}")


@ADMITS
def test_the_same(answer):
    """The page itself comes in, however it is written."""
    expect_bool(
        lambda: answer.admits("https://CHAT.example:443", [HERE]), True, "the question's example"
    )
    evil = "https://chat.example.evil.example"
    expect_bool(
        lambda: answer.admits(evil, [HERE]), False, "the question's example: it only begins alike"
    )
    case, own = "case doesn't matter in scheme and host", "443 is the port of https"
    check_origins(
        answer,
        [
            (HERE, True, SAME),
            ("https://Chat.Example", True, case),
            ("HTTPS://chat.example", True, case),
            ("https://chat.example:443", True, own),
            ("https://other.example", False, "it is not in the list"),
            ("http://chat.example", False, "http is another scheme"),
            ("http://chat.example:443", False, "http is another scheme"),
            ("https://chat.example:80", False, "80 is not the port of https"),
            ("https://chat.example:8443", False, "another port is another origin"),
            ("https://chat.example:4430", False, "another port is another origin"),
        ],
    )


@ADMITS
def test_the_list(answer):
    """The list is read by the same rules."""
    allowed = ["HTTP://LocalHost:8000", "https://Chat.Example:443", "http://10.0.0.7:80"]
    check_origins(
        answer,
        [
            ("http://localhost:8000", True, "case doesn't matter in the list either"),
            (HERE, True, "443 is the port of https, in the list, too"),
            ("http://10.0.0.7", True, "80 is the port of http, in the list, too"),
            ("http://LOCALHOST:8000", True, "case doesn't matter in the list either"),
            ("http://localhost", False, "the port is 80 here, and the list has 8000"),
            ("https://localhost:8000", False, "https is another scheme"),
            ("https://10.0.0.7:80", False, "https is another scheme"),
            ("http://chat.example:443", False, "http is another scheme"),
        ],
        allowed,
    )
    expect_bool(lambda: answer.admits(HERE, []), False, "nobody is in an empty list")


@ADMITS
def test_look_alikes(answer):
    """Look-alikes stay outside."""
    other = "this is the host of somebody else"
    hosts = (
        "chat.example.evil.example", "evilchat.example", "evil-chat.example", "chat-example",
        "chatxexample", "chat.exampl", "hat.example", "chat.examplee",
    )  # fmt: skip
    check_origins(answer, [(f"https://{host}", False, other) for host in hosts])
    check_origins(
        answer,
        [
            ("https://www.chat.example", False, "a sub-domain is another host"),
            ("https://example", False, "the domain above is another host"),
            ("https://chat.example.", False, "a dot at the end makes it another host"),
            ("https://chat.example.:443", False, "a dot at the end makes it another host"),
        ],
    )


@ADMITS
def test_no_origin(answer):
    """What is no origin stays outside, and so does a request without one."""
    check_origins(
        answer,
        [
            (None, False, "a request without Origin is not admitted"),
            ("null", False, "`null` is not admitted"),
            ("", False, "this is no origin"),
            ("chat.example", False, "an origin has a scheme"),
            ("//chat.example", False, "an origin has a scheme"),
            (f"{HERE}/", False, "an origin has no path, not even a /"),
            (f"{HERE}/chat", False, "an origin has no path"),
            (f"{HERE}?x", False, "an origin has no query"),
            (f"{HERE}#x", False, "an origin has no fragment"),
            ("https://ann@chat.example", False, "an origin has no user name"),
            ("https://evil.example@chat.example", False, "an origin has no user name"),
            (f"{HERE}:443@evil.example", False, "an origin has no user name"),
            (f" {HERE}", False, "an origin has no space"),
            (f"{HERE} ", False, "an origin has no space"),
            (f"{HERE}\n", False, "an origin has no line break"),
            (f"\n{HERE}", False, "an origin has no line break"),
            (f"{HERE}, https://evil.example", False, "this is no single origin"),
            (f"{HERE}:", False, "a port has one digit at least"),
            (f"{HERE}:000443", False, "a port has five digits at most"),
            (f"{HERE}:+443", False, "a port has digits only"),
            (f"{HERE}:4_4_3", False, "a port has digits only"),
            (f"{HERE}:https", False, "a port has digits only"),
            (f"{HERE}:443:443", False, "an origin has one port"),
            (f"{HERE}:\u0664\u0664\u0663", False, "a port has the digits 0 to 9, no others"),
            ("https:/chat.example", False, "this is no origin"),
            ("https:///chat.example", False, "this is no origin"),
            ("https:\\\\chat.example", False, "this is no origin"),
            ("wss://chat.example", False, "a page has the scheme http or https"),
            ("xhttps://chat.example", False, "a page has the scheme http or https"),
        ],
    )


@ADMITS
def test_looks_otherwise(answer):
    """A text that is no origin is not admitted even if the list has it."""
    none = "it looks like no origin, and so being in the list doesn't help it"
    kiosk = "https://kiosk.example"
    for text in (
        "null", "", f"{HERE}/", "https://ann@chat.example", f"{HERE}:", "wss://chat.example",
        "https://chät.example", "https://chat_example", f"{HERE}:\u0664\u0664\u0663",
    ):  # fmt: skip
        expect_bool(partial(answer.admits, text, [text]), False, f"{text!r}: {none}")
    why = "a text in the list that is no origin admits nobody"
    expect_bool(lambda: answer.admits("null", ["https://x/"]), False, why)
    expect_bool(lambda: answer.admits(HERE, ["null", "", HERE]), True, SAME)
    sign = "its first letter is the Kelvin sign, whose lower case is a k: this is not ASCII"
    expect_bool(lambda: answer.admits("https://\u212aiosk.example", [kiosk]), False, sign)
    sign = "it has a long s, whose upper case is an S: this is not ASCII"
    expect_bool(lambda: answer.admits("http\u017f://chat.example", [HERE]), False, sign)
    expect_bool(lambda: answer.admits("https://kio\u017fk.example", [kiosk]), False, sign)
    expect_bool(
        lambda: answer.admits(None, ["https://x/"]), False, "without Origin nobody is admitted"
    )


# --- Tickets


LETTERS = frozenset(string.ascii_letters + string.digits + "-_")


def issued(tickets, user, now):
    ticket = tickets.issue(user, now)
    expect_that(isinstance(ticket, str), ticket, "a ticket is a text")
    expect_that(
        bool(ticket) and set(ticket) <= LETTERS,
        ticket,
        "a ticket has ASCII letters, digits, - and _",
    )
    return ticket


@TICKETS
def test_ticket_example(answer):
    """The question's example."""
    tickets = answer.make("Tickets", 30)
    ticket = issued(tickets, "ann", 1000)
    expect(tickets.redeem(ticket, 1029), "ann", "29 seconds after its issue it is good")
    expect(tickets.redeem(ticket, 1029), None, "it is good once")
    late = issued(tickets, "ann", 1029)
    expect(tickets.redeem(late, 1059), None, "30 seconds after its issue it has expired")
    issued(tickets, "bob", 1060)
    expect(tickets.kept(), 1, "only bob's ticket is left")


@TICKETS
def test_expires(answer, rng):
    """A ticket is good for less than its seconds, wherever the clock stands."""
    for start in (0, rng.randint(10, 1000), 2_000_000_000.5):
        seconds = rng.randint(2, 60)
        tickets = answer.make("Tickets", seconds)
        for after, good in (
            (0, True),
            (seconds - 0.5, True),
            (seconds, False),
            (seconds + 1, False),
        ):
            ticket = issued(tickets, "ann", start)
            why = f"{after} of {seconds} seconds after its issue it is {'good' if good else 'expired'}"
            expect(tickets.redeem(ticket, start + after), "ann" if good else None, why)
    tickets = answer.make("Tickets", 10)
    first, second = issued(tickets, "ann", 0), issued(tickets, "ann", 6)
    third = issued(tickets, "bob", 9)
    expect(tickets.redeem(first, 9), "ann", "another ticket makes it no older")
    expect(tickets.redeem(second, 15), "ann", "each ticket has a time of issue of its own")
    expect(tickets.redeem(third, 19), None, "each ticket has a time of issue of its own")


@TICKETS
def test_once_each(answer, rng):
    """Many tickets at the same time, each for its user and once."""
    tickets, other = answer.make("Tickets", 60), answer.make("Tickets", 60)
    expect(tickets.kept(), 0, "these `Tickets` are new: others have issued theirs for themselves")
    users = ["ann", "bob", "ann", "", "zoë", "ann"]
    mine = [(issued(tickets, user, 0), user) for user in users]
    expect(
        tickets.kept(), len(mine), "none was redeemed, none has expired, and a user may have many"
    )
    rng.shuffle(mine)
    for ticket, user in mine:
        expect(other.redeem(ticket, 1), None, "this ticket was issued by another `Tickets`")
        expect(tickets.redeem(ticket, 1), user, "a ticket gives the user it was issued to")
        expect(tickets.redeem(ticket, 1), None, "a ticket is good once")
    expect(tickets.kept(), 0, "all were redeemed: what was redeemed is gone at once")


@TICKETS
def test_no_ticket(answer):
    """A text that is no ticket gets None."""
    tickets = answer.make("Tickets", 60)
    expect(lambda: tickets.redeem("ann", 0), None, "nothing was issued yet")
    ticket = issued(tickets, "ann", 0)
    for text in ("", "ann", "é", ticket[:-1], f"{ticket}x", ticket.swapcase(), f" {ticket}"):
        if text == ticket:
            continue  # it has digits only
        expect(lambda text=text: tickets.redeem(text, 1), None, "this text is no ticket")
    expect(tickets.redeem(ticket, 1), "ann", "texts that are no ticket don't harm one that is")


@TICKETS
def test_unforeseeable(answer):
    """No ticket can be guessed from others."""
    tickets, other = answer.make("Tickets", 60), answer.make("Tickets", 60)
    many = [issued(tickets, "annabel", 0) for _ in range(1000)]
    expect_that(len(set(many)) == 1000, many[:2], "no two of 1,000 tickets may be the same")
    told = next((ticket for ticket in many if "annabel" in ticket.lower()), many[0])
    expect_that("annabel" not in told.lower(), told, "a ticket tells nothing, not even its user")
    again = [issued(other, "annabel", 0) for _ in range(3)]
    why = "two `Tickets` have issued the same to the same user at the same time: it can be foreseen"
    expect_that(not set(again) & set(many), again[0], why)
    answer.seed(1)
    before = issued(tickets, "annabel", 0)
    answer.seed(1)
    why = "it comes from `random`, whose numbers follow from those before: take `secrets`"
    expect_that(issued(tickets, "annabel", 0) != before, before, why)
    # What each place can hold, at most; 16 bytes are 128 bits, and a few draws may be missing.
    bits = sum(math.log2(len(set(place))) for place in zip_longest(*many))
    why = (
        f"the characters of 1,000 tickets vary by {bits:.0f} bits at most: 16 random bytes are 128"
    )
    expect_that(bits > 121, many[0], why)


@TICKETS
def test_forgets(answer):
    """What has expired is dropped, and what has not is kept."""
    tickets = answer.make("Tickets", 10)
    expect(tickets.kept(), 0, "nothing was issued yet")
    for now in range(100):
        issued(tickets, "ann", now)
        right = min(now + 1, 10)
        why = (
            f"of {now + 1} tickets, one a second, those that are less than 10 seconds old are held"
        )
        expect(tickets.kept(), right, why)
    ticket = issued(tickets, "bob", 500)
    expect(tickets.kept(), 1, "`issue` drops all that have expired")
    expect(tickets.redeem(ticket, 501), "bob", "what has not expired stays")
    expect(tickets.kept(), 0, "what was redeemed is gone at once")


# --- decide


def session_of(*rights, user="ann", expires=1000):
    return {"user": user, "rights": list(rights), "expires": expires}


def check_decision(answer, rights, message, right, why, now=0):
    expect(lambda: answer.decide(session_of(*rights), message, now), right, why)


def to(action, room, **more):
    return {"action": action, "room": room, **more}


@DECIDE
def test_decide_examples(answer):
    """The question's examples."""
    rights = ("say:lobby", "read:*")
    check_decision(answer, rights, to("say", "lobby"), "do", "there is a right to it", 999)
    check_decision(answer, rights, to("say", "staff"), "refuse", "no right for that room", 999)
    check_decision(answer, rights, to("say", "lobby"), "close", "at 1000 it has expired", 1000)


@DECIDE
def test_expired(answer):
    """A session that has expired is closed, whatever is asked."""
    why = "the session has expired, so the connection is closed, whatever the message says"
    for message in ({}, to("say", "lobby"), to("clear", "*"), to("say", "lobby", user="bob")):
        for now in (1000, 1000.5, 5000):
            check_decision(answer, ["say:lobby"], message, "close", why, now)
    why = "the session has not expired yet"
    check_decision(answer, ["say:lobby"], to("say", "lobby"), "do", why, 999.5)
    check_decision(answer, ["say:lobby"], to("say", "x"), "refuse", why, 999.5)


@DECIDE
def test_rights(answer):
    """Each right is for one action, in one room or in all."""
    rights = ["say:lobby", "read:*", "clear:attic"]
    for action, room, may in (
        ("say", "lobby", True), ("read", "lobby", True), ("read", "anywhere", True),
        ("clear", "attic", True), ("clear", "lobby", False),
        ("say", "attic", False), ("delete", "lobby", False),
    ):  # fmt: skip
        why = f"{'there is a' if may else 'no'} right to {action!r} in the room {room!r}"
        check_decision(answer, rights, to(action, room), "do" if may else "refuse", why)
    check_decision(answer, [], to("say", "lobby"), "refuse", "without rights nothing is done")
    star = "this right is for every action that is called *, and that is no action of this message"
    check_decision(answer, ["*:lobby"], to("say", "lobby"), "refuse", star)


@DECIDE
def test_alike(answer):
    """What only looks like a right is none."""
    rights = ["say:lobby", "read:*"]
    why = "actions and rooms are compared as they are; this is no right of the session"
    for action, room in (
        ("say", "lob"), ("say", "lobby2"), ("say", "obby"), ("say", "Lobby"), ("SAY", "lobby"),
        ("sa", "lobby"), ("ay", "lobby"), ("say", " lobby"), ("rea", "lobby"), ("READ", "lobby"),
        ("say", ""), ("", "lobby"), ("", ""), ("say:lobby", ""),
    ):  # fmt: skip
        check_decision(answer, rights, to(action, room), "refuse", f"{action!r}, {room!r}: {why}")


@DECIDE
def test_star(answer):
    """Nobody gets into the room `*`."""
    why = "no room is called *"
    for rights in (["say:*"], ["say:lobby"], ["say:*", "say:lobby"], []):
        check_decision(answer, rights, to("say", "*"), "refuse", why)


@DECIDE
def test_incomplete(answer):
    """A message without an action or a room is refused."""
    rights = ["say:*", "say:None", "None:lobby", "None:*", "None:None"]
    for message in ({}, {"action": "say"}, {"room": "lobby"}, {"user": "ann"}):
        check_decision(answer, rights, message, "refuse", "it lacks an action or a room")


@DECIDE
def test_claims(answer):
    """Who somebody claims to be counts for nothing."""
    rights = ["say:lobby", "say:*"]
    own = "it names the session's own user"
    check_decision(answer, rights, to("say", "lobby", user="ann"), "do", own)
    for user in ("bob", "Ann", "", "ann ", "an"):
        why = "it names another user than the session's"
        check_decision(answer, rights, to("say", "lobby", user=user), "refuse", why)
    why = "a name is no right"
    check_decision(answer, ["say:lobby"], to("clear", "lobby", user="ann"), "refuse", why)
    more = to("say", "lobby", text="hello", rights="clear:*", expires="0")
    check_decision(answer, rights, more, "do", "other fields make no difference")
    more = to("clear", "lobby", rights="clear:*")
    check_decision(answer, rights, more, "refuse", "what a client says of its rights is no right")


# --- Bucket


def takes(bucket, times):
    got = [bucket.take(now) for now in times]
    expect_that(all(isinstance(each, bool) for each in got), got, "`take` returns True or False")
    return got


@BUCKET
def test_bucket_example(answer):
    """The question's example."""
    bucket = answer.make("Bucket", 0.5, 2, now=100)
    got = takes(bucket, [100] * 3)
    expect(got, [True, True, False], "it is full at first: two tokens, and no third")
    expect(bucket.wait(101), 1.0, "half a token is there, and half a one drips in each second")
    expect(takes(bucket, [102]), [True], "after two seconds there is a whole token")


@BUCKET
def test_burst(answer, rng):
    """Never more than a burst."""
    burst = rng.randint(2, 6)
    bucket = answer.make("Bucket", 4, burst, 1000)
    got = takes(bucket, [1000] * (burst + 2))
    why = f"a bucket for {burst} is full at first, and then it is empty"
    expect(got, [True] * burst + [False] * 2, why)
    got = takes(bucket, [5000] * (burst + 2))
    why = f"after a long pause it holds {burst} tokens and not more"
    expect(got, [True] * burst + [False] * 2, why)
    bucket = answer.make("Bucket", 4, burst, 1000)
    got = takes(bucket, [9000] * (burst + 2))
    expect(got, [True] * burst + [False] * 2, "a bucket that was full stays full, not more")


@BUCKET
def test_rate(answer):
    """Tokens drip in, in fractions."""
    bucket = answer.make("Bucket", 0.25, 1, 0)
    got = takes(bucket, [0, 1, 2, 3, 4, 5, 7.75, 8])
    why = "a quarter of a token each second makes a whole one after four, and not before"
    expect(got, [True, False, False, False, True, False, False, True], why)
    bucket = answer.make("Bucket", 8, 2, 0)
    got = takes(bucket, [0, 0, 0.125, 0.125, 0.1875, 0.25, 0.375])
    why = "eight a second: one each eighth of a second"
    expect(got, [True, True, True, False, False, True, True], why)
    bucket = answer.make("Bucket", 1, 2.5, 0)
    got = takes(bucket, [0, 0, 0, 0.5, 0.5])
    expect(got, [True, True, False, True, False], "half a token is not lost when one is taken")


@BUCKET
def test_refusals_are_free(answer):
    """A refusal takes nothing."""
    bucket = answer.make("Bucket", 1, 1, 0)
    got = takes(bucket, [0] * 50 + [1, 1])
    right = [True] + [False] * 49 + [True, False]
    expect(got, right, "49 refusals have taken nothing: after a second there is a token")


@BUCKET
def test_clock(answer):
    """A clock that stands still or goes back adds nothing and loses nothing."""
    bucket = answer.make("Bucket", 1, 3, 100)
    got = takes(bucket, [100, 50, 50, 50, 0])
    why = "the clock was set back: nothing is added, and nothing is lost"
    expect(got, [True, True, True, False, False], why)
    why = "time counts again once the clock has passed 100, the latest time seen"
    expect(takes(bucket, [60, 100, 100.5, 101, 101]), [False, False, False, True, False], why)
    expect(bucket.wait(100), 2, "the clock must pass 101 before a second more counts")
    expect(bucket.wait(101), 1, "`wait` has seen nothing later than 101")
    expect(takes(bucket, [101] * 5), [False] * 5, "the clock stands still: nothing is added")
    bucket = answer.make("Bucket", 1, 1, 100)
    expect(bucket.wait(50), 0, "a whole token is there, wherever the clock stands")


@BUCKET
def test_wait(answer):
    """How long to wait, to the moment, and for nothing."""
    bucket = answer.make("Bucket", 0.25, 2, 10)
    expect(bucket.wait(10), 0, "it is full: there is nothing to wait for")
    takes(bucket, [10])
    expect(bucket.wait(10), 0, "one token is there")
    takes(bucket, [10])
    for now, right in ((10, 4), (11, 3), (11, 3), (13.5, 0.5), (14, 0), (15, 0)):
        why = f"empty at 10, and a quarter of a token each second; this is {now}"
        expect(bucket.wait(now), right, why)
    expect(takes(bucket, [15, 15]), [True, False], "`wait` takes nothing, and adds nothing")
    expect(bucket.wait(15), 3, "a quarter of a token was left")
    takes(bucket, [19])
    expect(bucket.wait(40), 0, "more than one has dripped in since it was last asked")
    bucket = answer.make("Bucket", 0.5, 1, 0)
    expect(bucket.wait(1000), 0, "it is full: there is nothing to wait for")
    expect(
        takes(bucket, [1000, 1000]), [True, False], "also after `wait` it holds no more than burst"
    )


@BUCKET
def test_two_buckets(answer):
    """Each bucket has its own tokens."""
    one, other = answer.make("Bucket", 1, 1, 0), answer.make("Bucket", 1, 1, 0)
    expect(takes(one, [0, 0]), [True, False], "one token, and no second")
    expect(takes(other, [0]), [True], "another client has a bucket of its own")


# --- check_message


GOOD = {"type": "say", "room": "lobby", "text": "Hello"}


def message(**changes):
    fields = {**GOOD, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ...})


def expect_wrong(answer, data, wrong, why):
    error = expect_raises(lambda: answer.check_message(data), "ValueError", f"{wrong}: {why}")
    expect_that(
        bool(re.match(rf"{wrong}\b", error.text)),
        error.what_came,
        why,
        f"a ValueError that begins with {wrong!r}",
    )


def expect_good(answer, data, why):
    expect(lambda: answer.check_message(data), json.loads(data), why)


def bare(field, literal):
    """A message in which a field has a value that is written like this."""
    return message(**{field: "HERE"}).replace('"HERE"', literal)


@CHECK_MESSAGE
def test_good_messages(answer):
    """Good messages come back as their fields."""
    expect_good(answer, message(reply_to=7), "this is the question's example")
    expect_good(answer, message(), "`reply_to` may be left out")
    for number in (0, 1, 2**53 - 1):
        expect_good(answer, message(reply_to=number), f"`reply_to` may be {number}")
    for room in ("a", "-", "z9-0", "a" * 20):
        expect_good(answer, message(room=room), "a room has 1 to 20 of a to z, 0 to 9 and -")
    why = "a text has 1 to 500 characters, and line feed and tab are allowed"
    for text in (" ", "x" * 500, "a\tb\nc", "שלום, 世界", "👩\u200d💻", "\xad\ufeff", "[{" * 100):
        expect_good(answer, message(text=text), why)
    expect_good(answer, json.dumps(GOOD, indent=2), "JSON may have spaces and line breaks")
    quoted = message(text='say "[[[[[[[[[[" and \\')
    expect_good(answer, quoted, "brackets inside a text are no depth, also behind a quotation mark")


@CHECK_MESSAGE
def test_size(answer):
    """Binary messages and those of more than 4,096 bytes are refused."""
    for data in (b"", message().encode(), b"\xff", b"x" * 5000):
        expect_wrong(answer, data, "binary", "it is bytes")
    plain = message()
    expect_good(answer, plain + " " * (4096 - len(plain)), "4,096 bytes are allowed")
    why = "it has more than 4,096 bytes"
    expect_wrong(answer, plain + " " * (4097 - len(plain)), "too large", why)
    expect_wrong(answer, "x" * 10_000, "too large", "it is too large before it is no JSON")
    expect_wrong(answer, "[" * 10_000, "too large", "it is too large before it is too deep")
    wide = json.dumps({**GOOD, "text": "🙂" * 500}, ensure_ascii=False)
    room = 4096 - len(wide.encode())
    expect_good(answer, wide + " " * room, "4,096 bytes are allowed, and 500 characters of 4 bytes")
    why = "bytes count here, and an emoji has four"
    expect_wrong(answer, wide + " " * (room + 1), "too large", why)


@CHECK_MESSAGE
def test_depth(answer):
    """Nested too deep, it is refused before it is parsed."""
    why = "more than 8 brackets are open"
    for data in (
        "[" * 9 + "]" * 9, "[" * 2000 + "]" * 2000, "[" * 9, "[x" * 12, '{"a":' * 9 + "1" + "}" * 9, "[" * 4000,
        '[{"a":' * 5 + "1" + "}]" * 5, bare("text", "[" * 8 + "]" * 8),
        '["\\"",' + "[" * 8 + '"]"' + "]" * 9,
    ):  # fmt: skip
        expect_wrong(answer, data, "too deep", why)
    why = "8 levels are not too deep, but the message is a list"
    expect_wrong(answer, "[" * 8 + "]" * 8, "not an object", why)
    why = "many brackets side by side are not deep, but the message is a list"
    expect_wrong(answer, "[" + "[]," * 50 + "{}]", "not an object", why)
    why = "8 levels are not too deep, but a list is no text"
    expect_wrong(answer, bare("text", "[" * 7 + "]" * 7), "bad text", why)


@CHECK_MESSAGE
def test_json(answer):
    """What is no JSON, or has a field twice, is refused."""
    why = "this is no JSON"
    for data in (
        "",
        " ",
        "hello",
        "x" * 20,
        "{",
        "{}}",
        "{'type': 'say'}",
        message() + ",",
        '{"a": 1,}',
        "[[]",
    ):
        expect_wrong(answer, data, "not JSON", why)
    why = "JSON has neither NaN nor Infinity, though Python's parser takes them"
    for name in ("NaN", "Infinity", "-Infinity"):
        expect_wrong(answer, bare("reply_to", name), "not JSON", why)
    expect_wrong(answer, "NaN", "not JSON", why)
    why = "a field stands twice: two readers may each take another one"
    for data in (
        '{"type": "say", "room": "a", "text": "x", "text": "y"}',
        '{"type": "say", "room": "a", "text": "x", "text": "x"}',
        '{"type": "say", "room": "a", "text": "x", "t\\u0065xt": "y"}',
        bare("reply_to", '{"a": 1, "a": 1}'), '[{"a": 1, "a": 2}]',
    ):  # fmt: skip
        expect_wrong(answer, data, "duplicate field", why)
    for data in ("[]", '"say"', "7", "null", "true", '["type", "room", "text"]'):
        expect_wrong(answer, data, "not an object", "it is JSON, but no object")


@CHECK_MESSAGE
def test_fields(answer):
    """Exactly the fields that there are, with what they may have."""
    why = "there are no other fields than those four"
    for name in ("extra", "Text", "user", "", "__class__"):
        expect_wrong(answer, message(**{name: 1}), "unknown field", why)
    expect_wrong(
        answer, message(extra=1, room=...), "unknown field", "the first of the table counts"
    )
    for name in ("type", "room", "text"):
        expect_wrong(answer, message(**{name: ...}), "missing field", f"it has no `{name}`")
    expect_wrong(answer, "{}", "missing field", "it has none of them")
    for value in ("Say", "shout", "", None, 1, True, ["say"], {"say": 1}):
        expect_wrong(answer, message(type=value), "bad type", '`type` is "say", nothing else')
    why = "a room is a text of 1 to 20 of a to z, 0 to 9 and -"
    for value in (
        "", "a" * 21, "Lobby", "a b", "a_b", "a\n", "lobby\n", "ä", "a.b", "٣", None, 7, True,
        ["a"], {"a": 1}, [],
    ):  # fmt: skip
        expect_wrong(answer, message(room=value), "bad room", why)
    first = "the first of the table counts"
    expect_wrong(answer, message(type="x", room=""), "bad type", first)
    expect_wrong(answer, message(room="", text=""), "bad room", first)
    expect_wrong(answer, message(text="", reply_to=-1), "bad text", first)


@CHECK_MESSAGE
def test_text(answer):
    """A text is text."""
    why = "a text is a text, of 1 to 500 characters"
    for value in ("", "x" * 501, None, 7, False, [], ["Hello"], {}):
        expect_wrong(answer, message(text=value), "bad text", why)
    for char in (
        "\0", "\x08", "\x0b", "\r", "\x1b", "\x1f", "\x7f", "\x80", "\x85", "\x9f",
    ):  # fmt: skip
        why = f"U+{ord(char):04X} is a control character other than tab and line feed"
        expect_wrong(answer, message(text=f"a{char}b"), "bad text", why)
    for char in ("\ud800", "\udbff", "\udc00", "\udfff"):
        why = f"U+{ord(char):04X} alone is half a character"
        expect_wrong(answer, message(text=char), "bad text", why)
    for char in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        why = f"U+{ord(char):04X} turns the direction of what stands around it"
        expect_wrong(answer, message(text=f"file{char}txt"), "bad text", why)


@CHECK_MESSAGE
def test_reply_to(answer):
    """A number is a whole one that every reader keeps exactly."""
    why = "`reply_to` is a whole number from 0 to 2**53 - 1, written as one"
    for value in (-1, 2**53, 10**400, "7", None, True, False, 7.0, 0.5, [], [7], {}):
        expect_wrong(answer, message(reply_to=value), "bad reply_to", why)
    for literal in ("1e3", "1e999", "-1e999", "7.0", "-0.0", "9" * 3500):
        expect_wrong(answer, bare("reply_to", literal), "bad reply_to", why)


# --- say_no

HTTP = {
    "no login": (401, "the server doesn't know who this is"),
    "wrong origin": (403, "whoever it is, this page is not wanted here"),
    "bad key": (400, "a key has 16 bytes: this is no proper request"),
    "long cookie": (431, "the header is too large"),
    "many handshakes": (429, "these are too many requests"),
    "server full": (503, "the server is too busy, and later it may not be"),
    "broken door": (500, "the mistake is the server's own, not the client's"),
}
CLOSE = {
    "no first message": (1008, "the rule that a login comes first was broken; nothing else was"),
    "token expired": (1008, "the rule that a session ends was broken; nothing else was"),
    "not masked": (1002, "a client masks its frames: that is the protocol"),
    "huge message": (1009, "the message is too big"),
    "many messages": (
        1008,
        "each message was all right; the rule of how many there may be was broken",
    ),
    "server overloaded": (1013, "the server is too busy, and later it may not be"),
    "broken handler": (1011, "the mistake is the server's own, not the client's"),
    "binary message": (1003, "this kind of message isn't taken"),
    "bad utf-8": (1007, "this text is not UTF-8"),
}


def check_events(answer, kind, events, other):
    for event, (number, why) in events.items():
        got = answer.say_no(event)
        shape = "return a tuple of a word and a number"
        expect_that(isinstance(got, tuple) and len(got) == 2, got, shape, shown((kind, number)))
        expect(got[0], kind, f"{event!r}: {other}")
        expect(got, (kind, number), f"{event!r}: {why}")


@SAY_NO
def test_http(answer):
    """Before the handshake is answered it is an HTTP status."""
    check_events(answer, "http", HTTP, "no WebSocket is open yet, so the answer is HTTP's")


@SAY_NO
def test_close(answer):
    """On an open connection it is a close code."""
    check_events(answer, "close", CLOSE, "the WebSocket is open: a close frame can say it")


@SAY_NO
def test_unknown_event(answer):
    """An event that nobody knows gets no answer."""
    why = "an event of another name gets a ValueError"
    for event in ("", "Server full", "full", "no login ", "fire"):
        expect_raises(lambda event=event: answer.say_no(event), "ValueError", why)
