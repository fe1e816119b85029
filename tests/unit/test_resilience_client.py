"""The client that stays connected, over real sockets and a link that misbehaves."""

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from course_lib.network import Link, Profile
from course_lib.resilience import (
    Audience,
    ClientClosed,
    ClientState,
    EventLog,
    LogHandler,
    OutboxFull,
    ProtocolViolation,
    ResilientClient,
    Status,
    protocol_heartbeat,
)
from course_lib.resilience.backoff import Backoff, constant, exponential
from course_lib.resilience.curable import is_curable
from course_lib.resilience.wire import (
    Hello,
    LogEvent,
    Message,
    Welcome,
    decode,
    encode,
)

SOON = 0.01
OPTIONS = {"proxy": None, "compression": None}


class World:
    """A log, a server of it that can be restarted, a link to it, and a client over that link."""

    def __init__(self, **handling):
        self.log = EventLog(**handling.pop("log", {}))
        self.handler = LogHandler(self.log, **{"interval": 60, "timeout": 60, **handling})
        self.server = None
        self.port = 0
        self.statuses = []
        self.changed = asyncio.Event()

    async def serve(self):
        self.server = await serve(
            self.handler, "127.0.0.1", self.port, ping_interval=None, close_timeout=0.1
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        await self.server.wait_closed()

    def note(self, status):
        self.statuses.append(status)
        self.changed.set()

    async def until(self, state):
        """Wait for the next change to that state."""
        while True:
            self.changed.clear()
            await self.changed.wait()
            if self.statuses[-1].state is state:
                return

    def client(self, delay=SOON, **options):
        options.setdefault("backoff", Backoff(lambda: constant(delay)))
        return ResilientClient(
            f"ws://{self.link.host}:{self.link.port}",
            on_status=self.note,
            **{"interval": 60, "timeout": 60, **OPTIONS, **options},
        )


@asynccontextmanager
async def world(profile=None, **handling):
    here = World(**handling)
    await here.serve()
    async with Link("127.0.0.1", here.port, *([profile] if profile else [])) as here.link:
        try:
            yield here
        finally:
            here.link.heal()
            await here.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def run(work):
    asyncio.run(work, debug=True)


async def take(client, count):
    return [await anext(client) for _ in range(count)]


def test_events_come_and_messages_arrive():
    async def main():
        async with world() as here, here.client() as client:
            here.log.publish({"from": "the server"})
            assert await client.send("from the client") == 1
            assert await take(client, 2) == [{"from": "the server"}, "from the client"]
            await client.flush()
            assert client.unacknowledged == 0
            assert client.last_id == 2
        assert [status.state for status in here.statuses] == ["connecting", "open", "closed"]

    run(main())


@pytest.fixture
def hurry(monkeypatch):
    """Have one side's heartbeat run faster; what else waits for an answer keeps its minute."""

    def heartbeat(connection, interval, timeout):
        return protocol_heartbeat(connection, interval / 300, timeout / 150)

    return lambda side: monkeypatch.setattr(
        f"course_lib.resilience.{side}.protocol_heartbeat", heartbeat
    )


@pytest.mark.parametrize("fault", ["cut", "silence", "restart", "crash"])
def test_nothing_is_lost_or_repeated_over_a_fault(fault, hurry):
    if fault == "silence":
        hurry("client")

    async def main():
        async with world() as here, here.client() as client:
            for n in range(5):
                await client.send(n)
            assert await take(client, 5) == [0, 1, 2, 3, 4]
            match fault:
                case "cut":
                    here.link.cut()
                case "silence":
                    here.link.silence()
                case "restart":
                    await here.stop()
                case "crash":
                    for connection in here.server.connections:
                        connection.transport.abort()
                    await here.stop()
            for n in range(5, 10):
                await client.send(n)
                here.log.publish(10 * n)
            await here.until(ClientState.WAITING)
            here.link.heal()
            if fault in ("restart", "crash"):
                await here.serve()
            await client.flush()
            got = await take(client, 10)
            assert sorted(got) == [5, 6, 7, 8, 9, 50, 60, 70, 80, 90]
            assert [n for n in got if n < 10] == [5, 6, 7, 8, 9]
            assert (client.last_id, client.missed) == (15, 0)

    run(main())


def test_what_is_sent_before_there_is_a_server_arrives_later():
    async def main():
        async with world() as here:
            await here.stop()
            async with here.client() as client:
                for n in range(10):
                    await client.send(n)
                await here.until(ClientState.WAITING)
                assert client.unacknowledged == 10
                await here.serve()
                assert await take(client, 10) == list(range(10))

    run(main())


def test_a_lost_acknowledgement_repeats_nothing():
    """The message arrives, its acknowledgement does not: sent again, it is taken once."""

    async def main():
        async with world(Profile("slow", delay=0.05)) as here, here.client() as client:
            await here.until(ClientState.OPEN)
            await client.send("once")
            await here.log.changed.wait_for(lambda: here.log.last_id)
            here.link.cut()
            await here.until(ClientState.OPEN)
            await client.flush()
            await client.send("twice")
            assert await take(client, 2) == ["once", "twice"]
            assert here.log.last_id == 2

    run(main())


def test_a_slow_reader_is_sent_no_more_than_the_window():
    async def main():
        async with world(window=4) as here, here.client() as client:
            for n in range(50):
                here.log.publish(n)
            first = await anext(client)
            await client.send("acknowledged, though the events before it are not read")
            await client.flush()
            assert len(client._inbox) <= 4
            assert [first, *await take(client, 49)] == list(range(50))
            assert (await anext(client)).startswith("acknowledged")

    run(main())


def test_what_came_before_a_cut_and_was_not_read_yet_comes_once():
    async def main():
        async with world() as here, here.client() as client:
            for n in range(10):
                here.log.publish(n)
            assert await anext(client) == 0
            await client.send("after all of them")
            await client.flush()
            here.link.cut()
            await here.until(ClientState.OPEN)
            here.log.publish("end")
            assert await take(client, 11) == [*range(1, 10), "after all of them", "end"]

    run(main())


def test_a_client_that_echoes_with_a_full_outbox_does_not_block_itself():
    async def main():
        async with world(window=4) as here, here.client(capacity=1) as client:
            for n in range(30):
                here.log.publish(n)
            for _ in range(30):
                await client.send(["echo", await anext(client)])
            assert await take(client, 30) == [["echo", n] for n in range(30)]

    run(main())


def test_when_full_drop_oldest():
    async def main():
        async with world() as here:
            here.link.refuse()
            async with here.client(capacity=3, when_full="drop_oldest") as client:
                for n in range(10):
                    await client.send(n)
                assert (client.unacknowledged, client.dropped) == (3, 7)
                await here.link.listen()
                assert await take(client, 3) == [7, 8, 9]

    run(main())


def test_when_full_raise():
    async def main():
        async with world() as here:
            here.link.refuse()
            async with here.client(capacity=2, when_full="raise") as client:
                await client.send(1)
                await client.send(2)
                with pytest.raises(OutboxFull, match="2 messages"):
                    await client.send(3)
                await here.link.listen()
                await client.flush()
                assert await client.send(4) == 3
                assert await take(client, 3) == [1, 2, 4]

    run(main())


def test_when_full_block():
    async def main():
        async with world() as here:
            here.link.refuse()
            async with here.client(capacity=1) as client:
                await client.send(1)
                blocked = asyncio.create_task(client.send(2))
                await here.until(ClientState.WAITING)
                assert not blocked.done()
                await here.link.listen()
                assert await blocked == 2
                closing = asyncio.create_task(client.send(3))
                here.link.refuse()
                here.link.cut()
            with pytest.raises(ClientClosed):
                await client.send(4)
            # It may have been sent, or ended with the client: either will do.
            await asyncio.gather(closing, return_exceptions=True)
            with pytest.raises(ValueError, match="not a valid WhenFull"):
                here.client(when_full="panic")

    run(main())


def test_data_without_a_json_form_is_refused_and_changes_nothing():
    async def main():
        async with world() as here, here.client(capacity=1, when_full="drop_oldest") as client:
            for data in (object(), float("nan"), {1, 2}):
                with pytest.raises((TypeError, ValueError)):
                    await client.send(data)
            assert await client.send("good") == 1
            assert await anext(client) == "good"

    run(main())


@pytest.mark.parametrize("moment", ["new", "started", "connecting", "open", "waiting", "closed"])
def test_closes_cleanly_at_any_moment(moment):
    async def main():
        async with world() as here:
            client = here.client(delay=1000)
            reading = None
            if moment == "started":
                client.start()
            elif moment != "new":
                if moment == "connecting":
                    here.link.silence()
                if moment == "waiting":
                    here.link.refuse()
                client.start()
                reading = asyncio.create_task(take(client, 1))
                await here.until({"closed": ClientState.OPEN}.get(moment, ClientState(moment)))
                if moment == "connecting":
                    while not here.link.open_connections:  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
                if moment == "closed":
                    await client.aclose()
            await client.aclose()
            assert client.status.state is ClientState.CLOSED
            with pytest.raises(ClientClosed):
                await client.send("too late")
            assert [data async for data in client] == []
            if reading:
                with pytest.raises(StopAsyncIteration):
                    await anext(client)
                await asyncio.wait([reading])
                assert reading.exception()

    run(main())


def test_closing_tells_the_server_with_code_1000():
    async def main():
        codes = asyncio.Queue()

        async def handler(connection):
            await LogHandler(EventLog())(connection)
            codes.put_nowait(connection.close_code)

        async with serve(handler, "127.0.0.1", 0, ping_interval=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with ResilientClient(f"ws://127.0.0.1:{port}", **OPTIONS) as client:
                await client.send(1)
                await client.flush()
            assert await codes.get() == 1000

    run(main())


@asynccontextmanager
async def serving(handler, **options):
    async with serve(handler, "127.0.0.1", 0, close_timeout=0.1, **options) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1010, 4001])
def test_gives_up_on_a_code_that_means_so(code):
    async def main():
        async def handler(connection):
            await connection.close(code, "go away")

        statuses = []
        async with (
            serving(handler) as url,
            ResilientClient(url, on_status=statuses.append, **OPTIONS) as client,
        ):
            with pytest.raises(ClientClosed, match="go away") as closed:
                await anext(client)
            assert isinstance(closed.value.__cause__, ConnectionClosedError)
            with pytest.raises(ClientClosed):
                await client.send(1)
        assert [status.state for status in statuses] == ["connecting", "closed"]

    run(main())


def test_a_server_that_repeats_itself_and_is_done_ends_the_iteration():
    async def main():
        async def handler(connection):
            hello = decode(await connection.recv())
            assert (type(hello), hello.since) == (Hello, 0)
            await connection.send(encode("welcome", log="x", since=0, seq=0, window=9))
            for id, data in ((1, "almost"), (1, "almost"), (2, "the end"), (1, "almost")):
                await connection.send(encode("event", id=id, data=data))
            await connection.close(1000)

        async with serving(handler) as url, ResilientClient(url, **OPTIONS) as client:
            assert [data async for data in client] == ["almost", "the end"]
            assert (client.last_id, client.repeated) == (2, 2)

    run(main())


@pytest.mark.parametrize("status", [401, 403, 404])
def test_gives_up_on_a_status_that_means_so(status):
    async def main():
        def refuse(connection, _request):
            return connection.respond(HTTPStatus(status), "no\n")

        async with (
            serving(None, process_request=refuse) as url,
            ResilientClient(url, **OPTIONS) as client,
        ):
            await client.send(1)
            with pytest.raises(ClientClosed, match=str(status)) as closed:
                await client.flush()
            assert isinstance(closed.value.__cause__, InvalidStatus)

    run(main())


@pytest.mark.parametrize("status", [502, 503, 504])
def test_comes_back_after_a_status_that_passes_and_waits_as_asked(status):
    async def main():
        visits = []

        def refuse(connection, _request):
            visits.append(connection)
            if len(visits) < 3:
                response = connection.respond(HTTPStatus(status), "later\n")
                response.headers["Retry-After"] = "0" if status != 503 else "1"
                return response
            return None

        statuses = []
        log = EventLog()
        log.publish("at last")
        async with (
            serving(LogHandler(log), process_request=refuse) as url,
            ResilientClient(
                url,
                backoff=Backoff(lambda: constant(SOON)),
                on_status=statuses.append,
                **OPTIONS,
            ) as client,
        ):
            assert await anext(client) == "at last"
        waits = [status.seconds for status in statuses if status.state is ClientState.WAITING]
        assert waits == [SOON + (status == 503)] * 2

    run(main())


@pytest.mark.parametrize(("stable", "delays"), [(0, [0.01] * 3), (1000, [0.01, 0.02, 0.04])])
def test_delays_start_over_after_a_stable_connection(stable, delays):
    async def main():
        async with world() as here:
            backoff = Backoff(lambda: exponential(0.01, 1), stable=stable)
            async with here.client(backoff=backoff):
                for _ in delays:
                    await here.until(ClientState.OPEN)
                    here.link.cut()
                await here.until(ClientState.WAITING)
        waits = [status.seconds for status in here.statuses if status.state is ClientState.WAITING]
        assert waits == delays

    run(main())


def test_a_server_drops_a_client_that_has_gone_silent(hurry):
    hurry("server")

    async def main():
        async with world() as here, here.client():
            await here.until(ClientState.OPEN)
            here.link.silence()
            while here.server.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    run(main())


def test_a_name_that_does_not_resolve_is_tried_again():
    async def main():
        statuses = asyncio.Queue()
        url = "ws://no-such-host.invalid/"
        backoff = Backoff(lambda: constant(SOON))
        async with ResilientClient(url, backoff=backoff, on_status=statuses.put_nowait, **OPTIONS):
            seen = [await statuses.get() for _ in range(4)]
        assert [each.state for each in seen] == ["connecting", "waiting"] * 2
        assert isinstance(seen[1].cause, OSError)

    run(main())


def test_a_server_of_another_protocol_is_given_up():
    async def main():
        codes = asyncio.Queue()

        async def chatter(connection):
            await connection.send("Welcome to the chat!")
            await connection.wait_closed()
            codes.put_nowait(connection.close_code)

        async with serving(chatter) as url, ResilientClient(url, **OPTIONS) as client:
            with pytest.raises(ClientClosed) as closed:
                await anext(client)
            assert isinstance(closed.value.__cause__, ProtocolViolation)
            assert await codes.get() == 1008

    run(main())


def test_a_callback_that_fails_is_not_swallowed():
    async def main():
        def fail(status):
            if status.state is ClientState.OPEN:
                raise KeyError("a mistake in the callback")

        async with serving(LogHandler(EventLog())) as url:
            client = ResilientClient(url, on_status=fail, **OPTIONS).start()
            with pytest.raises(ClientClosed) as closed:
                await anext(client)
            assert isinstance(closed.value.__cause__, KeyError)
            await client.aclose()

    run(main())


def test_resumes_where_an_earlier_client_was():
    async def main():
        async with world() as here:
            for n in range(10):
                here.log.publish(n)
            async with here.client() as client:
                assert await take(client, 4) == [0, 1, 2, 3]
            async with here.client(since=client.last_id, log=client.log) as client:
                assert await take(client, 6) == [4, 5, 6, 7, 8, 9]

    run(main())


def test_events_that_the_log_no_longer_has_are_counted_as_missed():
    async def main():
        async with world(log={"history": 5}) as here, here.client() as client:
            here.log.publish("first")
            assert await anext(client) == "first"
            here.link.refuse()
            here.link.cut()
            await here.until(ClientState.WAITING)
            for n in range(100):
                here.log.publish(n)
            await here.link.listen()
            first = await anext(client)
            assert first == 95, "0 is event 2, and of 101 events the last 5 are kept"
            assert client.missed == first

    run(main())


def test_a_server_that_lost_its_log_is_followed_from_its_new_beginning():
    async def main():
        async with world() as here, here.client() as client:
            for n in range(10):
                await client.send(n)
            await take(client, 10)
            await client.flush()
            await here.stop()
            here.log = EventLog()
            here.handler = LogHandler(here.log)
            here.log.publish("anew")
            await here.serve()
            assert await anext(client) == "anew"
            await client.send("hello again")
            assert await anext(client) == "hello again"

    run(main())


def test_a_newer_connection_of_a_client_replaces_the_older():
    async def main():
        async with world() as here:
            url = f"ws://127.0.0.1:{here.port}"
            async with connect(url, proxy=None) as old, connect(url, proxy=None) as new:
                for connection in (old, new):
                    await connection.send(encode("hello", client="a", log="", since=0))
                    assert isinstance(decode(await connection.recv()), Welcome)
                with pytest.raises(ConnectionClosedError):
                    await old.recv()
                assert old.close_code == 4001
                here.log.publish("still here")
                assert decode(await new.recv()) == LogEvent(1, "still here")

    run(main())


class Presence(Audience):
    """Notes who comes and goes."""

    def __init__(self):
        self.seen = asyncio.Queue()

    def arrived(self, client):
        self.seen.put_nowait(f"{client} arrived")

    def departed(self, client):
        self.seen.put_nowait(f"{client} departed")


def test_an_older_connection_that_ends_after_the_newer_changes_nothing(caplog):
    async def main():
        presence = Presence()
        async with world(audience=presence) as here:
            for port in (here.link.port, here.port):
                connection = await connect(f"ws://127.0.0.1:{port}", proxy=None)
                await connection.send(encode("hello", client="a", log="", since=0))
                assert isinstance(decode(await connection.recv()), Welcome)
                here.link.silence()  # the older one does not hear that it is replaced
            await connection.close()
            seen = [await presence.seen.get() for _ in range(3)]
            here.link.cut()
            await here.stop()
            assert seen == ["a arrived", "a arrived", "a departed"]
            assert presence.seen.empty()

    run(main())
    assert not caplog.records


def test_a_newer_connection_that_ends_before_its_welcome_takes_the_client_with_it():
    async def main():
        presence, gone = Presence(), asyncio.Event()
        async with world(audience=presence) as here:
            here.log.reached = lambda id: gone.wait()
            url = f"ws://{here.link.host}:{here.link.port}"
            old = await connect(url, proxy=None)
            await old.send(encode("hello", client="a", log="", since=0))
            assert isinstance(decode(await old.recv()), Welcome)
            before = here.server.connections
            new = await connect(f"ws://127.0.0.1:{here.port}", proxy=None)
            await new.send(encode("hello", client="a", log=here.log.name, since=0))
            (newest,) = here.server.connections - before
            new.transport.abort()
            await newest.wait_closed()
            gone.set()
            assert await presence.seen.get() == "a arrived"
            assert await presence.seen.get() == "a departed"
            await old.wait_closed()
            await here.stop()
            assert presence.seen.empty()

    run(main())


@pytest.mark.parametrize(
    "texts",
    [
        ["hello"],
        ["[]"],
        ['{"type": "hello"}'],
        ['{"type": "hello", "client": 7, "log": "", "since": 0}'],
        ['{"type": "hello", "client": "a", "log": "", "since": -1}'],
        [encode("hello", client="a" * 65, log="", since=0)],
        [encode("ping", id=1)],
        ["[" * 100_000],
        [b"\xff"],
        [encode("hello", client="a", log="", since=0), encode("welcome", log="", since=0, seq=0, window=1)],
        [encode("hello", client="a", log="", since=0), "nonsense"],
    ],
    ids=range(11),
)  # fmt: skip
def test_a_client_of_another_protocol_is_refused_with_1008(texts):
    async def main():
        async with world() as here, connect(f"ws://127.0.0.1:{here.port}", proxy=None) as client:
            for text in texts:
                await client.send(text)
            await client.wait_closed()
            assert client.close_code == 1008

    run(main())


@pytest.mark.parametrize("says_hello", [False, True])
def test_a_client_may_come_again_when_its_hello_or_the_log_is_late(says_hello):
    async def main():
        async with (
            world(timeout=0.05) as here,
            connect(f"ws://127.0.0.1:{here.port}", proxy=None) as client,
        ):
            here.log.reached = lambda id: here.log.wait_beyond(id - 1)
            if says_hello:
                await client.send(encode("hello", client="a", log=here.log.name, since=2))
            with pytest.raises(ConnectionClosedError, match="too long") as found:
                await client.recv()
            assert is_curable(found.value)

    run(main())


def test_a_since_beyond_the_log_is_taken_as_its_end():
    async def main():
        async with world() as here:
            here.log.publish("old")
            async with here.client(since=1000, log=here.log.name) as client:
                await here.until(ClientState.OPEN)
                here.log.publish("new")
                assert await anext(client) == "new"
                assert (client.last_id, client.missed) == (2, 0)

    run(main())


def test_a_status_reads_well():
    assert str(Status(ClientState.OPEN)) == "open"
    assert str(Status(ClientState.WAITING, 1.25)) == "waiting 1.2 s"
    refused = Status(ClientState.WAITING, 3, ConnectionRefusedError("refused"))
    assert str(refused) == "waiting 3.0 s (refused)"


def test_the_log_takes_a_message_once():
    log = EventLog()
    for seq in (1, 2, 2, 1, 3):
        log.take("a", seq, seq)
    log.take("b", 1, "of another client")
    assert (log.last_id, log.taken("a")) == (4, 3)


def test_the_log_remembers_the_clients_that_sent_last():
    log = EventLog(clients=2)
    for client in ("a", "b", "a", "c"):
        log.take(client, log.taken(client) + 1, client)
    assert (log.taken("a"), log.taken("b"), log.taken("c")) == (2, 0, 1)
    assert log.last_id == 4


def test_a_message_is_not_taken_when_handling_it_fails():
    def fail(_client, _data):
        raise KeyError("a mistake")

    log = EventLog(on_message=fail)
    with pytest.raises(KeyError):
        log.take("a", 1, "data")
    assert log.taken("a") == 0


class Pairs(Audience):
    """Each client hears what is addressed to it; notes are kept."""

    def __init__(self):
        self.notes = asyncio.Queue()

    def hears(self, client, id, to):
        return client == to

    def note(self, client, data):
        self.notes.put_nowait((client, data))


def test_a_client_hears_what_is_for_it_however_much_is_not():
    async def main():
        async with world(audience=Pairs(), window=4) as here, here.client() as client:
            await here.until(ClientState.OPEN)
            for n in range(20):
                for _ in range(50):
                    here.log.publish("for somebody else", to="somebody else")
                here.log.publish(n, to=client.id)
            assert await take(client, 20) == list(range(20))
            here.link.cut()
            here.log.publish("for somebody else", to="somebody else")
            here.log.publish("after the cut", to=client.id)
            assert await take(client, 1) == ["after the cut"]
            assert (client.repeated, client.missed) == (0, 0)

    run(main())


def test_notes_go_both_ways_and_are_dropped_without_a_connection():
    async def main():
        heard, audience = asyncio.Queue(), Pairs()
        async with world(audience=audience) as here:
            here.link.refuse()
            async with here.client(on_note=heard.put_nowait) as client:
                await here.until(ClientState.WAITING)
                await client.note("too early")
                here.handler.note([client.id], "too early")
                await here.link.listen()
                await here.until(ClientState.OPEN)
                await client.note("typing")
                assert await audience.notes.get() == (client.id, "typing")
                here.handler.note([client.id, "somebody else"], "typing, too")
                assert await heard.get() == "typing, too"
                assert audience.notes.empty()
                with pytest.raises(TypeError):
                    await client.note(object())

    run(main())


def test_a_message_is_read_as_what_it_is():
    assert decode('{"type": "message", "seq": 1, "data": [true], "more": 1}') == Message(1, [True])
    assert decode(encode("hello", client="a", log="", since=0)) == Hello("a", "", 0)


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "message", "seq": true, "data": 1}',
        '{"type": "ack", "seq": false}',
        '{"type": "ack", "seq": 1.0}',
        '{"type": "ack", "seq": -1}',
        '{"type": "ack", "seq": "1"}',
        '{"type": "hello", "client": 1, "log": "", "since": 0}',
    ],
)
def test_a_member_of_the_wrong_type_is_named(text):
    with pytest.raises(ProtocolViolation, match=r"has a (seq|client) that makes no sense"):
        decode(text)
