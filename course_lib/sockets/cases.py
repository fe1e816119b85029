"""What an endpoint that echoes must do, case by case, from the text of RFC 6455.

A case says what is sent, which frames come back, and with which close code the endpoint then fails
the connection, if it does. It holds for a server and for a client, whatever carries the bytes, and
however they are cut.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from course_lib.protocol import Frame, Opcode

Bytes = Callable[[bytes | None], bytes]
"""Makes the bytes to send, with this masking key or without one."""

CONTINUATION, TEXT, BINARY = Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: what it is about, with the section of the rule.
        send: what is sent, in order.
        back: the (opcode, payload) of each frame that comes back, in order, before any Close.
        fails: the close code with which the endpoint fails the connection; None if it stays open.
        answer: the payload of the Close that answers a Close among `send`.
        eager: whether it asks more than the RFC does: to fail before a frame or a message is whole.
        section: what part of the protocol it is about, e.g. "control" for control frames.
    """

    name: str
    send: tuple[Bytes, ...]
    back: tuple[tuple[Opcode, bytes], ...] = ()
    fails: int | None = None
    answer: bytes | None = None
    eager: bool = False
    section: str = ""


def echoed(name: str, *send: Bytes, back: tuple[tuple[Opcode, bytes], ...]) -> Case:
    """A case in which the connection stays open."""
    return Case(name, send, back)


def breaks(
    name: str, *send: Bytes, code: int = 1002, after: bytes | None = None, eager: bool = False
) -> Case:
    """A case in which a rule is broken, perhaps after a text message that is still sent back."""
    if after is None:
        return Case(name, send, fails=code, eager=eager)
    return Case(name, (frame(TEXT, after), *send), ((TEXT, after),), fails=code, eager=eager)


def closes(name: str, *send: Bytes, answer: bytes = b"\x03\xe8") -> Case:
    """A case in which a Close is answered."""
    return Case(name, send, answer=answer)


def frame(opcode: Opcode, payload: bytes = b"", *, cut: int | None = None, **flags: bool) -> Bytes:
    """A frame, or only its first bytes if `cut` is given; without its last ones if negative."""
    return lambda key: Frame(opcode, payload, masking_key=key, **flags).encode()[:cut]


def header(first: int, length: int, extended: bytes = b"", rest: bytes = b"") -> Bytes:
    """A header byte by byte, with the mask bit and key where they are due."""
    return lambda key: (
        bytes([first, length | (0x80 if key else 0)]) + extended + (key or b"") + rest
    )


def close(code: int, reason: bytes = b"") -> Bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def framing() -> Iterator[Case]:
    for opcode, byte in ((TEXT, b"*"), (BINARY, b"\xfe")):
        for size in (0, 1, 125, 126, 127, 128, 65535, 65536, 70000):
            name, payload = f"5.2 {opcode.name} of {size} bytes", byte * size
            yield echoed(name, frame(opcode, payload), back=((opcode, payload),))
    for size, length in ((2, 0), (2, 125), (8, 125), (8, 65535)):
        name = f"5.2 length of {length} in {size} bytes, which is not its shortest form"
        form, extended = 126 if size == 2 else 127, length.to_bytes(size, "big")
        yield breaks(name, header(0x82, form, extended, bytes(length)))
    for length in (1 << 63, (1 << 64) - 1):
        name = f"5.2 length of {length:#x}, whose highest bit is set"
        yield breaks(name, header(0x82, 127, length.to_bytes(8, "big"), bytes(125)))
    for rsv in range(1, 8):
        flags = {"rsv1": rsv & 4 > 0, "rsv2": rsv & 2 > 0, "rsv3": rsv & 1 > 0}
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            name = f"5.2 RSV {rsv:03b} on {opcode.name}"
            yield breaks(name, frame(opcode, b"", **flags), frame(PING), after=b"first")
    for number in (*range(3, 8), *range(11, 16)):
        name = f"5.2 reserved opcode {number:#x}"
        yield breaks(name, header(0x80 | number, 1, rest=b"x"), frame(PING), after=b"first")


def masking() -> Iterator[Case]:
    """Whether the peer's frames are masked just as its role demands."""
    wrong = {
        "a message": (TEXT, b"Hello"),
        "an empty message": (BINARY, b""),
        "a ping": (PING, b"x"),
        "a close": (CLOSE, b"\x03\xe8"),
    }
    for what, (opcode, payload) in wrong.items():
        name = f"5.1 {what} with the mask bit the wrong way round"
        yield breaks(name, _turned(frame(opcode, payload)), after=b"first")


def _turned(masked: Bytes) -> Bytes:
    """The same frame without a masking key where it has one, and with one where it has none."""
    return lambda key: masked(None if key else b"\x37\xfa\x21\x3d")


def pings() -> Iterator[Case]:
    for payload in (b"", b"Hello", bytes(range(125)), b"\xff\xfe"):
        name = f"5.5.2 ping {payload[:5]!r}"
        yield echoed(name, frame(PING, payload), back=((PONG, payload),))
    yield echoed("5.5.2 ten pings", *[frame(PING, b"x")] * 10, back=((PONG, b"x"),) * 10)
    yield breaks("5.5 ping of 126 bytes", frame(PING, bytes(126)))
    yield breaks("5.5 pong of 126 bytes", frame(PONG, bytes(126)))
    yield breaks("5.5 close of 126 bytes", close(1000, b"x" * 124))
    yield echoed("5.5.3 unasked pong", frame(PONG, b"x"), frame(PING), back=((PONG, b""),))
    for opcode in (PING, PONG, CLOSE):
        yield breaks(f"5.4 fragmented {opcode.name}", frame(opcode, fin=False))


def fragmentation() -> Iterator[Case]:
    he, llo, hello = frame(TEXT, b"He", fin=False), frame(CONTINUATION, b"llo"), (TEXT, b"Hello")
    yield echoed("5.4 two fragments", he, llo, back=(hello,))
    name = "5.4 ping between fragments"
    yield echoed(name, he, frame(PING, b"p"), llo, back=((PONG, b"p"), hello))
    nothing, last = frame(CONTINUATION, fin=False), frame(CONTINUATION)
    yield echoed("5.4 empty fragments", frame(TEXT, fin=False), nothing, last, back=((TEXT, b""),))
    name, first = "5.4 a last fragment that is empty", frame(BINARY, b"\xff\0", fin=False)
    yield echoed(name, first, last, back=((BINARY, b"\xff\0"),))
    first, more = frame(TEXT, b"a", fin=False), frame(CONTINUATION, b"b", fin=False)
    thousand = first, *[more] * 998, frame(CONTINUATION, b"c")
    yield echoed("5.4 a thousand fragments", *thousand, back=((TEXT, b"a" + b"b" * 998 + b"c"),))
    yield echoed("5.4 two messages in fragments", he, llo, he, llo, back=(hello, hello))
    for fin in (True, False):
        rest = frame(CONTINUATION, b"x", fin=fin)
        yield breaks(f"5.4 continuation of nothing, FIN {fin}", rest, frame(TEXT, b"x"))
        yield breaks(f"5.4 continuation after a whole message, FIN {fin}", rest, after=b"x")
    for opcode in (TEXT, BINARY):
        yield breaks(f"5.4 {opcode.name} in a message", he, frame(opcode, b"x"))
    name = "5.4 a frame out of sequence fails before its payload is there"
    yield breaks(name, he, frame(TEXT, bytes(100), cut=-100), eager=True)


TEXTS = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))
VALID_TEXT: list[str] = TEXTS["valid"]
INVALID_TEXT = [
    *([bytes.fromhex(part) for part in parts] for parts in TEXTS["invalid"]),
    [b"a" * 1000, b"\xff", b"b" * 1000],
]
TRUNCATED_TEXT = [bytes.fromhex(text) for text in TEXTS["truncated"]]


def utf8() -> Iterator[Case]:
    for text in VALID_TEXT:
        payload = text.encode()
        yield echoed(f"8.1 {text!a}", frame(TEXT, payload), back=((TEXT, payload),))
        single = [frame(CONTINUATION, bytes([byte]), fin=False) for byte in payload]
        frames = frame(TEXT, fin=False), *single, frame(CONTINUATION)
        yield echoed(f"8.1 {text!a}, a byte in each frame", *frames, back=((TEXT, payload),))
    for before, bad, after in INVALID_TEXT:
        payload = before + bad + after
        name = f"8.1 {bad.hex()} after {before[-3:].hex() or 'nothing'}"
        first = frame(TEXT, before, fin=False)
        more = frame(CONTINUATION, bad, fin=False)
        unfinished = frame(TEXT, payload + b"and more to come", cut=-len(after) - 16)
        yield breaks(f"{name}, in one frame", frame(TEXT, payload), code=1007)
        yield breaks(f"{name}, in an unfinished message", first, more, code=1007, eager=True)
        yield breaks(f"{name}, in an unfinished frame", unfinished, code=1007, eager=True)
        rest = frame(CONTINUATION, bad + after)
        yield breaks(f"{name}, in two frames", first, rest, code=1007)
        name = f"8.1 {payload[:9].hex()} is fine as binary"
        yield echoed(name, frame(BINARY, payload), back=((BINARY, payload),))
    for payload in TRUNCATED_TEXT:
        name = f"8.1 {payload.hex()} ends too early"
        yield breaks(name, frame(TEXT, payload), code=1007)
        first = frame(TEXT, payload, fin=False)
        yield breaks(f"{name}, in two frames", first, frame(CONTINUATION), code=1007)


VALID_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
INVALID_CODES = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


def closing() -> Iterator[Case]:
    yield closes("5.5.1 close without a code", frame(CLOSE), answer=b"")
    yield breaks("5.5.1 close with half a code", frame(CLOSE, b"\x03"))
    for code in (*VALID_CODES, 3000, 3999, 4000, 4999):
        yield closes(f"7.4 close code {code}", close(code), answer=code.to_bytes(2, "big"))
    for code in INVALID_CODES:
        yield breaks(f"7.4 close code {code} may not be sent", close(code))
    yield closes("5.5.1 close with a reason", close(1000, b"bye"))
    yield closes("5.5.1 close with a reason of 123 bytes", close(1000, b"x" * 123))
    wrong = close(1000, b"\xce\xba\xff")
    yield breaks("8.1 close with a reason not in UTF-8", wrong, code=1007)
    for name, after in (
        ("a message", frame(TEXT, b"x")),
        ("a ping", frame(PING)),
        ("another close", close(1001)),
        ("rubbish", header(0xC3, 0)),
    ):
        yield closes(f"1.4 {name} after a close is ignored", close(1000), after)
    he, llo = frame(TEXT, b"He", fin=False), frame(CONTINUATION, b"llo")
    yield closes("5.5.1 close in the middle of a message", he, close(1000), llo)
    yield breaks("7.1.7 rubbish, then a close", header(0x83, 0), close(1000))
    name, message = "5.5.1 a message before a close comes back", (TEXT, b"x")
    yield replace(closes(name, frame(*message), close(1000)), back=(message,))


CASES = [
    replace(case, section=section)
    for section, cases in (
        ("frames", framing()),
        ("frames", masking()),
        ("control", pings()),
        ("fragments", fragmentation()),
        ("text", utf8()),
        ("closing", closing()),
    )
    for case in cases
]
