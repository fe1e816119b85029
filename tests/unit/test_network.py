"""The imperfect link, over real sockets."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from benchmarks.link import measure
from course_lib.network import PROFILES, Counts, Direction, Link, Profile, profile_named

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def linked(profile: Profile = PROFILES["loopback"], **options) -> AsyncIterator:
    """A link to a server that hands out its accepted connections."""
    accepted: asyncio.Queue[Stream] = asyncio.Queue()

    def accept(reader, writer):
        accepted.put_nowait((reader, writer))

    writers = []
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        async with Link(host, port, profile, **options) as link:

            async def connect() -> tuple[Stream, Stream]:
                client = await asyncio.open_connection(link.host, link.port)
                peer = await accepted.get()
                writers.extend([client[1], peer[1]])
                return client, peer

            try:
                yield link, connect
            finally:
                for writer in writers:
                    writer.transport.abort()
                await asyncio.gather(*(w.wait_closed() for w in writers), return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def eventually(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - a link announces no such moment
        await asyncio.sleep(0.001)


async def is_quiet(reader: asyncio.StreamReader) -> bool:
    """Whether nothing comes, neither data nor an end, for long enough that it should have."""
    try:
        async with asyncio.timeout(0.05):
            await reader.read(1)
    except TimeoutError:
        return True
    return False


def test_bytes_pass_unchanged_and_are_counted_both_ways():
    async def main():
        async with linked(Profile("uneven", delay=0.001, jitter=0.005)) as (link, connect):
            (reader, writer), (peer_reader, peer_writer) = await connect()
            pieces = [bytes([n]) * (100 * n + 1) for n in range(50)]
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            sent = b"".join(pieces)
            assert await peer_reader.readexactly(len(sent)) == sent
            peer_writer.write(b"abc")
            assert await reader.readexactly(3) == b"abc"
            assert link.counts == Counts(1, len(sent), 3)
            assert link.open_connections == 1

    asyncio.run(main())


def test_nothing_arrives_before_the_delay_and_a_connection_costs_a_round_trip():
    async def main():
        async with linked(Profile("slow", delay=0.05)) as (_link, connect):
            started = time.perf_counter()
            (reader, writer), (peer_reader, peer_writer) = await connect()
            writer.write(b"up")
            await peer_reader.readexactly(2)
            assert time.perf_counter() - started >= 3 * 0.05
            started = time.perf_counter()
            peer_writer.write(b"down")
            await reader.readexactly(4)
            assert time.perf_counter() - started >= 0.05

    asyncio.run(main())


def test_delay_is_pipelined():
    """Ten messages in a row are late by one delay, not by ten."""

    async def main():
        async with linked(Profile("slow", delay=0.4), capture=True) as (link, connect):
            (_, writer), (peer_reader, _) = await connect()
            for _ in range(10):
                before = link.counts.bytes_up
                writer.write(b"x")
                await eventually(lambda before=before: link.counts.bytes_up > before)
            await peer_reader.readexactly(10)
            arrivals = [transfer.arrived for transfer in link.capture]
            assert len(arrivals) == 10
            assert arrivals[-1] - arrivals[0] < 9 * 0.4  # what they take one after the other

    asyncio.run(main())


def test_bandwidth_is_shared_by_connections_and_separate_for_each_direction():
    async def main():
        async with linked(Profile("narrow", bandwidth=100_000)) as (_link, connect):
            one, two = await connect(), await connect()
            started = time.perf_counter()
            for (_, writer), _ in (one, two):
                writer.write(bytes(10_000))
            for _, (peer_reader, _) in (one, two):
                await peer_reader.readexactly(10_000)
            assert time.perf_counter() - started >= 0.2

    asyncio.run(main())


def test_a_profile_can_change_while_the_link_runs():
    async def main():
        async with linked() as (link, connect):
            (_, writer), (peer_reader, _) = await connect()
            link.profile = Profile("slow", delay=0.1)
            started = time.perf_counter()
            writer.write(b"x")
            await peer_reader.readexactly(1)
            assert time.perf_counter() - started >= 0.1

    asyncio.run(main())


def test_a_half_closed_connection_still_answers():
    async def main():
        async with linked(Profile("slow", delay=0.01)) as (link, connect):
            (reader, writer), (peer_reader, peer_writer) = await connect()
            writer.write(b"question")
            writer.write_eof()
            assert await peer_reader.read() == b"question"
            peer_writer.write(b"answer")
            peer_writer.close()
            assert await reader.read() == b"answer"
            await eventually(lambda: not link.open_connections)

    asyncio.run(main())


def test_cut_resets_both_ends_and_leaves_the_link_usable():
    async def main():
        async with linked() as (link, connect):
            for _ in range(3):
                (reader, writer), (peer_reader, _) = await connect()
                writer.write(b"x")
                assert await peer_reader.readexactly(1) == b"x"
                link.cut()
                with pytest.raises(ConnectionResetError):
                    await reader.read(1)
                with pytest.raises(ConnectionResetError):
                    await peer_reader.read(1)
            assert link.counts.connections == 3

    asyncio.run(main())


def test_cut_reaches_a_connection_that_is_still_being_opened():
    async def main():
        async with linked(Profile("slow", delay=30)) as (link, _connect):
            reader, writer = await asyncio.open_connection(link.host, link.port)
            await eventually(lambda: link.counts.connections)
            link.cut()
            with pytest.raises(ConnectionResetError):
                await reader.read(1)
            writer.close()

    asyncio.run(main())


def test_a_reset_by_one_end_reaches_the_other():
    async def main():
        async with linked() as (link, connect):
            (_, writer), (peer_reader, _) = await connect()
            writer.write(b"x")
            assert await peer_reader.readexactly(1) == b"x"
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            with pytest.raises(ConnectionResetError):
                await peer_reader.read(1)
            await eventually(lambda: not link.open_connections)

    asyncio.run(main())


def test_silence_holds_data_and_fin_and_heal_delivers_them():
    async def main():
        async with linked() as (link, connect):
            (_, writer), (peer_reader, peer_writer) = await connect()
            link.silence()
            writer.write(b"anyone?")
            writer.write_eof()
            assert await is_quiet(peer_reader)
            assert not peer_writer.transport.is_closing()
            assert link.open_connections == 1
            link.heal()
            assert await peer_reader.read() == b"anyone?"

    asyncio.run(main())


def test_silence_swallows_a_connection_attempt_until_healed():
    async def main():
        async with linked() as (link, _connect):
            link.silence()
            attempt = asyncio.create_task(_connect())
            reader, writer = await asyncio.open_connection(link.host, link.port)
            assert await is_quiet(reader)
            assert not attempt.done()
            link.heal()
            await attempt
            writer.close()

    asyncio.run(main())


def test_a_link_can_be_cut_and_closed_while_silent():
    async def main():
        async with linked() as (link, connect):
            (reader, _), _ = await connect()
            link.silence()
            link.cut()
            with pytest.raises(ConnectionResetError):
                await reader.read(1)
            _, writer = await asyncio.open_connection(link.host, link.port)
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


def test_refuse_and_listen_keep_the_port():
    async def main():
        async with linked() as (link, connect):
            (_, writer), (peer_reader, _) = await connect()
            port = link.port
            link.refuse()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(link.host, port)
            writer.write(b"still here")
            assert await peer_reader.readexactly(10) == b"still here"
            await link.listen()
            assert link.port == port
            await connect()

    asyncio.run(main())


def test_a_server_that_is_down_and_comes_back():
    async def main():
        def greet(_reader, writer):
            writer.write(b"hello")
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with Link(host, port) as link:

            async def read_all() -> bytes:
                reader, writer = await asyncio.open_connection(link.host, link.port)
                try:
                    return await reader.read()
                finally:
                    writer.close()

            assert await read_all() == b"hello"
            server.close()
            await server.wait_closed()
            with pytest.raises(ConnectionResetError):
                await read_all()
            async with await asyncio.start_server(greet, host, port):
                assert await read_all() == b"hello"

    asyncio.run(main())


def test_a_receiver_that_does_not_read_stops_the_sender():
    async def main():
        async with linked() as (link, connect):
            (_, writer), (peer_reader, peer_writer) = await connect()
            peer_writer.transport.pause_reading()
            total = 64 * 1024 * 1024
            writer.write(bytes(total))
            before = -1
            while link.counts.bytes_up != before:
                before = link.counts.bytes_up
                await asyncio.sleep(0.2)
            assert 0 < before < total / 2
            peer_writer.transport.resume_reading()
            received = 0
            while received < total:
                received += len(await peer_reader.read(1 << 20))
            assert link.counts.bytes_up == total

    asyncio.run(main())


def test_the_capture_says_who_sent_what_when():
    async def main():
        async with linked(Profile("slow", delay=0.02), capture=True) as (link, connect):
            (reader, writer), (peer_reader, peer_writer) = await connect()
            writer.write(b"ping")
            await peer_reader.readexactly(4)
            peer_writer.write(b"pong")
            peer_writer.write_eof()
            assert await reader.read() == b"pong"
            seen = [(t.connection, t.direction, t.data) for t in link.capture]
            assert seen == [
                (1, Direction.UP, b"ping"),
                (1, Direction.DOWN, b"pong"),
                (1, Direction.DOWN, b""),
            ]
            assert all(t.arrived - t.sent >= 0.02 for t in link.capture)

    asyncio.run(main())


def test_the_same_seed_draws_the_same_jitter():
    def delays(seed):
        link = Link("127.0.0.1", 1, PROFILES["wifi"], seed=seed)
        return [link._up.draw_delay() for _ in range(20)]

    assert delays(1) == delays(1) != delays(2)
    assert all(0.003 <= delay <= 0.009 for delay in delays(3))


def test_a_link_is_never_early():
    wifi = replace(PROFILES["wifi"], delay=0.01)
    added, bare = asyncio.run(measure(wifi, messages=20))
    assert len(added) == len(bare) == 20
    assert min(added) > -0.001
    assert min(bare) > 0


def test_profiles_refuse_nonsense():
    with pytest.raises(ValueError, match="below zero"):
        Profile("odd", delay=-1)
    with pytest.raises(ValueError, match="above zero"):
        Profile("odd", bandwidth=0)
    with pytest.raises(ValueError, match="choose from loopback, lan"):
        profile_named("carrier pigeon")
    assert profile_named("satellite").round_trip == pytest.approx(0.62)
