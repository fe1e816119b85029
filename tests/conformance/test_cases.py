"""Every case, on the protocol alone and on the echo server and client over real sockets."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator

import pytest

from course_lib import sockets
from course_lib.protocol import (
    Binary,
    Close,
    Connection,
    Failed,
    Opcode,
    Request,
    Response,
    Role,
    State,
    Text,
    accept_request,
    build_request,
    check_response,
    generate_key,
    parse_url,
    split_frames,
    split_head,
)
from course_lib.sockets.cases import CASES, Case, close

KEY = b"\x37\xfa\x21\x3d"

Read = Callable[[], Awaitable[bytes]]
Write = Callable[[bytes], Awaitable[None]]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


def echo(connection: Connection, data: bytes) -> bytes:
    """What an echoing endpoint answers to these bytes."""
    answer = b""
    for event in connection.receive(data):
        answer += event.reply
        match event:
            case Text(text):
                answer += connection.send_text(text)
            case Binary(payload):
                answer += connection.send_binary(payload)
    return answer


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("size", [10**6, 1, 7], ids=["whole", "bytewise", "in sevens"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_protocol(case: Case, size: int, role: Role):
    connection = Connection(role)
    key = KEY if role is Role.SERVER else None
    answer = b""
    for sent in case.send:
        for piece in pieces(sent(key), size):
            answer += echo(connection, piece)
    if case.fails is None and case.answer is None:
        assert connection.state is State.OPEN
        answer += echo(connection, close(1000)(key))
    assert connection.state is State.CLOSED
    check_answer(case, answer, masked=role is Role.CLIENT)


def check_answer(case: Case, answer: bytes, *, masked: bool) -> None:
    """What came back is what the case says, and ends with a Close."""
    frames, rest = split_frames(answer)
    assert rest == b""
    assert {frame.masking_key is not None for frame in frames} == {masked}
    *others, last = [(frame.opcode, frame.payload) for frame in frames]
    assert others == list(case.back)
    assert last[0] is Opcode.CLOSE
    if case.fails is None:
        assert last[1] == (b"\x03\xe8" if case.answer is None else case.answer)
    else:
        assert int.from_bytes(last[1][:2], "big") == case.fails
        assert b"section" in last[1]


async def converse(case: Case, key: bytes | None, read: Read, write: Write) -> bytes:
    """Send the case's bytes, then a Close if the endpoint has no reason to; all it answers."""
    for sent in case.send:
        await write(sent(key))
    if case.fails is None and case.answer is None:
        await write(close(1000)(key))
    answer = b""
    while not ends_with_close(answer):
        received = await read()
        assert received, f"the connection ended after {answer!r}"
        answer += received
    return answer


def ends_with_close(data: bytes) -> bool:
    frames, _ = split_frames(data)
    return any(frame.opcode is Opcode.CLOSE for frame in frames)


async def read_head(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    buffer = b""
    while (parts := split_head(buffer)) is None:
        received = await reader.read(4096)
        assert received
        buffer += received
    return parts


def test_the_echo_server():
    async def run(case: Case, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = build_request(parse_url(f"ws://127.0.0.1:{port}"), generate_key())
        writer.write(request.to_bytes())
        head, rest = await read_head(reader)
        assert rest == b""
        check_response(Response.parse(head), request)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        answer = await converse(case, KEY, lambda: reader.read(2**16), write)
        check_answer(case, answer, masked=False)
        # The server closes the TCP connection first, and without a reset (7.1.1).
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with sockets.serve(sockets.echo, max_size=2**20) as server:
            port = server.sockets[0].getsockname()[1]
            for case in CASES:
                await run(case, port)

    asyncio.run(main())


def test_the_echo_client_has_the_conversation_of_a_suite():
    """It asks for the number of cases, runs each, and asks for the report."""
    targets: list[str] = []
    failures: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await read_head(reader)
        request = Request.parse(head)
        targets.append(request.target)
        writer.write(accept_request(request).to_bytes())

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        if request.target == "/getCaseCount":
            connection = Connection(Role.SERVER)
            await write(connection.send_text(str(len(CASES))) + connection.close())
        elif request.target.startswith("/runCase"):
            case = CASES[len(targets) - 2]
            try:
                answer = await converse(case, None, lambda: reader.read(2**16), write)
                check_answer(case, answer, masked=True)
            except (AssertionError, ConnectionError) as error:
                failures.append(f"{case.name}: {error}")
        else:
            await write(close(1000)(None))
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def main() -> int:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        command = (
            "-m",
            "tests.conformance.echo",
            "client",
            f"ws://127.0.0.1:{port}",
            "--agent",
            "a b/c",
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate()
        server.close()
        await server.wait_closed()
        assert errors == b""
        return process.returncode

    assert asyncio.run(main()) == 0
    assert failures == []
    runs = [f"/runCase?case={number}&agent=a%20b%2Fc" for number in range(1, len(CASES) + 1)]
    assert targets == ["/getCaseCount", *runs, "/updateReports?agent=a%20b%2Fc"]


def test_names_of_cases_are_unique():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


def test_an_error_is_the_last_event_and_names_its_rule():
    connection = Connection(Role.SERVER)
    *_, failed = connection.receive(close(1005)(KEY))
    assert isinstance(failed, Failed)
    assert failed.error.section == "7.4"
    assert list(connection.receive(close(1000)(KEY))) == []
    assert not isinstance(failed, Close)
