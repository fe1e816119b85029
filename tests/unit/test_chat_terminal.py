"""`course chat` in a real terminal, and what it says to bad input."""

import asyncio
import io
import os
import pty
import re
import signal
import socket
import sys

import pytest
from websockets.asyncio.server import serve

from course_lib import cli
from course_lib.chat import Chat, ChatClient, serve_chat
from course_lib.chat.talk import Entered, Left, Said, Told
from course_lib.resilience.backoff import Backoff, constant
from course_lib.web import Access

PATIENCE = 120.0
"""Seconds after which something that doesn't happen has failed; not a speed that is asked for."""


class Terminal:
    """A `course` command in a pseudo-terminal."""

    def __init__(self, *arguments: str) -> None:
        self.screen, self._arguments = "", arguments
        self._changed = asyncio.Event()

    async def __aenter__(self):
        self._ours, theirs = pty.openpty()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "course_lib.cli", *self._arguments,
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env=os.environ | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )  # fmt: skip
        os.close(theirs)
        asyncio.get_running_loop().add_reader(self._ours, self._read)
        return self

    async def __aexit__(self, *error):
        asyncio.get_running_loop().remove_reader(self._ours)
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        os.close(self._ours)

    def types(self, text):
        os.write(self._ours, text.encode())

    async def sees(self, text):
        """Wait until a text stands on the screen, beyond what was seen before; what is before it."""
        try:
            async with asyncio.timeout(PATIENCE):
                while text not in self.screen:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pytest.fail(f"{text!r} is not in {self.screen!r}")
        before, _, self.screen = self.screen.partition(text)
        return before

    async def ends(self):
        """Wait until it has ended; its exit code."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def _read(self):
        try:
            self.screen += os.read(self._ours, 65536).decode(errors="replace")
        except OSError:  # Linux's way to say that the other end is closed
            asyncio.get_running_loop().remove_reader(self._ours)
        self.screen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.screen)
        self._changed.set()


def joined(server, *more):
    return Terminal("chat", "--join", server.url, *more)


def client(server, name):
    backoff = Backoff(lambda: constant(0.02))
    return ChatClient(server.socket_url, room="lobby", name=name, proxy=None, backoff=backoff)


async def until(chat, kind):
    async with asyncio.timeout(PATIENCE):
        while not isinstance(event := await anext(chat), kind):
            pass
    return event


def test_a_conversation():
    async def main():
        async with serve_chat(Chat()) as server, client(server, "Bob") as bob:
            await until(bob, Entered)
            async with joined(server, "--name", "Ann") as ann:
                await ann.sees("you are in lobby; here: Bob, Ann")
                await bob.say("hello\x1b[2J")
                await ann.sees("Bob: hello�[2J")
                ann.types("/who\r")
                await ann.sees("-- here: Ann, Bob --")
                ann.types("/help\r")
                await ann.sees("Lines that begin with / are commands")
                ann.types("/direct Bob psst\r")
                assert (await until(bob, Told)).text == "psst"
                ann.types(f"/direct {'x' * 300} psst\r")
                await ann.sees("Nobody in lobby is called x")
                ann.types("\rtea?\r")
                assert (await until(bob, Said)).text == "tea?"
                ann.types("/quit\r")
                assert (await until(bob, Left)).user == "Ann"
                assert await ann.ends() == 0

    asyncio.run(main())


def test_what_is_too_long_for_one_message_is_sent_in_parts():
    async def main():
        async with serve_chat(Chat()) as server, client(server, "Bob") as bob:
            await until(bob, Entered)
            async with joined(server, "--name", "Ann") as ann:
                await ann.sees("you are in lobby; here: ")
                text = "".join(f"{number:05}" for number in range(500))
                ann.types(f"{text}\r")
                parts = [(await until(bob, Said)).text for _ in range(2)]
                assert "".join(parts) == text

    asyncio.run(main())


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_it_asks_for_a_name_and_a_key_ends_it(key):
    async def main():
        async with (
            serve_chat(Chat()) as server,
            client(server, "Bob") as bob,
            joined(server) as ann,
        ):
            await ann.sees("Your name: ")
            ann.types("Ann\n")
            await ann.sees("you are in lobby; here: ")
            await ann.sees("Ann>")  # while a line is printed, the terminal takes no keys
            ann.types(key)
            assert (await until(bob, Left)).user == "Ann"
            assert await ann.ends() == 0
            assert "Traceback" not in ann.screen

    asyncio.run(main())


def test_a_server_that_goes_away_is_waited_for():
    async def main():
        chat = Chat()
        async with serve_chat(chat) as server:
            ann = await joined(server, "--name", "Ann").__aenter__()
            await ann.sees("you are in lobby; here: ")
        await ann.sees("no connection; next attempt")
        ann.types("while you were away\r")
        async with serve_chat(chat, port=server.port):
            await ann.sees("Ann: while you were away")
        await ann.__aexit__()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("?code=wrong", "The join code is missing or wrong"),
        ("", "The join code is missing or wrong"),
    ],
)
def test_without_the_code_it_ends_with_a_sentence(path, said):
    async def main():
        async with serve_chat(Chat(), access=Access(code="123456")) as server:
            address = f"http://127.0.0.1:{server.port}/{path}"
            async with Terminal("chat", "--join", address, "--name", "Ann") as ann:
                await ann.sees(said)
                assert await ann.ends() == 2
                assert "Traceback" not in ann.screen

    asyncio.run(main())


def test_a_taken_name_ends_with_a_sentence():
    async def main():
        async with serve_chat(Chat()) as server, client(server, "Ann") as ann:
            await until(ann, Entered)
            async with joined(server, "--name", "ann") as other:
                await other.sees("Somebody in lobby is called Ann already.")
                assert await other.ends() == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--join", ""], "is not the address of a chat"),
        (["--join", "ftp://127.0.0.1/"], "is not the address of a chat"),
        (["--join", "http://[::1"], "is not the address of a chat"),
        (["--join", "127.0.0.1:99999"], "is not the address of a chat"),
        (["--join", "127.0.0.1:1"], "say it with --name"),
        (["--join", "127.0.0.1:1", "--name", "x" * 300], "at most 20 characters"),
        (["--join", "127.0.0.1:1", "--name", "Ann\u202e"], "one can see"),
        (["--join", "127.0.0.1:1", "--name", "Ann", "--room", " "], "at least one character"),
        (["--port", "99999"], "from 0 to 65535"),
    ],
)
def test_bad_input_is_a_sentence(arguments, said, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.main(["chat", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_a_port_that_is_taken_is_a_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["chat", "--no-browser", "--port", str(port)]) == 2
    assert f"Port {port} is not to be had" in capsys.readouterr().err


def test_ctrl_c_ends_the_server_tells_its_clients_and_frees_the_port():
    async def main():
        async with Terminal("chat", "--no-browser") as server:
            await server.sees("chat is at http://127.0.0.1:")
            port = int(await server.sees("/ (Ctrl-C ends it)"))
            url, why = f"ws://127.0.0.1:{port}/socket", []
            async with ChatClient(
                url, room="lobby", name="Ann", proxy=None, on_status=why.append
            ) as ann:
                await until(ann, Entered)
                server.process.send_signal(signal.SIGINT)
                assert await server.ends() == 0
            assert any("1001" in str(status) for status in why)
        with socket.create_server(("127.0.0.1", port)):
            pass

    asyncio.run(main())


@pytest.mark.parametrize("code", [1008, 3000])
def test_a_server_cannot_command_the_terminal_by_how_it_closes(code):
    async def hang_up(connection):
        await connection.recv()
        await connection.close(code, "\x1b]0;owned\x07gone")

    async def main():
        async with serve(hang_up, "127.0.0.1", 0) as server:
            address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with Terminal("chat", "--join", address, "--name", "Ann") as ann:
                await ann.sees("The chat is over")
                assert await ann.ends() == 2
                assert "\x1b]0;owned" not in ann.screen

    asyncio.run(main())
