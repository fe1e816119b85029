"""permessage-deflate: negotiation, context takeover, windows, and bombs (RFC 7692)."""

import os
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)

from course_lib.protocol import (
    Binary,
    Connection,
    DeflateParameters,
    Failed,
    Frame,
    HandshakeError,
    Headers,
    Opcode,
    Role,
    Text,
    deflate,
    parse_extensions,
    split_frames,
)

KEY = b"\x37\xfa\x21\x3d"
PLAIN = DeflateParameters()


def extensions(value: str):
    return parse_extensions(Headers([("Sec-WebSocket-Extensions", value)]))


def pair(agreed: DeflateParameters = PLAIN, **options) -> tuple[Connection, Connection]:
    return (
        Connection(Role.CLIENT, compression=agreed, **options),
        Connection(Role.SERVER, compression=agreed, **options),
    )


# Negotiation: section 7.1


@pytest.mark.parametrize(
    ("offers", "answer", "agreed"),
    [
        ("permessage-deflate", "permessage-deflate", PLAIN),
        ("permessage-deflate; client_max_window_bits", None, PLAIN),
        (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
            DeflateParameters(True, True),
        ),
        (
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=8",
            DeflateParameters(server_max_window_bits=8),
        ),
        (
            "permessage-deflate; server_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=15",
            PLAIN,
        ),
        (
            'permessage-deflate; client_max_window_bits="10"',
            "permessage-deflate; client_max_window_bits=10",
            DeflateParameters(client_max_window_bits=10),
        ),
        # The first offer that holds is taken (section 5).
        (
            "x-other, permessage-deflate; unknown, permessage-deflate; server_max_window_bits=10,"
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=10",
            DeflateParameters(server_max_window_bits=10),
        ),
    ],
)
def test_a_server_accepts(offers, answer, agreed):
    extension, parameters = deflate.accept(extensions(offers))
    assert parameters == agreed
    if answer is not None:
        assert str(extension) == answer
    # A client that knows the offer finds the answer right, too.
    deflate.confirm([extension], DeflateParameters(server_max_window_bits=15))


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover=true",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; client_max_window_bits=a",
    ],
)
def test_a_server_declines(offers):
    assert deflate.accept(extensions(offers)) is None


def test_a_server_may_wish_for_less():
    wanted = DeflateParameters(True, True, 12, 11)
    extension, agreed = deflate.accept(extensions("permessage-deflate"), wanted)
    # It cannot limit the window of a client that did not offer that.
    assert agreed == DeflateParameters(True, True, 12, 15)
    assert "client_max_window_bits" not in str(extension)
    _, agreed = deflate.accept(
        extensions("permessage-deflate; client_max_window_bits; server_max_window_bits=10"), wanted
    )
    assert agreed == DeflateParameters(True, True, 10, 11)


def test_what_a_client_offers():
    assert str(deflate.offer()) == "permessage-deflate; client_max_window_bits"
    assert str(deflate.offer(DeflateParameters(True, True, 10, 9))) == (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10; client_max_window_bits=9"
    )


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [
        ("", None),
        ("permessage-deflate", PLAIN),
        ("permessage-deflate; server_no_context_takeover", DeflateParameters(True)),
        ("permessage-deflate; client_no_context_takeover", DeflateParameters(False, True)),
        ("permessage-deflate; client_max_window_bits=9", DeflateParameters(False, False, 15, 9)),
        ("permessage-deflate; server_max_window_bits=8", DeflateParameters(False, False, 8)),
    ],
)
def test_a_client_confirms(answer, agreed):
    assert deflate.confirm(extensions(answer), PLAIN) == agreed


@pytest.mark.parametrize(
    ("answer", "offered"),
    [
        ("permessage-deflate, permessage-deflate", PLAIN),
        ("x-other", PLAIN),
        ("permessage-deflate; unknown", PLAIN),
        ("permessage-deflate; client_max_window_bits", PLAIN),
        ("permessage-deflate; server_max_window_bits=16", PLAIN),
        ("permessage-deflate", DeflateParameters(server_no_context_takeover=True)),
        ("permessage-deflate", DeflateParameters(server_max_window_bits=10)),
        (
            "permessage-deflate; server_max_window_bits=11",
            DeflateParameters(server_max_window_bits=10),
        ),
        (
            "permessage-deflate; client_max_window_bits=12",
            DeflateParameters(client_max_window_bits=10),
        ),
    ],
)
def test_a_client_refuses_what_it_did_not_offer(answer, offered):
    with pytest.raises(HandshakeError) as caught:
        deflate.confirm(extensions(answer), offered)
    assert caught.value.section == "RFC 7692 7.1"


parameters = st.builds(
    DeflateParameters, st.booleans(), st.booleans(), st.integers(8, 15), st.integers(8, 15)
)


@given(client=parameters, server=parameters)
def test_any_two_endpoints_agree(client, server):
    extension, servers = deflate.accept([deflate.offer(client)], server)
    clients = deflate.confirm([extension], client)
    assert clients.server_max_window_bits == servers.server_max_window_bits
    assert clients.client_max_window_bits == servers.client_max_window_bits
    assert clients.server_no_context_takeover == servers.server_no_context_takeover
    assert clients.client_no_context_takeover >= servers.client_no_context_takeover


@pytest.mark.parametrize("bits", [None, 9, 15])
@pytest.mark.parametrize("no_takeover", [True, False])
def test_websockets_agrees_on_the_same(bits, no_takeover):
    theirs = ClientPerMessageDeflateFactory(no_takeover, no_takeover, bits, bits or True)
    (offered,) = extensions(
        "; ".join(
            ["permessage-deflate"]
            + [
                name if value is None else f"{name}={value}"
                for name, value in theirs.get_request_params()
            ]
        )
    )
    extension, agreed = deflate.accept([offered])
    confirmed = theirs.process_response_params(list(extension.parameters), [])
    assert confirmed.local_max_window_bits == agreed.client_max_window_bits
    assert confirmed.remote_max_window_bits == agreed.server_max_window_bits
    assert confirmed.remote_no_context_takeover == agreed.server_no_context_takeover
    wanted = DeflateParameters(no_takeover, False, bits or 15, bits or 15)
    factory = ServerPerMessageDeflateFactory(no_takeover, no_takeover, bits, bits)
    answer, extension = factory.process_request_params(list(deflate.offer(wanted).parameters), [])
    agreed = deflate.confirm([deflate.Extension("permessage-deflate", tuple(answer))], wanted)
    assert extension.local_max_window_bits == agreed.server_max_window_bits
    assert extension.remote_max_window_bits == agreed.client_max_window_bits


# Messages: section 7.2


@pytest.mark.parametrize(
    "wire",
    [
        # The examples of 7.2.3, as a server sends them.
        "c1 07 f2 48 cd c9 c9 07 00",
        "41 03 f2 48 cd 80 04 c9 c9 07 00",
        "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00",
        "c1 08 f3 48 cd c9 c9 07 00 00",
        "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
    ],
)
def test_the_examples_of_the_rfc(wire):
    connection = Connection(Role.CLIENT, compression=PLAIN)
    assert list(connection.receive(bytes.fromhex(wire))) == [Text("Hello")]
    # Each leaves the connection able to go on.
    assert list(connection.receive(bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00"))) == [Text("Hello")]


def test_with_takeover_a_second_message_refers_to_the_first():
    connection = Connection(Role.CLIENT, compression=PLAIN)
    wire = bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00")
    assert list(connection.receive(wire)) == [Text("Hello"), Text("Hello")]


messages = st.lists(
    st.one_of(st.text(max_size=50), st.binary(max_size=50), st.sampled_from(["a" * 5000, b""])),
    max_size=6,
)


@given(agreed=parameters, messages=messages, size=st.integers(1, 300))
def test_messages_arrive_in_any_chunking(agreed, messages, size):
    for sender, receiver in (pair(agreed), pair(agreed)[::-1]):
        wire = b"".join(
            sender.send_text(m) if isinstance(m, str) else sender.send_binary(m) for m in messages
        )
        received = []
        for i in range(0, len(wire), size):
            received += receiver.receive(wire[i : i + size])
        expected = [Text(m) if isinstance(m, str) else Binary(m) for m in messages]
        assert received == expected


@pytest.mark.parametrize("bits", range(8, 16))
def test_what_is_sent_fits_the_agreed_window(bits):
    """A decompressor that keeps exactly that window, and is fed byte by byte, can follow."""
    agreed = DeflateParameters(server_max_window_bits=bits)
    _, server = pair(agreed)
    source = random.Random(bits)
    words = [source.randbytes(source.randrange(1, 30)) for _ in range(400)]
    inflate = zlib.decompressobj(wbits=-bits)
    for _ in range(5):
        message = b"".join(source.choice(words) for _ in range(3000))
        (frame,), _ = split_frames(server.send_binary(message))
        made = b""
        for i in range(len(frame.payload)):
            made += inflate.decompress(frame.payload[i : i + 1])
        assert made + inflate.decompress(b"\0\0\xff\xff") == message


def test_without_takeover_each_message_stands_alone():
    _, server = pair(DeflateParameters(server_no_context_takeover=True))
    assert server.send_text("Hello" * 50) == server.send_text("Hello" * 50)
    _, server = pair()
    assert len(server.send_text("Hello" * 50)) > len(server.send_text("Hello" * 50))


def test_messages_may_stay_uncompressed():
    connection = Connection(Role.CLIENT, compression=PLAIN)
    wire = Frame(Opcode.TEXT, b"Hello").encode() + bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00")
    assert list(connection.receive(wire)) == [Text("Hello"), Text("Hello")]
    client, server = pair()
    wire = b"".join(server.send_fragments(["He", "llo"])) + server.send_text("x")
    assert list(client.receive(wire)) == [Text("Hello"), Text("x")]


# What breaks the rules


def failure(connection: Connection, *frames: Frame) -> tuple[int, str]:
    events = [e for frame in frames for e in connection.receive(frame.encode())]
    assert isinstance(events[-1], Failed), events
    return events[-1].error.code, events[-1].error.section


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CLOSE])
def test_a_control_frame_is_never_compressed(opcode):
    connection = Connection(Role.CLIENT, compression=PLAIN)
    assert failure(connection, Frame(opcode, rsv1=True)) == (1002, "RFC 7692 6.1")


def test_only_the_first_fragment_says_that_a_message_is_compressed():
    first = Frame(Opcode.TEXT, bytes.fromhex("f2 48 cd"), fin=False, rsv1=True)
    last = Frame(Opcode.CONTINUATION, bytes.fromhex("c9 c9 07 00"), rsv1=True)
    connection = Connection(Role.CLIENT, compression=PLAIN)
    assert failure(connection, first, last) == (1002, "RFC 7692 6.1")


def test_the_other_reserved_bits_keep_no_meaning():
    for flags in ({"rsv2": True}, {"rsv3": True}, {"rsv1": True, "rsv2": True}):
        connection = Connection(Role.CLIENT, compression=PLAIN)
        assert failure(connection, Frame(Opcode.TEXT, **flags)) == (1002, "5.2")


def test_what_is_not_deflate_data_fails():
    connection = Connection(Role.CLIENT, compression=PLAIN)
    frame = Frame(Opcode.BINARY, b"\xff" * 20, rsv1=True)
    assert failure(connection, frame) == (1007, "RFC 7692 7.2.2")


def test_compressed_text_is_checked_as_it_arrives():
    compressor = zlib.compressobj(wbits=-15)
    start = compressor.compress(b"fine \xff") + compressor.flush(zlib.Z_SYNC_FLUSH)
    connection = Connection(Role.CLIENT, compression=PLAIN)
    frame = Frame(Opcode.TEXT, start, fin=False, rsv1=True)
    assert failure(connection, frame) == (1007, "8.1")


def bomb(size: int) -> bytes:
    compressor = zlib.compressobj(9, wbits=-15)
    return compressor.compress(bytes(size)) + compressor.flush(zlib.Z_SYNC_FLUSH)


def test_a_bomb_is_never_inflated_beyond_the_limit():
    """100 MiB in about 100 KiB; the decompressor makes one byte more than the limit, then stops."""
    made = []

    class Counting(deflate.Deflate):
        def decompress(self, payload, *, room, final):
            out = super().decompress(payload, room=room, final=final)
            made.append(len(out))
            return out

    limit = 2**16
    connection = Connection(Role.CLIENT, compression=PLAIN, max_size=limit)
    connection._messages._deflate = Counting(is_client=True, agreed=PLAIN)
    payload = bomb(100 * 2**20)[:60_000]
    frame = Frame(Opcode.BINARY, payload, fin=False, rsv1=True)
    assert failure(connection, frame) == (1009, "7.4.1")
    assert made == [limit + 1]


def test_a_bomb_in_final_blocks_is_none_either():
    """A stream of many streams, each ended with BFINAL, still meets the limit."""
    one = zlib.compressobj(9, wbits=-15)
    block = one.compress(bytes(50_000)) + one.flush()
    connection = Connection(Role.CLIENT, compression=PLAIN, max_size=2**16)
    frame = Frame(Opcode.BINARY, block * 500, rsv1=True)
    assert failure(connection, frame) == (1009, "7.4.1")


@pytest.mark.parametrize("content", [os.urandom(2**16), bytes(2**16)], ids=["random", "zeros"])
def test_a_message_of_exactly_the_limit_arrives(content):
    client, server = pair(max_size=2**16)
    for _ in range(2):
        assert list(server.receive(client.send_binary(content))) == [Binary(content)]
    (failed,) = server.receive(client.send_binary(content + b"x"))
    assert failed.error.code == 1009
