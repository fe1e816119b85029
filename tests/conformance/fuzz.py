"""Mutated streams in any chunking: ``python -m tests.conformance.fuzz --streams 1000000 --seed 1``.

Nothing may come out of a connection but events, a broken rule being one that holds a
`ProtocolError`; the same events whatever the chunking; and what is kept in memory stays within the
limits. A stream that shows otherwise is printed with the seed that makes it again.
"""

import argparse
import random
import sys
import time
from dataclasses import replace

import psutil

from course_lib.protocol import (
    Binary,
    Connection,
    DeflateParameters,
    Event,
    Failed,
    Frame,
    Opcode,
    ProtocolError,
    Role,
    Text,
    deflate,
    encode_close,
)

MAX_SIZE = 2_000
DEFLATE_DATA = "RFC 7692 7.2.2"
UNREAD = 14 + 125
"""Bytes of a header and a control frame: the most that is kept unread."""

TEXTS = ("", "Hello", "κόσμε", "👩‍👩‍👧‍👦" * 9, "x" * 126, "long " * 500, "\ud7ff\ue000")


def make_stream(source: random.Random, compression: DeflateParameters | None) -> bytes:
    """Bytes that a client or a server could send, most of them then damaged."""
    masked = source.random() < 0.5
    compressor = deflate.Deflate(is_client=masked, agreed=compression) if compression else None
    stream = bytearray()
    for _ in range(source.randrange(1, 7)):
        key = source.randbytes(4) if masked else None
        match source.randrange(10):
            case 0:
                frames = [Frame(Opcode.PING, source.randbytes(source.choice((0, 5, 125, 126))))]
            case 1:
                frames = [Frame(Opcode.PONG, source.randbytes(3))]
            case 2:
                body = encode_close(source.choice((1000, 1001, 4000)), "bye")
                frames = [Frame(Opcode.CLOSE, source.choice((body, b"", b"\3", b"\3\xed")))]
            case _:
                frames = _message(source, compressor)
        for frame in frames:
            stream += frame._replace(masking_key=key).encode()
    for _ in range(source.choice((0, 1, 1, 2, 8))):
        _damage(source, stream)
    return bytes(stream)


def _message(source: random.Random, compressor: deflate.Deflate | None) -> list[Frame]:
    text = source.random() < 0.6
    payload = source.choice(TEXTS).encode() if text else source.randbytes(source.randrange(300))
    compressed = compressor is not None and source.random() < 0.7
    if compressed:
        payload = compressor.compress(payload)
    opcode = Opcode.TEXT if text else Opcode.BINARY
    cuts = sorted(source.randrange(len(payload) + 1) for _ in range(source.choice((0, 0, 1, 4))))
    parts = [payload[i:j] for i, j in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    frames = [Frame(Opcode.CONTINUATION, part, fin=False) for part in parts]
    frames[0] = frames[0]._replace(opcode=opcode, rsv1=compressed)
    frames[-1] = frames[-1]._replace(fin=True)
    if len(frames) > 1 and source.random() < 0.5:
        frames.insert(1, Frame(Opcode.PING, b"between"))
    return frames


def _damage(source: random.Random, stream: bytearray) -> None:
    at = source.randrange(len(stream))
    match source.randrange(5):
        case 0:
            stream[at] ^= 1 << source.randrange(8)
        case 1:
            del stream[at : at + source.randrange(1, 20)]
            stream += b"\x81"  # so that it is never empty
        case 2:
            stream[at:at] = source.randbytes(source.randrange(1, 20))
        case 3:
            stream[at] = source.choice((0x00, 0x7E, 0x7F, 0x80, 0xFE, 0xFF))
        case 4:
            stream[at:at] = stream[: source.randrange(1, 40)]


def run(
    stream: bytes, role: Role, compression: DeflateParameters | None, source: random.Random | None
) -> list[Event]:
    """The events of a stream, in one piece or in random ones; its memory held to the limits."""
    connection = Connection(role, max_size=MAX_SIZE, max_fragments=50, compression=compression)
    events: list[Event] = []
    position = 0
    while position < len(stream):
        size = len(stream) if source is None else source.choice((1, 2, 7, 60, 1000))
        for event in connection.receive(stream[position : position + size]):
            events.append(event)
            if isinstance(event, Text | Binary):
                content = event.text.encode() if isinstance(event, Text) else event.data
                assert len(content) <= MAX_SIZE, "a message is larger than the limit"
        position += size
        assert len(connection._frames._buffer) <= UNREAD or connection.close_code, "too much unread"
        assert len(connection._messages._payload) <= MAX_SIZE, "too much of a message"
    connection.receive_eof()
    assert all(isinstance(e.error, ProtocolError) for e in events if isinstance(e, Failed))
    return events


def check(seed: str) -> int:
    """Put one stream to the test; how many events came out of it."""
    source = random.Random(seed)
    compression = source.choice((None, DeflateParameters(), DeflateParameters(True, True, 9, 9)))
    role = source.choice(list(Role))
    stream = make_stream(source, compression)
    whole = run(stream, role, compression, None)
    cut = run(stream, role, compression, source)
    if cut and isinstance(cut[-1], Failed) and cut[-1].error.section == DEFLATE_DATA:
        # Whether zlib notices a reference beyond the window depends on the chunks.
        whole, cut = whole[: len(cut) - 1], cut[:-1]
    # The one that is cut may find another of two faults first, and never draws the same keys.
    assert [_shape(event) for event in whole] == [_shape(event) for event in cut]
    return len(whole)


def _shape(event: Event) -> object:
    return (
        Failed
        if isinstance(event, Failed)
        else event
        if not event.reply
        else replace(event, reply=b"")
    )


def fuzz(streams: int, seed: int, *, progress: bool = False) -> int:
    """Put many streams to the test; how many events came out of them.

    Raises:
        AssertionError: with the seed of the stream that broke a promise.
    """
    process, started = psutil.Process(), time.monotonic()
    events, memory = 0, 0
    for number in range(streams):
        name = f"{seed}:{number}"
        try:
            events += check(name)
        except Exception as error:
            raise AssertionError(f"Stream {name}: {type(error).__name__}: {error}") from error
        if number == streams // 10:
            memory = process.memory_info().rss
        if progress and (number + 1) % max(1, streams // 100) == 0:
            rate = (number + 1) / (time.monotonic() - started)
            print(f"\r{number + 1:,} of {streams:,} streams, {rate:,.0f}/s", end="", flush=True)
    grown = process.memory_info().rss - memory
    assert grown < 32 * 2**20, f"memory grew by {grown:,} bytes over {streams:,} streams"
    if progress:
        print(f"\n{events:,} events; memory grew by {grown / 2**20:.1f} MiB after the first tenth")
    return events


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fuzz")
    parser.add_argument("--streams", type=int, default=1_000_000, help="how many (1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="makes the same streams again (1)")
    options = parser.parse_args()
    try:
        fuzz(options.streams, options.seed, progress=True)
    except AssertionError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
