"""The chat and the demos for a whole room have the limits of course_lib.security."""

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from course_lib.chat import Chat, Limits, serve_chat
from course_lib.demos.stage import stage
from course_lib.web import Access, serve_page

OPTIONS = {"proxy": None, "compression": None}


async def gone(port, sent=b"GET /socket HTTP/1.1\r\n"):
    """Whether the server hangs up on a client that stops in the middle of its request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await reader.read() == b""
    except ConnectionResetError:
        return True
    finally:
        writer.close()


def test_a_handshake_that_never_ends_is_cut_off():
    async def main():
        async with serve_page({}, {}, open_timeout=0.1) as port:
            assert await gone(port)

    asyncio.run(main(), debug=True)


def test_one_address_has_so_many_connections_and_no_more():
    async def main():
        async with serve_chat(Chat(Limits(per_address=3))) as server:
            open_ones = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
            assert await gone(server.port)  # at once: the others have said nothing yet
            open_ones[0][1].close()
            async with asyncio.timeout(10):
                while True:
                    try:
                        async with connect(server.socket_url, **OPTIONS):
                            break
                    except (OSError, InvalidHandshake):
                        continue
            for _, writer in open_ones[1:]:
                writer.close()

    asyncio.run(main(), debug=True)


def test_codes_cannot_be_tried_one_after_the_other():
    async def main():
        access = Access(code="471147", key="KEY")
        async with serve_chat(Chat(), access=access) as server:
            url = f"ws://127.0.0.1:{server.port}/socket"
            for guess in range(10):
                async with connect(f"{url}?code={guess:06}", **OPTIONS) as connection:
                    with pytest.raises(ConnectionClosed, match="3000"):
                        await connection.recv()
            for code in ("999999", "471147"):
                with pytest.raises(InvalidStatus, match="429"):
                    await connect(f"{url}?code={code}", **OPTIONS)
            async with connect(f"{url}?key={access.key}", **OPTIONS):
                pass  # whoever guesses can't lock the instructor out

    asyncio.run(main(), debug=True)


def test_who_knows_the_code_is_not_counted():
    async def main():
        async with serve_chat(Chat(), access=Access(code="471147")) as server:
            for _ in range(15):
                async with connect(server.socket_url, **OPTIONS):
                    pass

    asyncio.run(main(), debug=True)


def test_a_demo_takes_no_message_that_is_too_large(tmp_path):
    async def main():
        async def control(channel):
            await channel.wait_closed()

        async with (
            stage(tmp_path, {"/control": control}) as url,
            connect(url.replace("http", "ws") + "control", proxy=None) as channel,
        ):
            assert not channel.protocol.extensions  # no compression, though the client offers it
            await channel.send("x" * 17_000)
            with pytest.raises(ConnectionClosed, match="1009"):
                await channel.recv()

    asyncio.run(main(), debug=True)
