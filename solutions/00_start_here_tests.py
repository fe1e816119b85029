"""Exercise 00: two warm-up questions."""

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
    expect(answer.message_size("hello"), 5, "`hello` takes five bytes")


@MESSAGE_SIZE
def test_accents(answer):
    """Letters with accents take more than one byte."""
    expect(answer.message_size("café"), 5, "`é` takes two bytes in UTF-8: count bytes, not letters")


@MESSAGE_SIZE
def test_any_text(answer, rng):
    """Any text, from any alphabet."""
    text = "".join(rng.choices("aé漢😀 " + string.ascii_letters, k=rng.randrange(20, 60)))
    expect(answer.message_size(text), len(text.encode()), "the number of bytes in UTF-8")


@ASK
def test_replies(answer, rng):
    """A real server gets each text and its replies come back in order."""
    texts = ["".join(rng.choices(string.ascii_lowercase, k=6)) for _ in range(5)]
    connections = []

    def shout(websocket):
        connections.append(websocket)
        for message in websocket:
            websocket.send(message.upper() + "!")

    with serve(shout, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            got = answer.ask(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", texts)
        finally:
            server.shutdown()
            thread.join()
    expect_that(isinstance(got, list), got, "return a list of the replies")
    expect_that(
        len(got) == len(texts), got, "there is one reply to each text", f"{len(texts)} replies"
    )
    expect(got, [text.upper() + "!" for text in texts], "the replies, as the server sent them")
    expect_that(
        len(connections) == 1,
        len(connections),
        "open one connection and use it for all the texts",
        "1 connection",
    )
