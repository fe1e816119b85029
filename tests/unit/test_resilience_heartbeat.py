"""Heartbeats over a link that goes silent."""

import asyncio
import os
import random
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.protocol import State as ConnectionState

from course_lib.network import Link, Profile
from course_lib.resilience import (
    MessageHeartbeat,
    application_heartbeat,
    protocol_heartbeat,
    worst_case_detection,
)
from tests.unit.silence import bound, found_in_time

INTERVAL, TIMEOUT = 0.1, 1.0
KINDS = [protocol_heartbeat, application_heartbeat]


async def read(connection, heartbeat=None):
    """Read until the connection ends; return the error that it ended with."""
    try:
        while True:
            text = await connection.recv()
            if isinstance(heartbeat, MessageHeartbeat):
                await heartbeat.handle(text)
    except (ConnectionClosedError, ConnectionClosedOK) as error:
        return error


@asynccontextmanager
async def both_ends(profile=None):
    """A link, the client's end and the server's end of one connection over it."""
    accepted = asyncio.get_running_loop().create_future()
    finished = asyncio.Event()

    async def handler(connection):
        accepted.set_result(connection)
        await finished.wait()

    settings = {"ping_interval": None, "close_timeout": 0.1}
    async with serve(handler, "127.0.0.1", 0, **settings) as server:
        port = server.sockets[0].getsockname()[1]
        async with Link("127.0.0.1", port, *([profile] if profile else [])) as link:
            url = f"ws://{link.host}:{link.port}"
            async with connect(url, proxy=None, **settings) as client:
                try:
                    yield link, client, await accepted
                finally:
                    link.heal()
                    finished.set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def run(work):
    asyncio.run(work, debug=True)


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_living_connection_is_kept_and_its_round_trips_are_measured(kind, side):
    async def main():
        async with both_ends(Profile("slow", delay=0.02)) as (_, client, server):
            own, other = (client, server) if side == "client" else (server, client)
            answering = MessageHeartbeat(other)
            async with kind(own, 0.01, 60) as heartbeat:
                tasks = [asyncio.create_task(read(own, heartbeat))]
                tasks += [asyncio.create_task(read(other, answering))]
                while len(heartbeat.round_trips) < 5:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            assert all(0.04 <= seconds < 60 for seconds in heartbeat.round_trips)
            assert not heartbeat.lost
            assert own.state is ConnectionState.OPEN
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    run(main())


async def detect(kind, side, wait=0.0):
    """From a silence, `wait` seconds after the connection was made, to its detection.

    Gives the seconds that this took, and whether the bound had not passed by then.
    """
    async with both_ends() as (link, client, server):
        own, other = (client, server) if side == "client" else (server, client)
        answering = asyncio.create_task(read(other, MessageHeartbeat(other)))
        async with kind(own, INTERVAL, TIMEOUT) as heartbeat:
            reading = asyncio.create_task(read(own, heartbeat))
            await asyncio.sleep(wait)
            link.silence()
            silent = time.perf_counter()
            limit = asyncio.create_task(bound(INTERVAL, TIMEOUT))
            error = await reading
            took, in_time = time.perf_counter() - silent, not limit.done()
            limit.cancel()
        assert heartbeat.lost
        assert isinstance(error, ConnectionClosedError)
        assert (error.rcvd, error.sent) == (None, None), "no close frame: code 1006"
        assert own.close_code == 1006
        answering.cancel()
        await asyncio.wait([answering, limit])
    return took, in_time


@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_link_is_found_out_within_the_bound(kind, side):
    async def main():
        wait = random.uniform(0, 3 * INTERVAL)
        took, in_time = await detect(kind, side, wait=wait)
        assert took > 0
        assert in_time

    run(main())


def test_the_bound_is_tight():
    """Silent from the start, the first question is an interval away: nothing is faster."""

    async def main():
        took, _ = await detect(protocol_heartbeat, "client")
        assert took >= 0.9 * worst_case_detection(INTERVAL, TIMEOUT)

    run(main())


def test_a_question_that_cannot_leave_is_not_waited_for_any_longer():
    """With a full write buffer, the ping itself hangs."""

    async def main():
        async with both_ends() as (link, client, _server):
            link.silence()
            sending = asyncio.create_task(client.send(bytes(20_000_000)))
            async with protocol_heartbeat(client, INTERVAL, TIMEOUT) as heartbeat:
                assert (await read(client)).rcvd is None
            assert heartbeat.lost
            await asyncio.wait([sending])

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_closes_ends_the_heartbeat_quietly(kind):
    async def main():
        async with both_ends() as (_, client, server):
            async with kind(client, 0.001, 60) as heartbeat:
                reading = asyncio.create_task(read(client, heartbeat))
                answering = asyncio.create_task(read(server, MessageHeartbeat(server)))
                await asyncio.sleep(0.02)
                await server.close(1000)
                assert isinstance(await reading, ConnectionClosedOK)
                await answering
            assert not heartbeat.lost

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_cancelling_the_body_leaves_no_task(kind):
    async def main():
        async with both_ends() as (link, client, server):
            before = asyncio.all_tasks()
            link.silence()

            async def body():
                async with kind(client, 0.001, 60):
                    await asyncio.Event().wait()

            task = asyncio.create_task(body())
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == before
            assert client.state is server.state is ConnectionState.OPEN

    run(main())


def test_an_application_heartbeat_leaves_other_messages_alone():
    async def main():
        async with both_ends() as (_, client, server):
            heartbeat = MessageHeartbeat(client)
            for text in ("hello", "[]", "{}", '{"type": "event", "id": 1, "data": 1}', b"\xff"):
                assert not await heartbeat.handle(text)
            assert await heartbeat.handle('{"type": "pong", "id": 99}'), "an old one is no answer"
            assert await heartbeat.handle('{"type": "ping", "id": 7}')
            assert await server.recv() == '{"type":"pong","id":7}'

    run(main())


def test_the_answer_to_another_question_is_none():
    async def main():
        async with both_ends() as (_, client, server):

            async def answer_wrongly():
                async for _ in server:
                    await server.send('{"type": "pong", "id": 0}')

            answering = asyncio.create_task(answer_wrongly())
            async with application_heartbeat(client, 0.01, 0.2) as heartbeat:
                await read(client, heartbeat)
            assert heartbeat.lost
            assert not heartbeat.round_trips
            await asyncio.wait([answering])
            assert isinstance(answering.exception(), ConnectionClosedError)

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_every_trial_stays_within_the_bound(kind):
    found = asyncio.run(found_in_time(INTERVAL, TIMEOUT, trials=10, kind=kind), debug=True)
    assert found == [True] * 10


@pytest.fixture
def busy():
    """Every core computes."""
    program = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(program) for _ in range(os.cpu_count() or 1)]
    yield
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_100_trials_stay_within_the_bound_while_the_computer_is_busy(kind, busy):
    assert asyncio.run(found_in_time(0.5, 1.0, trials=100, kind=kind)) == [True] * 100
