"""The chat over real sockets: its page, who is let in, and what survives."""

import asyncio
import json
import urllib.error
import urllib.request
from contextlib import nullcontext

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from course_lib.chat import Chat, ChatClient, Limits, serve_chat
from course_lib.chat.talk import Entered, Joined, Left, Refusal, Refused, Said, Told, Typing
from course_lib.network import Link
from course_lib.resilience import ClientClosed, Heartbeat
from course_lib.resilience.backoff import Backoff, constant
from course_lib.resilience.wire import decode, encode
from course_lib.web import Access

OPTIONS = {"proxy": None, "compression": None}


def run(work):
    async def checked():
        await work()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(checked(), debug=True)


def client(server, name, room="lobby", **options):
    options.setdefault("backoff", Backoff(lambda: constant(0.02)))
    return ChatClient(server.socket_url, room=room, name=name, **OPTIONS, **options)


async def until(chat, kind, count=1):
    """The next `count` events of a kind; others are passed over."""
    found = []
    while len(found) < count:
        event = await anext(chat)
        if isinstance(event, kind):
            found.append(event)
    return found


async def fetch(url, **headers):
    def get():
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, headers=headers)) as response:
            return response.headers, response.read().decode()

    return await asyncio.to_thread(get)


def test_two_people_talk():
    async def main():
        typing = asyncio.Queue()
        async with (
            serve_chat(Chat()) as server,
            client(server, "Ann", on_note=typing.put_nowait) as ann,
            client(server, "Bob") as bob,
        ):
            await until(bob, Entered)
            await bob.say("hello")
            await bob.direct("Ann", "psst")
            (said,) = await until(ann, Said)
            (told,) = await until(ann, Told)
            assert (said.user, said.text, told.text) == ("Bob", "hello", "psst")
            await bob.typing()
            assert await typing.get() == Typing(room="lobby", user="Bob")
            await bob.leave()
            (left,) = await until(ann, Left)
            assert left.user == "Bob"

    run(main)


def test_the_page_and_its_scripts_are_served_on_the_same_port():
    async def main():
        async with serve_chat(Chat()) as server:
            headers, html = await fetch(server.url)
            assert headers["Content-Type"] == "text/html; charset=utf-8"
            assert "default-src 'self'" in headers["Content-Security-Policy"]
            assert "<script" in html
            for name in ("style.css", "main.js", "view.js", "reconnecting_socket.js"):
                assert name in html + (await fetch(server.url + "main.js"))[1]
                await fetch(server.url + name)
            with pytest.raises(urllib.error.HTTPError, match="404") as found:
                await fetch(server.url + "server.py")
            found.value.close()

    run(main)


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        (None, True),
        ("http://{host}", True),
        ("https://{host}", False),  # the server speaks http: its own page is not from there
        ("http://evil.example", False),
        ("http://evil.example:{port}", False),
        ("http://{host}.evil.example", False),
        ("http://127.0.0.1:1", False),
        ("null", False),
    ],
)
def test_pages_from_elsewhere_are_not_let_in(origin, admitted):
    async def main():
        async with serve_chat(Chat()) as server:
            host = f"127.0.0.1:{server.port}"
            given = {"origin": origin.format(host=host, port=server.port)} if origin else {}
            if admitted:
                async with connect(server.socket_url, **OPTIONS, **given):
                    pass
            else:
                with pytest.raises(InvalidStatus, match="403"):
                    await connect(server.socket_url, **OPTIONS, **given)

    run(main)


@pytest.mark.parametrize("hosts", [["evil.example:{port}"], ["127.0.0.1:{port}"] * 2])
def test_a_name_that_leads_here_is_no_address_of_ours(hosts):
    async def main():
        async with serve_chat(Chat()) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            lines = ["GET /socket HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]
            lines += [f"Host: {host}".format(port=server.port) for host in hosts]
            lines += [f"Origin: http://{hosts[0]}".format(port=server.port)]
            lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            assert b" 403 " in await reader.readline()
            writer.close()
            await writer.wait_closed()

    run(main)


@pytest.mark.parametrize("given", ["", "?code=", "?code=4712", "?other=4711", "?code=é"])
def test_without_the_join_code_nobody_gets_in(given):
    async def main():
        async with serve_chat(Chat(), access=Access(code="4711")) as server:
            url = f"ws://127.0.0.1:{server.port}/socket{given}"
            async with ChatClient(url, room="lobby", name="Eve", **OPTIONS) as eve:
                with pytest.raises(ClientClosed) as closed:
                    await anext(eve)
                assert closed.value.__cause__.rcvd.code == 3000
            async with client(server, "Ann") as ann:
                await until(ann, Entered)

    run(main)


def test_a_full_chat_says_so_and_when_to_come_back():
    async def main():
        async with serve_chat(Chat(Limits(clients=1))) as server:
            async with connect(server.socket_url, **OPTIONS):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(server.socket_url, **OPTIONS)
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["Retry-After"] == "10"

    run(main)


def test_a_message_that_is_too_big_ends_its_connection_and_no_other():
    async def main():
        async with (
            serve_chat(Chat(Limits(message_bytes=1000))) as server,
            client(server, "Ann") as ann,
            connect(server.socket_url, **OPTIONS) as eve,
        ):
            await until(ann, Entered)
            await eve.send("x" * 1001)
            await eve.wait_closed()
            assert eve.close_code == 1009
            await ann.say("still here")
            await until(ann, Said)

    run(main)


def test_at_the_end_clients_hear_the_last_word_and_that_the_server_goes_away():
    async def main():
        chat = Chat()
        async with serve_chat(chat) as server:
            connection = await connect(server.socket_url, **OPTIONS)
            await connection.send(encode("hello", client="a", log="", since=0))
            decode(await connection.recv())
            for n in range(5):
                chat.log.publish(n, to="client a")
        got = [decode(await connection.recv()).data for _ in range(5)]
        assert got == [0, 1, 2, 3, 4]
        with pytest.raises(ConnectionClosed) as closed:
            await connection.recv()
        assert closed.value.rcvd.code == 1001

    run(main)


def test_a_restart_loses_nothing_and_repeats_nothing():
    async def main():
        chat = Chat(Limits(rate=1000, burst=1000))
        async with serve_chat(chat) as server:
            port = server.port
            ann, bob = client(server, "Ann"), client(server, "Bob")
            await ann.__aenter__()
            await bob.__aenter__()
            await until(ann, Entered)
            await until(bob, Entered)
            for n in range(20):
                await (ann, bob)[n % 2].say(f"{n}")
        for n in range(20, 40):  # nobody listens now
            await (ann, bob)[n % 2].say(f"{n}")
        async with serve_chat(chat, port=port):
            for who in (ann, bob):
                said = [event.text for event in await until(who, Said, 40)]
                assert sorted(said, key=int) == [f"{n}" for n in range(40)]
                for parity in (0, 1):  # each one's own stay in order
                    assert [t for t in said if int(t) % 2 == parity] == [
                        f"{n}" for n in range(parity, 40, 2)
                    ]
            await ann.aclose()
            await bob.aclose()

    run(main)


def test_a_server_that_has_lost_its_memory_is_joined_again():
    async def main():
        async with serve_chat(Chat()) as server:
            port = server.port
            ann = client(server, "Ann")
            await ann.__aenter__()
            await until(ann, Entered)
        async with serve_chat(Chat(), port=port):
            await until(ann, Entered)
            await ann.say("here again")
            await until(ann, Said)
            await ann.aclose()

    run(main)


def test_a_client_that_is_not_let_into_its_room_learns_why():
    async def main():
        async with serve_chat(Chat()) as server, client(server, "Ann") as ann:
            await until(ann, Entered)
            async with client(server, "Ann") as other:
                with pytest.raises(Refusal, match="is called Ann already") as refused:
                    await anext(other)
                assert refused.value.code == "name_taken"
            await ann.direct("Eve", "Are you there?")  # that this is refused, is no end
            assert (await until(ann, Refused))[0].code == "nobody"

    run(main)


def test_who_was_away_for_too_long_comes_in_again():
    async def main():
        async with serve_chat(Chat(Limits(grace=0.05))) as server:
            host, port = "127.0.0.1", server.port
            async with Link(host, port) as link, client(server, "Bob") as bob:
                url = f"ws://{link.host}:{link.port}/socket"
                backoff = Backoff(lambda: constant(0.02))
                async with ChatClient(
                    url, room="lobby", name="Ann", backoff=backoff, **OPTIONS
                ) as ann:
                    await until(bob, Entered)
                    await until(ann, Entered)
                    link.refuse()
                    link.cut()
                    await until(bob, Left)
                    await link.listen()
                    await until(ann, Entered)
                    await ann.say("back")
                    assert (await until(bob, Said))[0].text == "back"

    run(main)


def test_a_lost_place_is_kept_for_a_while_and_then_given_up():
    async def main():
        async with serve_chat(Chat(Limits(grace=0.05))) as server, client(server, "Ann") as ann:
            await until(ann, Entered)
            bob = client(server, "Bob")
            await bob.__aenter__()
            await until(ann, Joined)
            await bob.aclose()  # without a word
            (left,) = await until(ann, Left)
            assert left.user == "Bob"

    run(main)


def test_whoever_does_not_come_back_after_a_restart_has_left():
    async def main():
        chat = Chat(Limits(grace=0.1))
        async with serve_chat(chat) as server:
            bob = client(server, "Bob")
            await bob.__aenter__()
            await until(bob, Entered)
            port = server.port
        await bob.aclose()
        async with serve_chat(chat, port=port):
            await chat.log.changed.wait_for(lambda: not chat.rooms)
        events = [json.loads(entry.text)["data"]["type"] for entry in chat.log.since(0)]
        assert events == ["joined", "entered", "left", "left"]  # to the room, and to him

    run(main)


def test_of_those_who_are_gone_nothing_is_left():
    async def main():
        chat = Chat(Limits(grace=0.05))
        async with serve_chat(chat) as server:
            async with client(server, "Bob") as bob:
                await until(bob, Entered)
            async with connect(server.socket_url, **OPTIONS) as eve:  # in no room, ever
                await eve.send(encode("hello", client="eve", log="", since=0))
                await eve.recv()
                await eve.send(encode("message", seq=1, data={"type": "dance"}))
                await eve.recv()
                assert "eve" in chat.clients
            port = server.port
        assert chat.clients
        async with serve_chat(chat, port=port):
            for _ in range(1000):
                if not chat.clients:
                    break
                await asyncio.sleep(0.01)
        assert (chat.clients, chat.rooms) == ([], {})

    run(main)


def test_who_never_reads_is_dropped_and_the_others_notice_nothing(monkeypatch):
    hearts = []

    def heartbeat(connection, _interval, _timeout):
        # It beats when the test says so: no busy machine can be taken for somebody who is deaf.
        hearts.append(Heartbeat(connection))
        return nullcontext(hearts[-1])

    monkeypatch.setattr("course_lib.resilience.server.protocol_heartbeat", heartbeat)

    async def main():
        limits = Limits(rate=10_000, burst=10_000, message_bytes=16_000, grace=0.05)
        chat = Chat(limits)
        async with (
            serve_chat(chat) as server,
            client(server, "Ann") as ann,
            client(server, "Bob") as bob,
        ):
            await until(ann, Entered)
            await until(bob, Entered)
            # A client that says hello and joins, and from then on does not even read pings.
            deaf = await connect(server.socket_url, **OPTIONS)
            await deaf.send(encode("hello", client="deaf", log="", since=0))
            command = {"type": "join", "room": "lobby", "name": "Deaf", "key": "k" * 16}
            await deaf.send(encode("message", seq=1, data=command))
            await until(bob, Joined)
            deaf.transport.pause_reading()
            for n in range(50):
                await ann.say(f"{n}" + "x" * 1900)
            assert len(await until(bob, Said, 50)) == 50
            await hearts[-1].beat(0.0, 0.2)
            assert [heart.lost for heart in hearts] == [False, False, True]
            (left,) = await until(bob, Left)
            assert left.user == "Deaf"
            deaf.transport.abort()

    run(main)
