"""What hostile clients send: made from a seed, so that a run can be repeated byte for byte."""

import json
import random
from collections.abc import Callable

REQUEST = (
    b"GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def corpus(seed: int, count: int) -> list[bytes]:
    """All that `count` clients send, each on a connection of its own.

    A third each goes wrong in the handshake, in a frame, and in a message of the chat.
    """
    source = random.Random(seed)
    kinds: list[Callable[[random.Random], bytes]] = [bad_handshake, bad_frame, bad_message]
    found: dict[bytes, None] = {}  # no two are alike
    while len(found) < count:
        found[kinds[len(found) % len(kinds)](source)] = None
    return list(found)


def bad_handshake(source: random.Random) -> bytes:
    """A request that is too large, too long, changed in one place, or none."""
    return source.choice(
        [
            lambda: REQUEST + b"X-Large: " + b"x" * source.randint(9_000, 60_000) + b"\r\n\r\n",
            lambda: REQUEST + b"X-Many: y\r\n" * source.randint(129, 3000) + b"\r\n",
            lambda: b"GET /" + b"a" * source.randint(9_000, 60_000) + b" HTTP/1.1\r\n\r\n",
            lambda: _changed(REQUEST + b"\r\n", source),
            lambda: REQUEST.replace(b"13", b"12") + b"\r\n",
            lambda: REQUEST + b"Origin: http://evil.example\r\n\r\n",
            lambda: b"\x16\x03\x01" + source.randbytes(source.randint(1, 500)),
            lambda: source.randbytes(source.randint(1, 2000)),
        ]
    )()


def bad_frame(source: random.Random) -> bytes:
    """A good handshake, and then a frame that breaks a rule of RFC 6455, or noise."""
    payload = source.randbytes(source.randint(0, 125))
    good = text_frame(b"x" * source.randint(1, 125))
    frame = source.choice(
        [
            lambda: bytes([good[0] | source.choice([0x40, 0x20, 0x10])]) + good[1:],
            lambda: bytes([0x80 | source.choice([3, 4, 7, 0xB, 0xF])]) + good[1:],
            lambda: bytes([good[0], good[1] & 0x7F]) + good[2:],
            lambda: b"\x89\xfe\x01\x00" + bytes(4) + b"p" * 256,  # a ping of 256 bytes
            lambda: b"\x81\xff" + source.choice([2**62, 2**63, 2**24]).to_bytes(8, "big"),
            lambda: b"\x88\x81" + bytes(4) + b"x",  # a close code of one byte
            lambda: b"\x88\x82" + bytes(4) + source.randint(0, 999).to_bytes(2, "big"),
            lambda: b"\x81\x82" + bytes(4) + b"\xc3\x28",  # no UTF-8
            lambda: b"\x80\x81" + bytes(4) + b"x",  # the rest of nothing
            lambda: b"\x01\x81" + bytes(4) + b"x" + good,  # a message inside a message
            lambda: b"\x01\x80" + bytes(4) + b"\x00\x80\x00\x00\x00\x00" * 6000,
            lambda: b"\x89\x80" + bytes(4) * 1 + b"\x89\x80\x00\x00\x00\x00" * 5000,
            lambda: b"\x82\xfe\xff\xff" + bytes(4) + b"z" * 65_535,
            lambda: (
                b"\xc1\xfe\x01\x00" + bytes(4) + bytes(256)
            ),  # compressed, which nobody agreed to
            lambda: _changed(good, source),
            lambda: payload,
        ]
    )()
    return REQUEST + b"\r\n" + frame


def bad_message(source: random.Random) -> bytes:
    """A good handshake and mostly a good hello, and then what makes no sense to the chat."""
    hello = {"type": "hello", "client": f"evil{source.random()}", "log": "", "since": 0}
    texts = [json.dumps(hello)] if source.random() < 0.8 else []
    texts += [_text(source) for _ in range(source.randint(1, 4))]
    return REQUEST + b"\r\n" + b"".join(text_frame(text.encode()) for text in texts)


def text_frame(payload: bytes) -> bytes:
    """A text frame, masked with zeros: a random key would be another one in the next run."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + payload


def _text(source: random.Random) -> str:
    odd = source.choice(
        [
            "\x00",
            "\\ud800",
            "\u202e" * 50,
            "\u0301" * 190,
            "\ufdfa" * 200,
            "<script>",
            "é" * 16,
            "x" * 15_000,
        ]
    )
    number = source.choice(["NaN", "-1", "1e999", "9" * 4000, "true", '"1"', "null", "1.5"])
    data = source.choice(
        [
            f'{{"type":"join","room":"{odd}","name":"{odd}","key":"{odd}"}}',
            f'{{"type":"join","room":"lobby","name":"m{source.random()}","key":"{"k" * 16}"}}',
            f'{{"type":"join","room":"lobby","name":"honest 0","key":"{"é" * 16}"}}',
            f'{{"type":"say","room":"lobby","text":"{odd}","text":{number}}}',
            f'{{"type":"direct","room":"lobby","to":"{odd}","text":"x"}}',
            f'{{"type":{number}}}',
            "[" * 8000,
            '{"a":' * 3000 + "1" + "}" * 3000,
            number,
        ]
    )
    return source.choice(
        [
            f'{{"type":"message","seq":{source.choice(["1", "2", number])},"data":{data}}}',
            f'{{"type":"note","data":{data}}}',
            f'{{"type":"seen","id":{number}}}',
            f'{{"type":"ping","id":{number}}}',
            f'{{"type":"hello","client":"{odd}","log":"","since":{number}}}',
            data,
        ]
    )


def _changed(good: bytes, source: random.Random) -> bytes:
    changed = bytearray(good)
    for _ in range(source.randint(1, 4)):
        changed[source.randrange(len(changed))] = source.randrange(256)
    return bytes(changed)
