"""What an endpoint that echoes must do, case by case, from the text of RFC 6455.

A case says what is sent, which frames come back, and with which close code the endpoint then fails
the connection, if it does. It holds for a server and for a client, whatever carries the bytes, and
however they are cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    """

    name: str
    send: tuple[Bytes, ...]
    back: tuple[tuple[Opcode, bytes], ...] = ()
    fails: int | None = None
    answer: bytes | None = None
    eager: bool = False


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
            payload = byte * size
            yield Case(
                f"5.2 {opcode.name} of {size} bytes",
                (frame(opcode, payload),),
                ((opcode, payload),),
            )
    for size, length in ((2, 0), (2, 125), (8, 125), (8, 65535)):
        yield Case(
            f"5.2 length of {length} in {size} bytes, which is not its shortest form",
            (header(0x82, 126 if size == 2 else 127, length.to_bytes(size, "big"), bytes(length)),),
            fails=1002,
        )
    for length in (1 << 63, (1 << 64) - 1):
        yield Case(
            f"5.2 length of {length:#x}, whose highest bit is set",
            (header(0x82, 127, length.to_bytes(8, "big"), bytes(125)),),
            fails=1002,
        )
    for rsv in range(1, 8):
        flags = {"rsv1": rsv & 4 > 0, "rsv2": rsv & 2 > 0, "rsv3": rsv & 1 > 0}
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            yield Case(
                f"5.2 RSV {rsv:03b} on {opcode.name}",
                (frame(TEXT, b"first"), frame(opcode, b"", **flags), frame(PING)),
                ((TEXT, b"first"),),
                fails=1002,
            )
    for opcode in (*range(3, 8), *range(11, 16)):
        yield Case(
            f"5.2 reserved opcode {opcode:#x}",
            (frame(TEXT, b"first"), frame(opcode, b"x"), frame(PING)),
            ((TEXT, b"first"),),
            fails=1002,
        )


def masking() -> Iterator[Case]:
    """Whether the peer's frames are masked just as its role demands."""
    wrong = {
        "a message": (TEXT, b"Hello"),
        "an empty message": (BINARY, b""),
        "a ping": (PING, b"x"),
        "a close": (CLOSE, b"\x03\xe8"),
    }
    for name, (opcode, payload) in wrong.items():
        yield Case(
            f"5.1 {name} with the mask bit the wrong way round",
            (frame(TEXT, b"first"), _turned(frame(opcode, payload))),
            ((TEXT, b"first"),),
            fails=1002,
        )


def _turned(masked: Bytes) -> Bytes:
    """The same frame without a masking key where it has one, and with one where it has none."""
    return lambda key: masked(None if key else b"\x37\xfa\x21\x3d")


def pings() -> Iterator[Case]:
    for payload in (b"", b"Hello", bytes(range(125)), b"\xff\xfe"):
        yield Case(f"5.5.2 ping {payload[:5]!r}", (frame(PING, payload),), ((PONG, payload),))
    yield Case("5.5.2 ten pings", (frame(PING, b"x"),) * 10, ((PONG, b"x"),) * 10)
    yield Case("5.5 ping of 126 bytes", (frame(PING, bytes(126)),), fails=1002)
    yield Case("5.5 pong of 126 bytes", (frame(PONG, bytes(126)),), fails=1002)
    yield Case("5.5 close of 126 bytes", (frame(CLOSE, b"\x03\xe8" + b"x" * 124),), fails=1002)
    yield Case("5.5.3 unasked pong", (frame(PONG, b"x"), frame(PING)), ((PONG, b""),))
    for opcode in (PING, PONG, CLOSE):
        yield Case(f"5.4 fragmented {opcode.name}", (frame(opcode, fin=False),), fails=1002)


def fragmentation() -> Iterator[Case]:
    he, llo = frame(TEXT, b"He", fin=False), frame(CONTINUATION, b"llo")
    hello = (TEXT, b"Hello")
    yield Case("5.4 two fragments", (he, llo), (hello,))
    yield Case("5.4 ping between fragments", (he, frame(PING, b"p"), llo), ((PONG, b"p"), hello))
    yield Case(
        "5.4 empty fragments",
        (frame(TEXT, fin=False), frame(CONTINUATION, fin=False), frame(CONTINUATION)),
        ((TEXT, b""),),
    )
    yield Case(
        "5.4 a last fragment that is empty",
        (frame(BINARY, b"\xff\0", fin=False), frame(CONTINUATION)),
        ((BINARY, b"\xff\0"),),
    )
    yield Case(
        "5.4 a thousand fragments",
        (
            frame(TEXT, b"a", fin=False),
            *[frame(CONTINUATION, b"b", fin=False)] * 998,
            frame(CONTINUATION, b"c"),
        ),
        ((TEXT, b"a" + b"b" * 998 + b"c"),),
    )
    yield Case("5.4 two messages in fragments", (he, llo, he, llo), (hello, hello))
    for fin in (True, False):
        yield Case(
            f"5.4 continuation of nothing, FIN {fin}",
            (frame(CONTINUATION, b"x", fin=fin), frame(TEXT, b"x")),
            fails=1002,
        )
        yield Case(
            f"5.4 continuation after a whole message, FIN {fin}",
            (frame(TEXT, b"x"), frame(CONTINUATION, b"x", fin=fin)),
            ((TEXT, b"x"),),
            fails=1002,
        )
    for opcode in (TEXT, BINARY):
        yield Case(f"5.4 {opcode.name} in a message", (he, frame(opcode, b"x")), fails=1002)
    yield Case(
        "5.4 a frame out of sequence fails before its payload is there",
        (he, frame(TEXT, bytes(100), cut=-100)),
        fails=1002,
        eager=True,
    )


VALID_TEXT = (
    "κόσμε",
    "\0",
    "\x7f\x80\u07ff\u0800\uffff",
    "\ud7ff\ue000\ufffd\ufffe",
    "\U00010000\U0010ffff",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "한국어 👩‍👩‍👧‍👦",
)

# (what comes before the first byte that cannot be UTF-8, that byte, what follows)
INVALID_TEXT = (
    (b"", b"\x80", b"a"),
    (b"", b"\xbf", b""),
    (b"ab", b"\xc0", b"\x80"),
    (b"", b"\xc1", b"\xbf"),
    (b"\xc3", b"(", b""),
    (b"\xe0", b"\x80", b"\x80"),
    (b"\xe0", b"\x9f", b"\xbf"),
    (b"\xe2\x82", b"(", b""),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed", b"\xa0", b"\x80edited"),
    (b"\xed", b"\xbf", b"\xbf"),
    (b"\xf0", b"\x80", b"\x80\x80"),
    (b"\xf0", b"\x8f", b"\xbf\xbf"),
    (b"\xf4", b"\x90", b"\x80\x80"),
    (b"", b"\xf5", b"\x80\x80\x80"),
    (b"", b"\xf8", b"\x88\x80\x80\x80"),
    (b"", b"\xfe", b""),
    (b"", b"\xff", b""),
    (b"a" * 1000, b"\xff", b"b" * 1000),
)
TRUNCATED_TEXT = (b"\xc3", b"\xe2\x82", b"\xf0\x9f", b"\xf0\x9f\x91", b"ok \xed\x9f")


def utf8() -> Iterator[Case]:
    for text in VALID_TEXT:
        payload = text.encode()
        yield Case(f"8.1 {text!a}", (frame(TEXT, payload),), ((TEXT, payload),))
        single = [frame(CONTINUATION, bytes([byte]), fin=False) for byte in payload]
        yield Case(
            f"8.1 {text!a}, a byte in each frame",
            (frame(TEXT, fin=False), *single, frame(CONTINUATION)),
            ((TEXT, payload),),
        )
    for before, bad, after in INVALID_TEXT:
        payload = before + bad + after
        name = f"8.1 {bad.hex()} after {before[-3:].hex() or 'nothing'}"
        yield Case(f"{name}, in one frame", (frame(TEXT, payload),), fails=1007)
        yield Case(
            f"{name}, in an unfinished message",
            (frame(TEXT, before, fin=False), frame(CONTINUATION, bad, fin=False)),
            fails=1007,
            eager=True,
        )
        more = b"and more to come"
        unfinished = frame(TEXT, payload + more, cut=-len(after + more))
        yield Case(
            f"{name}, in an unfinished frame",
            (unfinished,),
            fails=1007,
            eager=True,
        )
        yield Case(
            f"{name}, in two frames",
            (frame(TEXT, before, fin=False), frame(CONTINUATION, bad + after)),
            fails=1007,
        )
        yield Case(
            f"8.1 {payload[:9].hex()} is fine as binary",
            (frame(BINARY, payload),),
            ((BINARY, payload),),
        )
    for payload in TRUNCATED_TEXT:
        yield Case(f"8.1 {payload.hex()} ends too early", (frame(TEXT, payload),), fails=1007)
        yield Case(
            f"8.1 {payload.hex()} ends too early, in two frames",
            (frame(TEXT, payload, fin=False), frame(CONTINUATION)),
            fails=1007,
        )


VALID_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
INVALID_CODES = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)


def closing() -> Iterator[Case]:
    yield Case("5.5.1 close without a code", (frame(CLOSE),), answer=b"")
    yield Case("5.5.1 close with half a code", (frame(CLOSE, b"\x03"),), fails=1002)
    for code in (*VALID_CODES, 3000, 3999, 4000, 4999):
        yield Case(f"7.4 close code {code}", (close(code),), answer=code.to_bytes(2, "big"))
    for code in INVALID_CODES:
        yield Case(f"7.4 close code {code} may not be sent", (close(code),), fails=1002)
    yield Case("5.5.1 close with a reason", (close(1000, b"bye"),), answer=b"\x03\xe8")
    yield Case(
        "5.5.1 close with a reason of 123 bytes", (close(1000, b"x" * 123),), answer=b"\x03\xe8"
    )
    yield Case("8.1 close with a reason not in UTF-8", (close(1000, b"\xce\xba\xff"),), fails=1007)
    for name, after in (
        ("a message", frame(TEXT, b"x")),
        ("a ping", frame(PING)),
        ("another close", close(1001)),
        ("rubbish", header(0xC3, 0)),
    ):
        yield Case(f"1.4 {name} after a close is ignored", (close(1000), after), answer=b"\x03\xe8")
    yield Case(
        "5.5.1 close in the middle of a message",
        (frame(TEXT, b"He", fin=False), close(1000), frame(CONTINUATION, b"llo")),
        answer=b"\x03\xe8",
    )
    yield Case("7.1.7 rubbish, then a close", (header(0x83, 0), close(1000)), fails=1002)
    yield Case(
        "5.5.1 a message before a close comes back",
        (frame(TEXT, b"x"), close(1000)),
        ((TEXT, b"x"),),
        answer=b"\x03\xe8",
    )


CASES = [*framing(), *masking(), *pings(), *fragmentation(), *utf8(), *closing()]
