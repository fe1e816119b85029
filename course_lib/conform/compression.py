"""permessage-deflate, where an endpoint speaks it (RFC 7692)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from course_lib.conform.card import Outcome, Result
from course_lib.conform.frames import STILL_THERE
from course_lib.conform.peer import Peer
from course_lib.protocol import Frame, Opcode, ProtocolError
from course_lib.protocol.deflate import Deflate, DeflateParameters

ROOM = 2**20
"""Bytes that a message may have once it is inflated."""

TEXT, BINARY, CONTINUATION = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION


@dataclass(frozen=True)
class Compressed:
    """A case: frames (masking keys are set later), and the messages that come back, or that it fails."""

    name: str
    rule: str
    send: tuple[Frame, ...]
    back: tuple[bytes, ...] = ()
    fails: bool = False


def cases(ours: Deflate) -> Iterator[Compressed]:
    """The cases; `ours` compresses what is sent in one of them, which is on a connection of its own."""
    lines = [b"how much is the fish " * 9, b"how much is the fish " * 9 + b"?"]
    one, two = (ours.compress(line) for line in lines)
    half = len(one) // 2
    yield Compressed("a message", "7692 7.2.2", (Frame(TEXT, one, rsv1=True),), (lines[0],))
    yield Compressed(
        "two messages, the second with the first as its context", "7692 7.2.3.2",
        (Frame(TEXT, one, rsv1=True), Frame(TEXT, two, rsv1=True)), tuple(lines),
    )  # fmt: skip
    yield Compressed(
        "a message in two frames, the first of which says that it is compressed", "7692 6.1",
        (Frame(TEXT, one[:half], fin=False, rsv1=True), Frame(CONTINUATION, one[half:])),
        (lines[0],),
    )  # fmt: skip
    yield Compressed(
        "a message that is not compressed", "7692 6.1", (Frame(TEXT, lines[0]),), (lines[0],)
    )
    yield Compressed("an empty message", "7692 7.2.3.6", (Frame(BINARY, b"\0", rsv1=True),), (b"",))
    stored = zlib.compressobj(0, wbits=-15)
    block = (stored.compress(b"Hello") + stored.flush(zlib.Z_SYNC_FLUSH))[:-4]
    yield Compressed(
        "a block that is stored and not compressed", "7692 7.2.3.3",
        (Frame(TEXT, block, rsv1=True),), (b"Hello",),
    )  # fmt: skip
    yield Compressed(
        "a ping that says it is compressed", "7692 6.1",
        (Frame(Opcode.PING, b"x", rsv1=True),), fails=True,
    )  # fmt: skip
    yield Compressed(
        "a later frame that says it is compressed", "7692 6.1",
        (Frame(TEXT, one[:half], fin=False, rsv1=True), Frame(CONTINUATION, one[half:], rsv1=True)),
        fails=True,
    )  # fmt: skip
    yield Compressed(
        "bytes that can't be inflated", "7692 7.2.2",
        (Frame(TEXT, b"\xff" * 9, rsv1=True),), fails=True,
    )  # fmt: skip


COUNT = len(list(cases(Deflate(is_client=True, agreed=DeflateParameters()))))
"""How many cases there are."""


async def try_compressed(
    case: Compressed, peer: Peer, key: bytes | None, theirs: Deflate
) -> Result:
    """Put a case to an endpoint; `theirs` inflates what comes back."""
    sent = [frame._replace(masking_key=key).encode() for frame in case.send]
    await peer.send(b"".join(sent))
    if case.fails:
        await peer.send(Frame(Opcode.PING, STILL_THERE, masking_key=key).encode())
        await peer.until(lambda heard: heard.over or bool(heard.pongs) or bool(heard.messages))
        went_on = bool(peer.heard.pongs or peer.heard.messages)
        why = "it went on as if nothing had happened" if went_on else ""
        if not went_on and not peer.heard.over:
            why = "it neither closed the connection nor went on"
    else:
        await peer.until(lambda heard: heard.over or len(heard.messages) >= len(case.back))
        why = _compare(case, peer, theirs)
    outcome: Outcome = "failed" if why else "passed"
    return Result("deflate", case.name, case.rule, outcome, why, tuple(sent),
                  "an echo" if not case.fails else "the end of the connection",
                  tuple(peer.heard.frames))  # fmt: skip


def _compare(case: Compressed, peer: Peer, theirs: Deflate) -> str:
    """What is wrong with what came back; nothing if it is right."""
    came: list[bytes] = []
    payload, compressed = b"", False
    for parts in peer.heard.parts:
        if parts.code >= Opcode.CLOSE:
            continue
        compressed = parts.rsv[0] if parts.code else compressed
        payload += parts.payload
        if parts.header[0] & 0x80:
            try:
                came.append(
                    theirs.decompress(payload, room=ROOM, final=True) if compressed else payload
                )
            except ProtocolError as error:
                return f"what it sent can't be inflated: {error}"
            payload = b""
    if came == list(case.back):
        return ""
    return "no message came back" if not came else "another message came back"
