"""Who connects in the moment in which a server ends is let go of, like everybody else."""

import asyncio
import gc
import random
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from benchmarks.soak import _Soak
from course_lib import sockets
from course_lib.conform.endpoints import Client
from course_lib.network import Link


@asynccontextmanager
async def echo():
    async with sockets.serve(sockets.echo) as server:
        yield server.sockets[0].getsockname()


@asynccontextmanager
async def link():
    with socket.create_server(("127.0.0.1", 0)) as target:
        async with Link(*target.getsockname()) as link:
            yield link.host, link.port


@asynccontextmanager
async def card():
    async with Client(random.Random(0), patience=1.0) as client:
        host, port = client.url.removeprefix("ws://").removesuffix("/").split(":")
        yield host, int(port)


@asynccontextmanager
async def soak():
    run = _Soak(1, 0, lambda _: None)
    await run.serve()
    try:
        yield "127.0.0.1", run.port
    finally:
        await run.stop()


# From not accepted yet to served. After two the loop has taken the connection and told nobody.
@pytest.mark.parametrize("turns", range(7))
@pytest.mark.parametrize("server", [echo, link, card, soak])
def test_who_comes_as_the_server_ends_is_let_go(server, turns):
    async def main():
        async with asyncio.timeout(60):
            async with server() as address:
                await asyncio.sleep(0)
                client = socket.create_connection(address)
                for _ in range(turns):
                    await asyncio.sleep(0)
            return client

    with asyncio.run(main()) as client:
        gc.collect()  # a warning about a socket that nobody has closed comes here
        client.settimeout(60)
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""
