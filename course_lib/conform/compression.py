"""permessage-deflate, where an endpoint speaks it (RFC 7692)."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from course_lib.conform.card import Outcome, Result
from course_lib.conform.frames import STILL_THERE
from course_lib.conform.peer import Peer
from course_lib.protocol import Frame, Opcode, ProtocolError
from course_lib.protocol.deflate import Deflate

ROOM = 2**20
"""Bytes that a message may have once it is inflated."""

TEXT, BINARY, CONTINUATION = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION


ONE = b"how much is the fish " * 9
TWO = ONE + b"?"


@dataclass(frozen=True)
class Compressed:
    """A case of its own connection.

    Attributes:
        name: what it is about.
        rule: where that stands.
        send: makes the frames to send, whose masking keys are set later.
        back: the messages that come back; None if the endpoint must fail the connection.
    """

    name: str
    rule: str
    send: Callable[[Deflate], list[Frame]]
    back: tuple[bytes, ...] | None = None


def _whole(payload: bytes, opcode: Opcode = TEXT) -> Frame:
    return Frame(opcode, payload, rsv1=True)


def _halves(ours: Deflate, *, rsv1: bool) -> list[Frame]:
    payload = ours.compress(ONE)
    half = len(payload) // 2
    first = Frame(TEXT, payload[:half], fin=False, rsv1=True)
    return [first, Frame(CONTINUATION, payload[half:], rsv1=rsv1)]


def _stored(message: bytes) -> bytes:
    compressor = zlib.compressobj(0, wbits=-15)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


CASES = (
    Compressed("a message", "7692 7.2.2", lambda ours: [_whole(ours.compress(ONE))], (ONE,)),
    Compressed(
        "two messages, the second with the first as its context", "7692 7.2.3.2",
        lambda ours: [_whole(ours.compress(ONE)), _whole(ours.compress(TWO))], (ONE, TWO),
    ),
    Compressed(
        "a message in two frames, the first of which says that it is compressed", "7692 6.1",
        lambda ours: _halves(ours, rsv1=False), (ONE,),
    ),
    Compressed(
        "a message that is not compressed", "7692 6.1", lambda _: [Frame(TEXT, ONE)], (ONE,)
    ),
    Compressed("an empty message", "7692 7.2.3.6", lambda _: [_whole(b"\0", BINARY)], (b"",)),
    Compressed(
        "a block that is stored and not compressed", "7692 7.2.3.3",
        lambda _: [_whole(_stored(b"Hello"))], (b"Hello",),
    ),
    Compressed("a ping that says it is compressed", "7692 6.1", lambda _: [_whole(b"x", Opcode.PING)]),
    Compressed(
        "a later frame that says it is compressed", "7692 6.1", lambda ours: _halves(ours, rsv1=True)
    ),
    Compressed("bytes that can't be inflated", "7692 7.2.2", lambda _: [_whole(b"\xff" * 9)]),
)  # fmt: skip


async def try_compressed(
    case: Compressed, peer: Peer, key: bytes | None, ours: Deflate, theirs: Deflate
) -> Result:
    """Put a case to an endpoint; `ours` makes what is sent, `theirs` inflates what comes back."""
    sent = [frame._replace(masking_key=key).encode() for frame in case.send(ours)]
    await peer.send(b"".join(sent))
    if case.back is None:
        expected, why = "the end of the connection", await _must_end(peer, key)
    else:
        back = case.back
        await peer.until(lambda heard: heard.over or len(heard.messages) >= len(back))
        expected, why = "an echo", _compare(back, peer, theirs)
    outcome: Outcome = "failed" if why else "passed"
    came = tuple(peer.heard.frames)
    return Result("deflate", case.name, case.rule, outcome, why, tuple(sent), expected, came)


async def _must_end(peer: Peer, key: bytes | None) -> str:
    """What is wrong with what an endpoint does that must fail the connection."""
    await peer.send(Frame(Opcode.PING, STILL_THERE, masking_key=key).encode())
    await peer.until(lambda heard: heard.over or bool(heard.pongs) or bool(heard.messages))
    if peer.heard.pongs or peer.heard.messages:
        return "it went on as if nothing had happened"
    return "" if peer.heard.over else "it neither closed the connection nor went on"


def _compare(back: tuple[bytes, ...], peer: Peer, theirs: Deflate) -> str:
    """What is wrong with what came back; nothing if it is right."""
    try:
        came = [
            theirs.decompress(payload, room=ROOM, final=True) if compressed else payload
            for _, compressed, payload in peer.heard.joined()
        ]
    except ProtocolError as error:
        return f"what it sent can't be inflated: {error}"
    if came == list(back):
        return ""
    return "no message came back" if not came else "another message came back"
