"""Exercise 00: two warm-up questions."""

import contextlib
import string
import threading

from websockets.sync.server import serve

from course_lib.exercises.question import Question
from course_lib.judge.expect import expect, expect_that

MESSAGE_SIZE = Question(
    "message_size",
    points=1,
    hints=(
        "A character is not a byte. How many bytes does `é` take?",
        "UTF-8 uses one to four bytes for a character. What turns text into bytes in Python?",
        "`text.encode()` gives the bytes, in UTF-8 unless you say otherwise. Count those.",
    ),
)
ASK = Question(
    "ask",
    points=2,
    imports=("websockets", "aiohttp"),
    hints=(
        "Three steps: connect once, then for each text send and receive, then return the list.",
        "`async with connect(url) as websocket:` opens the connection and closes it at the end of "
        "the block.",
        "Inside the block, for each text: `await websocket.send(text)`, then "
        "`replies.append(await websocket.recv())`.",
    ),
)
QUESTIONS = (MESSAGE_SIZE, ASK)


@MESSAGE_SIZE
def test_ascii(answer):
    """Plain English: one byte a letter."""
    for text in ("hello", "", " two  lines\r\n of\ttext\n"):
        expect(
            lambda text=text: answer.message_size(text),
            len(text),
            f"{text!r} takes a byte for each of its {len(text)} characters, white space included",
        )


@MESSAGE_SIZE
def test_larger_characters(answer):
    """What is not plain English takes more than one byte."""
    for text, size, why in (
        ("café", 5, "`é` takes two bytes in UTF-8: count bytes, not letters"),
        ("cafe\u0301", 6, "an `e` with an accent behind it takes 1 + 2 bytes: take it as it is"),
        ("漢字", 6, "`漢` takes three bytes in UTF-8"),
        ("😀", 4, "`😀` takes four bytes in UTF-8"),
        ("€\x7f\x80\u07ff\u0800\uffff", 14, "one to three bytes a character: 3+1+2+2+3+3"),
    ):
        expect(lambda text=text: answer.message_size(text), size, why)


@MESSAGE_SIZE
def test_any_text(answer, rng):
    """Any text, from any alphabet."""
    text = "".join(rng.choices("aé漢😀 " + string.ascii_letters, k=rng.randrange(20, 60)))
    expect(lambda: answer.message_size(text), len(text.encode()), "the number of bytes in UTF-8")


@contextlib.contextmanager
def a_server(reply):
    """Serve on loopback; gives the address and a list of what each connection has sent."""
    connections = []

    def talk(websocket):
        received = []
        connections.append(received)
        for message in websocket:
            received.append(message)
            websocket.send(reply(message))

    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", connections
        finally:
            server.shutdown()
            thread.join()


def shouted(message):
    return f"{message.upper()}!" if isinstance(message, str) else "send me text, not bytes"


@ASK
def test_example(answer):
    """The example of the question."""
    with a_server(shouted) as (url, _):
        expect(
            lambda: answer.ask(url, ["hello", "bye"]),
            ["HELLO!", "BYE!"],
            "return a list of the replies, one for each text",
        )


@ASK
def test_replies(answer, rng):
    """A server that says what nobody can guess: its replies come back in order."""
    texts = ["".join(rng.choices(string.ascii_lowercase, k=6)) for _ in range(5)]
    texts += ["the same", "the same", "", "ünï 漢 😀", "a long one " * 1000]
    replies = [f"{rng.randrange(10**9)}" for _ in texts]
    coming = iter(replies)
    with a_server(lambda message: next(coming, "one too many")) as (url, connections):
        expect(
            lambda: answer.ask(url, texts),
            replies,
            "the replies, in their order, as the server sent them",
        )
    expect_that(
        len(connections) == 1,
        len(connections),
        "open one connection and use it for all the texts",
        "1 connection",
    )
    expect(connections[0], texts, "the server gets each text as it is, in order, and nothing else")


@ASK
def test_nothing_to_ask(answer):
    """Without texts there are no replies."""
    with a_server(shouted) as (url, _):
        expect(lambda: answer.ask(url, []), [], "no text, no reply: an empty list")


@ASK
def test_asked_twice(answer):
    """Each call talks to the server that it names, and returns its own replies."""
    for name in ("first", "second"):
        with a_server(lambda message, name=name: f"{name}: {message}") as (url, _):
            expect(
                lambda url=url: answer.ask(url, ["hello"]),
                [f"{name}: hello"],
                f"this is the {name} of two calls, each with a server of its own, and its replies "
                "are those of this server alone",
            )
