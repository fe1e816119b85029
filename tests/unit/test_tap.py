"""The tap between a client and a server."""

import asyncio
import itertools
import logging

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from course_lib.network import Direction, Transfer
from course_lib.notebook import Tap
from course_lib.notebook.anatomy import frame_summary
from course_lib.notebook.capture import Capture
from course_lib.protocol import Frame, Opcode, ProtocolError

HELLO = Frame(Opcode.TEXT, b"Hello", masking_key=bytes.fromhex("37fa213d"))
KEY = HELLO.masking_key

ILLEGAL = {
    "opcode 3": b"\x83\x80" + KEY,
    "RSV bits": b"\xb1\x80" + KEY,
    "not masked": b"\x81\x02hi",
    "half a close code": Frame(Opcode.CLOSE, b"\x03", masking_key=KEY).encode(),
    "garbage": b"GET / HTTP/1.1\r\n\r\n",
}


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


def url_of(server):
    return f"ws://127.0.0.1:{port_of(server)}"


def port_of(server):
    return server.port if isinstance(server, Tap) else server.sockets[0].getsockname()[1]


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
            await one.close()
            await other.close()
            return tap.captures

    first, second = asyncio.run(conversation())
    sent, returned = first.frames[:2]
    assert sent.from_client
    assert sent.frame.masking_key is not None
    assert not returned.from_client
    assert returned.frame == Frame(Opcode.TEXT, b"Hello")
    assert [len(item.frame.payload) for item in second.frames[:2]] == [70_000, 70_000]
    assert [item.frame.opcode for item in first.frames[2:]] == [Opcode.CLOSE, Opcode.CLOSE]


@pytest.mark.parametrize("wire", ILLEGAL.values(), ids=ILLEGAL)
def test_what_is_illegal_ends_as_it_would_without_the_tap(wire, caplog):
    caplog.set_level(logging.CRITICAL, "websockets")

    async def provoke(url):
        async with connect(url, proxy=None) as websocket:
            websocket.transport.write(wire)
            await websocket.wait_closed()
        return websocket.close_code, websocket.close_reason

    async def both():
        async with serve(echo, "127.0.0.1", 0) as server, Tap(port_of(server)) as tap:
            direct = await provoke(url_of(server))
            tapped = await provoke(url_of(tap))
            return direct, tapped, tap.captures

    direct, tapped, (capture,) = asyncio.run(both())
    assert direct[0] == 1002
    assert tapped == direct
    illegal = capture.frames[0]
    assert illegal.from_client
    assert illegal.wire.startswith(wire)  # and of what follows it, nobody can say where it begins


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
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.transport.abort()
            return tap.captures

    assert asyncio.run(visit()) == []


def test_who_was_turned_away_has_no_conversation():
    async def visit():
        def refuse(connection, request):
            return connection.respond(404, "There is nothing here.\n")

        async with (
            serve(echo, "127.0.0.1", 0, process_request=refuse) as server,
            Tap(port_of(server)) as tap,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", tap.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = await reader.read()
            writer.close()
            return answer, tap.captures

    answer, captures = asyncio.run(visit())
    assert answer.startswith(b"HTTP/1.1 4")
    assert captures == []


def fed(*pieces, times=False):
    """A capture that has taken the handshake and then `pieces`, 1.5 ms apart."""
    clock = itertools.count(100.0, 0.0015)
    capture = Capture(times=times)
    head = [(Direction.UP, b"GET / HTTP/1.1\r\n\r\n"), (Direction.DOWN, b"HTTP/1.1 101 S\r\n\r\n")]
    for direction, data in [*head, *pieces]:
        capture.take(Transfer(1, direction, 0.0, next(clock), data))
    return capture


def test_frames_may_be_cut_anywhere():
    wire = HELLO.encode() * 2
    for cut in range(len(wire)):
        capture = fed((Direction.UP, wire[:cut]), (Direction.UP, wire[cut:]))
        assert [item.frame for item in capture.frames] == [HELLO, HELLO]


def test_what_is_not_all_there_is_no_frame_yet():
    begun = fed((Direction.UP, HELLO.encode()[:-1]))
    assert begun.frames == []
    begun.take(Transfer(1, Direction.UP, 0.0, 200.0, b""))
    (item,) = begun.frames
    assert item.wire == HELLO.encode()[:-1]
    assert frame_summary(item.wire) == "not a frame: 81 85 37 fa 21 3d 7f 9f 4d 51"
    with pytest.raises(ProtocolError):
        _ = item.frame


def test_an_illegal_frame_stands_before_its_answer_and_legal_ones_go_on_behind_it():
    close = Frame(Opcode.CLOSE, b"\x03\xea").encode()
    garbage = b"\x83\x05"
    capture = fed((Direction.UP, garbage), (Direction.DOWN, close), (Direction.UP, b"abc"))
    assert [item.wire for item in capture.frames] == [garbage + b"abc", close]
    capture.take(Transfer(1, Direction.UP, 0.0, 200.0, b"de" + HELLO.encode()))
    assert [item.wire for item in capture.frames] == [garbage + b"abcde", close, HELLO.encode()]


def test_times_count_from_the_first_frame():
    capture = fed((Direction.UP, HELLO.encode()), (Direction.DOWN, b"\x81\x00"))
    assert [round(1000 * item.at, 1) for item in capture.frames] == [0, 1.5]
