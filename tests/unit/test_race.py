"""The race's server, met by the library's own clients, and `course demo`."""

import asyncio
import socket
from contextlib import aclosing, asynccontextmanager

import aiohttp
import pytest

from course_lib import cli
from course_lib.demos import DEMOS
from course_lib.demos.race import serve
from course_lib.measure.style import LOOKS
from course_lib.transports import CLIENTS, Transport


@asynccontextmanager
async def control(url, query="", origin=None):
    """A control channel, and what it says first."""
    headers = {"Origin": origin or url.removesuffix("/")}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}control?{query}", headers=headers) as channel,
    ):
        yield channel, await channel.receive_json()


async def hear(channel, key):
    """The next thing of that kind that the server says."""
    while key not in (message := await channel.receive_json()):
        pass
    return message


def test_every_lane_delivers_what_is_announced():
    async def take(transport, url):
        async with aclosing(CLIENTS[transport](url)) as client:
            return [await anext(client) for _ in range(3)]

    async def main():
        async with serve() as url, control(url, "link=lan&rate=20") as (channel, opening):
            assert (opening["link"], opening["rate"]) == ("lan", 20)
            assert [each["transport"] for each in opening["lanes"]] == list(Transport)
            await channel.send_json({"running": True})
            announced = [await hear(channel, "event") for _ in range(3)]
            urls = {Transport(each["transport"]): each["url"] for each in opening["lanes"]}
            for transport, lane in urls.items():
                events = await take(transport, lane)
                assert [event.id for event in events] == [1, 2, 3]
                assert [event.created for event in events] == pytest.approx(
                    [each["created"] for each in announced], abs=1e-5
                )
            counts = (await hear(channel, "counts"))["counts"]
            while min(each["bytes"] for each in counts.values()) == 0:
                counts = (await hear(channel, "counts"))["counts"]
            assert [counts[each]["connections"] for each in Transport] == [1, 1, 1, 1]

    asyncio.run(main())


def test_nothing_happens_before_it_is_let_go():
    async def main():
        async with serve() as url, control(url, "link=loopback&rate=20") as (channel, _):
            heard = [await channel.receive_json() for _ in range(5)]
            assert all("counts" in message for message in heard)
            await channel.send_json({"running": True})
            assert (await hear(channel, "event"))["event"] == 1

    asyncio.run(main())


def test_the_channel_tells_the_time():
    async def main():
        async with serve() as url, control(url) as (channel, _):
            await channel.send_json({"clock": 7.5})
            assert (await hear(channel, "clock"))["clock"] == 7.5

    asyncio.run(main())


def test_a_race_ends_with_its_page():
    async def main():
        async with serve() as url:
            async with control(url) as (_, opening):
                port = int(opening["lanes"][0]["url"].split(":")[2].split("/")[0])
                socket.create_connection(("127.0.0.1", port)).close()
            refused = False
            while not refused:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await asyncio.sleep(0.01)
                except ConnectionRefusedError:
                    refused = True
                except ConnectionResetError:  # accepted in the last moment
                    pass

    asyncio.run(main())


@pytest.mark.parametrize("path", ["/poll", "/long-poll?hold=0", "/events", "/poll?since=x"])
def test_the_page_may_read_every_answer(path):
    async def main():
        async with serve() as url, control(url, "link=loopback") as (_, opening):
            base = opening["lanes"][0]["url"].removesuffix("/poll")
            async with aiohttp.ClientSession() as session, session.get(base + path) as response:
                assert response.headers["Access-Control-Allow-Origin"] == "*"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("query", "origin", "status"),
    [
        ("", "https://elsewhere.example", 403),
        ("", "http://127.0.0.1:1", 403),
    ],
)
def test_what_is_refused(query, origin, status):
    async def main():
        async with serve() as url:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with control(url, query, origin):
                    pass
            assert refused.value.status == status

    asyncio.run(main())


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("link=avian", "There is no link called 'avian'; choose from loopback"),
        ("rate=often", "The rate must be from 0.1 to 20, not 'often'."),
        ("rate=nan", "The rate must be"),
        ("rate=1000", "The rate must be"),
        ("interval=0", "The interval must be from 0.1 to 60, not '0'."),
        ("interval=never", "The interval must be"),
    ],
)
def test_what_makes_no_sense_is_said_on_the_channel(query, sentence):
    async def main():
        async with (
            serve() as url,
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}control?{query}", origin=url.rstrip("/")) as channel,
        ):
            assert (await channel.receive_json())["refused"].startswith(sentence)
            assert (await channel.receive()).type is aiohttp.WSMsgType.CLOSE

    asyncio.run(main())


def test_the_page_has_the_colours_of_the_figures():
    async def main():
        async with (
            serve() as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}race.css") as response,
        ):
            text = await response.text()
            for transport, look in LOOKS.items():
                assert text.count(f"--{transport}: {look.color};") == 1

    asyncio.run(main())


@pytest.mark.parametrize("arguments", [["chess"], ["race", "--port", "70000"]])
def test_bad_input_to_demo_is_a_sentence(arguments, capsys):
    assert cli.main(["demo", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    if "--port" not in arguments:
        assert all(name in said for name in DEMOS)


def test_a_port_in_use_is_a_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["demo", "race", "--no-browser", "--port", str(port)]) == 2
    assert str(port) in capsys.readouterr().err
