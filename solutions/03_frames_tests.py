"""Exercise 03: frames and messages."""

from websockets.frames import Frame
from websockets.protocol import Protocol, Side
from wsproto.frame_protocol import FrameProtocol

from course_lib.exercises.question import Question
from course_lib.judge.bench_process import AnswerRaised
from course_lib.judge.expect import expect, expect_that

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
        "What says a second text frame to the receiver? And how does `len(part) < size` tell the "
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


def on_the_wire(opcode, payload, fin=True, masked=True):
    """A frame as the `websockets` library sends it."""
    return Frame(opcode, payload, fin).serialize(mask=masked)


def raises_value_error(answer, call, why):
    try:
        value = call()
    except AnswerRaised as error:
        if error.kind == "ValueError":
            return
        raise
    expect_that(False, value, why, "ValueError")


def some_text(rng, length):
    return "".join(rng.choices("abcdeäöüß€✓🙂 ", k=length))


# --- encode_header


def check_header(got, opcode, length, fin=True, masked=False):
    expect_that(isinstance(got, bytes), got, "return bytes", "b'\\x81\\x05', for example")
    size = 2 if length <= 125 else 4 if length <= 0xFFFF else 10
    expect_that(
        len(got) == size,
        got,
        f"the shortest form for a length of {length} has {size} bytes",
        f"{size} bytes",
    )
    expect(
        got[0] >> 7, int(fin), "FIN, the highest bit of the first byte, is set if fin is, only then"
    )
    expect(got[0] & 0x7F, opcode, "the opcode is in the last four bits; the reserved bits are 0")
    expect(got[1] >> 7, int(masked), "MASK is the highest bit of the second byte")
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
def test_short_lengths(answer, rng):
    """Up to 125 bytes, the header has two bytes."""
    for length in (0, rng.randrange(1, 125), 125):
        opcode = rng.choice(DATA_OPCODES)
        check_header(answer.encode_header(opcode, length), opcode, length)


@ENCODE_HEADER
def test_fin_and_mask(answer, rng):
    """FIN and MASK are set when they should be."""
    for fin in (True, False):
        for masked in (True, False):
            length = rng.randrange(1, 125)
            got = answer.encode_header(TEXT, length, fin=fin, masked=masked)
            check_header(got, TEXT, length, fin, masked)


@ENCODE_HEADER
def test_longer_lengths(answer, rng):
    """From 126 on the length has 16 bits, from 65,536 on 64."""
    medium, long = rng.randrange(127, 65535), rng.randrange(65537, 2**40)
    for length in (126, medium, 65535, 65536, long):
        got = answer.encode_header(BINARY, length, masked=True)
        check_header(got, BINARY, length, masked=True)


@ENCODE_HEADER
def test_wsproto_reads_it(answer, rng):
    """The `wsproto` library reads the frames that begin with it."""
    reader = FrameProtocol(client=True, extensions=[])
    for length in (rng.randrange(126), rng.randrange(126, 2000)):
        payload = rng.randbytes(length)
        reader.receive_bytes(answer.encode_header(BINARY, length) + payload)
        got = [bytes(frame.payload) for frame in reader.received_frames()]
        expect(got, [payload], "wsproto must find the payload behind your header")


# --- mask


def masked_by_hand(data, key):
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


@MASK
def test_four_bytes(answer, rng):
    """Four bytes meet the four bytes of the key."""
    # Letters, and a key of the same range: no other operation gives what XOR does.
    data, key = (bytes(rng.choices(range(64, 128), k=4)) for _ in range(2))
    got = answer.mask(data, key)
    expect_that(isinstance(got, bytes), got, "return bytes", repr(masked_by_hand(data, key)))
    expect(got, masked_by_hand(data, key), "XOR each byte with the byte of the key at its index")


@MASK
def test_any_length(answer, rng):
    """It works for any length: none, less than the key, and more."""
    for length in (0, rng.randrange(1, 4), rng.randrange(5, 8), rng.randrange(100, 200)):
        data, key = rng.randbytes(length), rng.randbytes(4)
        got = answer.mask(data, key)
        expect_that(
            len(got) == length,
            got,
            "as many bytes come out as go in: after its fourth byte, the key starts again",
            f"{length} bytes",
        )
        expect(got, masked_by_hand(data, key), "after its fourth byte, the key starts again")


@MASK
def test_twice_is_nothing(answer, rng):
    """Masking twice with the same key gives the data back."""
    data, key = rng.randbytes(rng.randrange(20, 40)), rng.randbytes(4)
    expect(answer.mask(answer.mask(data, key), key), data, "XOR undoes itself")


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


def check_frame(got, fin, opcode, payload, what):
    expect_that(
        isinstance(got, tuple) and len(got) == 3,
        got,
        "return a tuple of three: FIN, opcode, payload",
        repr((fin, opcode, payload[:20])),
    )
    expect(got[0], fin, f"FIN of {what}, as a bool")
    expect(got[1], opcode, f"the opcode of {what} is its last four bits in the first byte")
    expect_that(
        isinstance(got[2], bytes) and len(got[2]) == len(payload),
        got[2],
        f"the payload of {what} is what follows the header and the key, if there is one",
        f"{len(payload)} bytes",
    )
    expect(got[2], payload, f"the payload of {what}, unmasked")


@DECODE_FRAME
def test_servers_frames(answer, rng):
    """Frames from a server, in all three lengths."""
    for length in (0, rng.randrange(1, 126), rng.randrange(126, 65536), 65536):
        opcode, payload = rng.choice(DATA_OPCODES), rng.randbytes(length)
        got = answer.decode_frame(on_the_wire(opcode, payload, masked=False))
        check_frame(got, True, opcode, payload, f"an unmasked frame of {length} bytes")


@DECODE_FRAME
def test_clients_frames(answer, rng):
    """Frames that the `websockets` client masked."""
    for length in (rng.randrange(1, 126), rng.randrange(126, 3000)):
        fin, payload = rng.choice((True, False)), rng.randbytes(length)
        got = answer.decode_frame(on_the_wire(BINARY, payload, fin))
        check_frame(got, fin, BINARY, payload, f"a masked frame of {length} bytes")


@DECODE_FRAME
def test_reserved_bits(answer, rng):
    """A reserved bit that is set raises ValueError."""
    wire = on_the_wire(TEXT, b"Hello")
    for bit in (0x40, 0x20, 0x10):
        broken = bytes([wire[0] | bit]) + wire[1:]
        raises_value_error(
            answer,
            lambda data=broken: answer.decode_frame(data),
            "RSV1, RSV2 and RSV3 have no meaning here: raise ValueError when one is set",
        )


@DECODE_FRAME
def test_longer_form_than_needed(answer, rng):
    """A length in a longer form than it needs raises ValueError."""
    short, medium = rng.randbytes(rng.randrange(126)), rng.randbytes(rng.randrange(126, 999))
    for header, payload in (
        (b"\x82\x7e" + len(short).to_bytes(2, "big"), short),
        (b"\x82\x7f" + len(short).to_bytes(8, "big"), short),
        (b"\x82\x7f" + len(medium).to_bytes(8, "big"), medium),
    ):
        raises_value_error(
            answer,
            lambda data=header + payload: answer.decode_frame(data),
            f"a length of {len(payload)} fits into a shorter form, and the shortest is the only "
            "one that is allowed: raise ValueError",
        )


@DECODE_FRAME
def test_not_one_frame(answer, rng):
    """Bytes that are missing or left over raise ValueError."""
    wire = on_the_wire(BINARY, rng.randbytes(rng.randrange(126, 200)))
    for size in (0, 1, 3, 6, len(wire) - 1):
        raises_value_error(
            answer,
            lambda data=wire[:size]: answer.decode_frame(data),
            f"only {size} bytes of a frame of {len(wire)}: raise ValueError when some are missing",
        )
    raises_value_error(
        answer,
        lambda: answer.decode_frame(wire + b"\x81"),
        "a byte stands behind the end of the frame: raise ValueError when some are left over",
    )


# --- FrameReader


def a_stream(rng, sizes):
    """Frames of random kinds and these sizes: as a reader should give them, and on the wire."""
    frames, wire = [], b""
    for size in sizes:
        opcode, payload = rng.choice(DATA_OPCODES), rng.randbytes(size)
        frames.append((True, opcode, payload))
        wire += on_the_wire(opcode, payload, masked=rng.choice((True, False)))
    return frames, wire


def fed(reader, pieces):
    frames = []
    for piece in pieces:
        got = reader.feed(piece)
        expect_that(
            isinstance(got, list), got, "feed returns a list, an empty one if nothing is complete"
        )
        for frame in got:
            expect_that(
                isinstance(frame, tuple) and len(frame) == 3,
                frame,
                "each frame is a tuple of three, as in question 3",
            )
        frames += got
    return frames


@FRAME_READER
def test_whole_frames(answer, rng):
    """Each call brings a whole frame."""
    reader = answer.make("FrameReader")
    for size in (rng.randrange(1, 126), rng.randrange(126, 999)):
        (frame,), wire = a_stream(rng, [size])
        frames = fed(reader, [wire])
        expect(frames, [frame], "a whole frame comes out at once, as question 3 gives it")


@FRAME_READER
def test_several_at_once(answer, rng):
    """One call may bring several frames."""
    frames, wire = a_stream(rng, [3, 0, rng.randrange(126, 300), 5])
    got = fed(answer.make("FrameReader"), [wire])
    expect_that(
        len(got) == 4, got, "four frames came in one piece: give all of them, in order", "4 frames"
    )
    expect(got, frames, "four frames came in one piece: give all of them, in order")


@FRAME_READER
def test_byte_by_byte(answer, rng):
    """One byte at a time."""
    frames, wire = a_stream(rng, [4, rng.randrange(126, 140), 0])
    reader = answer.make("FrameReader")
    got = fed(reader, [wire[i : i + 1] for i in range(len(wire))])
    expect_that(
        len(got) == 3,
        got,
        "a header may be cut anywhere, inside the extended length and the key too: keep what has "
        "come until the rest does",
        "3 frames",
    )
    expect(got, frames, "each frame comes out when its last byte has come")


@FRAME_READER
def test_cut_anywhere(answer, rng):
    """A long stream, cut at random places."""
    sizes = [rng.choice((0, 1, 125, 126, 700, 66_000)) for _ in range(6)]
    frames, wire = a_stream(rng, sizes)
    cuts = sorted(rng.randrange(len(wire)) for _ in range(40))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    got = fed(answer.make("FrameReader"), pieces)
    expect_that(
        len(got) == len(frames),
        len(got),
        "after the last byte every frame has come out, whatever the cuts",
        f"{len(frames)} frames",
    )
    expect_that(
        got == frames,
        [(opcode, len(payload)) for _, opcode, payload in got],
        "the same frames come out, whatever the cuts; shown are opcode and length",
        str([(opcode, len(payload)) for _, opcode, payload in frames]),
    )


@FRAME_READER
def test_two_readers(answer, rng):
    """Two readers know nothing of each other."""
    one, other = answer.make("FrameReader"), answer.make("FrameReader")
    (frame,), wire = a_stream(rng, [20])
    (second,), more = a_stream(rng, [30])
    one.feed(wire[:9])
    expect(
        other.feed(more), [second], "bytes of one connection must not turn up in another's reader"
    )
    expect(one.feed(wire[9:]), [frame], "each reader keeps the bytes of its own connection")


# --- fragment


@FRAGMENT
def test_one_piece(answer, rng):
    """A short message is one frame."""
    payload = rng.randbytes(rng.randrange(1, 50))
    expect(answer.fragment(payload, BINARY, 1000), [(True, BINARY, payload)], "it fits into one")


@FRAGMENT
def test_continuations(answer, rng):
    """Only the first frame of a message has its opcode."""
    size = rng.randrange(5, 20)
    payload = rng.randbytes(3 * size + 2)
    got = answer.fragment(payload, TEXT, size)
    expect_that(
        b"".join(part for _, _, part in got) == payload, got, "all parts together are the message"
    )
    expect_that(
        all(len(part) <= size for _, _, part in got), got, f"no part is longer than {size} bytes"
    )
    opcodes = [opcode for _, opcode, _ in got]
    expect(
        opcodes,
        [TEXT, *[0] * (len(got) - 1)],
        "a second text frame would begin a second message: the rest are continuations, opcode 0",
    )
    fins = [fin for fin, _, _ in got]
    expect(fins, [False] * (len(got) - 1) + [True], "FIN is set on the last frame, only there")


@FRAGMENT
def test_exact_multiple(answer, rng):
    """A message that fills its frames exactly comes to an end, too."""
    size, count = rng.randrange(3, 9), rng.randrange(2, 5)
    got = answer.fragment(rng.randbytes(size * count), BINARY, size)
    fins = [fin for fin, _, _ in got]
    expect(
        fins,
        [False] * (len(got) - 1) + [True],
        "without FIN on its last frame a message never ends, and the other side waits for ever",
    )


@FRAGMENT
def test_empty_message(answer):
    """An empty message is a frame."""
    expect(
        answer.fragment(b"", TEXT, 1000),
        [(True, TEXT, b"")],
        "an empty message is a message: one frame without payload",
    )


@FRAGMENT
def test_websockets_joins_it(answer, rng):
    """The `websockets` library takes the frames in."""
    text = some_text(rng, 60).encode()
    client = Protocol(Side.CLIENT)
    for fin, opcode, part in answer.fragment(text, TEXT, 16):
        client.receive_data(on_the_wire(opcode, part, fin, masked=False))
    got = b"".join(bytes(frame.data) for frame in client.events_received())
    expect(client.close_sent and client.close_sent.code, None, "a real client closes on them")
    expect(got, text, "a real client must get the whole message")


# --- MessageReader


@MESSAGE_READER
def test_whole_messages(answer, rng):
    """A message of one frame comes out at once."""
    reader = answer.make("MessageReader")
    for _ in range(3):
        opcode, payload = rng.choice(DATA_OPCODES), rng.randbytes(rng.randrange(20))
        got = reader.receive(True, opcode, payload)
        expect(got, (opcode, payload), "a frame with FIN that begins a message also ends it")


def received_in_pieces(reader, opcode, parts):
    """Feed a message's frames; what comes with the last. None must come before."""
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        got = reader.receive(last, opcode if i == 0 else 0, part)
        if not last:
            expect(got, None, "the message goes on: return None until its last frame")
    return got


@MESSAGE_READER
def test_fragments(answer, rng):
    """Fragments become one message, with the opcode of the first."""
    reader = answer.make("MessageReader")
    for _ in range(2):
        opcode = rng.choice(DATA_OPCODES)
        parts = [rng.randbytes(rng.randrange(1, 9)) for _ in range(rng.randrange(2, 6))]
        got = received_in_pieces(reader, opcode, parts)
        expect_that(
            isinstance(got, tuple) and len(got) == 2, got, "a tuple of two: opcode, payload"
        )
        expect(got[0], opcode, "the message's opcode is that of its first frame")
        expect(
            got[1], b"".join(parts), "the payloads of its frames, in order, and of no other message"
        )


@MESSAGE_READER
def test_control_frames_between(answer, rng):
    """Control frames between fragments come out at once, and disturb nothing."""
    reader = answer.make("MessageReader")
    one, two, note = rng.randbytes(5), rng.randbytes(6), rng.randbytes(rng.randrange(126))
    control = rng.choice(CONTROL_OPCODES)
    expect(reader.receive(False, TEXT, one), None, "the message goes on")
    got = reader.receive(True, control, note)
    expect(got, (control, note), "a control frame comes out at once, with its own payload alone")
    got = reader.receive(True, 0, two)
    expect(got, (TEXT, one + two), "the message goes on behind the control frame as before")


@MESSAGE_READER
def test_out_of_place(answer, rng):
    """Frames out of place raise ValueError."""
    new = answer.make("MessageReader")
    raises_value_error(
        answer,
        lambda: new.receive(True, 0, b"x"),
        "a continuation with no message open: raise ValueError",
    )
    done = answer.make("MessageReader")
    received_in_pieces(done, TEXT, [b"a", b"b"])
    raises_value_error(
        answer,
        lambda: done.receive(True, 0, b"x"),
        "a continuation after a message has ended: raise ValueError",
    )
    for fin in (True, False):
        under_way = answer.make("MessageReader")
        under_way.receive(False, TEXT, b"a")
        raises_value_error(
            answer,
            lambda reader=under_way, fin=fin: reader.receive(fin, rng.choice(DATA_OPCODES), b"x"),
            "a new message while one is open: raise ValueError",
        )
    empty = answer.make("MessageReader")
    empty.receive(False, BINARY, b"")
    raises_value_error(
        answer,
        lambda: empty.receive(True, TEXT, b"x"),
        "the open message is empty so far, but it is open: raise ValueError",
    )


@MESSAGE_READER
def test_bad_control_frames(answer, rng):
    """A control frame is whole, and has at most 125 bytes."""
    control = rng.choice(CONTROL_OPCODES)
    reader = answer.make("MessageReader")
    raises_value_error(
        answer,
        lambda: reader.receive(False, control, b""),
        "a control frame without FIN: raise ValueError",
    )
    raises_value_error(
        answer,
        lambda: reader.receive(True, control, bytes(rng.randrange(126, 200))),
        "a control frame of more than 125 bytes: raise ValueError",
    )


# --- first_bad_fragment


def cut(data, places):
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@FIRST_BAD_FRAGMENT
def test_good_text(answer, rng):
    """Good text is good, wherever it is cut."""
    data = (some_text(rng, 30) + "€").encode()
    expect(answer.first_bad_fragment([data]), None, "this is UTF-8, in one piece")
    places = sorted(rng.sample(range(len(data)), 6))
    expect(
        answer.first_bad_fragment(cut(data, [*places, len(data) - 1])),
        None,
        "a character may begin in one fragment and end in the next",
    )
    expect(
        answer.first_bad_fragment([bytes([byte]) for byte in "🙂".encode()]),
        None,
        "a character of four bytes, each in a fragment of its own, is still that character",
    )


@FIRST_BAD_FRAGMENT
def test_bad_byte(answer, rng):
    """A byte that can't be is found in its fragment."""
    good = [some_text(rng, 5).encode() for _ in range(5)]
    place = rng.randrange(1, 4)
    bad = [*good[:place], good[place] + rng.choice((b"\xff", b"\xc0\xaf", b"\x80")), *good[place:]]
    got = answer.first_bad_fragment(bad)
    expect_that(
        got is None or (isinstance(got, int) and not isinstance(got, bool)),
        got,
        "return the index of a fragment, or None",
        str(place),
    )
    expect(got, place, "the fragment in which the bad byte stands, counted from 0")


@FIRST_BAD_FRAGMENT
def test_at_once(answer, rng):
    """It is said as soon as it is certain, also in the middle of a character."""
    word = some_text(rng, 4).encode()
    for start, then in ((b"\xc3", b"e"), (b"\xe2\x82", b" "), (b"\xf4", b"\x90")):
        got = answer.first_bad_fragment([word + start, then, word, word])
        expect(
            got,
            1,
            f"{start!r} alone may become a character, but not with {then!r} behind it: that is "
            "certain at this fragment, not later",
        )


@FIRST_BAD_FRAGMENT
def test_cut_off(answer, rng):
    """A message that ends inside a character is not UTF-8."""
    parts = [some_text(rng, 5).encode() for _ in range(rng.randrange(1, 4))]
    expect(
        answer.first_bad_fragment([*parts, b"caf\xc3"]),
        len(parts),
        "the message is over, and its last character isn't",
    )


# --- answer_close


def close_payload(code, reason=b""):
    return code.to_bytes(2, "big") + reason


def check_close(got, code, why):
    expect_that(isinstance(got, bytes), got, "return the payload as bytes")
    expect_that(
        len(got) in (0, 2),
        got,
        "send two bytes of code and no reason, or nothing at all",
        repr(close_payload(code)) if code else "b''",
    )
    right = close_payload(code) if code else b""
    expect_that(got == right or got != right[::-1], got, "the code is sent big-endian", repr(right))
    shown = int.from_bytes(got, "big") if got else None
    expect(shown, code, why)


@ANSWER_CLOSE
def test_empty_close(answer):
    """A close without a code is answered without one."""
    check_close(answer.answer_close(b""), None, "nothing came, so send nothing back; 1005 neither")


@ANSWER_CLOSE
def test_good_close(answer, rng):
    """A good code is sent back, with or without a reason."""
    own = rng.randrange(3000, 5000)
    for code in (1000, 1001, 1003, 1007, 1011, 1014, 3000, own, 4999):
        check_close(
            answer.answer_close(close_payload(code)), code, f"{code} may be sent: send it back"
        )
    reason = some_text(rng, 10).encode()
    check_close(
        answer.answer_close(close_payload(own, reason)),
        own,
        "a reason in UTF-8 is fine, and is not sent back",
    )


@ANSWER_CLOSE
def test_bad_code(answer, rng):
    """Half a code, or one that may not be sent, is answered with 1002."""
    check_close(answer.answer_close(b"\x03"), 1002, "one byte is half a code: 1002")
    for code, why in (
        (rng.randrange(1000), "codes below 1000 don't exist"),
        (1004, "1004 is reserved"),
        (1005, "1005 stands for no code at all, and is never sent"),
        (1006, "1006 stands for a close that never came, and is never sent"),
        (1015, "1015 stands for a failed TLS handshake, and is never sent"),
        (rng.randrange(1016, 3000), "1016 to 2999 are reserved"),
        (rng.randrange(5000, 65536), "there is nothing from 5000 on"),
    ):
        check_close(answer.answer_close(close_payload(code, b"bye")), 1002, f"{why}: answer 1002")


@ANSWER_CLOSE
def test_bad_reason(answer, rng):
    """A reason that is not UTF-8 is answered with 1007."""
    reason = some_text(rng, 5).encode() + rng.choice((b"\xff", b"\xc3"))
    check_close(
        answer.answer_close(close_payload(1000, reason)),
        1007,
        "the code is good, but the reason is not UTF-8: 1007",
    )
    check_close(
        answer.answer_close(close_payload(1006, reason)),
        1002,
        "the code comes first: one that may not be sent is 1002, whatever the reason",
    )


@ANSWER_CLOSE
def test_websockets_agrees(answer, rng):
    """The `websockets` library would answer the same."""
    for payload in (
        close_payload(rng.randrange(3000, 5000), b"bye"),
        close_payload(rng.randrange(5000, 9999)),
        b"\x03",
    ):
        server = Protocol(Side.SERVER)
        server.receive_data(on_the_wire(8, payload))
        (sent, *_) = server.data_to_send()
        code = int.from_bytes(sent[2:4], "big")
        check_close(answer.answer_close(payload), code, f"`websockets` answers {payload!r} so")


# --- echo_bytes


@ECHO_BYTES
def test_both_ways(answer):
    """The prediction counts both frames to the last byte."""
    got = answer.value("echo_bytes")
    expect_that(isinstance(got, int) and not isinstance(got, bool), got, "a number of bytes")
    mistakes = {
        400: "that is the text alone, there and back; each frame has a header, too",
        404: "200 does not fit into seven bits, and one of the two sides masks",
        408: "200 is more than 125: the length takes two more bytes in each frame"
        " (and the browser's key takes four)",
        416: "only one of the two sides masks",
        208: "that is the way there alone; the echo comes back",
        204: "that is the way back alone",
        424: "only one side masks, and 16 bits are enough for a length of 200",
    }
    expect_that(got not in mistakes, got, mistakes.get(got, ""))
    right = len(on_the_wire(TEXT, bytes(200))) + len(on_the_wire(TEXT, bytes(200), masked=False))
    expect(got, right, "two bytes, the extended length, the key on one way, the payload: add up")
