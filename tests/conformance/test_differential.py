"""The same bytes into this protocol, `websockets` and `wsproto`: the same events, or a reason.

Where they differ, and why that is fine:

- `websockets`' core hands out frames. Joining them and decoding text is done a layer above, so both
  are done here, and a text that is not UTF-8 is found only then.
- `websockets` accepts a length that is not in its shortest form; section 5.2 forbids it.
- `wsproto` gives a message in pieces, joined here, and refuses close code 1014, which was
  registered after it was written.
- Of a text that goes on, `websockets` sees no bad byte before its frame is whole, and `wsproto` no
  surrogate before its third byte.
- After a broken rule nothing is compared but that it was found: section 7.1.7 leaves the rest open.
"""

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Opcode as WebsocketsOpcode
from websockets.protocol import Protocol, Side
from wsproto import events as wsproto_events
from wsproto.connection import Connection as WsprotoConnection
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.utilities import RemoteProtocolError

from course_lib.protocol import (
    Binary,
    Close,
    Connection,
    Failed,
    Frame,
    Opcode,
    Ping,
    Pong,
    Role,
    Text,
)

KEY = b"\x37\xfa\x21\x3d"

FAILED = ("failed",)
"""What stands for a broken rule, at the end of a list of events."""


def ours(role: Role, chunks: list[bytes]) -> list[tuple]:
    connection, seen = Connection(role), []
    for chunk in chunks:
        for event in connection.receive(chunk):
            match event:
                case Text(text):
                    seen.append(("text", text))
                case Binary(data):
                    seen.append(("binary", data))
                case Ping(payload):
                    seen.append(("ping", payload))
                case Pong(payload):
                    seen.append(("pong", payload))
                case Close(code, reason):
                    seen.append(("close", code, reason))
                case Failed():
                    seen.append(FAILED)
    return seen


def by_websockets(role: Role, chunks: list[bytes]) -> list[tuple]:
    protocol = Protocol(Side.SERVER if role is Role.SERVER else Side.CLIENT, max_size=2**20)
    seen: list[tuple] = []
    message, is_text = b"", False
    for chunk in chunks:
        protocol.receive_data(chunk)
        for frame in protocol.events_received():
            match frame.opcode:
                case WebsocketsOpcode.PING:
                    seen.append(("ping", bytes(frame.data)))
                case WebsocketsOpcode.PONG:
                    seen.append(("pong", bytes(frame.data)))
                case WebsocketsOpcode.CLOSE:
                    received = protocol.close_rcvd
                    seen.append(("close", received.code, received.reason))
                case opcode:
                    if opcode is not WebsocketsOpcode.CONT:
                        message, is_text = b"", opcode is WebsocketsOpcode.TEXT
                    message += frame.data
                    if frame.fin and is_text:
                        try:
                            seen.append(("text", message.decode()))
                        except UnicodeDecodeError:
                            return [*seen, FAILED]
                    elif frame.fin:
                        seen.append(("binary", bytes(message)))
        if protocol.parser_exc is not None and not isinstance(protocol.parser_exc, EOFError):
            return [*seen, FAILED]
    return seen


def by_wsproto(role: Role, chunks: list[bytes]) -> list[tuple]:
    server = role is Role.SERVER
    connection = WsprotoConnection(ConnectionType.SERVER if server else ConnectionType.CLIENT)
    seen: list[tuple] = []
    parts: list = []
    for chunk in chunks:
        try:
            connection.receive_data(chunk)
            for event in connection.events():
                match event:
                    case wsproto_events.Message(data=data, message_finished=finished):
                        parts.append(data)
                        if finished:
                            text = isinstance(data, str)
                            joined = "".join(parts) if text else b"".join(map(bytes, parts))
                            seen.append(("text" if text else "binary", joined))
                            parts = []
                    case wsproto_events.Ping(payload=payload):
                        seen.append(("ping", bytes(payload)))
                    case wsproto_events.Pong(payload=payload):
                        seen.append(("pong", bytes(payload)))
                    case wsproto_events.CloseConnection(code=code, reason=reason):
                        # The same event stands for a broken rule; then the state is another.
                        closed = connection.state is ConnectionState.REMOTE_CLOSING
                        return [*seen, ("close", int(code), reason or "") if closed else FAILED]
        except RemoteProtocolError:
            return [*seen, FAILED]
    return seen


@dataclass(frozen=True)
class Sent:
    """A frame to send, and how its length is written: 1, 3 or 9 bytes."""

    frame: Frame
    shortest: bool = True

    def encode(self, key: bytes | None) -> bytes:
        wire = self.frame._replace(masking_key=key).encode()
        if self.shortest or len(self.frame.payload) > 125:
            return wire
        length = bytes([wire[1] & 0x80 | 126]) + len(self.frame.payload).to_bytes(2, "big")
        return wire[:1] + length + wire[2:]


payloads = st.one_of(
    st.binary(max_size=20),
    st.text(max_size=20).map(str.encode),
    st.sampled_from(
        [b"", b"x" * 125, b"x" * 126, b"\xed\xa0\x80", b"\xce\xba\xe1\xbd", b"y" * 70000]
    ),
)
close_payloads = st.one_of(
    st.just(b""),
    st.binary(max_size=3),
    st.builds(
        lambda code, reason: code.to_bytes(2, "big") + reason.encode(),
        st.sampled_from([1000, 1001, 1011, 3000, 4999]),
        st.text(max_size=10),
    ),
)
frames = st.one_of(
    st.builds(
        Frame,
        st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION]),
        payloads,
        st.booleans(),
    ),
    st.builds(Frame, st.sampled_from([Opcode.PING, Opcode.PONG]), payloads),
    st.builds(Frame, st.just(Opcode.CLOSE), close_payloads),
    st.builds(Frame, st.integers(0, 15), payloads, st.booleans(), st.booleans(), st.booleans()),
)
whole_messages = st.builds(
    lambda text, cut: [
        Frame(Opcode.TEXT, text.encode()[:cut], fin=False),
        Frame(Opcode.CONTINUATION, text.encode()[cut:]),
    ],
    st.text(max_size=20),
    st.integers(0, 30),
)
conversations = st.lists(st.one_of(frames.map(lambda frame: [frame]), whole_messages), max_size=6)


def compare(role: Role, masked: bool, sent: list[Sent], sizes: list[int], peer) -> None:
    stream = b"".join(item.encode(KEY if masked else None) for item in sent)
    chunks, position = [], 0
    for size in [*sizes, len(stream) + 1]:
        chunks.append(stream[position : position + size])
        position += size
    expected, found = peer(role, chunks), ours(role, chunks)
    if found[-1:] == [FAILED] == expected[-1:]:
        # Who fails earlier, at the header or at the first bad byte, has read as much before.
        return
    assert found == expected


roles = st.sampled_from(list(Role))
sizes = st.lists(st.integers(1, 40), max_size=20)


@given(roles, st.booleans(), conversations, sizes)
@example(Role.SERVER, True, [[Frame(Opcode.TEXT, b"\xff", fin=False)]], [])
def test_the_same_events_as_websockets(role, right, conversation, sizes):
    masked = (role is Role.SERVER) is right
    sent = [Sent(frame) for frames in conversation for frame in frames]
    stream = b"".join(item.encode(KEY if masked else None) for item in sent)
    found, expected = ours(role, [stream]), by_websockets(role, [stream])
    if found[-1:] == [FAILED] and expected[: len(found) - 1] == found[:-1]:
        # Bad bytes in a message that goes on, or never ends: only who looks at each one sees them.
        text = any(not item.frame.fin and item.frame.opcode is Opcode.TEXT for item in sent)
        if text or expected[-1:] == [FAILED]:
            return
    compare(role, masked, sent, sizes, by_websockets)


@given(roles, st.booleans(), conversations, sizes)
def test_the_same_events_as_wsproto(role, right, conversation, sizes):
    masked = (role is Role.SERVER) is right
    sent = [Sent(frame) for frames in conversation for frame in frames]
    compare(role, masked, sent, sizes, by_wsproto)


@given(roles, payloads.filter(lambda payload: len(payload) <= 125))
def test_only_websockets_accepts_a_length_that_is_not_in_its_shortest_form(role, payload):
    sent = [Sent(Frame(Opcode.BINARY, payload), shortest=False)]
    stream = [item.encode(KEY if role is Role.SERVER else None) for item in sent]
    assert ours(role, stream) == by_wsproto(role, stream) == [FAILED]
    assert by_websockets(role, stream) == [("binary", payload)]


@pytest.mark.parametrize("code", [0, 999, *range(1000, 1017), 1100, 2999, 3000, 4999, 5000, 65535])
def test_the_same_close_codes(code):
    stream = [Frame(Opcode.CLOSE, code.to_bytes(2, "big"), masking_key=KEY).encode()]
    found = ours(Role.SERVER, stream)
    assert found == by_websockets(Role.SERVER, stream)
    assert by_wsproto(Role.SERVER, stream) == ([FAILED] if code == 1014 else found)


@pytest.mark.parametrize(
    ("text", "seen_by_wsproto"), [(b"abc\xff", [FAILED]), (b"abc\xed\xa0", [])]
)
def test_a_bad_byte_in_a_frame_that_is_not_whole(text, seen_by_wsproto):
    stream = [Frame(Opcode.TEXT, text + bytes(9), masking_key=KEY).encode()[:-9]]
    assert ours(Role.SERVER, stream) == [FAILED]
    assert by_websockets(Role.SERVER, stream) == []
    assert by_wsproto(Role.SERVER, stream) == seen_by_wsproto
