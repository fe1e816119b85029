"""Exercise 04: messages, and the programs that exchange them."""

import asyncio
import collections
import contextlib
import json
import socket
import string
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from course_lib.exercises.question import Question
from course_lib.judge.expect import expect, expect_guess, expect_raises, expect_that, fail, shown

TO_MESSAGE = Question(
    "to_message",
    points=2,
    hints=(
        "Three cases: text, bytes, and all the rest. Only the rest becomes JSON.",
        "`json.dumps` has an option for each rule: `separators` for the blanks, `ensure_ascii` for "
        "letters such as é, `allow_nan` for what is not a number.",
        '`json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)` for '
        "whatever is not an instance of `str` or `bytes`.",
    ),
)
ECHO = Question(
    "echo",
    points=2,
    imports=("websockets",),
    hints=(
        "A handler that returns ends its connection. So it must go on until the client leaves.",
        "`async for message in websocket` gives one message after another, and ends when the "
        "client closes.",
        "In that loop: `await websocket.send(message)`, with the very message that came, whatever "
        "its type.",
    ),
)
PARSE_MESSAGE = Question(
    "parse_message",
    points=4,
    hints=(
        "Check from the outside in, in the order of the table: is it text, is it JSON, is it an "
        "object, is the type known, and only then the fields.",
        "`json.loads` raises `JSONDecodeError`, and `RecursionError` for too many brackets: catch "
        "both, and raise a `ValueError` of your own. Its argument `parse_constant` is a function "
        "that it calls for `NaN` and `Infinity`: let it raise. And a `type` may be anything that "
        "JSON can hold, even a list, which no dictionary or set can look up: ask "
        "`isinstance(kind, str)` first.",
        'Keep the rules in a dictionary, `{"chat": {"user": 20, "text": 500}, …}`, and loop over '
        "the fields of the type: `isinstance(value, str) and 1 <= len(value) <= limit`. For half a "
        "character `value.encode()` raises `UnicodeEncodeError`. Build the result from those "
        "fields alone.",
    ),
)
ROOM = Question(
    "Room",
    points=3,
    hints=(
        "One branch for each type, and one way out for all the others.",
        "`match message['type']:` reads well here. A set has `discard`, which does not mind when "
        "the value isn't there; `remove` does.",
        "`case 'left': self.members.discard(user); return f'{user} has left'`, and `return None` "
        "after the last case. Don't look up methods by the name that came in.",
    ),
)
PATIENT = Question(
    "patient",
    points=4,
    imports=("websockets",),
    hints=(
        "Begin with the echo server. What is new stands between receiving and sending.",
        "Count the mistakes in a local variable, so that each connection has a count of its own. "
        "Look for `bytes` before you parse.",
        "`try: reply = parse_message(data)`, `except ValueError as error:` count, and make the "
        "reply `{'type': 'error', 'text': str(error)}`. Send `to_message(reply)` in either case, "
        "then close with 1008 and return if it was the third.",
    ),
)
TICKER = Question(
    "ticker",
    points=3,
    imports=("websockets",),
    hints=(
        "The first bug stands in the line with `def`, the second in the line with `except`. How "
        "many arguments does today's `websockets` give to a handler?",
        "The path is `websocket.request.path`. And ask what `except: pass` does with the exception "
        "that says that the viewer has left: the loop just goes on, without end.",
        "Catch `ConnectionClosed` instead of everything, around the loop and not in it, and count "
        "down in `finally`, which runs however the loop ends. Count up last, once you have the "
        "pause: what fails before it was never counted.",
    ),
)
LOBBY = Question(
    "lobby",
    points=4,
    imports=("websockets",),
    hints=(
        "Each call of `lobby` first puts its own connection into `members`, and takes it out again "
        "when the client is gone. Which statement runs whatever happens?",
        "Sending to a connection that is closed raises, and it would raise in the handler of the "
        "one who speaks. `broadcast(members, message)` passes over closed ones.",
        "`members.add(websocket)`, then `try:` `async for …: broadcast(members, message)`, "
        "`finally: members.discard(websocket)`.",
    ),
)
ON_THE_WIRE = Question(
    "on_the_wire",
    points=1,
    hints=(
        "Payload first, then what stands before it: the frame's header. And who sends it?",
        "A header has 2 bytes up to a payload of 125 bytes, and 4 from 126 on. A client masks: 4 "
        "more.",
        "Ten objects, nine commas, two brackets: 311 bytes, so the longer header. `!BIhB` is "
        "1 + 4 + 2 + 1 bytes, since `!` adds no padding.",
    ),
)
QUESTIONS = (TO_MESSAGE, ECHO, PARSE_MESSAGE, ROOM, PATIENT, TICKER, LOBBY, ON_THE_WIRE)

PATIENCE = 2.0
"""Seconds after which a server that answers nothing at all counts as hanging."""

SOON, LOOKS = 0.5, 10
"""Seconds within which a message comes from a server that answers, and looks taken meanwhile."""

TIMES = 50
"""How often a value is asked for before it counts as what it is; a busy machine takes longer for it."""

LONGEST = 2**20
"""The longest message, in bytes, that is read; all that the tests send are shorter."""


def word(rng, length=8):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


@contextlib.asynccontextmanager
async def client(port, path="", **settings):
    """A real client; it leaves without a word when the test has failed."""
    url = f"ws://127.0.0.1:{port}/{path}"
    defaults = {"proxy": None, "close_timeout": PATIENCE, "compression": None}
    defaults |= {"max_queue": 1000, "max_size": LONGEST}  # what comes is read, and then judged
    try:
        async with asyncio.timeout(PATIENCE):
            websocket = await connect(url, **(defaults | settings))
    except TimeoutError:
        fail("the server answers nobody any more: something in it never waits")
    try:
        yield websocket
        await websocket.close()
    finally:
        websocket.transport.abort()


def fail_closed(websocket, why):
    code = websocket.close_code
    if code == 1006:
        fail(f"{why}: the connection broke off without a close")
    reasons = {
        1000: "your handler returned",
        1011: "your handler failed, see below what it printed",
    }
    rest = f": {reasons[code]}" if code in reasons else ""
    fail(f"{why}: the server closed with code {code}{rest}")


async def received(websocket, soon=SOON):
    """The next message; raises TimeoutError when a server that has read all sends none.

    After each look that finds none, a pong tells that the server's loop has gone round: one that is
    held up does not count as silent.
    """
    coming = asyncio.ensure_future(websocket.recv())
    for _ in range(LOOKS):
        await asyncio.wait([coming], timeout=soon / LOOKS)
        if coming.done():
            return coming.result()
        with contextlib.suppress(ConnectionClosed):
            pong, first = await websocket.ping(), asyncio.FIRST_COMPLETED
            if not (await asyncio.wait([coming, pong], timeout=PATIENCE, return_when=first))[0]:
                break
    if not coming.done():
        coming.cancel()
        raise TimeoutError
    return coming.result()


async def heard(websocket, why, soon=SOON):
    """The next message; fails with `why` if none comes."""
    try:
        return await received(websocket, soon)
    except TimeoutError:
        fail(f"{why}: nothing came")
    except ConnectionClosed:
        fail_closed(websocket, why)


async def say(websocket, message, why):
    """Send a message; fails with `why` if the server has closed."""
    try:
        await websocket.send(message)
    except ConnectionClosed:
        fail_closed(websocket, why)


async def close_code(websocket, why):
    """The code with which the server closes; fails with `why` if a message comes, or nothing."""
    try:
        extra = await received(websocket)
    except TimeoutError:
        fail(f"{why}: the connection stayed open")
    except ConnectionClosed:
        return websocket.close_code
    expect_that(False, extra, why)


async def closed(websocket, why):
    """Wait until the server has closed, whatever it still says; fails with `why` if it does not."""
    try:
        while True:
            await received(websocket)
    except TimeoutError:
        fail(f"{why}: the connection stayed open")
    except ConnectionClosed:
        pass


async def cut_off(websocket):
    """Leave as a phone in a tunnel does: without a close."""
    websocket.transport.abort()
    await websocket.wait_closed()


LEAVINGS = {
    "said goodbye": lambda websocket: websocket.close(),
    "went away (1001)": lambda websocket: websocket.close(1001),
    "closed with a code of its own (4000)": lambda websocket: websocket.close(4000),
    "was cut off": cut_off,
}
"""The ways in which clients leave."""


async def becomes(ask, wanted):
    """What `ask()` gives, once it is what is wanted or was asked for often enough."""
    for _ in range(TIMES):
        value = await asyncio.to_thread(ask)
        if value == wanted:
            break
        await asyncio.sleep(0.01)
    return value


async def all_ended(answer, why):
    """Wait until no call of the handler runs any more; fails with `why` if one goes on."""
    running = await becomes(lambda: answer.endings().count("running"), 0)
    expect_that(running == 0, running, why, "no call of the handler that still runs")


# --- to_message


@TO_MESSAGE
def test_text_and_bytes(answer, rng):
    """Text stays text, and bytes stay bytes."""
    for text in ("hi", "", " blanks \n", '"quoted"', "7", "null", '{ "a": 1 }', "☂ 😀", word(rng)):
        why = "a text is a message already: it stays as it is"
        mistakes = {json.dumps(text, ensure_ascii=False): "JSON would put quotes around a text"}
        expect(lambda text=text: answer.to_message(text), text, why, mistakes=mistakes)
    for data in (b"hi", b"", b"\xff\xfe", b'{"a": 1}', rng.randbytes(6)):
        why = "bytes are a binary message already: they stay as they are"
        expect(lambda data=data: answer.to_message(data), data, why)


@TO_MESSAGE
def test_values_become_json(answer, rng):
    """Everything else becomes JSON, as short as can be."""
    for value in (
        {"user": "Zoé", "at": [1, 2]},
        {"z": {"y": [True, False, None]}, "a": [[], {}]},
        {"text": "one, two: three", "": " "},
        ['"', "\\", "\n", "☂ 😀"],
        7, 0, -1, 1.5, True, False, None, [], {}, [""],
        {word(rng): [rng.randrange(1000), {f"é {word(rng)}": None}]},
    ):  # fmt: skip
        got = answer.to_message(value)
        expect_that(got is not None, got, "return the message; printing it gives nothing back")
        expect_that(isinstance(got, str), got, "JSON is text", "a str")
        try:
            loaded = json.loads(got)
        except ValueError:
            expect_that(False, got, "this is not JSON: Python's own notation differs from it")
        expect(loaded, value, f"the JSON must say the same as the value, {value!r}")
        compact = {"separators": (",", ":")}
        blanks = "no blanks after the commas and the colons"
        letters = "leave é and ☂ as they are: an escape takes 6 bytes or more"
        expect(
            got,
            json.dumps(value, ensure_ascii=False, **compact),
            "the JSON keeps the order, and is as short as JSON can be",
            mistakes={
                json.dumps(value): blanks,
                json.dumps(value, ensure_ascii=False): blanks,
                json.dumps(value, **compact): letters,
            },
        )


@TO_MESSAGE
def test_not_json(answer):
    """What is not a number is refused; a text that only says so is not."""
    why = "NaN and Infinity are texts here, like any other"
    expect(lambda: answer.to_message(["NaN", "Infinity"]), '["NaN","Infinity"]', why)
    nan, infinity = float("nan"), float("inf")
    for value in (nan, infinity, -infinity, [infinity], {"x": -infinity}, {"at": [1, {"x": nan}]}):
        why = "NaN and Infinity are no JSON, and no browser can read them: raise ValueError"
        expect_raises(lambda value=value: answer.to_message(value), "ValueError", why)


# --- echo

ECHOED = (
    "hi",
    b"hi",
    " blanks \n",
    '{"a":1, "b" : 2}',
    *(size * kind for size in (0, 1, 125, 126, 65_535, 65_536) for kind in ("x", b"\xff")),
)
"""Texts and bytes whose kind, blanks or length a careless server changes."""


@ECHO
def test_echo_of_each_kind(answer, rng):
    """Text comes back as text, binary as binary, of every length."""

    async def conversation():
        async with client(answer.serve("echo")) as websocket:
            for message in (*ECHOED, f"{word(rng)} ☂ 😀", rng.randbytes(300)):
                await say(websocket, message, "each message comes back")
                got = await heard(websocket, "each message comes back")
                expect(got, message, "every message comes back exactly as it was sent")
            await say(websocket, ["in ", "three ", "frames"], "a message in fragments comes back")
            got = await heard(websocket, "a message in fragments comes back")
            expect(got, "in three frames", "fragments make one message, and it comes back whole")

    asyncio.run(conversation())


@ECHO
def test_echo_goes_on(answer, rng):
    """It serves many messages, and several clients at a time."""
    messages = [f"{number} {word(rng)}" for number in range(30)]

    async def conversation():
        async with client(port) as one, client(port) as two:
            for message in messages:
                await say(one, message, "every one of 30 messages comes back")
            await say(two, "two", "a client stays connected")
            why = "while one client talks, the other is served as well"
            expect(await heard(two, why), "two", "each client hears its own messages, and no other")
            got = [await heard(one, "every one of 30 messages comes back") for _ in messages]
            expect(got, messages, "all messages come back, in the order in which they were sent")

    port = answer.serve("echo")
    asyncio.run(conversation())


@ECHO
def test_echo_when_clients_leave(answer, rng):
    """When a client leaves, however it leaves, its handler ends and the others are served."""

    async def conversation():
        async with client(port) as other:
            for how, leave in LEAVINGS.items():
                why = f"one client {how}, and the others are served"
                async with client(port) as websocket:
                    await say(websocket, "hi", why)
                    await heard(websocket, why)
                    await leave(websocket)
                await say(other, how, why)
                expect(await heard(other, why), how, why)
        await all_ended(answer, "all clients have left, and `echo` still runs for one of them")

    port = answer.serve("echo")
    asyncio.run(conversation())


# --- parse_message


def refused(answer, data, part, why):
    """The text of the ValueError with which a message is refused; fails with `why` without one."""
    error = expect_raises(
        lambda: answer.parse_message(data), "ValueError", f"{why}: raise ValueError"
    )
    if part.lower() not in error.text.lower():
        sentence = f"{why}: the text of the ValueError must say so"
        if error.kind == "JSONDecodeError":
            sentence = (
                "JSONDecodeError says at which character Python stumbled. Catch it, and raise a "
                "ValueError whose text helps the sender: it must be JSON"
            )
        expect_that(False, error.text, sentence, f"a text that contains {part!r}")
    return error.text


@PARSE_MESSAGE
def test_good_messages(answer, rng):
    """Good messages come out as dictionaries."""
    for message in (
        {"type": "joined", "user": "ann"},
        {"type": "chat", "user": word(rng, rng.randrange(1, 21)), "text": word(rng, 9)},
        {"type": "left", "user": word(rng)},
        {"type": "chat", "user": "x" * 20, "text": "é" * 500},
        {"type": "chat", "user": "é", "text": "x"},
        {"type": "joined", "user": "😀" * 20},
        {"type": "left", "user": "x" * 20},
        {"type": "joined", "user": " "},
        {"type": "chat", "user": " ann ", "text": " \n"},
        {"type": "chat", "user": "NaN", "text": "chat"},
    ):
        why = "a good message comes out with its own fields, unchanged; the limits are allowed"
        expect(lambda message=message: answer.parse_message(json.dumps(message)), message, why)


@PARSE_MESSAGE
def test_notations(answer):
    """JSON may be written with blanks, in any order, with escapes or without."""
    for data in (
        '{"user":"Zoé","type":"left"}',
        r'{"type": "left", "user": "Zo\u00e9"}',
        ' {\n  "type" : "left",\n  "user" : "Zoé"\n}\n',
    ):
        why = "this is JSON, too, and the same message"
        got = {"type": "left", "user": "Zoé"}
        expect(lambda data=data: answer.parse_message(data), got, why)


@PARSE_MESSAGE
def test_surplus_fields(answer, rng):
    """Fields that are not in the table are left out, whatever they hold."""
    why = "leave out what the table doesn't name for this type: nobody has checked it"
    ann = {"type": "joined", "user": "ann"}
    expect(lambda: answer.parse_message(json.dumps(ann | {"colour": "red"})), ann, why)
    for message in (
        {"type": "joined", "user": word(rng)},
        {"type": "left", "user": word(rng)},
        {"type": "chat", "user": word(rng), "text": "hi"},
    ):
        for surplus in ({word(rng): 1}, {"text": "x" * 501}, {"text": ["hi"], "": None}):
            data = json.dumps(surplus | message)
            expect(lambda data=data: answer.parse_message(data), message, why)


@PARSE_MESSAGE
def test_binary(answer, rng):
    """What is binary is refused."""
    good = b'{"type": "joined", "user": "ann"}'
    for data in (good, b"", b"\xff\xfe", rng.randbytes(6)):
        refused(answer, data, "text", "a message is text, and this is binary")


@PARSE_MESSAGE
def test_not_json_text(answer, rng):
    """What is no JSON is refused."""
    for data in (
        "",
        "hello",
        word(rng),
        '{"type": "joined", "user": "ann"',
        '{"type": "joined", "user": "ann"} {}',
        '{"type": "joined", "user": "ann",}',
        "{'type': 'joined', 'user': 'ann'}",
        "NaN",
        '{"type": "joined", "user": "ann", "at": NaN}',
        '{"type": "joined", "user": "ann", "at": [-Infinity]}',
        '{"type": "joined", "user": "ann", "at": Infinity}',
    ):
        refused(answer, data, "JSON", f"{data!r} is not JSON")
    why = "a hundred thousand opening brackets are no JSON, and Python's RecursionError no answer"
    refused(answer, "[" * 100_000, "JSON", why)


@PARSE_MESSAGE
def test_not_an_object(answer):
    """JSON that is no object is refused."""
    for data in ("[]", "null", '"chat"', "7", "0", "true", '""', '[["type", "left"]]'):
        refused(answer, data, "object", f"{data} is JSON, but not an object")


@PARSE_MESSAGE
def test_types(answer, rng):
    """A missing or unknown type is refused."""
    kinds = ("Chat", "cha", "chat ", "", "type", None, 3, True, ["chat"], {"chat": 1})
    for kind in (*kinds, word(rng)):
        data = json.dumps({"type": kind, "user": "ann", "text": "hi"})
        refused(answer, data, "type", f"{kind!r} is no type of this protocol")
    refused(answer, '{"user": "ann", "text": "hi"}', "type", "there is no type")
    refused(answer, "{}", "type", "there is no type")


@PARSE_MESSAGE
def test_fields(answer):
    """Each field is there, is a string, and has the right length."""
    good = {"chat": {"user": "ann", "text": "hi"}, "joined": {"user": "ann"}, "left": {"user": "a"}}
    for kind, fields in good.items():
        for name in fields:
            rest = {key: value for key, value in fields.items() if key != name}
            data = json.dumps({"type": kind, **rest})
            refused(answer, data, name, f"`{name}` of {kind} is missing")
            too_long = "x" * (21 if name == "user" else 501)
            for value, what in (
                (7, "a number"),
                (None, "null"),
                (True, "true"),
                (["hi"], "a list"),
                ({"a": "b"}, "an object"),
                ("", "empty"),
                (too_long, f"{len(too_long)} characters long"),
            ):
                data = json.dumps({"type": kind, **fields, name: value})
                refused(answer, data, name, f"`{name}` of {kind} is {what}")


@PARSE_MESSAGE
def test_half_characters(answer):
    """A field that no message can carry is refused, and the refusal can be sent."""
    for data, name in (
        (r'{"type": "left", "user": "\ud800"}', "user"),
        (r'{"type": "chat", "user": "ann", "text": "hi \udfff"}', "text"),
        (r'{"type": "\ud800", "user": "ann"}', "type"),
    ):
        why = rf"`{name}` holds half a character, which no message can carry"
        text = refused(answer, data, name, why)
        sendable = text.encode("utf-8", "ignore").decode() == text
        expect_that(sendable, text, "this text repeats the half character: nobody can send it")
    whole = r'{"type": "left", "user": "\ud83d\ude00"}'
    why = "two halves in a row are one whole character, and may pass"
    expect(lambda: answer.parse_message(whole), {"type": "left", "user": "😀"}, why)


@PARSE_MESSAGE
def test_each_text_says_one_thing(answer):
    """The sender learns from the text what is wrong."""
    rows = {
        "binary": b"hi",
        "no JSON": "hi",
        "no object": "[]",
        "no type": "{}",
        "no user": '{"type": "chat", "text": "hi"}',
        "no text": '{"type": "chat", "user": "ann"}',
    }
    seen = {}
    for row, data in rows.items():
        why = f"{row}: raise ValueError"
        text = expect_raises(lambda data=data: answer.parse_message(data), "ValueError", why).text
        other = seen.setdefault(text, row)
        expect_that(other == row, text, f"{other} and {row} are told the same: which is it?")


# --- Room


@ROOM
def test_lines(answer, rng):
    """Each type has its line."""
    room = answer.make("Room")
    for user, text in (
        ("ann", "hi"),
        (f"{word(rng)} Zoé", word(rng)),
        ("{user}", "100 % {text}: {}"),
    ):
        for message, line in (
            ({"type": "joined", "user": user}, f"{user} has joined"),
            ({"type": "chat", "user": user, "text": text}, f"{user}: {text}"),
            ({"type": "left", "user": user}, f"{user} has left"),
        ):
            expect(lambda m=message: room.handle(m), line, f"the line for {message['type']}")


def told(room, kind, *users):
    for user in users:
        room.handle({"type": kind, "user": user, "text": "hi"})


def members_are(room, users, why):
    expect(room.who, users, why)


@ROOM
def test_members(answer, rng):
    """Members come and go; who only talks is no member."""
    room = answer.make("Room")
    members_are(room, [], "a new room is empty")
    told(room, "joined", "christine", "bob", "al", "bob", "dora")
    everybody = ["al", "bob", "christine", "dora"]
    members_are(room, everybody, "whoever has joined is a member, once, even when told twice")
    told(room, "chat", word(rng))
    members_are(room, everybody, "a chat message changes nothing about who is there")
    told(room, "chat", "al")
    members_are(room, everybody, "a chat message changes nothing about who is there")
    told(room, "left", "bob")
    members_are(room, ["al", "christine", "dora"], "whoever has left is a member no more")
    told(room, "joined", "bob")
    members_are(room, everybody, "whoever has left may come back")
    told(room, "left", "al", "christine", "dora", "bob")
    members_are(room, [], "all have left")


@ROOM
def test_strangers_leave(answer, rng):
    """Somebody may leave whom this page has never seen come."""
    room, user = answer.make("Room"), word(rng)
    told(room, "joined", "ann")
    for stranger in (user, user, "eve"):
        message = {"type": "left", "user": stranger}
        why = "somebody may leave whom this page has never seen come"
        expect(lambda m=message: room.handle(m), f"{stranger} has left", why)
        members_are(room, ["ann"], "the others stay")


@ROOM
def test_two_rooms(answer):
    """Two rooms share nothing."""
    one, two = answer.make("Room"), answer.make("Room")
    told(one, "joined", "ann", "bob")
    told(two, "joined", "eve")
    told(two, "left", "bob")
    members_are(one, ["ann", "bob"], "each room has members of its own")
    members_are(two, ["eve"], "each room has members of its own")
    members_are(answer.make("Room"), [], "a new room is empty, whoever is in the others")


@ROOM
def test_unknown_types(answer, rng):
    """Types that are not known change nothing and give None."""
    room, user = answer.make("Room"), word(rng)
    told(room, "joined", user)
    kinds = (
        "who",
        "handle",
        "members",
        "__init__",
        "",
        "Chat",
        "chats",
        "error",
        None,
        7,
        ["chat"],
        {},
    )
    for kind in (*kinds, word(rng)):
        for rest in ({"user": user, "text": "hi"}, {}, {"user": "eve"}):
            message = {"type": kind, **rest}
            why = f"this client does not know the type {kind!r}: it returns None"
            expect(lambda m=message: room.handle(m), None, why)
            members_are(room, [user], f"a message of the unknown type {kind!r} changes nothing")


# --- patient

ANN = {"type": "joined", "user": "ann"}
JOINED = '{"type":"joined","user":"ann"}'


def told_by_parse_message(answer, *texts):
    """What `parse_message` says of each bad text."""
    why = "the text of an error comes from your ValueError"
    return {
        bad: expect_raises(lambda bad=bad: answer.parse_message(bad), "ValueError", why).text
        for bad in texts
    }


def error_in(data, why):
    """The text of an error message."""
    form = '{"type":"error","text":"…"}'
    try:
        message = json.loads(data)
    except (ValueError, TypeError):
        expect_that(False, data, f"{why}, in JSON", form)
    is_error = isinstance(message, dict) and message.get("type") == "error"
    expect_that(is_error, data, why, form)
    why = "an error message says in its `text` what is wrong: `str(error)` of your ValueError"
    expect_that(isinstance(message.get("text"), str), data, why, form)
    why = "an error message has a `type` and a `text`, and nothing more"
    expect_that(set(message) == {"type", "text"}, data, why, form)
    return message["text"]


async def is_answered(websocket, bad, text, why="after a bad text the connection goes on"):
    """Say a bad text, then a good one: both are answered."""
    await say(websocket, bad, why)
    await say(websocket, JOINED, why)
    got = await heard(websocket, why)
    silent = f"{shown(bad, 60)} got no answer: the sender must learn of it"
    expect_that(got != JOINED, got, silent)
    got = error_in(got, f"{shown(bad, 60)} is answered with an error message")
    expect(got, text, "the text is that of the ValueError which `parse_message` raises")
    await is_sent_back(websocket, ANN, f"{why}: a good message")


async def is_sent_back(websocket, message, why):
    got = await heard(websocket, why)
    try:
        loaded = json.loads(got)
    except (ValueError, TypeError):
        expect_that(False, got, f"{why} is sent back, as JSON")
    compact = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    expect_that(loaded == message, got, "send back the checked fields, and nothing else", compact)
    short = json.dumps(loaded, ensure_ascii=False, separators=(",", ":"))
    expect(got, short, "send back compact JSON: question 1 has a function for it")


@PATIENT
def test_good_messages_come_back(answer, rng):
    """A good message comes back, checked and compact."""
    chat = {"type": "chat", "user": word(rng), "text": f"{word(rng)} é"}

    async def conversation():
        async with client(answer.serve("patient")) as websocket:
            for data, message in (
                ('{"type": "left", "user": "ann", "x": 1}', {"type": "left", "user": "ann"}),
                (json.dumps(chat), chat),
                (json.dumps(chat | {"colour": "red"}), chat),
            ):
                await say(websocket, data, "a good message comes back")
                await is_sent_back(websocket, message, "a good message")

    asyncio.run(conversation())


@PATIENT
def test_each_has_its_own_count(answer):
    """Each connection has a count of its own."""
    texts = told_by_parse_message(answer, "1", "2", "3")

    async def conversation():
        port = answer.serve("patient")
        async with client(port) as one, client(port) as two:
            why = "two bad texts are forgiven; each connection has a count of its own"
            for bad in ("1", "2"):
                await is_answered(one, bad, texts[bad], why)
                await is_answered(two, bad, texts[bad], why)
            await say(one, "3", why)
            error_in(await heard(one, why), "the third bad text is answered before the close")
            await close_code(one, "after the third bad text the server closes")
            why = "another client was closed after its third bad text; this one has sent two"
            await say(two, JOINED, why)
            await is_sent_back(two, ANN, why)
        async with client(port) as three:
            why = "a new connection begins at no bad texts"
            for bad in ("1", "2"):
                await is_answered(three, bad, texts[bad], why)

    asyncio.run(conversation())


@PATIENT
def test_bad_messages_are_answered(answer, rng):
    """A bad text is answered with an error, and the connection goes on."""
    pairs = (
        ("hello", "[]"),
        ("", '{"type": "left"}'),
        (word(rng), r'{"type": "\ud800"}'),
        ("[" * 100_000, r'{"type": "left", "user": "\ud800"}'),
    )
    texts = [told_by_parse_message(answer, *pair) for pair in pairs]

    async def conversation():
        port = answer.serve("patient")
        for pair in texts:
            async with client(port) as websocket:
                for bad, text in pair.items():
                    await is_answered(websocket, bad, text)

    asyncio.run(conversation())


@PATIENT
def test_binary_is_closed(answer, rng):
    """A binary message closes the connection with 1003, and the others go on."""
    texts = told_by_parse_message(answer, "1", "2")

    async def conversation():
        port = answer.serve("patient")
        async with client(port) as other:
            for data in (JOINED.encode(), b"", b"\xff", rng.randbytes(5)):
                async with client(port) as websocket:
                    why = "a binary message gets no answer, only a close"
                    await say(websocket, data, why)
                    code = await close_code(websocket, why)
                    expect(code, 1003, "1003: this kind of data I can't take")
            async with client(port) as websocket:
                for bad, text in texts.items():
                    await is_answered(websocket, bad, text)
                why = "a binary message is no third bad text: it gets no answer"
                await say(websocket, b"3", why)
                expect(await close_code(websocket, why), 1003, "1003, after two bad texts as well")
            await say(other, JOINED, "one was closed, and the others go on")
            await is_sent_back(other, ANN, "one was closed, and the others go on: a good message")

    asyncio.run(conversation())


@PATIENT
def test_three_mistakes(answer):
    """The third bad text is answered, too, and then the server closes with 1008."""
    trios = (("1", "1", "1"), ("hello", "{}", '{"type": "left"}'))
    texts = [[told_by_parse_message(answer, bad)[bad] for bad in trio] for trio in trios]

    async def conversation():
        port = answer.serve("patient")
        for trio, told in zip(trios, texts, strict=True):
            async with client(port) as websocket:
                for bad, text in zip(trio[:2], told, strict=False):
                    await is_answered(websocket, bad, text)
                why = "the third bad text is answered before the close"
                await say(websocket, trio[2], why)
                expect(error_in(await heard(websocket, why), why), told[2], why)
                why = "after the third bad text, whatever came between them, the server closes"
                expect(await close_code(websocket, why), 1008, "1008: you broke a rule of mine")

    asyncio.run(conversation())


@PATIENT
def test_patient_ends(answer):
    """It returns after a close of its own, and ends however a client leaves."""

    async def conversation():
        port = answer.serve("patient")
        for messages in ((b"1",), ("1", "2", "3")):
            async with client(port) as websocket:
                for message in messages:
                    await say(websocket, message, "two bad texts are forgiven")
                await closed(websocket, "the third bad text, and a binary message, close")
            await all_ended(answer, "you have closed, and `patient` still runs")
            ending = answer.endings()[-1]
            why = "you have closed, so return: whoever goes on receiving gets this exception"
            if not ending.startswith("ConnectionClosed"):
                why = "`patient` closes and returns; this exception has ended it instead"
            expect(ending, "returned", why)
        async with client(port) as other:
            for how, leave in LEAVINGS.items():
                async with client(port) as websocket:
                    await say(websocket, JOINED, "a good message comes back")
                    await is_sent_back(websocket, ANN, "a good message")
                    await leave(websocket)
                why = f"one client {how}, and the others go on: a good message"
                await say(other, JOINED, why)
                await is_sent_back(other, ANN, why)
        await all_ended(answer, "all clients have left, and `patient` still runs for one of them")

    asyncio.run(conversation())


# --- ticker


async def numbers(websocket, count):
    """The next numbers that a viewer gets; fails if they don't come."""
    got = []
    try:
        while len(got) < count:
            got.append(await received(websocket))
        return got
    except TimeoutError:
        fail(f"after {got[-1]} no number came" if got else "no number came")
    except ConnectionClosed:
        why = f"after {got[-1]} the server closed" if got else "no number came: the server closed"
        why += f" with code {websocket.close_code}"
        if websocket.close_code == 1011:
            why += ", so the handler failed. Today a handler gets one argument, the connection"
        fail(why)


def counted(count, first=1):
    return [str(number) for number in range(first, first + count)]


def viewers_of(answer):
    """Asks how many more viewers there are than now, when nobody is served."""
    asyncio.run(becomes(lambda: answer.endings().count("running"), 0))
    before = answer.value("viewers")
    is_number = isinstance(before, int) and not isinstance(before, bool)
    expect_that(is_number, before, "`viewers` is a number")
    return lambda: answer.value("viewers") - before


@TICKER
def test_numbers(answer, rng):
    """A viewer gets 1, 2, 3 and so on, until it leaves."""

    async def conversation():
        port = answer.serve("ticker")
        for path in ("20", str(rng.randrange(1, 9))):
            async with client(port, path) as websocket:
                got = await numbers(websocket, 12)
                expect(got, counted(12), "the numbers come in order, as texts")
            why = "the viewer has left: its loop must end and count down, or it runs for ever"
            expect(await becomes(viewers, 0), 0, why)

    expect(answer.value("viewers"), 0, "nobody has connected yet")
    viewers = viewers_of(answer)
    asyncio.run(conversation())


@TICKER
def test_viewers_are_counted(answer):
    """`viewers` says how many are there; when one leaves, the other goes on."""

    async def conversation():
        port = answer.serve("ticker")
        async with client(port, "5") as one:
            await numbers(one, 1)
            async with client(port, "5") as two:
                why = "each viewer's numbers start at 1"
                expect(await numbers(two, 5), counted(5), why)
                expect(await numbers(one, 4), counted(4, 2), "the numbers come in order, as texts")
                why = "two viewers are there: `viewers` counts them, not their numbers"
                expect(await asyncio.to_thread(viewers), 2, why)
            expect(await becomes(viewers, 1), 1, "one of two viewers has left")
            why = "one viewer has left, and the other's numbers go on without a gap"
            expect(await numbers(one, 20), counted(20, 6), why)
            expect(await asyncio.to_thread(viewers), 1, "one of two viewers is still there")
        expect(await becomes(viewers, 0), 0, "both viewers have left")

    viewers = viewers_of(answer)
    asyncio.run(conversation())


@TICKER
def test_viewers_who_leave(answer):
    """However a viewer leaves, `viewers` goes down, and the next one is served."""

    async def conversation():
        port = answer.serve("ticker")
        for how, leave in LEAVINGS.items():
            for count in (3, 0):
                async with client(port, "5") as websocket:
                    await numbers(websocket, count)
                    await leave(websocket)
                why = f"a viewer {how}, and is gone: count down in either case"
                expect(await becomes(viewers, 0), 0, why)
        await all_ended(answer, "all viewers have left, and the loop of one still runs")
        expect(await asyncio.to_thread(viewers), 0, "each viewer is counted down once")
        async with client(port, "5") as websocket:
            expect(await numbers(websocket, 3), counted(3), "whoever comes after that starts at 1")

    viewers = viewers_of(answer)
    asyncio.run(conversation())


@TICKER
def test_pace(answer):
    """Each viewer gets its numbers at the pace that its path asks for."""

    async def conversation():
        port = answer.serve("ticker")
        began = time.monotonic()
        async with client(port, "10") as fast, client(port, "100") as slow:
            await numbers(slow, 5)
            took = time.monotonic() - began
            there = await waiting(fast)
            why = "/100 asks for one number every 100 milliseconds, and five came sooner than that"
            expect_that(took > 0.396, f"{1000 * took:.0f} ms", why, "400 ms at least")
            why = "/10 asks for ten times as many numbers as /100: when /100 has had 5, it has had 8 at least"
            expect_that(there >= 8, there, why, "about 40 numbers by then")

    asyncio.run(conversation())


async def waiting(websocket):
    """How many messages have come that nobody has received yet."""
    count = 0
    with contextlib.suppress(TimeoutError, ConnectionClosed):
        async with asyncio.timeout(0):
            while await websocket.recv():
                count += 1
    return count


@TICKER
def test_other_paths(answer):
    """Whoever asks for a path without a number is not counted for ever."""

    async def conversation():
        port = answer.serve("ticker")
        for path in ("oops", ""):
            async with client(port, path) as websocket:
                with contextlib.suppress(ConnectionClosed, TimeoutError):
                    await asyncio.wait_for(websocket.recv(), 0.1)
            why = f"whoever asked for /{path} is gone, and `viewers` counts it for ever"
            expect(await becomes(viewers, 0), 0, why)
        async with client(port, "5") as websocket:
            expect(await numbers(websocket, 3), counted(3), "the next viewer is served")

    viewers = viewers_of(answer)
    asyncio.run(conversation())


# --- lobby


def size_of_members(answer):
    """Asks how many connections `members` holds; fails if it holds anything else."""

    def size():
        members = answer.value("members")
        is_set = isinstance(members, set | frozenset | list | tuple | dict)
        expect_that(is_set, members, "`members` is a set", "a set, a list or a dictionary")
        held = list(members) + (list(members.values()) if isinstance(members, dict) else [])
        connections = sum(repr(each) == "<ServerConnection object>" for each in held)
        why = "`members` holds connections, each once, and nothing else"
        expect_that(connections == len(members), members, why)
        return len(members)

    return size


async def entered(stack, port, name):
    """A client that is known to be in the lobby: it has heard itself."""
    websocket = await stack.enter_async_context(client(port))
    why = "whoever speaks hears it, too, also when others have left before"
    await say(websocket, name, why)
    got = await heard(websocket, why)
    expect(got, name, "what one says goes to all, as it is")
    return websocket


async def all_hear(speaker, listeners, message, why):
    await say(speaker, message, why)
    for websocket in listeners:
        got = await heard(websocket, why)
        expect(got, message, "all hear what was said, as it was said, once and in order")


@LOBBY
def test_everyone_hears(answer, rng):
    """What one says reaches everyone, text and binary."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            ann = await entered(stack, port, "ann")
            bob = await entered(stack, port, "bob")
            expect(await heard(ann, "Ann hears Bob"), "bob", "what one says goes to all")
            for message in (word(rng), rng.randbytes(9), "", b"", b"hi", " hi \n", "☂ 😀"):
                await all_hear(ann, (ann, bob), message, "Ann speaks, and both hear it")
                await all_hear(bob, (ann, bob), message, "Bob speaks, and both hear it")

    asyncio.run(conversation())


@LOBBY
def test_members_leave(answer):
    """`members` holds those who are there, and nobody else."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            await entered(stack, port, "ann")
            for how, leave in LEAVINGS.items():
                eve = await entered(stack, port, "eve")
                there = await becomes(size, 2)
                expect(there, 2, "two are there: `members` holds the two, and nobody who has left")
                await leave(eve)
                why = f"one of two {how}: `members` holds the other, and whoever is gone is out"
                expect(await becomes(size, 1), 1, why)
        expect(await becomes(size, 0), 0, "all have left: nobody is in `members`")
        await all_ended(answer, "all have left, and `lobby` still runs for one of them")

    size = size_of_members(answer)
    asyncio.run(conversation())


@LOBBY
def test_silent_clients(answer, rng):
    """Those who only listen are there, too."""

    async def conversation():
        port = answer.serve("lobby")
        async with client(port) as bob:
            why = "one is connected and has said nothing yet: `members` holds it, and no other"
            expect(await becomes(size, 1), 1, why)
            async with client(port) as ann:
                await becomes(size, 2)
                why = "Ann speaks, and Bob, who has said nothing yet, hears it"
                await all_hear(ann, (ann, bob), word(rng), why)
            why = "Ann has left, and Bob is still there: `members` holds those who are"
            expect(await becomes(size, 1), 1, why)
        why = "Bob has left without having said a word, and nobody is in `members`"
        expect(await becomes(size, 0), 0, why)

    size = size_of_members(answer)
    asyncio.run(conversation())


@LOBBY
def test_someone_leaves(answer, rng):
    """However one leaves, the others go on and hear everything."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            ann = await entered(stack, port, "ann")
            bob = await entered(stack, port, "bob")
            await heard(ann, "Ann hears Bob")
            for how, leave in LEAVINGS.items():
                async with client(port) as eve:
                    await all_hear(eve, (eve, ann, bob), word(rng), "Eve speaks, and all hear it")
                    if how == "was cut off":
                        eve.transport.abort()
                    else:
                        await leave(eve)
                    why = f"Eve {how}, and the others must not notice"
                    for _ in range(5):
                        await all_hear(ann, (ann, bob), word(rng), why)
                        await all_hear(bob, (ann, bob), word(rng), why)

    asyncio.run(conversation())


def say_and_leave(websocket, message):
    """Send a message and a Close as one: when the handler hears it, the connection is closing."""
    websocket.protocol.send_text(message.encode())
    websocket.protocol.send_close(1000)
    websocket.transport.write(b"".join(websocket.protocol.data_to_send()))


@LOBBY
def test_last_words(answer, rng):
    """What one says before it leaves reaches the others."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            there = [await stack.enter_async_context(client(port)) for _ in range(2)]
            for _ in range(8):
                async with client(port) as eve:
                    message = word(rng)
                    say_and_leave(eve, message)
                why = "Eve said a last word and left, and the others must hear it"
                for websocket in there:
                    expect(await heard(websocket, why), message, why)

    asyncio.run(conversation())


def run_group(conversation):
    """Run what has tasks in a group, and fail as the first of them did."""
    try:
        asyncio.run(conversation)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


@contextlib.asynccontextmanager
async def slow_reader(port):
    """A client that takes little at a time, and nothing before it receives."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", port))
    narrow.setblocking(False)
    async with client(port, sock=narrow, max_queue=1) as websocket:
        yield websocket


@LOBBY
def test_someone_leaves_a_slow_round(answer, rng):
    """Some leave while their messages are on their way to one who reads slowly."""
    messages = [rng.randbytes(600_000) for _ in range(12)]
    why = "some left while their messages were on their way, and the others must not notice"

    async def hears(websocket, got, count):
        while len(got) < count:
            got.append(await heard(websocket, why, PATIENCE))  # the slow one holds up the others

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            ann = await entered(stack, port, "ann")
            slow = await stack.enter_async_context(slow_reader(port))
            leaving = [await stack.enter_async_context(client(port)) for _ in range(6)]
            await becomes(size, 2 + len(leaving))
            for place, message in enumerate(messages):
                await say(leaving[place % len(leaving)], message, "one after the other speaks")
            of_ann, of_slow, count = [], [], -1
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(hears(ann, of_ann, len(messages)))
                while count < len(of_ann) < len(messages):  # all heard, or waiting for the slow one
                    count = len(of_ann)
                    await asyncio.wait([listening], timeout=0.3)
                for websocket in leaving:
                    await websocket.close()
                await say(ann, "Ann", why)
                group.create_task(hears(slow, of_slow, len(messages) + 1))
            await hears(ann, of_ann, len(messages) + 1)
            for got in (of_ann, of_slow):
                right = collections.Counter([*messages, "Ann"])
                expect_that(collections.Counter(got) == right, len(got), "all hear all, each once")

    size = size_of_members(answer)
    run_group(conversation())


@LOBBY
def test_someone_comes(answer, rng):
    """Someone comes while messages are on their way to one who reads slowly."""
    messages = [rng.randbytes(600_000) for _ in range(12)]
    arrived = collections.Counter()

    async def hears_all(websocket, who):
        why = f"someone comes while messages are on their way, and {who} must not notice"
        for message in messages:
            got = await heard(websocket, why, PATIENCE)  # the slow one holds up the other
            expect_that(got == message, len(got), f"{who} hears all, once and in order")
            arrived[websocket] += 1

    async def speak(websocket):
        for message in messages:
            await say(websocket, message, "the speaker stays connected while someone comes")

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            ann = await entered(stack, port, "ann")
            slow = await stack.enter_async_context(slow_reader(port))
            await becomes(size, 2)
            async with asyncio.TaskGroup() as group:
                group.create_task(speak(ann))
                hearing = group.create_task(hears_all(ann, "the speaker"))
                count = -1
                while count < arrived[ann] < len(messages):  # it ends, or waits for the slow one
                    count = arrived[ann]
                    await asyncio.wait([hearing], timeout=0.3)
                bob = await stack.enter_async_context(client(port))
                await becomes(size, 3)
                group.create_task(hears_all(slow, "the slow reader"))
            await say(bob, "bob", "Bob, who has come meanwhile, is there")
            for websocket, who in ((ann, "Ann"), (slow, "the slow reader")):
                why = f"{who} has heard all that was said before, and then hears Bob"
                expect(await heard(websocket, why), "bob", why)

    size = size_of_members(answer)
    run_group(conversation())


# --- on_the_wire


@ON_THE_WIRE
def test_bytes_on_the_wire(answer):
    """The prediction counts payload, header and mask."""
    got = answer.value("on_the_wire")
    expect_that(
        isinstance(got, dict) and set(got) == {"json", "binary"},
        got,
        "keep the dictionary with its two keys",
        "{'json': …, 'binary': …}",
    )
    mistakes = {
        "json": {
            300: "nine commas and two brackets are part of the payload, and a frame has a header",
            311: "that is the payload; before it stands the frame's header",
            315: "that is what a server would send: a client masks, and its key goes along",
            317: "a payload of more than 125 bytes has a longer header",
            325: "the length takes two more bytes here; eight only from 65,536 on",
        },
        "binary": {
            80: "that is the payload; before it stands the frame's header",
            82: "that is what a server would send: a client masks, and its key goes along",
            88: "up to 125 bytes the length stands in the second byte, and needs no more",
            116: "count 8 bytes for `!BIhB`: after a ! there is no padding",
            126: "count 8 bytes for `!BIhB`: after a ! there is no padding",
        },
    }
    for key, right in (("json", 319), ("binary", 86)):
        why = f"{key}: header, masking key and payload, each once"
        expect_guess(got[key], right, why, mistakes=mistakes[key])
