"""The report card: green for what is right, red in the right place for what is not."""

import asyncio
import gc
import json
import logging
import shlex
import sys
import time
from contextlib import closing, suppress

import aiohttp
import pytest
import websockets.asyncio.client
import websockets.asyncio.server
from aiohttp import web

from course_lib import sockets
from course_lib.conform import (
    SECTIONS,
    Result,
    as_html,
    as_text,
    card_of_client,
    card_of_server,
    page,
)
from course_lib.conform.peer import Peer
from course_lib.conform.programs import serving
from course_lib.errors import CourseError
from tests.conformance.faults import FAULTS, ROLES, faulty_sockets

MAX_SIZE = 80_000


def url_of(server):
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def card_of(package, role, **settings):
    """The card of the course's echo, or of an edited copy of it."""
    if role == "server":
        async with package.serve(package.echo, max_size=MAX_SIZE) as server:
            return await card_of_server(url_of(server), max_size=MAX_SIZE, **settings)

    async def client(url):
        websocket = await package.connect(url, max_size=MAX_SIZE)
        try:
            with suppress(OSError):
                await package.echo(websocket)
            await websocket.close()
        finally:
            websocket._writer.close()  # the card ends with calls under way

    return await card_of_client(client, max_size=MAX_SIZE, **settings)


def broken(card):
    return [result for result in card.results if result.outcome == "failed"]


@pytest.mark.parametrize("role", ROLES)
def test_the_courses_echo_keeps_every_rule(role):
    card = asyncio.run(card_of(sockets, role))
    assert [result for result in card.results if result.outcome != "passed"] == []
    assert {result.section for result in card.results} == set(SECTIONS)
    assert len(card.results) > 240


@pytest.mark.parametrize("role", ROLES)
def test_the_same_seed_makes_the_same_card(role):
    first, second = (asyncio.run(card_of(sockets, role, seed=7)) for _ in range(2))

    def told(card):
        return [(result.name, result.outcome, result.why) for result in card.results]

    assert told(first) == told(second)
    assert first.seed == 7


SHOWN = [
    pytest.param(fault, role, id=f"{role} {fault.about}")
    for fault in FAULTS
    for role in fault.roles
]


@pytest.mark.parametrize(("fault", "role"), SHOWN)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_fault_makes_its_own_section_red(fault, role, tmp_path):
    with faulty_sockets(fault, tmp_path) as package:
        card = asyncio.run(card_of(package, role, patience=1.0))
    assert card.red == [fault.section], as_text(card)
    assert any(fault.says in result.why for result in broken(card)), as_text(card)


def test_there_are_enough_faults():
    assert len(FAULTS) >= 30
    assert {fault.section for fault in FAULTS} == set(SECTIONS)


async def echo_of_websockets(connection):
    async for message in connection:
        await connection.send(message)


async def echo_of_aiohttp(socket):
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await socket.send_bytes(message.data)


async def websockets_server():
    logging.getLogger("websockets").setLevel(logging.CRITICAL + 1)
    async with websockets.asyncio.server.serve(
        echo_of_websockets, "127.0.0.1", 0, max_size=MAX_SIZE
    ) as server:
        return await card_of_server(url_of(server), max_size=MAX_SIZE)


async def websockets_client():
    async def client(url):
        async with websockets.asyncio.client.connect(url, proxy=None, max_size=MAX_SIZE) as it:
            await echo_of_websockets(it)

    return await card_of_client(client, max_size=MAX_SIZE)


async def aiohttp_server():
    async def handle(request):
        socket = web.WebSocketResponse(max_msg_size=MAX_SIZE + 1)
        await socket.prepare(request)
        await echo_of_aiohttp(socket)
        return socket

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        return await card_of_server(f"ws://127.0.0.1:{port}/", max_size=MAX_SIZE)
    finally:
        await runner.cleanup()


async def aiohttp_client():
    async with aiohttp.ClientSession() as session:

        async def client(url):
            async with session.ws_connect(url, max_msg_size=MAX_SIZE + 1, compress=15) as socket:
                await echo_of_aiohttp(socket)

        return await card_of_client(client, max_size=MAX_SIZE)


NOT_SHORTEST = "not its shortest form"
KNOWN = {
    websockets_server: {"no Host", "version 14", "version 255", NOT_SHORTEST},
    websockets_client: {NOT_SHORTEST},
    aiohttp_server: {
        "HTTP/1.0", "version 14", "version 255", NOT_SHORTEST,
        "a message with the mask bit", "an empty message with the mask bit", "a ping with the mask bit",
        "a ping that says it is compressed",
    },
    aiohttp_client: {
        "an extension that was not offered", "a subprotocol that was not offered", NOT_SHORTEST,
        "a message with the mask bit", "an empty message with the mask bit", "a ping with the mask bit",
        "a ping that says it is compressed",
    },
}  # fmt: skip
"""What docs/conformance.md says of these: parts of the names of the cases that they fail."""


@pytest.mark.parametrize("library", KNOWN, ids=lambda library: library.__name__)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_other_libraries_have_their_known_deviations_and_no_others(library):
    card = asyncio.run(library())
    gc.collect()  # what a library leaves open is this test's, and no later one's
    names = {result.name for result in broken(card)}
    for known in KNOWN[library]:
        assert any(known in name for name in names), f"no longer: {known}"
    unknown = [name for name in names if not any(known in name for known in KNOWN[library])]
    assert unknown == [], as_text(card)
    assert all(result.why and result.link.startswith("https://") for result in broken(card))


def test_a_card_says_what_was_broken_in_every_form(tmp_path):
    fault = next(fault for fault in FAULTS if fault.about == "lengths in any form")
    with faulty_sockets(fault, tmp_path) as package:
        card = asyncio.run(card_of(package, "server"))
    text = as_text(card)
    assert "✗ Frames and masking" in text
    assert "5.2 length of 125 in 2 bytes, which is not its shortest form: it took" in text
    html = as_html(card)
    assert html.count("<figure") >= 4
    assert "rfc6455#section-5.2" in html
    assert "<h1>Report card</h1>" in page(card, "mine <b>")
    assert "mine &lt;b&gt;" in page(card, "mine <b>")
    data = json.loads(json.dumps(card.to_dict()))
    assert data["sections"]["frames"] == "failed"
    failed = next(each for each in data["results"] if each["outcome"] == "failed")
    assert bytes.fromhex(failed["sent"][0])[:2] == b"\x82\xfe"


def test_the_rule_of_another_rfc_is_linked_there():
    result = Result("deflate", "x", "7692 6.1", "failed")
    assert result.link == "https://www.rfc-editor.org/rfc/rfc7692#section-6.1"


def test_nobody_there_is_one_sentence():
    with pytest.raises(CourseError, match=r"^Nobody answers at ws://[\w.:]+/?\.$"):
        asyncio.run(card_of_server("ws://127.0.0.1:1/"))
    with pytest.raises(CourseError, match="no address of a WebSocket"):
        asyncio.run(card_of_server("http://127.0.0.1/"))
    with pytest.raises(CourseError, match="nobody has encrypted"):
        asyncio.run(card_of_server("wss://127.0.0.1/"))


async def said(url, what):
    """Send a few bytes to a server, and read until it ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rstrip("/").split(":")[-1]))
    try:
        writer.write(what)
        writer.write_eof()
        await reader.read()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize("what", [None, b"", b"hello", b"garbage\r\n\r\n"])
def test_a_client_that_never_asks_for_a_websocket_is_given_up(what):
    async def client(url):
        if what is not None:
            await said(url, what)

    with pytest.raises(CourseError, match="without having asked for a WebSocket"):
        asyncio.run(card_of_client(client))


def test_a_client_whose_request_lacks_something_gets_a_card_all_the_same():
    async def client(url):
        await said(url, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")

    card = asyncio.run(card_of_client(client))
    broken = {result.name for result in card.of("handshake") if result.outcome == "failed"}
    assert {"Upgrade: websocket", "a key of 16 bytes"} <= broken
    assert "Upgrade does not name websocket" in card.of("control")[0].why


def test_a_server_that_says_nothing_gets_a_card_all_the_same():
    async def silent(reader, writer):
        with closing(writer):
            await reader.read()

    async def main():
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            return await card_of_server(url_of(server), patience=0.05)

    card = asyncio.run(main())
    assert card.red == ["handshake"]
    assert all(result.outcome == "left out" for result in card.of("frames") if result.rule != "5.1"
               and "each length" not in result.name and "no frame" not in result.name)  # fmt: skip


def test_a_pause_of_our_own_is_no_silence():
    async def answer(reader, writer):
        await reader.read(1)
        time.sleep(0.3)  # noqa: ASYNC251 - nobody in this process gets a processor
        writer.write(b"\x81\x01x")
        writer.close()

    async def main():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            peer = Peer(*await asyncio.open_connection(host, port), patience=0.2)
            await peer.send(b"?")
            assert await peer.until(lambda heard: bool(heard.messages))
            peer.close()

    asyncio.run(main())


LOGS_MUCH = """
import asyncio, os, sys
from websockets.asyncio.server import serve

async def echo(websocket):
    sys.stderr.write("x" * 100_000)  # more than a pipe holds
    sys.stderr.flush()
    async for message in websocket:
        await websocket.send(message)

async def main():
    async with serve(echo, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()

asyncio.run(main())
"""


def test_a_server_that_logs_much_is_not_held_up(tmp_path):
    program = tmp_path / "logs_much.py"
    program.write_text(LOGS_MUCH)

    async def main():
        command = shlex.join([sys.executable, str(program)])
        async with serving(command) as url:
            return await card_of_server(url, patience=20)

    card = asyncio.run(main())
    passed = {result.section for result in card.results if result.outcome == "passed"}
    sections = {"control", "fragments", "text", "closing"}
    assert sections <= passed - set(card.red), as_text(card)


@pytest.mark.parametrize("role", ROLES)
def test_what_speaks_first_is_told_that_it_is_no_echo(role):
    async def greet(websocket):
        await websocket.send("Welcome!")
        await echo_of_websockets(websocket)

    async def client(url):
        async with websockets.asyncio.client.connect(url, proxy=None) as websocket:
            await greet(websocket)

    async def main():
        if role == "client":
            return await card_of_client(client, patience=0.5)
        async with websockets.asyncio.server.serve(greet, "127.0.0.1", 0) as server:
            return await card_of_server(url_of(server), patience=0.5)

    with pytest.raises(CourseError, match="A message of 8 bytes came that answers none"):
        asyncio.run(main())
