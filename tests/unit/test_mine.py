"""Lesson 11's pieces, the package that they make, and the server that stands in front of another."""

import asyncio
import json
import subprocess
import sys

import pytest
import websockets.asyncio.client
import websockets.asyncio.server
import websockets.exceptions

from course_lib.conform import card_of_client, card_of_server
from course_lib.conform.programs import serving
from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.mine import export, finish, my_answers, pieces, relay
from course_lib.mine.package import files_of
from course_lib.paths import SOLUTIONS, desk, state
from tests.graded.answers import read_examples
from tests.lesson11 import connections_ended, lesson, solutions

ACCEPT_KEY = """%%answer accept_key
import base64, hashlib

def accept_key(key):  # my own
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return base64.b64encode(digest).decode()
"""
WRONG_MASK = """%%answer mask
def mask(data, key):
    return data
"""


@pytest.fixture
def own_desk(tmp_path, monkeypatch):
    """A desk on which answers to exercises can be laid, as cells."""
    monkeypatch.setenv("COURSE_DESK", str(tmp_path / "desk"))
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))

    def lay(name, *answers):
        path = desk() / "exercises" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = {
            "nbformat": 4, "nbformat_minor": 5, "metadata": {},
            "cells": [
                {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [],
                 "execution_count": None, "source": source}
                for n, source in enumerate(answers)
            ],
        }  # fmt: skip
        path.write_text(json.dumps(notebook), "utf-8")

    return lay


def whose(found):
    return {piece.name: piece.mine for piece in found.all}


def test_without_answers_all_is_the_courses(own_desk):
    found = my_answers()
    assert set(whose(found).values()) == {False}
    assert found.mine == 0
    assert list(whose(found)) == [name for names in pieces.NEEDED.values() for name in names]
    assert all("SOLUTION" not in piece.source for piece in found.all)
    assert "the course's" in repr(found.table())


def test_what_passes_is_mine_and_what_does_not_is_lent(own_desk):
    own_desk("02_handshake", ACCEPT_KEY)
    own_desk("03_frames", WRONG_MASK)
    found = my_answers()
    assert [name for name, mine in whose(found).items() if mine] == ["accept_key"]
    accept_key, *_ = found.functions("02")
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    _, mask, *_ = found.functions("03")
    assert mask(b"Hello", b"\x01\x02\x03\x04") == b"Igohn"


def test_everything_solved_is_all_mine(own_desk):
    for number in pieces.NEEDED:
        there = exercise(number)
        solution = cells.answers(cells.read(there.solution))
        own_desk(there.name, *(f"%%answer {name}\n{text}" for name, text in solution.items()))
    found = my_answers()
    assert set(whose(found).values()) == {True}


def test_a_coroutine_that_passes_is_not_used(own_desk):
    """The judge awaits what is one; the lesson calls it."""
    own_desk(
        "02_handshake",
        ACCEPT_KEY.replace("def accept", "async def accept"),
    )
    found = my_answers()
    assert found.mine == 0
    assert "yours is a coroutine" in repr(found.table())


def right_answers():
    for number, names in pieces.NEEDED.items():
        there = exercise(number)
        solution = cells.answers(cells.read(there.solution))
        for each in read_examples(SOLUTIONS / f"{there.name}_answers.py", solution):
            used = each.question in names and (
                each.question == "echo" or "async def " not in each.source
            )
            if each.kind == "right" and used:
                yield pytest.param(each, id=str(each))


@pytest.mark.parametrize("example", list(right_answers()))
def test_every_right_answer_works_in_the_lesson(example):
    """As a server, however somebody has written it."""
    own = lesson(solutions() | {example.question: example.source})

    async def main():
        async with await own.serve(own.echo, limit=80_000) as server:
            port = server.sockets[0].getsockname()[1]
            card = await card_of_server(f"ws://127.0.0.1:{port}/", max_size=80_000)
            await connections_ended()
            return card

    assert asyncio.run(main()).red == []


def test_a_damaged_notebook_counts_as_not_answered(own_desk):
    own_desk("02_handshake", ACCEPT_KEY)
    (desk() / "exercises" / "02_handshake.ipynb").write_text("{")
    assert my_answers().mine == 0


def test_the_package_stands_by_itself(own_desk, tmp_path):
    """It runs with Python alone, as a server that the card finds nothing wrong with."""
    own_desk("02_handshake", ACCEPT_KEY)
    found = my_answers()
    paths = export(found, tmp_path)
    package = tmp_path / "my_websocket"
    assert {path.name for path in paths} == {
        "__init__.py", "__main__.py", "README.md", "handshake.py", "frames.py", "handlers.py",
        "connection.py", "streams.py",
    }  # fmt: skip
    text = "".join(path.read_text("utf-8") for path in paths)
    assert "# my own" in text
    assert "course_lib" not in text.replace("course conform", "")
    assert "`accept_key` (02_handshake): mine" in (package / "README.md").read_text("utf-8")
    code = (
        "import sys, my_websocket; print('websockets' in sys.modules, 'course_lib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
    card = finish.card_of(package)
    assert card.red == []
    assert len(card.results) > 200
    page = finish.page(found, card)
    assert "<code>accept_key</code>" in page
    assert finish.START in page
    assert "no rule of RFC 6455 is broken" in finish.told(paths, found, card)


def test_the_exported_client_keeps_every_rule(own_desk, tmp_path, monkeypatch):
    export(my_answers(), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import my_websocket

    async def client(url):
        socket = await my_websocket.connect(url, limit=80_000)
        try:
            async for message in socket:
                await socket.send(message)
        finally:
            socket.writer.close()

    card = asyncio.run(card_of_client(client, max_size=80_000))
    assert card.red == []
    for name in [name for name in sys.modules if name.split(".")[0] == "my_websocket"]:
        monkeypatch.delitem(sys.modules, name)


def test_an_earlier_package_is_written_anew_and_nothing_else_is(own_desk, tmp_path):
    found = my_answers()
    frames = tmp_path / "my_websocket" / "frames.py"
    export(found, tmp_path)
    text = frames.read_text("utf-8")
    frames.write_text("# faster\n", "utf-8")
    export(found, tmp_path)
    assert frames.read_text("utf-8") == text
    (kept,) = (state() / "backups").iterdir()  # nothing else has changed
    assert kept.read_text("utf-8") == "# faster\n"
    other = tmp_path / "other"
    (other / "my_websocket").mkdir(parents=True)
    (other / "my_websocket" / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="is something else"):
        export(found, other)
    assert [path.name for path in (other / "my_websocket").iterdir()] == ["thesis.txt"]


def test_every_file_of_the_lesson_is_python(own_desk):
    for name, text in files_of(my_answers()).items():
        if name.endswith(".py"):
            compile(text, name, "exec")


class Own:
    """A WebSocket as `relay` wants it, over one of `websockets`."""

    def __init__(self, connection):
        self.connection = connection

    def __aiter__(self):
        return aiter(self.connection)

    async def send(self, message):
        await self.connection.send(message)

    async def close(self, code=1000):
        await self.connection.close(code)


@pytest.mark.parametrize("first", ["the client", "the application"])
def test_a_relay_carries_both_ways_and_both_ends(first):
    """Whoever closes, the other one is closed, too, and with the application's code."""

    async def application(connection):
        async for message in connection:
            if message == "go away":
                await connection.close(4000)
                return
            await connection.send(message[::-1])

    async def main():
        ends = asyncio.Queue()
        async with websockets.asyncio.server.serve(application, "127.0.0.1", 0) as behind:
            port = behind.sockets[0].getsockname()[1]

            async def front(connection):
                url = f"ws://127.0.0.1:{port}"
                async with websockets.asyncio.client.connect(url, proxy=None) as there:
                    await relay(Own(connection), there)
                ends.put_nowait(there.close_code)

            async with websockets.asyncio.server.serve(front, "127.0.0.1", 0) as server:
                url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
                async with websockets.asyncio.client.connect(url, proxy=None) as client:
                    await client.send("abc")
                    assert await client.recv() == "cba"
                    if first == "the application":
                        await client.send("go away")
                        with pytest.raises(websockets.exceptions.ConnectionClosed):
                            await client.recv()
                        assert client.close_code == 4000
                return await ends.get()

    code = asyncio.run(main())
    assert code == (4000 if first == "the application" else 1000)


def test_a_program_that_does_not_listen_is_one_sentence():
    async def main(command):
        async with serving(command):
            pass

    with pytest.raises(CourseError, match="ended before it listened: no luck"):
        asyncio.run(main(f"{sys.executable} -c 'import sys; sys.exit(\"no luck\")'"))
    with pytest.raises(CourseError, match="Can't start"):
        asyncio.run(main("no-such-program-at-all"))
    with pytest.raises(CourseError, match="Can't read the command"):
        asyncio.run(main("x '"))
    with pytest.raises(CourseError, match="The command is empty"):
        asyncio.run(main("  "))
