"""The echo server and client with peers that other people wrote, over real sockets."""

import asyncio
import contextlib
import random
import re
import signal
import sys

import aiohttp
import aiohttp.web
import pytest
import websockets.asyncio.client
import websockets.asyncio.server

from course_lib.protocol import State
from course_lib.sockets import connect, echo, serve
from tests.conformance.echo import main

MAX_SIZE = 2**24
SIZES = (0, 1, 125, 126, 65535, 65536, 2**20, MAX_SIZE)
LETTERS = "WebSocket "


def messages() -> list[str | bytes]:
    """Text and binary of every size; half of the binary is random, so that it cannot shrink."""
    texts = [(LETTERS * (size // len(LETTERS) + 1))[:size] for size in SIZES]
    source = random.Random(6455)
    return [*texts, *(source.randbytes(size) for size in SIZES), "κόσμε 👋"]


@contextlib.asynccontextmanager
async def our_server():
    async with serve(echo, max_size=MAX_SIZE) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("compression", ["deflate", None])
def test_our_server_with_websockets(compression):
    async def run():
        async with (
            our_server() as port,
            websockets.asyncio.client.connect(
                f"ws://127.0.0.1:{port}/", compression=compression, max_size=None, proxy=None
            ) as connection,
        ):
            assert len(connection.protocol.extensions) == (compression is not None)
            for message in messages():
                await connection.send(message)
                assert await connection.recv() == message
            await connection.send(["He", "l", "lo"])
            assert await connection.recv() == "Hello"
            await (await connection.ping(b"x"))
            await connection.close(4000, "done")
            assert connection.close_code == 4000

    asyncio.run(run())


@pytest.mark.parametrize("compress", [15, 9, 0])
def test_our_server_with_aiohttp(compress):
    async def run():
        async with (
            our_server() as port,
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"http://127.0.0.1:{port}/", compress=compress, max_msg_size=0
            ) as socket,
        ):
            assert bool(socket.compress) == bool(compress)
            for message in messages():
                if isinstance(message, str):
                    await socket.send_str(message)
                    assert await socket.receive_str() == message
                else:
                    await socket.send_bytes(message)
                    assert await socket.receive_bytes() == message
            await socket.close(code=4000)
            assert socket.close_code == 4000

    asyncio.run(run())


async def exchange(url: str) -> int:
    """Our client sends every message to a server that echoes; the close code that it gets."""
    websocket = await connect(url, max_size=MAX_SIZE)
    for message in messages():
        await websocket.send(message)
        assert await anext(websocket) == message
    await websocket.close(4000, "done")
    assert websocket.connection.state is State.CLOSED
    return websocket.connection.close_code


@pytest.mark.parametrize("compression", ["deflate", None])
def test_our_client_with_websockets(compression):
    async def run():
        async def handler(connection):
            async for message in connection:
                await connection.send(message)

        async with websockets.asyncio.server.serve(
            handler, "127.0.0.1", 0, compression=compression, max_size=None
        ) as server:
            port = server.sockets[0].getsockname()[1]
            assert await exchange(f"ws://127.0.0.1:{port}/") == 4000

    asyncio.run(run())


@pytest.mark.parametrize("compress", [True, False])
def test_our_client_with_aiohttp(compress):
    async def run():
        async def handler(request):
            socket = aiohttp.web.WebSocketResponse(compress=compress, max_msg_size=0)
            await socket.prepare(request)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await socket.send_str(message.data)
                else:
                    await socket.send_bytes(message.data)
            return socket

        app = aiohttp.web.Application()
        app.router.add_get("/", handler)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        # aiohttp answers with a code of its own, which section 5.5.1 leaves free.
        assert await exchange(f"ws://127.0.0.1:{runner.addresses[0][1]}/") == 1000
        await runner.cleanup()

    asyncio.run(run())


def test_many_small_messages_at_once():
    async def run():
        async with our_server() as port:
            websocket = await connect(f"ws://127.0.0.1:{port}", max_size=MAX_SIZE)

            async def send():
                for number in range(5_000):
                    await websocket.send(str(number))

            async with asyncio.TaskGroup() as group:
                group.create_task(send())
                for number in range(5_000):
                    assert await anext(websocket) == str(number)
            await websocket.close()

    asyncio.run(run())


def test_a_peer_that_vanishes_leaves_nothing_behind():
    async def run():
        async with our_server() as port:
            websocket = await connect(f"ws://127.0.0.1:{port}", max_size=MAX_SIZE)
            await websocket.send("x" * 2**20)
            websocket._writer.transport.abort()
            # The server still serves.
            websocket = await connect(f"ws://127.0.0.1:{port}", max_size=MAX_SIZE)
            await websocket.send("y")
            assert await anext(websocket) == "y"
            await websocket.close()

    asyncio.run(run())


def test_a_message_over_the_limit_closes_with_1009():
    async def run():
        async with serve(echo, max_size=1000) as server:
            port = server.sockets[0].getsockname()[1]
            for compression in ("deflate", None):
                async with websockets.asyncio.client.connect(
                    f"ws://127.0.0.1:{port}/", compression=compression, proxy=None
                ) as connection:
                    await connection.send("x" * 1000)
                    assert len(await connection.recv()) == 1000
                    await connection.send("x" * 1001)
                    await connection.wait_closed()
                    assert connection.close_code == 1009

    asyncio.run(run())


def test_what_is_no_handshake_is_refused():
    async def run():
        async with our_server() as port:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/") as response,
            ):
                assert response.status == 426
                assert "section 4.2.1" in await response.text()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03\x01rubbish\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            writer.close()
            await writer.wait_closed()

    asyncio.run(run())


# The command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["client", "http://127.0.0.1"], "A WebSocket URL begins with ws:// or wss://"),
        (["client", "wss://127.0.0.1"], "without TLS"),
        (["client", "ws://127.0.0.1:1"], "127.0.0.1"),
        (["server", "--port", "65536"], "port must be 0-65535"),
        (["server", "--host", "no such host"], "echo: "),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(arguments, says, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["server", "--help"])
    assert caught.value.code == 0
    assert "--port" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupt_ends_the_server_with_a_client_connected():
    async def run():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.conformance.echo", "server"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        url = re.search(rb"ws://\S+", await process.stdout.readline())[0].decode()
        websocket = await connect(url, max_size=MAX_SIZE)
        await websocket.send("x")
        assert await anext(websocket) == "x"
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
        await websocket.close()
        return process.returncode, errors

    assert asyncio.run(run()) == (130, b"")


def test_a_handler_that_fails_closes_with_1011_and_the_server_goes_on(caplog):
    async def main():
        async def fail(websocket):
            async for message in websocket:
                raise KeyError(message)

        failures = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
        async with serve(fail) as server:
            port = server.sockets[0].getsockname()[1]
            for _ in range(2):
                websocket = await connect(f"ws://127.0.0.1:{port}/")
                await websocket.send("x")
                assert [message async for message in websocket] == []
                assert websocket.connection.close_code == 1011
                await websocket.close()
        assert all(isinstance(each, KeyError) for each in failures)

    asyncio.run(main())


def test_a_server_that_ends_cuts_off_what_is_open():
    async def main():
        async def wait(websocket):
            await asyncio.Event().wait()

        async with serve(wait) as server:
            websocket = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        assert [message async for message in websocket] == []
        assert websocket.connection.close_code == 1006
        await websocket.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
