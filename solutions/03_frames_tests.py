"""Exercise 03: frames and messages."""

from functools import partial
from itertools import product

from websockets.frames import Frame
from websockets.protocol import Protocol, Side
from wsproto.frame_protocol import FrameProtocol, ParseFailed

from course_lib.exercises.question import Question
from course_lib.judge.expect import (
    asked,
    expect,
    expect_guess,
    expect_raises,
    expect_that,
    fail,
    shown,
)
from course_lib.judge.render import plural
from course_lib.protocol import apply_mask

ENCODE_HEADER = Question(
    "encode_header",
    points=3,
    hints=(
        "Build the two bytes as numbers first. A bit's place is its value: FIN is 128, and so is "
        "MASK, each in its own byte.",
        "Three cases: up to 125, up to 65,535, and beyond. In the second and third, the seven bits "
        "hold 126 or 127 and the length follows.",
        "`bytes([fin << 7 | opcode, masked << 7 | length])` is the short form. "
        '`length.to_bytes(2, "big")` and `length.to_bytes(8, "big")` are what the others add.',
    ),
)
MASK = Question(
    "mask",
    points=2,
    hints=(
        "`^` is XOR for two numbers, and iterating over bytes gives numbers.",
        "The key is shorter than the data: which of its bytes belongs to the byte at index i?",
        "`key[i % 4]`. `bytes(…)` makes bytes of the numbers; `enumerate` gives each its index.",
    ),
)
DECODE_FRAME = Question(
    "decode_frame",
    points=4,
    hints=(
        "Go through the header from left to right and keep count of where you are. What you know "
        "after two bytes tells how many more belong to the header.",
        "`data[0] >> 7`, `data[0] & 15`, `data[1] >> 7` and `data[1] & 127` are FIN, opcode, MASK "
        "and length. At 126 and 127, read the length from the next 2 or 8 bytes.",
        "The last check is one for all: after header and key, exactly `length` bytes must be left. "
        "A slice that reaches past the end is shorter than it should be, so test for that too.",
    ),
)
FRAME_READER = Question(
    "FrameReader",
    points=4,
    hints=(
        "Keep what you can't use yet in an attribute, and put new bytes behind it.",
        "Write a helper that says how long the frame at the start of some bytes is, or None if its "
        "header isn't all there. It needs the first two bytes, and the extended length if any.",
        "While that size is known and the buffer has as many bytes: cut the frame off, give it to "
        "`decode_frame`, and go on. It is a loop, since one call may complete several frames.",
    ),
)
FRAGMENT = Question(
    "fragment",
    points=2,
    hints=(
        "Try it: `fragment(b'abcdefgh', 1, 3)`, then a length that is a multiple of the size, then "
        "an empty message.",
        "What does a second text frame tell the receiver? And how does `len(part) < size` tell the "
        "last part when all are equally long?",
        "Only the first frame has the message's opcode, the others have 0. FIN is set on the last "
        "part, whatever its length. `range(0, 0, size)` is empty, yet one frame must go out.",
    ),
)
MESSAGE_READER = Question(
    "MessageReader",
    points=4,
    hints=(
        "Two things must be remembered from one call to the next: whether a message is open, and "
        "what has come of it.",
        "Deal with control frames first, and leave your memory alone while you do: they come in "
        "between and belong to no message.",
        "Keep `self.opcode`, None while no message is open. A continuation needs one that is open, "
        "a text or binary frame needs none. At FIN, forget the opcode and return it with all the "
        "payload.",
    ),
)
FIRST_BAD_FRAGMENT = Question(
    "first_bad_fragment",
    points=3,
    hints=(
        "`part.decode()` for each part is wrong: it knows nothing of the part before. Joining all of "
        "them tells whether, but not when.",
        "Python has decoders that remember the beginning of a character until its end comes: see "
        "`codecs.getincrementaldecoder`.",
        "`decoder = codecs.getincrementaldecoder('utf-8')()`, then `decoder.decode(part, final)` "
        "for each part, where `final` is true for the last. It raises at the first bad byte.",
    ),
)
ANSWER_CLOSE = Question(
    "answer_close",
    points=4,
    hints=(
        "Go through the table from top to bottom: each row is an `if` that returns.",
        "`int.from_bytes(payload[:2], 'big')` is the code, and `(1002).to_bytes(2, 'big')` writes "
        "one.",
        "Check in this order: empty; one byte; a code outside the three ranges; a reason that "
        "`payload[2:].decode()` refuses. What is left is a good close: send `payload[:2]` back.",
    ),
)
ECHO_BYTES = Question(
    "echo_bytes",
    points=1,
    hints=(
        "Two frames, one each way. They are not equally long.",
        "200 is more than 125. And only one of the two sides masks.",
        "Header, extended length, key if there is one, payload: 2 + 2 + 4 + 200 and 2 + 2 + 200.",
    ),
)
QUESTIONS = (
    ENCODE_HEADER,
    MASK,
    DECODE_FRAME,
    FRAME_READER,
    FRAGMENT,
    MESSAGE_READER,
    FIRST_BAD_FRAGMENT,
    ANSWER_CLOSE,
    ECHO_BYTES,
)

TEXT, BINARY = 1, 2
DATA_OPCODES, CONTROL_OPCODES = (1, 2), (8, 9, 10)
BOTH = (True, False)

BORDERS = (0, 1, 125, 126, 127, 65_535, 65_536)
"""Lengths at which the form of a frame changes, and those beside them."""


def on_the_wire(opcode, payload, fin=True, key=b"", rsv=0, form=None):
    """A frame, byte by byte: also with reserved bits, or with `form` bytes of extended length."""
    length = len(payload)
    if form is None:
        form = 0 if length <= 125 else 2 if length <= 0xFFFF else 8
    seven = {0: length, 2: 126, 8: 127}[form]
    header = bytes([fin << 7 | rsv << 4 | opcode, bool(key) << 7 | seven])
    body = apply_mask(payload, key) if key else payload
    return header + (length.to_bytes(form, "big") if form else b"") + key + body


def keys(rng):
    """No masking key, and one."""
    return b"", rng.randbytes(4)


def some_text(rng, length):
    return "".join(rng.choices("abcdeäöüß€✓🙂 ", k=length))


# --- encode_header


def check_header(call, opcode, length, fin=True, masked=False):
    why = "write the header of a frame with any opcode and any length below 2**63"
    got = asked(call, why, "b'\\x81\\x05', for example")
    expect_that(isinstance(got, bytes), got, "return bytes", "b'\\x81\\x05', for example")
    size = 2 if length <= 125 else 4 if length <= 0xFFFF else 10
    expect_that(
        not masked or len(got) != size + 4,
        got,
        "MASK only says that a key follows: the four bytes of the key are no part of the header",
        f"{size} bytes",
    )
    expect_that(
        len(got) == size,
        got,
        f"the shortest form for a length of {length} has {size} bytes",
        f"{size} bytes",
    )
    expect(
        got[0] >> 7,
        int(fin),
        "FIN, the highest bit of the first byte, is set if fin is true, and only then",
    )
    expect(got[0] & 0x7F, opcode, "the opcode is in the last four bits; the reserved bits are 0")
    expect(
        got[1] >> 7,
        int(masked),
        "MASK, the highest bit of the second byte, is set if masked is true, and only then",
    )
    announced = length if size == 2 else 126 if size == 4 else 127
    expect(got[1] & 0x7F, announced, f"the seven bits for a length of {length} are {announced}")
    if size > 2:
        little = got[2:] == length.to_bytes(size - 2, "little")
        expect_that(
            not little or got[2:] == length.to_bytes(size - 2, "big"),
            got,
            "the most significant byte of the length comes first (big-endian)",
        )
        expect(
            int.from_bytes(got[2:], "big"), length, f"the length follows in {size - 2} more bytes"
        )


@ENCODE_HEADER
def test_header_examples(answer):
    """The question's examples."""
    check_header(partial(answer.encode_header, 1, 5), TEXT, 5)
    call = partial(answer.encode_header, 2, 256, fin=False, masked=True)
    check_header(call, BINARY, 256, fin=False, masked=True)


@ENCODE_HEADER
def test_lengths(answer, rng):
    """Each length is in its shortest form."""
    drawn = rng.randrange(2, 125), rng.randrange(128, 65_535), rng.randrange(65_537, 2**40)
    for length in (*BORDERS, 255, 256, 65_537, 2**32 - 1, 2**32, 2**63 - 1, *drawn):
        check_header(partial(answer.encode_header, BINARY, length), BINARY, length)


@ENCODE_HEADER
def test_each_bit(answer, rng):
    """FIN, opcode and MASK stand in their places, whatever the length."""
    lengths = rng.randrange(126), rng.randrange(126, 65_536), rng.randrange(65_536, 2**40)
    for opcode, fin, masked, length in product(range(16), BOTH, BOTH, lengths):
        call = partial(answer.encode_header, opcode, length, fin=fin, masked=masked)
        check_header(call, opcode, length, fin, masked)


@ENCODE_HEADER
def test_wsproto_reads_it(answer, rng):
    """The `wsproto` library reads the frames that begin with it."""
    why = "wsproto must find the payload behind your header, and nothing else"
    reader = FrameProtocol(client=True, extensions=[])
    for length in BORDERS:
        payload = rng.randbytes(length)
        header = asked(partial(answer.encode_header, BINARY, length), why, "a header")
        expect_that(isinstance(header, bytes), header, "return bytes")
        reader.receive_bytes(header + payload)
        try:
            got = b"".join(bytes(frame.payload) for frame in reader.received_frames())
        except ParseFailed as error:
            fail(f"wsproto refuses the frame that begins with {shown(header)}: {error}")
        expect(len(got), length, f"{why} (these are the bytes that it finds)")
        expect(got, payload, why)


# --- mask


def check_mask(answer, data, key, why):
    right = apply_mask(data, key)
    got = asked(partial(answer.mask, data, key), why, shown(right))
    expect_that(isinstance(got, bytes), got, "return bytes", shown(right))
    longer = "as many bytes come out as go in, zeros too"
    expect_that(len(got) == len(data), got, longer, plural(len(data), "byte"))
    expect(got, right, why)


@MASK
def test_any_length(answer, rng):
    """It works for any length: none, less than the key, and more."""
    why = "after its fourth byte, the key starts again"
    check_mask(answer, b"Hello", b"\x01\x02\x03\x04", why)
    for length in (*range(18), 125, 126, 1000, 65_536):
        check_mask(answer, rng.randbytes(length), rng.randbytes(4), why)


@MASK
def test_four_bytes(answer, rng):
    """Each byte meets the byte of the key at its index."""
    why = "XOR each byte with the byte of the key at its index"
    check_mask(answer, b"Hello"[:4], b"\x01\x02\x03\x04", why)
    # Letters, and a key of the same range: no other operation gives what XOR does.
    data, key = (bytes(rng.choices(range(64, 128), k=4)) for _ in range(2))
    check_mask(answer, data, key, why)
    for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\x80\x7f\xff", b"key\0"):
        check_mask(answer, bytes(byte for byte in range(256) for _ in key), key, why)
    check_mask(answer, bytes(8), b"\0\0\0\x01", why)


@MASK
def test_twice_is_nothing(answer, rng):
    """Masking twice with the same key gives the data back."""
    data, key = rng.randbytes(rng.randrange(20, 40)), rng.randbytes(4)
    masked = answer.mask(data, key)
    expect(partial(answer.mask, masked, key), data, "XOR undoes itself")


@MASK
def test_websockets_unmasks_it(answer, rng):
    """The `websockets` library, as a server, reads what it has masked."""
    server = Protocol(Side.SERVER)
    text, key = some_text(rng, 20), rng.randbytes(4)
    data = text.encode()
    masked = answer.mask(data, key)
    server.receive_data(bytes([0x81, 0x80 | len(data)]) + key + masked)
    got = [bytes(frame.data) for frame in server.events_received()]
    expect(got, [data], "a real server must find the text behind the mask")


# --- decode_frame


def check_frame(call, fin, opcode, payload, what):
    got = asked(call, f"{what} is a good one", shown((fin, opcode, payload)))
    expect_that(
        isinstance(got, tuple) and len(got) == 3,
        got,
        "return a tuple of three: FIN, opcode, payload",
        shown((fin, opcode, payload)),
    )
    expect(got[0], fin, f"FIN of {what}, as a bool")
    expect(got[1], opcode, f"the opcode of {what} is the last four bits of its first byte")
    expect_that(
        isinstance(got[2], bytes) and len(got[2]) == len(payload),
        got[2],
        f"the payload of {what} is what follows the header and the key, if there is one",
        f"{len(payload)} bytes",
    )
    expect(got[2], payload, f"the payload of {what}, unmasked")


def a_frame_of(length, key):
    return f"{'a masked' if key else 'an unmasked'} frame of {length} bytes"


@DECODE_FRAME
def test_example_and_lengths(answer, rng):
    """Frames of each length, masked and not."""
    call = partial(answer.decode_frame, b"\x81\x85\x01\x02\x03\x04Igohn")
    check_frame(call, True, TEXT, b"Hello", "the question's example")
    drawn = rng.randrange(2, 125), rng.randrange(128, 3000)
    for length, key in product((*BORDERS, *drawn), keys(rng)):
        payload = rng.randbytes(length)
        call = partial(answer.decode_frame, on_the_wire(BINARY, payload, key=key))
        check_frame(call, True, BINARY, payload, a_frame_of(length, key))


@DECODE_FRAME
def test_each_opcode(answer, rng):
    """FIN and the opcode, whatever they are."""
    for opcode, fin, key, length in product(range(16), BOTH, keys(rng), (3, 126)):
        payload = rng.randbytes(length)
        call = partial(answer.decode_frame, on_the_wire(opcode, payload, fin, key))
        what = f"{a_frame_of(length, key)} with opcode {opcode}"
        check_frame(call, fin, opcode, payload, what)


@DECODE_FRAME
def test_real_frames(answer, rng):
    """Frames that `websockets` and `wsproto` have written."""
    for length, fin in product((rng.randrange(126), rng.randrange(126, 3000)), BOTH):
        payload = rng.randbytes(length)
        wire = Frame(BINARY, payload, fin).serialize(mask=True)
        what = "a frame from the client of `websockets`"
        check_frame(partial(answer.decode_frame, wire), fin, BINARY, payload, what)
        wire = FrameProtocol(client=False, extensions=[]).send_data(payload, fin)
        what = "a frame from the server of `wsproto`"
        check_frame(partial(answer.decode_frame, wire), fin, BINARY, payload, what)


@DECODE_FRAME
def test_reserved_bits(answer, rng):
    """A reserved bit that is set raises ValueError."""
    opcodes = (0, *DATA_OPCODES, *CONTROL_OPCODES)
    for rsv, opcode, fin, key in product((4, 2, 1, 7), opcodes, BOTH, keys(rng)):
        expect_raises(
            partial(answer.decode_frame, on_the_wire(opcode, b"Hello", fin, key, rsv)),
            "ValueError",
            "RSV1, RSV2 and RSV3 have no meaning here: raise ValueError when one is set",
        )


@DECODE_FRAME
def test_longer_form_than_needed(answer, rng):
    """A length in a longer form than it needs raises ValueError."""
    longer = [(2, 0), (2, 1), (2, 125), (8, 0), (8, 125), (8, 126), (8, 65_535)]
    longer += [(2, rng.randrange(125)), (8, rng.randrange(126)), (8, rng.randrange(126, 999))]
    for (form, length), opcode, key in product(longer, (BINARY, 9), keys(rng)):
        wire = on_the_wire(opcode, rng.randbytes(length), key=key, form=form)
        expect_raises(
            partial(answer.decode_frame, wire),
            "ValueError",
            f"a length of {length} fits into a shorter form, and the shortest is the only one that "
            "is allowed: raise ValueError",
        )


@DECODE_FRAME
def test_missing_bytes(answer, rng):
    """Bytes that are missing raise ValueError."""
    for length, key in product((0, 5, 126, 65_536), keys(rng)):
        wire = on_the_wire(BINARY, rng.randbytes(length), key=key)
        for size in sorted({*range(min(len(wire), 18)), len(wire) - 1}):
            expect_raises(
                partial(answer.decode_frame, wire[:size]),
                "ValueError",
                f"only {size} of a frame's {len(wire)} bytes: raise ValueError when some are missing",
            )
    endless = b"\x82\x7f" + b"\xff" * 8
    expect_raises(
        partial(answer.decode_frame, endless + b"abc"),
        "ValueError",
        "the length announces more bytes than there are: raise ValueError when some are missing",
    )


@DECODE_FRAME
def test_left_over(answer, rng):
    """Bytes that are left over raise ValueError."""
    for length, key in product((0, 5, 126, 65_536), keys(rng)):
        wire = on_the_wire(BINARY, rng.randbytes(length), key=key)
        for more in (b"\0", wire):
            expect_raises(
                partial(answer.decode_frame, wire + more),
                "ValueError",
                f"{'1 byte stands' if len(more) == 1 else f'{len(more)} bytes stand'} behind the end "
                f"of {a_frame_of(length, key)}: raise ValueError when some are left over",
            )


# --- FrameReader


def a_stream(rng, sizes, masked=None):
    """Frames of any kind and these sizes: as a reader should give them, and on the wire."""
    frames, wires = [], []
    for size in sizes:
        fin, opcode = rng.choice(BOTH), rng.choice(range(16))
        key = keys(rng)[rng.choice(BOTH) if masked is None else masked]
        payload = rng.randbytes(size)
        frames.append((fin, opcode, payload))
        wires.append(on_the_wire(opcode, payload, fin, key))
    return frames, wires


def check_feed(reader, data, frames, why):
    """Feed bytes to a reader, and compare the frames that come out."""
    got = asked(partial(reader.feed, data), why, shown(frames))
    expect_that(
        isinstance(got, list), got, "feed returns a list, an empty one if nothing is complete"
    )
    for frame in got:
        expect_that(
            isinstance(frame, tuple) and len(frame) == 3,
            frame,
            "each frame is a tuple of three, as in question 3",
        )
    count = len(frames)
    words = "no frame yet" if count == 0 else "1 frame" if count == 1 else f"{count} frames"
    expect_that(len(got) == count, got, why, words)
    expect(got, frames, why)


@FRAME_READER
def test_stream_example(answer):
    """The question's example, and how it goes on."""
    reader = answer.make("FrameReader")
    check_feed(reader, b"\x81\x05Hel", [], "the frame isn't complete yet: return an empty list")
    frames = [(True, 1, b"Hello"), (True, 9, b"")]
    check_feed(reader, b"lo\x89\x00\x81", frames, "two frames are complete now, a third has begun")
    check_feed(
        reader,
        b"\x01x",
        [(True, 1, b"x")],
        "it begins with what was left over from the call before",
    )


@FRAME_READER
def test_whole_frames(answer, rng):
    """Each call brings a whole frame."""
    reader = answer.make("FrameReader")
    for masked in BOTH:
        frames, wires = a_stream(rng, BORDERS, masked)
        for frame, wire in zip(frames, wires, strict=True):
            check_feed(reader, wire, [frame], "a frame that comes in one piece comes out at once")


@FRAME_READER
def test_many_at_once(answer, rng):
    """One call brings many frames, and the beginning of the next."""
    frames, wires = a_stream(rng, (5, 0, 0, *BORDERS, 3))
    why = "many frames came in one piece: give all of them, in order"
    check_feed(answer.make("FrameReader"), b"".join(wires), frames, why)
    last = on_the_wire(BINARY, bytes(126), key=b"key!")
    for size in (1, 2, 3, 4, 7, 8, 9, len(last) - 1):
        reader = answer.make("FrameReader")
        check_feed(reader, b"".join(wires[:3]) + last[:size], frames[:3], why)
        why_last = f"{size} bytes of it had come with the frames before, and now the rest did"
        check_feed(reader, last[size:], [(True, BINARY, bytes(126))], why_last)


@FRAME_READER
def test_cut_in_two(answer, rng):
    """A frame cut in two, at each place of its header."""
    for length, key in (*product((0, 5, 126), keys(rng)), (65_536, rng.randbytes(4))):
        payload = rng.randbytes(length)
        wire = on_the_wire(TEXT, payload, key=key)
        head = range(1, min(len(wire), 15)) if length < 65_536 else (1, 2, 9, 10, 13, 14)
        for place in sorted({*head, len(wire) - 1}):
            reader = answer.make("FrameReader")
            why = f"only {place} of a frame's {len(wire)} bytes have come: keep them for later"
            check_feed(reader, wire[:place], [], why)
            why = (
                f"a frame may be cut anywhere, this one after {place} bytes: keep what has come "
                "until the rest does"
            )
            check_feed(reader, wire[place:], [(True, TEXT, payload)], why)


@FRAME_READER
def test_byte_by_byte(answer, rng):
    """One byte at a time, and now and then none."""
    frames, wires = a_stream(rng, (4, 0, 126, 0, 1))
    reader = answer.make("FrameReader")
    for frame, wire in zip(frames, wires, strict=True):
        check_feed(reader, b"", [], "nothing came, so nothing is complete")
        for i in range(len(wire) - 1):
            check_feed(reader, wire[i : i + 1], [], "a frame comes out when its last byte has come")
        check_feed(reader, wire[-1:], [frame], "each frame comes out when its last byte has come")


@FRAME_READER
def test_cut_anywhere(answer, rng):
    """A long stream, cut at random places."""
    frames, wires = a_stream(rng, rng.choices((0, 1, 125, 126, 700, 66_000), k=6))
    stream = b"".join(wires)
    cuts = sorted(rng.choices(range(len(stream)), k=40))
    reader, got = answer.make("FrameReader"), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += reader.feed(stream[start:end])
    why = "after the last byte every frame has come out, whatever the cuts"
    expect(len(got), len(frames), f"{why} (this is how many frames came)")
    expect(got, frames, "the same frames come out, whatever the cuts")


@FRAME_READER
def test_two_streams(answer, rng):
    """Two readers know nothing of each other."""
    one, other = answer.make("FrameReader"), answer.make("FrameReader")
    frames, wires = a_stream(rng, (20, 130))
    check_feed(one, wires[0][:9], [], "the frame isn't complete yet")
    why = "bytes of one connection must not turn up in another's reader"
    check_feed(other, wires[1], frames[1:], why)
    check_feed(one, wires[0][9:], frames[:1], "each reader keeps the bytes of its own connection")


@FRAME_READER
def test_forgets(answer, rng):
    """What has come out is forgotten."""
    reader = answer.make("FrameReader")
    # Each is short enough for a reader that is slow with long ones.
    frames, wires = a_stream(rng, [6_600] * 5)
    stream, count = b"".join(wires), 60
    for round in range(4 + count):
        if round == 4:  # by now the process has all the memory that one call needs
            before = answer.memory()
        check_feed(reader, stream, frames, "a frame that comes in one piece comes out at once")
    kept = answer.memory() - before
    sent = count * len(stream)
    expect_that(
        kept < sent / 2,
        f"{kept / 2**20:.1f} MiB more than before",
        f"{sent / 2**20:.1f} MiB went through the reader, whole frames each time: once a frame has come "
        "out, its bytes are not needed any more",
        "nothing kept",
    )


# --- fragment


def check_fragments(answer, payload, opcode, size):
    """Whether the frames are the message, with no word on where it is cut; returns how many."""
    got = asked(partial(answer.fragment, payload, opcode, size), "cut it into frames", "a list")
    expect_that(
        isinstance(got, list | tuple)
        and all(isinstance(frame, list | tuple) and len(frame) == 3 for frame in got),
        got,
        "return a list of frames, each a tuple of three: FIN, opcode, payload",
    )
    expect_that(len(got) > 0, got, "a message is at least one frame, even an empty one", "1 frame")
    fins, opcodes, parts = zip(*got, strict=True)
    expect_that(all(isinstance(part, bytes) for part in parts), got, "a payload is bytes")
    expect_that(b"".join(parts) == payload, got, "all parts together are the message")
    longest = max(len(part) for part in parts)
    expect_that(longest <= size, got, f"no part is longer than {size} bytes", f"at most {size}")
    expect(opcodes[0], opcode, "the first frame has the message's opcode")
    expect(
        list(opcodes),
        [opcode, *[0] * (len(got) - 1)],
        "a second text frame would begin a second message: the rest are continuations, opcode 0",
    )
    why = (
        "without FIN on its last frame a message never ends, and the other side waits for ever"
        if not fins[-1]
        else "FIN is set on the last frame, and only there"
    )
    expect_that(all(fin in (False, True) for fin in fins), got, "FIN is True or False")
    expect([bool(fin) for fin in fins], [False] * (len(got) - 1) + [True], why)
    return len(got)


@FRAGMENT
def test_one_piece(answer, rng):
    """A short message is one frame."""
    for payload, opcode, size in (
        (b"Hello", TEXT, 1000),
        (rng.randbytes(rng.randrange(1, 50)), BINARY, 1000),
        (b"x", BINARY, 2),
        (rng.randbytes(125), TEXT, 126),
    ):
        count = check_fragments(answer, payload, opcode, size)
        expect(count, 1, f"a message of {len(payload)} bytes is shorter than {size}: one frame")


@FRAGMENT
def test_continuations(answer, rng):
    """Only the first frame of a message has its opcode, only the last has FIN."""
    for opcode, size, parts in product(DATA_OPCODES, (1, 2, 7, 1000), (2, 3, 5)):
        for more in {1, size - 1}:
            payload = rng.randbytes(size * (parts - 1) + more)
            check_fragments(answer, payload, opcode, size)


@FRAGMENT
def test_exact_multiple(answer, rng):
    """A message that fills its frames exactly comes to an end, too."""
    for opcode, size, parts in product(DATA_OPCODES, (1, 2, 7, 1000), (1, 2, 3, 4)):
        payload = rng.randbytes(size * parts)
        check_fragments(answer, payload, opcode, size)


@FRAGMENT
def test_empty_message(answer):
    """An empty message is a frame."""
    for opcode, size in product(DATA_OPCODES, (1, 1000)):
        count = check_fragments(answer, b"", opcode, size)
        expect(count, 1, "an empty message is a message: one frame without payload")


@FRAGMENT
def test_websockets_joins_it(answer, rng):
    """The `websockets` library takes the frames in."""
    text = some_text(rng, 60).encode()
    client = Protocol(Side.CLIENT)
    for fin, opcode, part in answer.fragment(text, TEXT, 16):
        client.receive_data(on_the_wire(opcode, part, fin))
    got = b"".join(bytes(frame.data) for frame in client.events_received())
    closed = client.close_sent
    expect_that(closed is None, str(closed), "a real client closes on them", "no close")
    expect(got, text, "a real client must get the whole message")


# --- MessageReader


def check_whole(call, opcode, payload, why):
    got = asked(call, why, shown((opcode, payload)))
    expect_that(
        isinstance(got, tuple) and len(got) == 2,
        got,
        f"{why}: return a tuple of two, opcode and payload",
        shown((opcode, payload)),
    )
    expect(got[0], opcode, "a message's opcode is that of its first frame")
    expect_that(isinstance(got[1], bytes), got[1], "the payload is bytes, of a text too")
    expect(got[1], payload, "the payloads of its frames, in order, and of no other message")


def receive_all(reader, opcode, parts, between=()):
    """Feed a message's frames, with control frames after each but the last."""
    when = ", whatever came in between" if between else ""
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        call = partial(reader.receive, last, opcode if i == 0 else 0, part)
        if last:
            why = f"the message is complete with this frame{when}"
            check_whole(call, opcode, b"".join(parts), why)
            return
        expect(call, None, f"the message goes on{when}: return None until its last frame")
        for control, payload in between:
            why = "a control frame comes out at once, with its own payload alone"
            expect(partial(reader.receive, True, control, payload), (control, payload), why)


@MESSAGE_READER
def test_message_example(answer):
    """The question's example."""
    receive_all(answer.make("MessageReader"), TEXT, [b"Hel", b"lo"], [(9, b"there?")])


@MESSAGE_READER
def test_whole_messages(answer, rng):
    """A message of one frame comes out at once."""
    reader = answer.make("MessageReader")
    for opcode, length in product(DATA_OPCODES, (0, 1, 20, 126, 65_536)):
        payload = rng.randbytes(length)
        call = partial(reader.receive, True, opcode, payload)
        why = "a frame with FIN that begins a message also ends it, however long it is"
        check_whole(call, opcode, payload, why)


@MESSAGE_READER
def test_fragments(answer, rng):
    """Fragments become one message, with the opcode of the first."""
    reader = answer.make("MessageReader")
    drawn = [rng.randbytes(rng.randrange(1, 9)) for _ in range(rng.randrange(2, 6))]
    empty = [b"", b"in", b"", b"the middle", b""]
    for parts in (drawn, [b"two", b"parts"], empty, [b"", b""], [b"whole"], [b"a"] * 20):
        for opcode in DATA_OPCODES:
            receive_all(reader, opcode, parts)


@MESSAGE_READER
def test_control_frames_between(answer, rng):
    """Control frames come out at once, and disturb nothing."""
    reader = answer.make("MessageReader")
    notes = [b"", rng.randbytes(1), rng.randbytes(124), rng.randbytes(125)]
    controls = [(control, note) for control in CONTROL_OPCODES for note in notes]
    for control, note in controls:
        call = partial(reader.receive, True, control, note)
        expect(call, (control, note), "a control frame comes out at once, as it came")
    for opcode in DATA_OPCODES:
        receive_all(reader, opcode, [b"one", b"", b"three"], controls)
        receive_all(reader, opcode, [b"", b"two"], controls)


@MESSAGE_READER
def test_nothing_to_continue(answer):
    """A continuation with no message open raises ValueError."""
    for fin, payload in product(BOTH, (b"", b"x")):
        new, whole, ended, pinged = (answer.make("MessageReader") for _ in range(4))
        whole.receive(True, TEXT, b"whole")
        receive_all(ended, BINARY, [b"a", b"b"])
        pinged.receive(True, 9, b"")
        for reader, when in (
            (new, "as the very first frame"),
            (whole, "after a message of one frame"),
            (ended, "after a message has ended"),
            (pinged, "after nothing but a ping"),
        ):
            expect_raises(
                partial(reader.receive, fin, 0, payload),
                "ValueError",
                f"a continuation {when}, with no message open: raise ValueError",
            )


@MESSAGE_READER
def test_still_open(answer):
    """A new message while one is open raises ValueError."""
    for first, then, fin in product(DATA_OPCODES, DATA_OPCODES, BOTH):
        for parts in ([b"a"], [b""], [b"a", b""]):
            reader = answer.make("MessageReader")
            for i, part in enumerate(parts):
                reader.receive(False, 0 if i else first, part)
            empty = "" if any(parts) else "is empty so far, but it "
            expect_raises(
                partial(reader.receive, fin, then, b"x"),
                "ValueError",
                f"the open message {empty}is open, and another begins: raise ValueError",
            )


@MESSAGE_READER
def test_bad_control_frames(answer, rng):
    """A control frame is whole, and has at most 125 bytes."""
    for control, under_way in product(CONTROL_OPCODES, BOTH):
        for fin, length in (
            *((False, length) for length in (0, 1, 125)),
            *((True, length) for length in (126, 127, rng.randrange(128, 65_536))),
        ):
            reader = answer.make("MessageReader")
            if under_way:
                reader.receive(False, TEXT, b"a")
            what = f"of {length} bytes" if fin else "without FIN"
            expect_raises(
                partial(reader.receive, fin, control, bytes(length)),
                "ValueError",
                f"a control frame {what}: raise ValueError",
            )


@MESSAGE_READER
def test_two_message_readers(answer):
    """Two readers know nothing of each other."""
    one, other = answer.make("MessageReader"), answer.make("MessageReader")
    why = "each reader has messages of its own: nothing of one may turn up in another"
    expect(partial(one.receive, False, TEXT, b"mine"), None, why)
    expect(partial(other.receive, False, BINARY, b"an"), None, why)
    expect(partial(other.receive, True, 0, b"other"), (BINARY, b"another"), why)
    expect(partial(one.receive, True, 0, b" alone"), (TEXT, b"mine alone"), why)


# --- first_bad_fragment

BAD_TEXT = (
    (b"\x80", "no character begins with it"),
    (b"\xbf", "no character begins with it"),
    (b"\xc0", "it could only begin a character that has a shorter form"),
    (b"\xc1", "it could only begin a character that has a shorter form"),
    (b"\xc3e", "it needs a byte from 80 to bf behind it"),
    (b"\xc3\xc3", "it needs a byte from 80 to bf behind it"),
    (b"\xe0\x9f", "this character has a shorter form"),
    (b"\xe2\x82 ", "it needs a third byte"),
    (b"\xf0\x8f", "this character has a shorter form"),
    (b"\xf0\x9f\x99!", "it needs a fourth byte"),
    (b"\xf4\x90", "there is no character beyond U+10FFFF"),
    (b"\xf5", "there is no character beyond U+10FFFF"),
    (b"\xff", "it never occurs in UTF-8"),
)
"""Bytes that can't become UTF-8 from their last one on, and why."""

SURROGATES = (b"\xed\xa0\x80", b"\xed\xbf\xbf")
"""Halves of surrogate pairs are no characters. (Python's decoders say so one byte late.)"""

GOOD_TEXT = ("", "plain", "é", "ß€✓🙂", "\0", "\ufeff?", "\ufffd", "\ud7ff\ue000", "\U0010ffff")
"""Text that is UTF-8, with the first and last character of each length and some odd ones."""


def cut(data, places):
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def check_index(answer, fragments, right, why):
    got = asked(partial(answer.first_bad_fragment, fragments), why, str(right))
    expect_that(
        got is None or (isinstance(got, int) and not isinstance(got, bool)),
        got,
        "return the index of a fragment, or None",
        str(right),
    )
    expect(got, right, why)


@FIRST_BAD_FRAGMENT
def test_good_text(answer, rng):
    """Good text is good, wherever it is cut."""
    for text in (*GOOD_TEXT, some_text(rng, 30)):
        data = text.encode()
        check_index(answer, [data], None, "this is UTF-8, in one piece")
        why = "a character may begin in one fragment and end in the next"
        for place in range(len(data) + 1):
            check_index(answer, cut(data, [place]), None, why)
        why = "a character of four bytes, each in a fragment of its own, is still that character"
        check_index(answer, cut(data, range(1, len(data))), None, why)
        why = "an empty fragment changes nothing, not even in the middle of a character"
        pieces = [piece for byte in cut(data, range(1, len(data))) for piece in (byte, b"")]
        check_index(answer, pieces, None, why)


@FIRST_BAD_FRAGMENT
def test_bad_byte(answer, rng):
    """Bytes that can't be UTF-8 are found in their fragment."""
    good = [some_text(rng, 5).encode() for _ in range(4)]
    surrogates = [(bad, "half of a surrogate pair is no character") for bad in SURROGATES]
    for bad, why in (*BAD_TEXT, *surrogates):
        why = f"{bad!r} stands in this fragment, counted from 0: {why}"
        for place, part in product(range(5), (bad, b"ab" + bad + b"cd")):
            check_index(answer, [*good[:place], part, *good[place:]], place, why)
    why = "two fragments are bad: the first of them counts"
    check_index(answer, [b"a", b"\xff", b"\xff"], 1, why)


@FIRST_BAD_FRAGMENT
def test_at_once(answer, rng):
    """It is said as soon as it is certain, also in the middle of a character."""
    word = some_text(rng, 4).encode()
    for bad, why in BAD_TEXT:
        start, last = bad[:-1], bad[-1:]
        if start:
            why = (
                f"{start!r} alone may become a character, but not with {last!r} behind it ({why}): "
                "that is certain at this fragment, not earlier and not later"
            )
            check_index(answer, [word + start, last, word, word], 1, why)
            check_index(answer, [b"caf" + start, last, b"..."], 1, why)


@FIRST_BAD_FRAGMENT
def test_cut_off(answer, rng):
    """A message that ends inside a character is not UTF-8."""
    words = [some_text(rng, 5).encode() for _ in range(3)]
    for start, count in product((b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0\x9f\x99"), range(4)):
        why = "the message is over, and its last character isn't"
        check_index(answer, [*words[:count], b"caf" + start], count, why)
        why = "the last fragment is empty: only here is it certain that the character has no end"
        check_index(answer, [*words[:count], b"caf" + start, b""], count + 1, why)


# --- answer_close


def close_payload(code, reason=b""):
    return code.to_bytes(2, "big") + reason


def check_close(answer, payload, code, why):
    right = close_payload(code) if code else b""
    got = asked(partial(answer.answer_close, payload), why, shown(right))
    expect_that(isinstance(got, bytes), got, "return the payload as bytes", shown(right))
    length = "send two bytes of code and no reason, or nothing at all"
    expect_that(len(got) in (0, 2), got, length, shown(right))
    expect_that(
        got == right or got != right[::-1], got, "the code is sent big-endian", shown(right)
    )
    code_sent = int.from_bytes(got, "big") if got else None
    expect(code_sent, code, why)


@ANSWER_CLOSE
def test_empty_close(answer):
    """A close without a code is answered without one."""
    check_close(answer, b"", None, "nothing came, so send nothing back, not even 1005")


GOOD_CODES = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)


@ANSWER_CLOSE
def test_good_close(answer, rng):
    """A good code is sent back, with or without a reason."""
    for code in (*GOOD_CODES, rng.randrange(3000, 5000)):
        for reason in (b"", b"bye"):
            why = f"{code} may be sent: send it back"
            check_close(answer, close_payload(code, reason), code, why)


@ANSWER_CLOSE
def test_good_reason(answer, rng):
    """A reason in UTF-8 is fine, of any length, and is not sent back."""
    for text in (*GOOD_TEXT, "a", "ab", "a" * 122, "€" * 41, some_text(rng, 10)):
        why = f"the reason {text!r} is UTF-8: send the code back, without it"
        check_close(answer, close_payload(1001, text.encode()), 1001, why)


@ANSWER_CLOSE
def test_half_a_code(answer):
    """A single byte is answered with 1002."""
    for byte in (b"\x03", b"\0", b"\xff", b"a"):
        check_close(answer, byte, 1002, "one byte is half a code: 1002")


@ANSWER_CLOSE
def test_bad_code(answer, rng):
    """A code that may not be sent is answered with 1002, whatever the reason."""
    for codes, why in (
        ((0, 1, 999, rng.randrange(1000)), "codes below 1000 don't exist"),
        ((1004,), "1004 is reserved"),
        ((1005,), "1005 stands for no code at all, and is never sent"),
        ((1006,), "1006 stands for a close that never came, and is never sent"),
        ((1015,), "1015 stands for a failed TLS handshake, and is never sent"),
        ((1016, 1100, 2000, 2999, rng.randrange(1016, 3000)), "1016 to 2999 are reserved"),
        ((5000, 5001, 0xFFFF, rng.randrange(5000, 65536)), "there is nothing from 5000 on"),
    ):
        for code, reason in product(codes, (b"", b"bye")):
            why_not = f"{code} may not be sent ({why}): answer 1002"
            check_close(answer, close_payload(code, reason), 1002, why_not)
    why = "the code comes first: one that may not be sent is 1002, whatever the reason"
    for code in (1004, 1006, 2999, 5000):
        check_close(answer, close_payload(code, b"\xff"), 1002, why)


@ANSWER_CLOSE
def test_bad_reason(answer, rng):
    """A reason that is not UTF-8 is answered with 1007."""
    cut_off = some_text(rng, 5).encode() + b"\xe2\x82"
    reasons = [bad for bad, _ in BAD_TEXT] + [*SURROGATES, b"\xc3", cut_off]
    for code, reason in product((1000, 1014, 3000, 4999), reasons):
        why = f"the code is good, but the reason {reason!r} is not UTF-8: 1007"
        check_close(answer, close_payload(code, reason), 1007, why)


@ANSWER_CLOSE
def test_websockets_agrees(answer, rng):
    """The `websockets` library would answer the same."""
    for payload in (
        close_payload(rng.randrange(3000, 5000), b"bye"),
        close_payload(rng.randrange(5000, 9999)),
        b"\x03",
    ):
        server = Protocol(Side.SERVER)
        server.receive_data(on_the_wire(8, payload, key=b"key!"))
        (sent, *_) = server.data_to_send()
        code = int.from_bytes(sent[2:4], "big")
        check_close(answer, payload, code, f"`websockets` answers {payload!r} so")


# --- echo_bytes


@ECHO_BYTES
def test_both_ways(answer):
    """The prediction counts both frames to the last byte."""
    got = answer.value("echo_bytes")
    is_number = isinstance(got, int | float) and not isinstance(got, bool)
    expect_that(is_number, got, "a number of bytes")
    mistakes = {
        400: "that is the text alone, there and back; each frame has a header, too",
        404: "200 does not fit into seven bits, and one of the two sides masks",
        408: "200 is more than 125: the length takes two more bytes in each frame"
        " (and the browser's key takes four)",
        416: "only one of the two sides masks",
        208: "that is the way there alone; the echo comes back",
        204: "that is the way back alone",
        424: "16 bits are enough for a length of 200: two more bytes in each frame, not eight",
        428: "only one side masks, and 16 bits are enough for a length of 200",
    }
    right = len(on_the_wire(TEXT, bytes(200), key=b"key!")) + len(on_the_wire(TEXT, bytes(200)))
    why = "two bytes, the extended length, the key on one way, the payload: add up"
    expect_guess(got, right, why, mistakes=mistakes)
