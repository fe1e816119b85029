"""The solution of exercise 11, with the few lines of asyncio that it leaves out, before the card."""

import asyncio
from contextlib import closing, suppress
from types import SimpleNamespace

from course_lib.conform import as_text, card_of_client, card_of_server
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.protocol import (
    Response,
    build_request,
    check_response,
    generate_key,
    parse_url,
)
from tests.lesson11 import connections_ended

MAX_SIZE = 80_000


def solution():
    there = {}
    for source in cells.answers(cells.read(exercise("11").solution)).values():
        exec(cells.finished(source), there)
    return SimpleNamespace(**there)


async def converse(end, reader, writer):
    """Send every message back, until the connection is over."""
    with closing(writer), suppress(OSError):
        while not end.over() and (data := await reader.read(2**16)):
            messages, reply = end.receive(data)
            writer.write(b"".join(map(end.send, messages)) + reply)
            await writer.drain()


def test_as_a_server_it_keeps_every_rule():
    own = solution()

    async def talk(reader, writer):
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            response = own.opening(await reader.readuntil(b"\r\n\r\n"))
            writer.write(response)
            if response.startswith(b"HTTP/1.1 101"):
                await converse(own.Connection(limit=MAX_SIZE), reader, writer)

    async def main():
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        try:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            card = await card_of_server(url, max_size=MAX_SIZE)
            await connections_ended()
            return card
        finally:
            server.close()

    card = asyncio.run(main())
    assert [result for result in card.results if result.outcome != "passed"] == [], as_text(card)


def test_as_a_client_it_keeps_every_rule():
    own = solution()

    async def client(url):
        target = parse_url(url)
        request = build_request(target, generate_key())
        reader, writer = await asyncio.open_connection(target.host, target.port)
        try:
            writer.write(request.to_bytes())
            head = await reader.readuntil(b"\r\n\r\n")
            check_response(Response.parse(head), request)
            await converse(own.Connection(client=True, limit=MAX_SIZE), reader, writer)
        finally:
            writer.close()

    card = asyncio.run(card_of_client(client, max_size=MAX_SIZE))
    assert [result for result in card.results if result.outcome != "passed"] == [], as_text(card)
