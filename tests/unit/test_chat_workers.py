"""The chat in several processes that meet at a real Redis: what is lost, repeated or out of turn."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from benchmarks.chat_soak import soak_chat
from course_lib.chat import ChatClient, Limits, serve_chat
from course_lib.chat.redis_broker import RedisBroker
from course_lib.chat.redis_server import RedisServer
from course_lib.chat.redis_stream import MemoryLost, RedisStream
from course_lib.chat.talk import Entered, Joined, Left, Paused, Refusal, Said
from course_lib.chat.workers import serve_workers
from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.resilience.backoff import Backoff, constant
from course_lib.resilience.wire import Ack, Welcome, decode, encode

pytestmark = pytest.mark.redis


def run(work):
    async def checked():
        async with asyncio.timeout(120):
            await work()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked())


def client(server, name, **options):
    return ChatClient(
        server.socket_url,
        room="lobby",
        name=name,
        backoff=Backoff(lambda: constant(0.05)),
        proxy=None,
        **options,
    )


async def until(chat, kind):
    async for event in chat:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__} came")


class Worker:
    """A worker of the chat in this process: a broker and its server."""

    def __init__(self, redis, beat=0.1, step=10_000, **limits):
        self.broker = RedisBroker(redis.url, Limits(**limits), beat=beat, step=step)

    async def __aenter__(self):
        await self.broker.__aenter__()
        self._serving = serve_chat(self.broker.chat, broker=self.broker)
        self.socket_url = (await self._serving.__aenter__()).socket_url
        return self

    async def __aexit__(self, *error):
        await self._serving.__aexit__(None, None, None)
        await self.broker.__aexit__(None, None, None)


@asynccontextmanager
async def two_slow_workers():
    """Two workers of one chat, in which everybody has three messages, and hardly a further one."""
    slow = {"rate": 0.001, "burst": 3}
    async with RedisServer() as redis, Worker(redis, **slow) as one, Worker(redis, **slow) as two:
        yield one, two


async def flood(connection):
    """Send many messages, each after the one before: frames have a limit of their own."""
    for seq in range(1, 200):
        await connection.send(encode("message", seq=seq, data={"type": "nothing"}))
        while not isinstance(decode(await connection.recv()), Ack):
            pass


def test_nothing_is_lost_or_repeated_over_a_kill_and_a_restart(capsys):
    sizes = ["--clients", "12", "--messages", "300", "--workers", "2"]
    assert main(["soak", "--chat", *sizes, "--json", "-"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["delivered"], counts["orders"], counts["in_turn"]) == (12 * 300, 1, True)
    assert (counts["kills"], counts["restarts"], counts["refused"]) == (1, 1, 0)
    assert counts["reconnections"] > 0  # of those whose worker was killed


def test_a_soak_in_which_nothing_comes_any_more_ends_and_fails(monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.chat_soak._PATIENCE", 2.0)

    async def start(self):
        self.start = lambda: asyncio.sleep(0)  # it stays away after the first stop
        await began(self)

    began = RedisServer.start
    monkeypatch.setattr(RedisServer, "start", start)
    sizes = ["--clients", "2", "--messages", "20", "--workers", "1", "--kills", "0"]
    assert main(["soak", "--chat", *sizes]) == 1
    said = capsys.readouterr()
    assert "something was lost" in said.err
    assert "0 × worker killed, 1 × Redis restarted" in said.out


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_200_clients_hear_10_000_messages():
    counts = asyncio.run(soak_chat(10_000, clients=200, workers=4))
    assert counts.passed, counts


def test_two_workers_share_names_members_and_history():
    async def work():
        async with (
            RedisServer() as redis,
            Worker(redis) as one,
            Worker(redis) as two,
            client(one, "Ann") as ann,
        ):
            await until(ann, Entered)
            await ann.say("hello")
            said = await until(ann, Said)
            async with client(two, "Bob") as bob, client(two, "Ann.") as other:
                entered = await until(bob, Entered)
                assert entered.members == ("Ann", "Bob")
                assert entered.history == (said,)
                assert (await until(ann, Joined)).user == "Bob"
                with pytest.raises(Refusal, match="already"):
                    await until(other, Entered)
                await bob.leave()
                assert (await until(ann, Left)).user == "Bob"

    run(work)


def test_a_rate_holds_over_all_workers():
    async def work():
        async with two_slow_workers() as (one, two):
            one.broker.arrived("c")
            for seq in (1, 2):
                await one.broker.chat.log.receive("c", seq, {"type": "nothing"})
            await two.broker.chat.log.receive("c", 3, {"type": "nothing"})
            refused = []
            two.broker.chat.notify = lambda clients, data: refused.append(data["code"])
            await two.broker.chat.log.receive("c", 4, {"type": "nothing"})
            assert refused == ["too_fast"]

    run(work)


def test_who_floods_is_closed_and_no_worker_ends_of_it():
    async def work():
        async with (
            two_slow_workers() as (one, two),
            connect(one.socket_url, proxy=None) as flooding,
        ):
            await flooding.send(encode("hello", client="c", log="", since=0))
            assert isinstance(decode(await flooding.recv()), Welcome)
            with pytest.raises(ConnectionClosedError, match="Too many messages") as found:
                await flood(flooding)
            assert found.value.rcvd.code == 1008
            for worker in (one, two):
                async with client(worker, "Ann") as ann:
                    await until(ann, Entered)
                    await ann.leave()

    run(work)


def test_a_message_sent_again_to_another_worker_counts_once():
    async def work():
        async with RedisServer() as redis, Worker(redis) as one, Worker(redis) as two:
            log = two.broker.chat.log
            hello = {"type": "join", "room": "r", "name": "Ann", "key": "k" * 16}
            await one.broker.chat.log.receive("c", 1, hello)
            say = {"type": "say", "room": "r", "text": "once"}
            await asyncio.gather(one.broker.chat.log.receive("c", 2, say), log.receive("c", 2, say))
            await one.broker.chat.log.receive("c", 3, {**say, "text": "last"})
            await log.reached(one.broker.chat.log.last_id)
            assert [each.text for each in two.broker.chat.rooms["r"].said] == ["once", "last"]
            assert log.since(0) == one.broker.chat.log.since(0)

    run(work)


def test_redis_away_is_a_pause_that_everybody_hears_of():
    async def work():
        async with RedisServer(durable=True) as redis, Worker(redis) as one, Worker(redis) as two:
            notes = asyncio.Queue()
            async with (
                client(one, "Ann", on_note=notes.put_nowait) as ann,
                client(two, "Bob") as bob,
            ):
                await until(ann, Entered)
                await until(bob, Entered)
                await redis.stop()
                assert await notes.get() == Paused(on=True)
                await ann.say("kept")
                await redis.start()
                assert await notes.get() == Paused(on=False)
                for each in (ann, bob):
                    assert (await until(each, Said)).text == "kept"

    run(work)


def test_a_redis_that_forgets_ends_the_worker():
    async def work():
        async with RedisServer() as redis, Worker(redis) as one:
            await one.broker.carried_out("here", "c")
            await redis.stop()
            await redis.start()
            with pytest.raises(MemoryLost):
                await one.broker.failed()

    run(work)


async def says(broker, *numbers):
    for seq in numbers:
        await broker.chat.log.receive("a", seq, {"type": "say", "room": "r", "text": f"{seq}"})


async def length(redis, most):
    """The length of the stream, as soon as it is small enough."""
    async with Redis.from_url(redis.url) as asks:
        while True:
            found = await asks.xlen("course-chat:entries")
            if found <= most:
                return found
            await asyncio.sleep(0.02)


JOIN = {"type": "join", "room": "r", "name": "Ann", "key": "k" * 16}


def test_the_stream_has_an_end_and_a_new_worker_knows_all_the_same():
    async def work():
        async with RedisServer() as redis:
            slow = {"rate": 0.001, "burst": 60, "step": 10}
            async with Worker(redis, **slow) as one, Worker(redis, **slow) as two:
                await one.broker.chat.log.receive("a", 1, JOIN)
                await says(one.broker, *range(2, 57))
                await two.broker.chat.log.reached(one.broker.chat.log.last_id)
                assert await length(redis, most=20) > 5
                async with Worker(redis, **slow) as new:
                    assert new.broker._summary() == one.broker._summary() == two.broker._summary()
                    await says(new.broker, 56, 57)
                    await one.broker.chat.log.reached(new.broker.chat.log.last_id)
                    said = [each.text for each in one.broker.chat.rooms["r"].said]
                    assert said[-2:] == ["56", "57"]
                    assert new.broker._summary() == one.broker._summary()

    run(work)


def test_what_was_trimmed_away_before_it_was_read_is_noticed():
    async def work():
        async with (
            RedisServer() as redis,
            Redis.from_url(redis.url, decode_responses=True) as asks,
        ):
            stream = RedisStream(asks, "chat", step=100)
            await stream.add([json.dumps([number]) for number in range(1, 10)])
            stream.cursor = 3
            await asks.xtrim("chat:entries", maxlen=6, approximate=False)
            assert await stream.read(None) == [[number] for number in range(4, 10)]
            await asks.xtrim("chat:entries", maxlen=5, approximate=False)
            with pytest.raises(MemoryLost):
                await stream.read(None)

    run(work)


def test_what_is_read_while_redis_is_asked_was_not_forgotten(monkeypatch):
    async def work():
        async with (
            RedisServer() as redis,
            Redis.from_url(redis.url, decode_responses=True) as asks,
        ):
            stream = RedisStream(asks, "chat", step=100)
            name = await stream.log_name("log")
            await stream.add([json.dumps([1])])
            stream.cursor = 1
            before = asks.xrevrange

            async def meanwhile(*args, **options):
                answer = await before(*args, **options)
                stream.cursor = 2
                return answer

            monkeypatch.setattr(asks, "xrevrange", meanwhile)
            await stream.check(name)
            with pytest.raises(MemoryLost):
                await stream.check(name)

    run(work)


def test_a_client_whose_place_is_gone_is_told_so_and_gets_what_there_is():
    async def work():
        async with RedisServer() as redis, Worker(redis) as one:
            log = one.broker.chat.log
            log._history = 5
            await log.receive("a", 1, JOIN)
            await says(one.broker, *range(2, 20))
            async with connect(one.socket_url, proxy=None) as late:
                await late.send(encode("hello", client="a", log=log.name, since=2))
                welcome = json.loads(await late.recv())
                assert welcome["since"] == log.last_id - 5 > 2
                assert [json.loads(await late.recv())["id"] for _ in range(5)] == [
                    welcome["since"] + each for each in range(1, 6)
                ]

    run(work)


def test_the_clients_of_a_dead_worker_leave():
    async def work():
        async with RedisServer() as redis, Worker(redis, grace=0.2) as one:
            dead = RedisBroker(redis.url, Limits(grace=0.2), beat=0.1)
            async with client(one, "Ann") as ann:
                await until(ann, Entered)
                async with dead:
                    dead.arrived("b")
                    join = {"type": "join", "room": "lobby", "name": "Bob", "key": "k" * 16}
                    await dead.chat.log.receive("b", 1, join)
                assert (await until(ann, Left)).user == "Bob"

    run(work)


def test_a_killed_worker_is_replaced_and_its_clients_go_on():
    async def work():
        async with (
            RedisServer() as redis,
            serve_workers(1, redis.url) as workers,
            client(workers, "Ann") as ann,
        ):
            await until(ann, Entered)
            os.kill(workers.pids[0], signal.SIGKILL)
            await ann.say("still here")
            assert (await until(ann, Said)).text == "still here"

    run(work)


def test_no_redis_is_said_in_a_sentence():
    async def work():
        with pytest.raises(CourseError, match=r"^No Redis answers at unix:.*[^.]\.$"):
            async with serve_workers(2, "unix:///nowhere/socket"):
                pass
        with pytest.raises(CourseError, match=r"is no address of a Redis"):
            RedisBroker("gopher://x")

    run(work)


def test_a_missing_redis_server_is_said_with_where_to_get_it(monkeypatch):
    async def work():
        monkeypatch.setenv("PATH", "")
        with pytest.raises(CourseError, match="apt install redis-server"):
            async with RedisServer():
                pass

    run(work)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--workers", "2"], "say where it is with --broker"),
        (["--workers", "0"], "--workers takes a number from 1"),
        (["--broker", "nothing"], "is no address of a Redis"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(options, said, capsys):
    assert main(["chat", "--no-browser", *options]) == 2
    assert said in capsys.readouterr().err
