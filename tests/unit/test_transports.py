"""One feed, four transports: real servers and clients over real links."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import aclosing, asynccontextmanager, closing, suppress

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from course_lib.network import PROFILES, Link, Profile
from course_lib.statuses import CURABLE_STATUSES
from course_lib.transports import CLIENTS, Feed, FeedEvent, FeedHandler, FeedServer, Transport

QUICK = {
    Transport.POLL: {"interval": 0.01},
    Transport.LONG_POLL: {},
    Transport.SSE: {},
    Transport.WEBSOCKET: {},
}
each_transport = pytest.mark.parametrize("transport", list(Transport))


async def eventually(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - waits for what announces no moment of its own
        await asyncio.sleep(0.001)


def client_of(transport: Transport, url: str, **options):
    return CLIENTS[transport](url, retry=0.02, **QUICK[transport] | options)


async def take(client, count: int) -> list[int]:
    return [(await anext(client)).id for _ in range(count)]


def test_a_feed_numbers_its_events_and_keeps_the_latest():
    feed = Feed(history=3)
    assert feed.since(0) == []
    for name in "abcde":
        feed.publish(name)
    assert [(event.id, event.payload) for event in feed.since(0)] == [(3, "c"), (4, "d"), (5, "e")]
    assert [event.id for event in feed.since(4)] == [5]
    assert feed.since(5) == feed.since(99) == []


def test_a_feed_wakes_who_waits():
    async def main():
        feed = Feed()
        waiting = asyncio.create_task(feed.wait_beyond(1))
        await asyncio.sleep(0)
        feed.publish("one")
        await asyncio.sleep(0)
        assert not waiting.done()
        feed.publish("two")
        await waiting
        await feed.wait_beyond(1)

    asyncio.run(main())


def test_an_event_survives_json():
    event = Feed().publish("naïve ☃")
    again = FeedEvent.from_json(event.to_json())
    assert (again.id, again.payload) == (event.id, event.payload)
    assert again.created == pytest.approx(event.created, abs=1e-6)


@each_transport
def test_every_event_once_and_in_order(transport):
    async def main():
        feed = Feed()
        feed.publish("before")
        async with FeedServer(feed) as server, aclosing_client(transport, server) as client:
            assert await take(client, 1) == [1]
            for _ in range(50):
                feed.publish("now")
                await asyncio.sleep(0)
            assert await take(client, 50) == list(range(2, 52))
            assert client.last_id == 51

    def aclosing_client(transport, server):
        return aclosing(client_of(transport, server.url(transport)))

    asyncio.run(main())


@each_transport
def test_nothing_is_lost_or_repeated_over_ten_cuts(transport):
    async def main():
        feed = Feed()
        async with (
            FeedServer(feed, retry=0.02) as server,
            Link(server.host, server.port(transport), Profile("short", delay=0.002)) as link,
            aclosing(client_of(transport, transport.url(link.host, link.port))) as client,
        ):

            async def publish():
                for _ in range(10):
                    for _ in range(10):
                        feed.publish("x")
                        await asyncio.sleep(0.002)
                    await eventually(lambda: link.open_connections)
                    link.cut()
                    feed.publish("x")

            publishing = asyncio.create_task(publish())
            assert await take(client, 110) == list(range(1, 111))
            await publishing
            assert link.counts.connections > 5

    asyncio.run(main())


@each_transport
def test_a_server_that_restarts_is_found_again(transport):
    async def main():
        feed = Feed()
        async with FeedServer(feed) as first:
            ports = {
                "http_port": first.port(Transport.POLL),
                "websocket_port": first.port(Transport.WEBSOCKET),
            }
            client = client_of(transport, first.url(transport))
            feed.publish("one")
            assert await take(client, 1) == [1]
        feed.publish("two")
        async with FeedServer(feed, **ports):
            assert await take(client, 1) == [2]
            await client.aclose()

    asyncio.run(main())


@each_transport
def test_a_black_hole_is_noticed_and_survived(transport):
    async def main():
        feed = Feed()
        options = {"patience": 0.2} | ({"hold": 0} if transport is Transport.LONG_POLL else {})
        async with (
            FeedServer(feed, keep_alive=0.05, retry=0.02) as server,
            Link(server.host, server.port(transport)) as link,
            aclosing(
                client_of(transport, transport.url(link.host, link.port), **options)
            ) as client,
        ):
            feed.publish("one")
            assert await take(client, 1) == [1]
            receiving = asyncio.create_task(take(client, 1))
            link.silence()
            feed.publish("two")
            await eventually(lambda: link.counts.connections > 1)
            link.heal()
            assert await receiving == [2]

    asyncio.run(main())


@each_transport
def test_connections_are_reused(transport):
    async def main():
        feed = Feed()
        async with (
            FeedServer(feed) as server,
            Link(server.host, server.port(transport)) as link,
            aclosing(client_of(transport, transport.url(link.host, link.port))) as client,
        ):
            for expected in range(1, 6):
                feed.publish("x")
                assert await take(client, 1) == [expected]
            assert link.counts.connections == 1
            one_request = transport in (Transport.SSE, Transport.WEBSOCKET)
            assert client.requests == 1 if one_request else client.requests >= 5

    asyncio.run(main())


@each_transport
def test_aclose_from_another_task_ends_the_iteration(transport):
    async def main():
        async with FeedServer(Feed()) as server:
            client = client_of(transport, server.url(transport))

            async def consume():
                return [event async for event in client]

            consuming = asyncio.create_task(consume())
            await client.ready.wait()
            await client.aclose()
            assert await consuming == []
            await client.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@each_transport
def test_a_cancelled_consumer_leaves_nothing_behind(transport):
    async def main():
        async with FeedServer(Feed()) as server:
            client = client_of(transport, server.url(transport))
            consuming = asyncio.create_task(anext(client))
            await client.ready.wait()
            consuming.cancel()
            with pytest.raises(asyncio.CancelledError):
                await consuming
            assert asyncio.current_task().cancelling() == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@each_transport
@pytest.mark.parametrize("closed_first", [True, False])
def test_a_cancellation_in_the_tick_of_a_close_is_not_lost(transport, closed_first):
    async def main():
        async with FeedServer(Feed()) as server:
            client = client_of(transport, server.url(transport))
            went_on = []

            async def consume():
                async for _ in client:
                    pass
                went_on.append(True)

            consuming = asyncio.create_task(consume())
            await client.ready.wait()
            if closed_first:
                await client.aclose()
            consuming.cancel()
            await client.aclose()
            await asyncio.wait([consuming])
            assert consuming.cancelled()
            assert not went_on

    asyncio.run(main())


@each_transport
def test_a_close_is_heard_by_a_task_that_was_cancelled_before_and_goes_on(transport):
    async def main():
        async with FeedServer(Feed()) as server:
            client = client_of(transport, server.url(transport))

            async def consume():
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
                return [event async for event in client]

            consuming = asyncio.create_task(consume())
            await asyncio.sleep(0)
            consuming.cancel()
            await client.ready.wait()
            await client.aclose()
            await client.aclose()
            assert await consuming == []

    asyncio.run(main())


@asynccontextmanager
async def refusing(status: int, times: int, **headers: str):
    """A server that answers so often with a status, and then as one without events."""
    answers = 0

    async def answer(reader, writer):
        nonlocal answers
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                answers += 1
                code, body = (status, "no") if answers <= times else (404, "")
                lines = [f"HTTP/1.1 {code} -", f"Content-Length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], lambda: answers


@each_transport
@pytest.mark.parametrize("status", list(CURABLE_STATUSES))
def test_what_passes_with_time_is_asked_again(transport, status):
    async def main():
        async with refusing(status, times=2) as (port, answers):
            client = client_of(transport, transport.url("127.0.0.1", port))
            with pytest.raises((aiohttp.ClientResponseError, InvalidStatus), match="404"):
                await anext(client)
            assert answers() == 3

    asyncio.run(main())


@each_transport
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 505])
def test_what_does_not_pass_is_asked_once(transport, status):
    async def main():
        async with refusing(status, times=1) as (port, answers):
            client = client_of(transport, transport.url("127.0.0.1", port))
            with pytest.raises((aiohttp.ClientResponseError, InvalidStatus), match=str(status)):
                await anext(client)
            assert answers() == 1

    asyncio.run(main())


@each_transport
def test_a_server_that_names_a_time_is_left_alone_for_it(transport, monkeypatch):
    pauses = []
    sleep = asyncio.sleep

    async def note(seconds, *rest):
        pauses.append(seconds)
        await sleep(0, *rest)

    async def main():
        headers = {"Retry-After": "7"}
        async with refusing(429, 1, **headers) as (port, _):
            client = client_of(transport, transport.url("127.0.0.1", port))
            monkeypatch.setattr("course_lib.transports.clients.asyncio.sleep", note)
            with pytest.raises((aiohttp.ClientResponseError, InvalidStatus), match="404"):
                await anext(client)
        assert [seconds for seconds in pauses if 7 < seconds < 7.1]

    asyncio.run(main())


@each_transport
@pytest.mark.parametrize("last_id", ["everything", "9" * 5000])
def test_a_refusal_is_final(transport, last_id):
    async def main():
        async with FeedServer(Feed()) as server:
            client = client_of(transport, server.url(transport), last_id=last_id)
            with pytest.raises((aiohttp.ClientResponseError, InvalidStatus), match="400"):
                await anext(client)

    asyncio.run(main())


def test_a_long_poll_is_held_until_an_event_or_the_hold_time():
    async def main():
        feed = Feed()
        async with FeedServer(feed) as server, aiohttp.ClientSession() as session:
            url = server.url(Transport.LONG_POLL)

            async def ask(**params):
                async with session.get(url, params=params) as response:
                    return [event["id"] for event in await response.json()]

            assert await ask(since=0, hold=0) == []
            held = asyncio.create_task(ask(since=0, hold=30))
            done, _ = await asyncio.wait([held], timeout=0.05)
            assert not done
            feed.publish("a")
            feed.publish("b")
            assert await held == [1, 2]
            assert await ask(since=1, hold=30) == [2]

    asyncio.run(main())


def test_an_event_stream_says_retry_id_and_stays_alive():
    async def main():
        feed = Feed()
        feed.publish("one")
        feed.publish("two")
        async with (
            FeedServer(feed, keep_alive=0.01, retry=2) as server,
            aiohttp.ClientSession(headers={"Last-Event-ID": "1"}) as session,
            session.get(server.url(Transport.SSE), params={"since": 0}) as response,
        ):
            assert response.content_type == "text/event-stream"
            assert await response.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
            assert (await response.content.readuntil(b"\n\n")).startswith(b"id: 2\ndata: {")
            assert await response.content.readuntil(b"\n\n") == b": keep-alive\n\n"

    asyncio.run(main())


def test_a_slow_websocket_holds_up_nobody_and_still_gets_everything():
    async def main():
        feed = Feed()
        async with FeedServer(feed) as server:
            url = server.url(Transport.WEBSOCKET)
            handler = next(each.__self__ for each in feed.listeners)
            assert isinstance(handler, FeedHandler)
            slow_socket = socket.socket()
            slow_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow_socket.connect((server.host, server.port(Transport.WEBSOCKET)))
            async with (
                connect(url, sock=slow_socket, compression=None, max_queue=1) as slow,
                aclosing(client_of(Transport.WEBSOCKET, url)) as quick,
            ):
                await asyncio.wait_for(anext_ready(quick, feed), 30)
                published = feed.last_id
                while len(handler._live) > 1:
                    feed.publish("x" * 100_000)
                    published += 1
                    await anext(quick)
                assert len(handler._live) == 1
                for expected in range(1, published + 1):
                    assert FeedEvent.from_json(await slow.recv()).id == expected
                await eventually(lambda: len(handler._live) == 2)

    async def anext_ready(client, feed):
        feed.publish("first")
        await anext(client)

    asyncio.run(main())


def test_the_clients_work_over_a_slow_link():
    async def main():
        feed = Feed()
        async with FeedServer(feed) as server:
            for transport in Transport:
                profile = PROFILES["mobile_4g"]
                async with (
                    Link(server.host, server.port(transport), profile) as link,
                    aclosing(client_of(transport, transport.url(link.host, link.port))) as client,
                ):
                    client.last_id = feed.last_id
                    waiting = asyncio.create_task(anext(client))
                    await client.ready.wait()
                    event = feed.publish("x")
                    assert (await waiting).id == event.id
                    assert asyncio.get_running_loop().time() - event.created >= profile.delay

    asyncio.run(main())
