"""The end of a WebSocket over asyncio streams, when the other end does not do its part."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager

import pytest

from course_lib import sockets
from course_lib.protocol import State, accept_key
from course_lib.sockets import websocket as module


@asynccontextmanager
async def pair():
    """A WebSocket, and the bare TCP connection of a peer that does only what a test says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        connecting = asyncio.create_task(sockets.connect(url))
        peer, _ = await loop.sock_accept(listener)
        with peer:
            peer.setblocking(False)
            request = (await loop.sock_recv(peer, 4096)).decode()
            key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r")[0]
            await loop.sock_sendall(
                peer,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode(),
            )
            yield await connecting, peer


def run(work):
    async def bounded():
        async with asyncio.timeout(60):
            await work()

    asyncio.run(bounded(), debug=True)


def ended(websocket):
    """Fail unless a connection is over, without a Close frame and with nothing left of it."""
    connection = websocket.connection
    assert (connection.state, connection.close_code) == (State.CLOSED, 1006)
    assert websocket._writer.transport.get_write_buffer_size() == 0
    assert websocket._writer.is_closing()


def test_a_peer_that_resets_the_connection_ends_the_iteration_as_one_that_leaves():
    async def main():
        async with pair() as (websocket, peer):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            assert [message async for message in websocket] == []
            assert websocket.connection.close_code == 1006
            await websocket.close()
            ended(websocket)

    run(main)


@pytest.mark.parametrize("full", [False, True])
def test_a_peer_that_does_not_answer_a_close_is_waited_for_only_so_long(monkeypatch, full):
    monkeypatch.setattr(module, "CLOSE_TIMEOUT", 0.05)

    async def main():
        async with pair() as (websocket, _):
            if full:
                websocket._writer.transport.set_write_buffer_limits(high=2**30)
                await websocket.send(bytes(2**24))
            await websocket.close()
            ended(websocket)

    run(main)


def test_a_close_that_is_cancelled_ends_the_connection_at_once():
    async def main():
        async with pair() as (websocket, peer):
            closing = asyncio.create_task(websocket.close())
            await asyncio.get_running_loop().sock_recv(peer, 4096)
            closing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await closing
            ended(websocket)

    run(main)


def test_a_server_that_ends_keeps_nothing_for_a_peer_that_does_not_read():
    async def main():
        served = asyncio.get_running_loop().create_future()

        async def handler(websocket):
            served.set_result(websocket)
            await websocket.send(bytes(2**24))

        async with sockets.serve(handler, compress=False) as server:
            client = await sockets.connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
            client._reader._transport.pause_reading()
            websocket = await served
        assert websocket._writer.transport.get_write_buffer_size() == 0
        client._writer.transport.abort()

    run(main)
