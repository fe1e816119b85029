"""Exercise 04: messages, and the programs that exchange them."""

import asyncio
import contextlib
import json
import string
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerRaised
from course_lib.judge.expect import expect, expect_that

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
        "`json.loads` raises `JSONDecodeError`: catch it and raise a `ValueError` of your own. And "
        "a `type` may be anything that JSON can hold, even a list, which no dictionary or set can "
        "look up: ask `isinstance(kind, str)` first.",
        'Keep the rules in a dictionary, `{"chat": {"user": 20, "text": 500}, …}`, and loop over '
        "the fields of the type: `isinstance(value, str) and 1 <= len(value) <= limit`. Build the "
        "result from those fields alone.",
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
    hints=(
        "Begin with the echo server. What is new stands between receiving and sending.",
        "Count the mistakes in a local variable, so that each connection has a count of its own. "
        "Look for `bytes` before you parse.",
        "`try: reply = parse_message(data)`, `except ValueError as error:` count, and make the "
        "reply `{'type': 'error', 'text': str(error)}`. Send `to_message(reply)` in either case, "
        "then close with 1008 if it was the third.",
    ),
)
TICKER = Question(
    "ticker",
    points=3,
    hints=(
        "The first bug stands in the line with `def`, the second in the line with `except`. How "
        "many arguments does today's `websockets` give to a handler?",
        "The path is `websocket.request.path`. And ask what `except: pass` does with the exception "
        "that says that the viewer has left: the loop just goes on, without end.",
        "No `except` at all: let the exception end the loop, and count down in `finally`, which "
        "runs however the loop ends.",
    ),
)
LOBBY = Question(
    "lobby",
    points=4,
    hints=(
        "Each call of `lobby` puts its own connection into `members` first, and takes it out when "
        "the client is gone. Which statement runs whatever happens?",
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
"""Seconds after which a message that has not come counts as lost."""


def word(rng, length=8):
    return "".join(rng.choices(string.ascii_lowercase, k=length))


@contextlib.asynccontextmanager
async def client(port, path=""):
    """A real client; it leaves without a word when the test has failed."""
    url = f"ws://127.0.0.1:{port}/{path}"
    try:
        async with asyncio.timeout(PATIENCE):
            websocket = await connect(url, proxy=None, close_timeout=PATIENCE)
    except TimeoutError:
        expect_that(False, None, "the server answers nobody any more: something in it never waits")
    try:
        yield websocket
        await websocket.close()
    finally:
        websocket.transport.abort()


def fail_closed(websocket, why):
    code = websocket.close_code
    rest = ": the handler failed, see below what it printed" if code == 1011 else ""
    expect_that(False, None, f"{why}: the server closed with code {code}{rest}")


async def heard(websocket, why):
    """The next message; fails with `why` if none comes."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await websocket.recv()
    except TimeoutError:
        expect_that(False, None, f"{why}: nothing came")
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
        async with asyncio.timeout(PATIENCE):
            extra = await websocket.recv()
    except TimeoutError:
        expect_that(False, None, f"{why}: the connection stayed open")
    except ConnectionClosed:
        return websocket.close_code
    expect_that(False, extra, why)


def becomes(answer, name, wanted, size=lambda value: value):
    """The value of a variable, once it is what is wanted or patience ends."""
    end = time.monotonic() + PATIENCE
    while (value := size(answer.value(name))) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    return value


# --- to_message


@TO_MESSAGE
def test_text_and_bytes(answer, rng):
    """Text stays text, and bytes stay bytes."""
    text = f"{word(rng)} é"
    expect(answer.to_message(text), text, "a text is a message already; JSON would put quotes on")
    data = rng.randbytes(6)
    expect(answer.to_message(data), data, "bytes are a binary message already")
    expect(answer.to_message(""), "", "an empty text is a text, too")
    expect(answer.to_message(b""), b"", "no bytes at all are a binary message, too")


@TO_MESSAGE
def test_values_become_json(answer, rng):
    """Everything else becomes JSON, as short as can be."""
    number = rng.randrange(1000)
    value = {"user": f"Zoé {word(rng)}", "at": [number, None], "ok": True}
    got = answer.to_message(value)
    expect_that(got is not None, got, "return the value; printing it gives nothing back")
    expect_that(isinstance(got, str), got, "JSON is text", "a str")
    try:
        loaded = json.loads(got)
    except ValueError:
        expect_that(False, got, "this is not JSON: Python's own notation differs from it")
    expect(loaded, value, "the JSON must say the same as the value")
    expect_that(r"\u" not in got, got, "leave é as it is, it takes 2 bytes instead of 6")
    expect_that(
        ", " not in got and '": ' not in got, got, "no blanks after the commas and the colons"
    )
    for simple, text in ((number, str(number)), (None, "null"), (False, "false"), ([], "[]")):
        expect(answer.to_message(simple), text, "numbers, None, False and [] are JSON as well")


@TO_MESSAGE
def test_not_json(answer):
    """What is not a number is refused."""
    for value in (float("nan"), [float("inf")], {"x": float("-inf")}):
        expect_that(
            answer.raises(lambda value=value: answer.to_message(value), "ValueError"),
            None,
            "NaN and Infinity are no JSON, and no browser can read them: raise ValueError",
            "ValueError",
        )


# --- echo


@ECHO
def test_echo_of_each_kind(answer, rng):
    """Text comes back as text, binary as binary, empty ones too."""
    messages = [f"{word(rng)} ☂", rng.randbytes(300), "", b"", json.dumps({"n": rng.random()})]

    async def conversation():
        async with client(answer.serve("echo")) as websocket:
            for message in messages:
                await say(websocket, message, "each message comes back")
                got = await heard(websocket, "each message comes back")
                expect(got, message, "every message comes back exactly as it was sent")

    asyncio.run(conversation())


@ECHO
def test_echo_goes_on(answer, rng):
    """It serves many messages, and several clients at a time."""
    messages = [f"{number} {word(rng)}" for number in range(30)]

    async def conversation():
        port = answer.serve("echo")
        async with client(port) as one, client(port) as two:
            for message in messages:
                await say(one, message, "every one of 30 messages comes back")
            await say(two, "two", "a client stays connected")
            expect(await heard(two, "while one client talks, another"), "two", "each has its own")
            got = [await heard(one, "every one of 30 messages comes back") for _ in messages]
            expect(got, messages, "all messages come back, in the order in which they were sent")
        async with client(port) as third:
            why = "who comes after others have left is served, too"
            await say(third, "third", why)
            expect(await heard(third, why), "third", why)

    asyncio.run(conversation())


# --- parse_message


def refusal(answer, data, why):
    """The text of the ValueError with which a message is refused; fails with `why` without one."""
    try:
        got = answer.parse_message(data)
    except AnswerRaised as exc:
        if exc.kind == "JSONDecodeError":
            expect_that(
                False,
                None,
                "JSONDecodeError says at which character Python stumbled. Catch it, and raise a "
                "ValueError whose text helps the sender: it must be JSON",
            )
        if exc.kind != "ValueError":
            raise
        return exc.text
    return expect_that(False, got, f"{why}: raise ValueError", "ValueError")


def refused(answer, data, part, why):
    text = refusal(answer, data, why)
    expect_that(
        part.lower() in text.lower(),
        text,
        f"{why}: the text of the ValueError must say so",
        f"a text that contains {part!r}",
    )


@PARSE_MESSAGE
def test_good_messages(answer, rng):
    """Good messages come out as dictionaries."""
    user, text = word(rng, rng.randrange(1, 21)), word(rng, rng.randrange(1, 501))
    for message in (
        {"type": "chat", "user": user, "text": text},
        {"type": "joined", "user": user},
        {"type": "left", "user": user},
        {"type": "chat", "user": "x" * 20, "text": "é" * 500},
    ):
        got = answer.parse_message(json.dumps(message))
        expect(got, message, "a good message comes out with its own fields; the limits are allowed")


@PARSE_MESSAGE
def test_surplus_fields(answer, rng):
    """Fields that are not in the table are left out."""
    message = {"type": "joined", "user": word(rng)}
    got = answer.parse_message(json.dumps(message | {word(rng): 1, "text": "hi"}))
    expect(got, message, "leave out what the table doesn't name: nobody has checked it")


@PARSE_MESSAGE
def test_not_an_object(answer, rng):
    """What is binary, no JSON or no object is refused."""
    good = json.dumps({"type": "left", "user": word(rng)})
    refused(answer, good.encode(), "text", "a message is text, and this is binary")
    for data in (word(rng), "", good[:-1]):
        refused(answer, data, "JSON", f"{data!r} is not JSON")
    for data in ("[]", "null", '"chat"', "7"):
        refused(answer, data, "object", f"{data} is JSON, but not an object")


@PARSE_MESSAGE
def test_types(answer, rng):
    """A missing or unknown type is refused."""
    for kind in (word(rng), "", None, 3, ["chat"], {}):
        data = json.dumps({"type": kind, "user": "ann", "text": "hi"})
        refused(answer, data, "type", f"{kind!r} is no type of this protocol")
    refused(answer, '{"user": "ann", "text": "hi"}', "type", "there is no type")


@PARSE_MESSAGE
def test_fields(answer):
    """Each field is there, is a string, and has the right length."""
    for message, field, why in (
        ({"type": "chat", "user": "ann"}, "text", "`text` is missing"),
        ({"type": "chat", "text": "hi"}, "user", "`user` is missing"),
        ({"type": "left"}, "user", "`user` is missing"),
        ({"type": "joined", "user": 7}, "user", "`user` is a number"),
        ({"type": "joined", "user": None}, "user", "`user` is null"),
        ({"type": "chat", "user": "ann", "text": ["hi"]}, "text", "`text` is a list"),
        ({"type": "joined", "user": ""}, "user", "`user` is empty"),
        ({"type": "joined", "user": "x" * 21}, "user", "`user` has 21 characters"),
        ({"type": "chat", "user": "ann", "text": ""}, "text", "`text` is empty"),
        ({"type": "chat", "user": "ann", "text": "x" * 501}, "text", "`text` has 501 characters"),
    ):
        refused(answer, json.dumps(message), field, why)


# --- Room


@ROOM
def test_lines(answer, rng):
    """Each type has its line."""
    user, text = word(rng), word(rng)
    room = answer.make("Room")
    for message, line in (
        ({"type": "joined", "user": user}, f"{user} has joined"),
        ({"type": "chat", "user": user, "text": text}, f"{user}: {text}"),
        ({"type": "left", "user": user}, f"{user} has left"),
    ):
        expect(room.handle(message), line, f"the line for {message['type']}")


@ROOM
def test_members(answer, rng):
    """Members come and go; who only talks is no member."""
    room, (ann, bob, eve) = answer.make("Room"), sorted(word(rng) for _ in range(3))
    for user in (bob, ann, bob):
        room.handle({"type": "joined", "user": user})
    expect(room.who(), [ann, bob], "who has joined is a member, once, even when told twice")
    room.handle({"type": "chat", "user": eve, "text": "hi"})
    expect(room.who(), [ann, bob], "a chat message changes nothing about who is there")
    room.handle({"type": "left", "user": ann})
    expect(room.who(), [bob], "who has left is no member any more")
    got = room.handle({"type": "left", "user": eve})
    expect(got, f"{eve} has left", "somebody may leave whom this page has never seen come")
    expect(room.who(), [bob], "the others stay")
    expect(answer.make("Room").who(), [], "every room has members of its own")


@ROOM
def test_unknown_types(answer, rng):
    """Types that are not known change nothing and give None."""
    room, user = answer.make("Room"), word(rng)
    room.handle({"type": "joined", "user": user})
    for kind in (word(rng), "who", "handle", "members", "__init__", ""):
        got = room.handle({"type": kind, "user": user, "text": "hi"})
        expect(got, None, f"the type {kind!r} is unknown to this client: it returns None")
        expect(room.who(), [user], f"a message of the unknown type {kind!r} changes nothing")


# --- patient


def error_in(data, why):
    """The text of an error message."""
    try:
        message = json.loads(data)
    except (ValueError, TypeError):
        expect_that(False, data, f"{why}, in JSON", '{"type":"error","text":"…"}')
    expect_that(
        isinstance(message, dict) and message.get("type") == "error",
        data,
        why,
        '{"type":"error","text":"…"}',
    )
    text = message.get("text")
    expect_that(
        isinstance(text, str) and bool(text),
        data,
        "an error message says in its `text` what is wrong: `str(error)` of your ValueError",
    )
    return text


@PATIENT
def test_good_messages_come_back(answer, rng):
    """A good message comes back, checked and compact."""
    message = {"type": "chat", "user": word(rng), "text": f"{word(rng)} é"}

    async def conversation():
        async with client(answer.serve("patient")) as websocket:
            for surplus in ({}, {"colour": "red"}):
                await say(websocket, json.dumps(message | surplus), "a good message comes back")
                got = await heard(websocket, "a good message comes back")
                compact = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
                expect(got, compact, "send back the checked fields, as compact JSON")

    asyncio.run(conversation())


@PATIENT
def test_bad_messages_are_answered(answer, rng):
    """A bad message is answered with an error, and the connection goes on."""
    good = json.dumps({"type": "left", "user": word(rng)}, separators=(",", ":"))

    async def conversation():
        async with client(answer.serve("patient")) as websocket:
            for bad, part in ((word(rng), "JSON"), ('{"type": "left"}', "user")):
                why = "a bad message is answered, and nobody is thrown out"
                await say(websocket, bad, why)
                await say(websocket, good, why)
                got = await heard(websocket, why)
                expect_that(got != good, got, f"{bad!r} got no answer: the sender must learn of it")
                text = error_in(got, f"{bad!r} is answered with an error message")
                expect_that(part in text, text, f"the text is that of the ValueError for {bad!r}")
                got = await heard(websocket, "after a bad message, the next good one")
                expect(got, good, "a good message comes back, also after a bad one")

    asyncio.run(conversation())


@PATIENT
def test_binary_is_closed(answer, rng):
    """A binary message closes the connection with 1003."""

    async def conversation():
        async with client(answer.serve("patient")) as websocket:
            why = "a binary message gets no answer, only a close"
            await say(websocket, rng.randbytes(5), why)
            expect(await close_code(websocket, why), 1003, "1003: this kind of data I can't take")

    asyncio.run(conversation())


@PATIENT
def test_three_mistakes(answer, rng):
    """The third bad message is answered, too, then closes with 1008; each client has its own count."""
    good = json.dumps({"type": "joined", "user": word(rng)}, separators=(",", ":"))

    async def conversation():
        port = answer.serve("patient")
        async with client(port) as one, client(port) as two:
            for bad in ("1", "2"):
                for websocket in (one, two):
                    why = "each connection has a count of its own"
                    await say(websocket, bad, why)
                    error_in(await heard(websocket, why), "a bad message is answered")
            why = "two mistakes are forgiven; each connection has a count of its own"
            await say(one, good, why)
            await heard(one, why)
            await say(one, "3", why)
            why = "the third mistake is answered before the close"
            error_in(await heard(one, why), why)
            why = "after the third mistake, whatever came between them, the server closes"
            expect(await close_code(one, why), 1008, "1008: you broke a rule of mine")
            why = "the other client has made two mistakes only"
            await say(two, good, why)
            expect(await heard(two, why), good, "a good message comes back")

    asyncio.run(conversation())


# --- ticker


async def first_numbers(port, count=3, path="5"):
    async with client(port, path) as websocket:
        why = "no number came"
        try:
            return [await asyncio.wait_for(websocket.recv(), PATIENCE) for _ in range(count)]
        except TimeoutError:
            expect_that(False, None, why)
        except ConnectionClosed:
            why += f": the server closed with code {websocket.close_code}"
            if websocket.close_code == 1011:
                why += ", so the handler failed. Today a handler gets one argument, the connection"
            expect_that(False, None, why)


@TICKER
def test_numbers(answer, rng):
    """A viewer gets 1, 2, 3 and so on, until it leaves."""
    path = str(rng.randrange(1, 9))
    got = asyncio.run(first_numbers(answer.serve("ticker"), path=path))
    expect(got, ["1", "2", "3"], "the numbers come in order, as texts")
    why = "the viewer has left: its loop must end and count down, or it runs for ever"
    expect(becomes(answer, "viewers", 0), 0, why)


@TICKER
def test_viewers_are_counted(answer):
    """`viewers` goes down when viewers leave, politely."""

    async def conversation():
        port = answer.serve("ticker")
        async with client(port, "5") as one, client(port, "5") as two:
            await heard(one, "a viewer gets numbers")
            await heard(two, "two viewers get numbers")
            there = await asyncio.to_thread(becomes, answer, "viewers", 2)
            expect(there, 2, "`viewers` counts who is connected, and nobody who has left")
        return await asyncio.to_thread(becomes, answer, "viewers", 0)

    expect(asyncio.run(conversation()), 0, "both viewers have left")


@TICKER
def test_viewers_who_vanish(answer):
    """`viewers` goes down when a viewer is cut off, and the next one is served."""

    async def conversation():
        port = answer.serve("ticker")
        async with client(port, "5") as websocket:
            await heard(websocket, "a viewer gets numbers")
            websocket.transport.abort()
            await websocket.wait_closed()
        left = await asyncio.to_thread(becomes, answer, "viewers", 0)
        expect(left, 0, "a viewer who was cut off is gone, too: count down in either case")
        expect(await first_numbers(port), ["1", "2", "3"], "who comes after that starts at 1")

    asyncio.run(conversation())


# --- lobby


async def entered(stack, port, name):
    """A client that is known to be in the lobby: it has heard itself."""
    websocket = await stack.enter_async_context(client(port))
    why = "who speaks hears it, too, also when others have left before"
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
            for message in (word(rng), rng.randbytes(9), "", f"{word(rng)} ☂"):
                await all_hear(ann, (ann, bob), message, "Ann speaks, and both hear it")
                await all_hear(bob, (ann, bob), message, "Bob speaks, and both hear it")

    asyncio.run(conversation())


@LOBBY
def test_someone_leaves(answer, rng):
    """When one leaves, the others go on."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            eve = await entered(stack, port, "eve")
            ann = await entered(stack, port, "ann")
            bob = await entered(stack, port, "bob")
            expect(await heard(ann, "Ann hears Bob"), "bob", "what one says goes to all")
            await eve.close()
            why = "Eve has left, and the others must not notice"
            for speaker in (ann, bob):
                await all_hear(speaker, (ann, bob), word(rng), why)

    asyncio.run(conversation())


@LOBBY
def test_someone_is_cut_off(answer, rng):
    """When one is cut off, the others go on."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            eve = await entered(stack, port, "eve")
            ann = await entered(stack, port, "ann")
            bob = await entered(stack, port, "bob")
            expect(await heard(ann, "Ann hears Bob"), "bob", "what one says goes to all")
            eve.transport.abort()
            why = "Eve was cut off, and the others must not notice"
            for _ in range(10):
                await all_hear(ann, (ann, bob), word(rng), why)
                await all_hear(bob, (ann, bob), word(rng), why)

    asyncio.run(conversation())


@LOBBY
def test_members_leave(answer):
    """`members` holds those who are there, and nobody else."""

    async def conversation():
        async with contextlib.AsyncExitStack() as stack:
            port = answer.serve("lobby")
            await entered(stack, port, "ann")
            eve = await entered(stack, port, "eve")
            there = await asyncio.to_thread(becomes, answer, "members", 2, size_of)
            expect(there, 2, "two are there: `members` holds the two, and nobody who has left")
            eve.transport.abort()
            there = await asyncio.to_thread(becomes, answer, "members", 1, size_of)
            expect(there, 1, "one was cut off: take out who is gone, or the set grows for ever")
        there = await asyncio.to_thread(becomes, answer, "members", 0, size_of)
        expect(there, 0, "all have left: nobody is in `members`")

    asyncio.run(conversation())


def size_of(members):
    expect_that(isinstance(members, set | list | dict), members, "`members` is a set")
    return len(members)


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
        value = got[key]
        expect_that(
            isinstance(value, int) and not isinstance(value, bool),
            value,
            f"`{key}` is a number of bytes",
        )
        expect_that(value not in mistakes[key], value, f"{key}: {mistakes[key].get(value)}")
        expect(value, right, f"{key}: header, masking key and payload, each once")
