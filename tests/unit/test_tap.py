"""The tap between a client and a server."""

import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from course_lib.notebook import Tap
from course_lib.protocol import Frame, Opcode


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def url_of(server):
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def port_of(server):
    return server.sockets[0].getsockname()[1]


def test_every_frame_passes_and_is_noted():
    async def conversation():
        async with (
            serve(echo, "127.0.0.1", 0, compression=None) as server,
            Tap(port_of(server)) as tap,
            connect(url_of(tap), proxy=None) as one,
            connect(url_of(tap), proxy=None) as other,
        ):
            for websocket, message in ((one, "Hello"), (other, bytes(70_000))):
                await websocket.send(message)
                assert await websocket.recv() == message
            return tap.captures

    first, second = asyncio.run(conversation())
    sent, returned = first.frames[:2]
    assert sent.from_client
    assert sent.frame.masking_key is not None
    assert not returned.from_client
    assert returned.frame == Frame(Opcode.TEXT, b"Hello")
    assert [len(item.frame.payload) for item in second.frames[:2]] == [70_000, 70_000]
    assert [item.frame.opcode for item in first.frames[2:]] == [Opcode.CLOSE, Opcode.CLOSE]


def test_a_tap_ends_with_its_connections_open():
    async def conversation():
        async with serve(echo, "127.0.0.1", 0) as server:
            async with Tap(port_of(server)) as tap:
                websocket = await connect(url_of(tap), proxy=None)
            await websocket.wait_closed()
            return websocket.close_code

    assert asyncio.run(conversation()) == 1006


def test_a_tap_without_a_server_hangs_up():
    async def visit():
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
            nobody = port_of(server)
        async with Tap(nobody) as tap:
            reader, writer = await asyncio.open_connection("127.0.0.1", port_of(tap))
            data = await reader.read()
            writer.close()
            await writer.wait_closed()
            return data, tap.captures

    assert asyncio.run(visit()) == (b"", [])
