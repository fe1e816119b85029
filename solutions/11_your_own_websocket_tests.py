"""Exercise 11: a WebSocket of one's own, section by section of the report card."""

import time
import zlib
from functools import partial
from itertools import product

from wsproto.frame_protocol import FrameProtocol, ParseFailed

from course_lib.conform.openings import SAMPLE_KEY, openings
from course_lib.exercises.question import Question
from course_lib.judge.expect import asked, expect, expect_raises, expect_that, fail, shown
from course_lib.judge.values import dumps, loads
from course_lib.notebook.anatomy import dissect
from course_lib.protocol import Frame, HandshakeError, Opcode, Response, apply_mask
from course_lib.protocol.handshake import accept_key, generate_key
from course_lib.protocol.messages import is_valid_close_code
from course_lib.sockets.cases import CASES, INVALID_TEXT, TRUNCATED_TEXT, VALID_TEXT

OPENING = Question(
    "opening",
    points=4,
    hints=(
        "Take it apart first: the request line has three words, and the headers make a dictionary "
        "from names in lower case to a *list* of values, since a header may come twice.",
        "Then go through the table from the top: an `if` for the first row, an `elif` for each other "
        "one, and the 101 in the `else`.",
        "`[word.strip().lower() for value in values for word in value.split(',')]` are the words of "
        "a header that is a list. `base64.b64decode(key, validate=True)` raises a ValueError for what "
        "is no Base64.",
    ),
)
READ_FRAME = Question(
    "read_frame",
    points=4,
    hints=(
        "Two questions at each step: do I have enough bytes to know this? (If not: None.) And is what "
        "I know allowed? (If not: Broken.) In this order you never need to look at a byte twice.",
        "After two bytes you know everything except for a longer length and the key: reserved bits, "
        "opcode, MASK, and for a control frame FIN and its length.",
        "A length of 126 in the seven bits means that 2 bytes follow, and 127 means 8. What they say "
        "must be at least 126 or 65,536, below 2**63, and at most `limit`.",
    ),
)
MESSAGES = Question(
    "Messages",
    points=3,
    hints=(
        "Two things are remembered from call to call: the opcode of the message that is open, None if "
        "there is none, and what has come of it.",
        "Opcode 0 needs a message that is open; 1 and 2 need that none is.",
        "Count before you join: `self.size += len(payload)`, and if that is more than the limit, the "
        "message is refused. With FIN, forget everything, also the size, before you return.",
    ),
)
TEXT_CHECK = Question(
    "TextCheck",
    points=3,
    hints=(
        "A piece can end in the middle of a character. Something must remember the bytes that are "
        "still waiting for their rest.",
        "Python has it: `codecs.getincrementaldecoder('utf-8')()` gives a decoder with a method "
        "`decode(data, final)`.",
        "`decode(piece, last)` raises UnicodeDecodeError for what can't become UTF-8, and with "
        "`final=True` also for a character that is cut off. Turn it into Broken(1007).",
    ),
)
READ_CLOSE = Question(
    "read_close",
    points=2,
    hints=(
        "Three kinds of payload: empty, one byte, and two or more.",
        "The code is `int.from_bytes(payload[:2], 'big')`; what follows it is the reason.",
        "`1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999`, then "
        "`payload[2:].decode()`, which may raise UnicodeDecodeError. What goes back is payload[:2].",
    ),
)
CONNECTION = Question(
    "Connection",
    points=9,
    hints=(
        "A loop: while `read_frame` finds a whole frame in the buffer, cut it off and see what it is. "
        "A ping makes a reply, a Close makes a reply and the end, all else goes to your Messages.",
        "One `try` around the loop is enough: `except Broken as error` adds a Close with `error.code` "
        "to the reply and ends the connection. Keep the messages that were complete before.",
        "Text: give each piece of a text message to your TextCheck. A continuation belongs to the "
        "message that is open, so ask `Messages` for its opcode before `take`. And a client masks "
        "what it sends, with `secrets.token_bytes(4)` for each frame.",
    ),
)
DEFLATE = Question(
    "Deflate",
    points=3,
    hints=(
        "One `zlib.compressobj(wbits=-15)` and one `zlib.decompressobj(wbits=-15)` for the whole life "
        "of the connection: what one message said, the next can refer to.",
        "After a message, `flush(zlib.Z_SYNC_FLUSH)`. It ends with the four bytes 00 00 ff ff, which "
        "are left out on the wire and put back before inflating.",
        "`decompress(data, limit + 1)` makes no more than that: if it made more than `limit`, the "
        "message is too big.",
    ),
)
FAST_MASK = Question(
    "fast_mask",
    points=2,
    hints=(
        "A loop in Python costs some 50 nanoseconds for each byte. Which of Python's own operations "
        "work on many bytes at once?",
        "A very large whole number is many bytes, too, and `^` takes two of them.",
        "`int.from_bytes(data, 'big') ^ int.from_bytes(repeated, 'big')`, then "
        "`.to_bytes(len(data), 'big')`, where `repeated` is the key, as long as the data.",
    ),
)
QUESTIONS = (
    OPENING, READ_FRAME, MESSAGES, TEXT_CHECK, READ_CLOSE, CONNECTION, DEFLATE, FAST_MASK,
)  # fmt: skip

LIMIT = 2**20
KEY = b"\x37\xfa\x21\x3d"
BOTH = (False, True)
SIZES = (0, 1, 124, 125, 126, 127, 65535, 65536)


def expect_broken(call, code, why):
    """Expect that the answer raises Broken with this code."""
    error = expect_raises(call, "Broken", why)
    expect_that(error.text == str(code), error.what_came, why, f"Broken({code})")


# --- opening


def head_of(lines):
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


def good_request(key=SAMPLE_KEY, **changes):
    lines = {
        "line": "GET /chat HTTP/1.1",
        "host": "Host: a.example",
        "upgrade": "Upgrade: websocket",
        "connection": "Connection: Upgrade",
        "key": None if key is None else f"Sec-WebSocket-Key: {key}",
        "version": "Sec-WebSocket-Version: 13",
    } | changes
    return head_of(line for line in lines.values() if line is not None)


def response_to(answer, head, status, why):
    """The response, which must have this status."""
    data = asked(partial(answer.opening, head), why, f"a response with status {status}")
    expect_that(isinstance(data, bytes), data, "opening returns bytes, ready to be sent")
    expect_that(
        data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1,
        data,
        "a response ends with an empty line, and has nothing behind it",
    )
    try:
        response = Response.parse(data)
    except HandshakeError as error:
        fail(f"this is no response that HTTP knows: {error}", shown(data))
    expect_that(response.status == status, data, why, f"status {status}")
    return response


def accepts(answer, head, key, why):
    response = response_to(answer, head, 101, why)
    headers = response.headers
    expect_that(
        "websocket" in headers.tokens("Upgrade") and "upgrade" in headers.tokens("Connection"),
        response.to_bytes(),
        "101 has the headers Upgrade: websocket and Connection: Upgrade",
    )
    expect(
        headers.get("Sec-WebSocket-Accept"),
        accept_key(key),
        "Sec-WebSocket-Accept is the Base64 of the SHA-1 of key and GUID",
    )
    for name in ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length"):
        expect_that(name not in headers, response.to_bytes(), f"101 has no header {name} here")


def refuses(answer, head, status, why, *names):
    response = response_to(answer, head, status, why)
    expect_that(
        response.headers.get("Content-Length") == "0",
        response.to_bytes(),
        "a refusal has Content-Length: 0, so that the client knows that no body follows",
    )
    for name, value in names:
        expect_that(
            value.lower() in response.headers.tokens(name),
            response.to_bytes(),
            f"a refusal with {status} has the header {name}: {value} here",
        )


@OPENING
def test_a_good_request(answer, rng):
    """A request that holds is answered with 101 and the accept of its key."""
    accepts(answer, good_request(), SAMPLE_KEY, "this request has all that it needs")
    for _ in range(3):
        key = generate_key(rng.randbytes)
        accepts(answer, good_request(key), key, "this request has all that it needs")


@OPENING
def test_the_same_in_other_words(answer):
    """Other cases, lists, and headers that mean nothing do no harm."""
    for opening in openings("request"):
        if opening.holds and opening.name != "as the RFC has it":
            why = f"a request with {opening.name} holds"
            accepts(answer, opening.request("/chat", "a.example"), SAMPLE_KEY, why)
    for changes in (
        {"connection": "Connection: keep-alive,Upgrade"},
        {"connection": "Connection:Upgrade"},
        {"upgrade": "Upgrade: h2c , websocket"},
        {"host": "Host: [::1]:8000"},
        {"other": "X-Name: Zo\xe9"},
        {"other": "Sec-WebSocket-Extensions: permessage-deflate"},
    ):
        accepts(answer, good_request(**changes), SAMPLE_KEY, "this request has all that it needs")
    twice = good_request(connection="Connection: keep-alive\r\nConnection: Upgrade")
    accepts(answer, twice, SAMPLE_KEY, "a header may come twice: its values are one list")


@OPENING
def test_refused(answer):
    """Each row of the table, as the first that applies."""
    for name in ("POST", "HEAD", "get"):
        refuses(answer, good_request(line=f"{name} /chat HTTP/1.1"), 405,
                "a method other than GET is refused with 405", ("Allow", "GET"))  # fmt: skip
    bad = "HTTP/1.0, or not exactly one Host, is refused with 400"
    refuses(answer, good_request(line="GET /chat HTTP/1.0"), 400, bad)
    refuses(answer, good_request(host=None), 400, bad)
    refuses(answer, good_request(host="Host: a.example\r\nHost: b.example"), 400, bad)
    both = ("Upgrade", "websocket"), ("Connection", "Upgrade")
    for changes in ({"upgrade": None}, {"upgrade": "Upgrade: h2c"}, {"connection": None},
                    {"connection": "Connection: keep-alive"},
                    {"upgrade": "Upgrade: websocket2"}):  # fmt: skip
        why = "a request that does not ask for a WebSocket is refused with 426"
        refuses(answer, good_request(**changes), 426, why, *both)
    for version in (None, "8", "14", "13, 8"):
        line = None if version is None else f"Sec-WebSocket-Version: {version}"
        refuses(answer, good_request(version=line), 426, "a version other than 13 is refused with 426",
                *both, ("Sec-WebSocket-Version", "13"))  # fmt: skip
    twice = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"
    refuses(
        answer, good_request(version=twice), 426, "a version that comes twice is refused with 426"
    )
    for key in ("", "AAAA", "A" * 20, "!" * 24, SAMPLE_KEY[:-1], f"{SAMPLE_KEY}AAAA"):
        refuses(
            answer,
            good_request(key),
            400,
            "a key that is not 16 bytes in Base64 is refused with 400",
        )
    refuses(answer, good_request(None), 400, "a request without a key is refused with 400")
    lines = f"{SAMPLE_KEY}\r\nSec-WebSocket-Key: {SAMPLE_KEY}"
    refuses(answer, good_request(lines), 400, "a key that comes twice is refused with 400")


@OPENING
def test_the_first_row_decides(answer):
    """Where several rows apply, the first one does."""
    refuses(
        answer, head_of(["POST / HTTP/1.0"]), 405, "the first row that applies decides: the method"
    )
    refuses(answer, head_of(["GET / HTTP/1.0", "Host: a"]), 400,
            "the first row that applies decides: HTTP/1.0")  # fmt: skip
    refuses(answer, head_of(["GET / HTTP/1.1", "Host: a"]), 426,
            "the first row that applies decides: no Upgrade", ("Upgrade", "websocket"))  # fmt: skip
    refuses(
        answer,
        good_request("x", version=None),
        426,
        "the first row that applies decides: the version",
    )


# --- read_frame


def wire(opcode, payload, fin=True, key=None, **flags):
    return Frame(Opcode(opcode), payload, fin=fin, masking_key=key, **flags).encode()


def raw(first, length, extended=b"", rest=b"", masked=False):
    """A frame's bytes, legal or not."""
    key = KEY if masked else b""
    return bytes([first, length | masked << 7]) + extended + key + rest


def key_for(masked):
    return KEY if masked else None


@READ_FRAME
def test_frame_examples(answer):
    """The question's examples."""
    expect(partial(answer.read_frame, b"\x81\x05Hello?", False), (True, 1, b"Hello", 7),
           "one whole frame, and a byte of the next")  # fmt: skip
    expect(partial(answer.read_frame, b"\x81\x85\x01\x02\x03\x04Ig", True), None,
           "three bytes of the payload are missing")  # fmt: skip
    expect_broken(partial(answer.read_frame, b"\x81\x05Hello", True), 1002,
                  "this frame should be masked, and isn't")  # fmt: skip


@READ_FRAME
def test_types(answer):
    """FIN is a bool."""
    for first in (0x81, 0x01):
        got = answer.read_frame(bytes([first, 0]), False)
        expect_that(
            isinstance(got, tuple) and len(got) == 4, got, "a whole frame is a tuple of four"
        )
        expect_that(isinstance(got[0], bool), got, "FIN is True or False, not a number")


@READ_FRAME
def test_frames_of_every_size(answer, rng):
    """Any kind and size, masked and not, alone and with more behind it."""
    for masked, size in product(BOTH, SIZES):
        payload = rng.randbytes(size)
        key = rng.randbytes(4) if masked else None
        for opcode, fin in product((0, 1, 2), BOTH):
            data = wire(opcode, payload, fin, key)
            more = rng.randbytes(rng.choice((0, 3)))
            expect(partial(answer.read_frame, data + more, masked), (fin, opcode, payload, len(data)),
                   f"{size} bytes of payload: return FIN, opcode, the payload unmasked, and the size")  # fmt: skip
    for masked, opcode in product(BOTH, (8, 9, 10)):
        data = wire(opcode, b"\x03\xe8x", True, key_for(masked))
        expect(partial(answer.read_frame, data, masked), (True, opcode, b"\x03\xe8x", len(data)),
               "a control frame is read like any other")  # fmt: skip


@READ_FRAME
def test_the_longest(answer):
    """The longest control frame, and lengths up to the last that there is."""
    for masked, opcode in product(BOTH, (8, 9, 10)):
        data = wire(opcode, bytes(125), True, key_for(masked))
        right = (True, opcode, bytes(125), len(data))
        expect(partial(answer.read_frame, data, masked), right, "125 bytes are fine")
    for size in (1 << 62, (1 << 63) - 1):
        header = b"\x82\x7f" + size.to_bytes(8, "big")
        call = partial(answer.read_frame, header, False, 1 << 63)
        expect(call, None, "such a length may be, if the limit allows it")


@READ_FRAME
def test_not_whole_yet(answer, rng):
    """Each beginning of a frame gives None."""
    for masked, size in product(BOTH, (0, 5, 126, 300)):
        data = wire(2, rng.randbytes(size), True, key_for(masked))
        for end in {0, 1, 2, 3, 4, 5, 6, 7, len(data) - 1} & set(range(len(data))):
            expect(partial(answer.read_frame, data[:end], masked), None,
                   "while a frame isn't whole, and nothing is wrong with it, the answer is None")  # fmt: skip
    data = wire(2, bytes(65536), True, KEY)
    for end in (2, 9, 10, 13, 14, 65549):
        expect(partial(answer.read_frame, data[:end], True), None,
               "while a frame isn't whole, and nothing is wrong with it, the answer is None")  # fmt: skip


@READ_FRAME
def test_broken_frames(answer):
    """Each rule of the list, with and without masks."""
    for masked in BOTH:

        def read(data, masked=masked):
            return partial(answer.read_frame, data, masked)

        for bits in range(1, 8):
            expect_broken(
                read(raw(0x81 | bits << 4, 0, masked=masked)), 1002, "a reserved bit is set"
            )
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            expect_broken(read(raw(0x80 | opcode, 0, masked=masked)), 1002,
                          f"opcode {opcode} is reserved")  # fmt: skip
        for opcode in (0, 1, 2, 8, 9, 10):
            expect_broken(read(wire(opcode, b"", True, key_for(not masked))), 1002,
                          "MASK is set exactly if the sender is a client")  # fmt: skip
        for opcode in (8, 9, 10):
            expect_broken(
                read(raw(opcode, 0, masked=masked)), 1002, "a control frame is in fragments"
            )
            expect_broken(read(raw(0x80 | opcode, 126, b"\0\x7e", bytes(126), masked)), 1002,
                          "a control frame has at most 125 bytes")  # fmt: skip
        for length, extended in ((126, b"\0\0"), (126, b"\0\x7d"), (127, bytes(8)),
                                 (127, (0xFFFF).to_bytes(8, "big"))):  # fmt: skip
            size = int.from_bytes(extended, "big")
            expect_broken(read(raw(0x82, length, extended, bytes(size), masked)), 1002,
                          "a length that isn't in its shortest form")  # fmt: skip
        for size in (1 << 63, (1 << 64) - 1):
            expect_broken(read(raw(0x82, 127, size.to_bytes(8, "big"), b"x", masked)), 1002,
                          "the highest bit of a length in eight bytes is 0")  # fmt: skip


@READ_FRAME
def test_broken_at_once(answer):
    """What two bytes show is not waited for."""
    early = "this much is enough to see that a rule is broken: don't wait for the rest"
    expect_broken(partial(answer.read_frame, b"\x91\x85", True), 1002, early)
    expect_broken(partial(answer.read_frame, b"\x83\x85", True), 1002, early)
    expect_broken(partial(answer.read_frame, b"\x81\x05", True), 1002, early)
    expect_broken(partial(answer.read_frame, b"\x89\xfe", True), 1002, early)
    expect_broken(partial(answer.read_frame, b"\x09\x85", True), 1002, early)
    expect_broken(partial(answer.read_frame, b"\x82\xfe\x00\x7d", True), 1002, early)


@READ_FRAME
def test_too_long_a_frame(answer):
    """A payload beyond the limit is refused by its header."""
    for masked, limit in product(BOTH, (125, 1000, 2**20)):
        for size, broken in ((limit, False), (limit + 1, True)):
            header = wire(2, bytes(size), True, key_for(masked))[:14]
            call = partial(answer.read_frame, header, masked, limit)
            if broken:
                expect_broken(
                    call, 1009, "a payload longer than the limit is refused by its header"
                )
            else:
                expect(call, None, "a payload as long as the limit is not too long")
    call = partial(answer.read_frame, wire(1, bytes(LIMIT + 1))[:14], False)
    expect_broken(call, 1009, "without an argument, the limit is 2**20 bytes")
    expect(partial(answer.read_frame, wire(1, bytes(LIMIT))[:14], False), None,
           "without an argument, the limit is 2**20 bytes")  # fmt: skip


# --- Messages


def check_take(messages, frame, right, why):
    expect(partial(messages.take, *frame), right, why)


@MESSAGES
def test_messages_example(answer):
    """The question's example."""
    messages = answer.make("Messages")
    check_take(messages, (False, 1, b"Hel"), None, "the message goes on")
    check_take(messages, (True, 0, b"lo"), (1, b"Hello"), "the message is complete")
    expect_broken(partial(messages.take, True, 0, b"more"), 1002, "no message is open now")


@MESSAGES
def test_messages_of_any_shape(answer, rng):
    """Whole ones and fragments, empty ones too, one after the other."""
    messages = answer.make("Messages")
    for opcode, count in product((1, 2), (1, 2, 3, 9)):
        parts = [rng.randbytes(rng.choice((0, 1, 50))) for _ in range(count)]
        for number, part in enumerate(parts[:-1]):
            check_take(messages, (False, opcode if number == 0 else 0, part), None,
                       "None, while the message goes on")  # fmt: skip
        check_take(messages, (True, 0 if count > 1 else opcode, parts[-1]), (opcode, b"".join(parts)),
                   "the opcode of the first frame, and the payload of all")  # fmt: skip
    check_take(messages, (False, 2, b""), None, "an empty frame can begin a message")
    check_take(messages, (True, 0, b""), (2, b""), "a message of empty frames is empty")


@MESSAGES
def test_out_of_place(answer):
    """What may not stand where it stands."""
    nothing = "a continuation when no message is open"
    expect_broken(partial(answer.make("Messages").take, True, 0, b"x"), 1002, nothing)
    expect_broken(partial(answer.make("Messages").take, False, 0, b""), 1002, nothing)
    for opcode, first, fin in product((1, 2), (1, 2), BOTH):
        messages = answer.make("Messages")
        check_take(messages, (False, first, b""), None, "the message goes on")
        expect_broken(partial(messages.take, fin, opcode, b"x"), 1002,
                      "a new message begins while another is open")  # fmt: skip


@MESSAGES
def test_message_limit(answer):
    """A message may have `limit` bytes and no more; each message is counted by itself."""
    for limit in (0, 1, 10):
        messages = answer.make("Messages", limit)
        check_take(
            messages, (True, 2, bytes(limit)), (2, bytes(limit)), "as long as the limit is fine"
        )
        check_take(
            messages, (True, 2, bytes(limit)), (2, bytes(limit)), "each message counts by itself"
        )
        expect_broken(partial(messages.take, True, 1, bytes(limit + 1)), 1009,
                      "a message longer than the limit")  # fmt: skip
    messages = answer.make("Messages", 10)
    for _ in range(2):
        check_take(messages, (False, 1, bytes(6)), None, "not too long yet")
        check_take(messages, (True, 0, bytes(4)), (1, bytes(10)), "all frames together: the limit")
    check_take(messages, (False, 1, bytes(6)), None, "not too long yet")
    expect_broken(partial(messages.take, False, 0, bytes(5)), 1009,
                  "too long already, though the message goes on")  # fmt: skip
    messages = answer.make("Messages")
    check_take(
        messages, (True, 2, bytes(LIMIT)), (2, bytes(LIMIT)), "the limit is 2**20 by default"
    )
    expect_broken(
        partial(messages.take, True, 2, bytes(LIMIT + 1)), 1009, "the limit is 2**20 by default"
    )


@MESSAGES
def test_many_connections(answer):
    """Several objects are in use at the same time."""
    why = "each object has a message of its own"
    one, other = answer.make("Messages"), answer.make("Messages")
    check_take(one, (False, 1, b"a"), None, why)
    check_take(other, (False, 2, b"x"), None, why)
    check_take(one, (True, 0, b"b"), (1, b"ab"), why)
    check_take(other, (True, 0, b"y"), (2, b"xy"), why)


@MESSAGES
def test_open_opcode(answer):
    """`opcode` is that of the message that is open."""
    messages = answer.make("Messages")
    expect(messages.open(), None, "no message is open at first")
    messages.take(False, 1, b"a")
    expect(messages.open(), 1, "a text message is open")
    messages.take(True, 0, b"b")
    expect(messages.open(), None, "the message has ended")
    messages.take(False, 2, b"a")
    expect(messages.open(), 2, "a binary message is open")


# --- TextCheck


def check_text(check, piece, last, right, why):
    expect(partial(check.feed, piece, last), right, why)


@TEXT_CHECK
def test_text_example(answer):
    """The question's examples."""
    check = answer.make("TextCheck")
    check_text(check, b"caf\xc3", False, "caf", "the é is not complete yet")
    check_text(check, b"\xa9", True, "é", "now it is")
    expect_broken(partial(check.feed, b"\xc3", True), 1007, "here nothing comes any more")


@TEXT_CHECK
def test_valid_text(answer, rng):
    """Any text, cut anywhere, one after the other."""
    check = answer.make("TextCheck")
    for text in ("", *VALID_TEXT):
        payload = text.encode()
        check_text(check, payload, True, text, "this is UTF-8")
        got = ""
        for number in range(len(payload)):
            got += asked(partial(check.feed, payload[number : number + 1], number == len(payload) - 1),
                         "a byte at a time it is still UTF-8", "text")  # fmt: skip
        expect(got, text, "the texts of the pieces, one behind the other, are the message")
        cut = rng.randrange(len(payload) + 1)
        first = asked(partial(check.feed, payload[:cut], False), "this is UTF-8", "text")
        rest = asked(partial(check.feed, payload[cut:], True), "this is UTF-8", "text")
        expect(first + rest, text, "the texts of the pieces, one behind the other, are the message")


@TEXT_CHECK
def test_invalid_text(answer):
    """What can't become UTF-8 is refused with the piece that shows it."""
    for before, bad, after in INVALID_TEXT:
        check = answer.make("TextCheck")
        whole = before + bad + after
        expect_broken(partial(check.feed, whole, True), 1007, "this is not UTF-8")
        if not before.endswith(b"\xed") and bad != b"\xed":
            check = answer.make("TextCheck")
            asked(partial(check.feed, before, False), "so far this can become UTF-8", "text")
            expect_broken(partial(check.feed, bad, False), 1007,
                          "say so at once: whatever follows, this can't become UTF-8")  # fmt: skip
    for payload in TRUNCATED_TEXT:
        check = answer.make("TextCheck")
        expect_broken(partial(check.feed, payload, True), 1007, "the last character is cut off")
        check = answer.make("TextCheck")
        asked(partial(check.feed, payload, False), "so far this can become UTF-8", "text")
        expect_broken(partial(check.feed, b"", True), 1007, "the last character is cut off")


# --- read_close


@READ_CLOSE
def test_good_closes(answer):
    """No code, and every code that may be sent, with and without a reason."""
    expect(partial(answer.read_close, b""), b"", "an empty Close is answered with an empty one")
    for code in (*range(995, 1020), 2999, 3000, 3999, 4000, 4999, 5000):
        if is_valid_close_code(code):
            packed = code.to_bytes(2, "big")
            for reason in (b"", b"bye", "é".encode(), b"x" * 123):
                expect(partial(answer.read_close, packed + reason), packed,
                       f"{code} may be sent: the same code goes back, without the reason")  # fmt: skip


@READ_CLOSE
def test_bad_closes(answer):
    """Half a code, and every code that may not be sent; a reason that is not UTF-8."""
    for byte in (b"\x03", b"\0", b"\xff"):
        expect_broken(partial(answer.read_close, byte), 1002, "one byte is half a code")
    for code in (0, 1, *range(990, 1020), 1100, 2000, 2999, 5000, 65535):
        if not is_valid_close_code(code):
            for reason in (b"", b"bye", b"\xff"):
                expect_broken(partial(answer.read_close, code.to_bytes(2, "big") + reason), 1002,
                              f"{code} may not be sent")  # fmt: skip
    for reason in (b"\xff", b"abc\xc3", b"\xed\xa0\x80"):
        expect_broken(partial(answer.read_close, b"\x03\xe8" + reason), 1007, "a reason is UTF-8")


# --- Connection


class Talk:
    """A connection on the bench, and what it has said."""

    def __init__(self, answer, client=False, *limit):
        self.client = client
        self.key = None if client else KEY
        self.end = answer.make("Connection", client, *limit)
        self.messages, self.wire = [], b""

    def hears(self, data, why):
        got = asked(partial(self.end.receive, data), why, "messages, and bytes to send back")
        expect_that(
            isinstance(got, tuple) and len(got) == 2 and isinstance(got[0], list) and isinstance(got[1], bytes),
            got, "receive returns a tuple of two: a list of messages, and bytes",
        )  # fmt: skip
        self.messages += got[0]
        self.wire += got[1]

    def frames(self):
        """(opcode, payload) of what was sent back; fails for what no peer may be sent."""
        frames, rest = [], self.wire
        while rest:
            parts = dissect(rest)
            whole = parts is not None and len(rest) >= len(parts.header) + parts.length
            expect_that(whole, rest, "what goes back is whole frames")
            expect_that(bool(parts.key) == self.client, rest[:14],
                        "a client masks each frame that it sends, a server none")  # fmt: skip
            expect_that(
                parts.header[0] & 0xF0 == 0x80, rest[:14], "FIN is set, and no reserved bit"
            )
            frames.append((parts.code, parts.payload))
            rest = rest[len(parts.header) + parts.length :]
        return frames


def as_message(opcode, payload):
    return payload.decode() if opcode == 1 else payload


def check_case(answer, case, client, whole):
    """One case of the report card, put to a Connection without any socket."""
    talk = Talk(answer, client)
    rule, _, name = case.name.partition(" ")
    about = f"section {rule}, {name}"
    sent = [part(talk.key) for part in case.send]
    for data in [b"".join(sent)] if whole else sent:
        talk.hears(data, about)
    messages = [as_message(*item) for item in case.back if item[0] in (1, 2)]
    expect(talk.messages, messages, f"{about}: the messages that are complete")
    pongs = [(10, payload) for opcode, payload in case.back if opcode == 10]
    frames = talk.frames()
    expect([frame for frame in frames if frame[0] != 8], pongs,
           f"{about}: each ping is answered with a pong that has its payload, and nothing else is")  # fmt: skip
    closes = [payload for opcode, payload in frames if opcode == 8]
    over = talk.end.over()
    if case.fails is None and case.answer is None:
        expect_that(not closes and over is False, talk.wire, f"{about}: no rule is broken: go on")
        return
    expect_that(len(closes) == 1 and frames[-1][0] == 8, talk.wire,
                f"{about}: one Close goes back, as the last frame")  # fmt: skip
    expect_that(over is True, over, f"{about}: then the connection is over", "True")
    if case.answer is not None:
        expect(closes[0], case.answer, f"{about}: a Close is answered with its own code")
    else:
        code = int.from_bytes(closes[0][:2], "big")
        expect_that(
            code == case.fails, code, f"{about}: the Close says what is wrong", str(case.fails)
        )


LATE = ("in an unfinished frame", "before its payload is there")


def cases_of(section):
    """The cases of a section that the question's text promises; the rest is for the keenest."""
    for case in CASES:
        surrogate = "in an unfinished message" in case.name and ("ed, in" in case.name or "a0 after" in case.name
                                                                 or "bf after ed" in case.name)  # fmt: skip
        if case.section == section and not case.name.endswith(LATE) and not surrogate:
            yield case


def check_section(answer, section, some=1):
    for number, case in enumerate(cases_of(section)):
        check_case(answer, case, client=False, whole=True)
        if number % some == 0:
            check_case(answer, case, client=True, whole=False)


@CONNECTION
def test_connection_example(answer):
    """The question's example."""
    end = answer.make("Connection")
    expect(
        partial(end.receive, b"\x81\x85\x01\x02\x03\x04Ig"), ([], b""), "the frame is not whole yet"
    )
    expect(partial(end.receive, b"ohn\x89\x80\x01\x02\x03\x04"), (["Hello"], b"\x8a\x00"),
           "a message, and a pong for the ping behind it")  # fmt: skip
    expect(partial(end.send, "Hi"), b"\x81\x02Hi", "send makes one frame")
    expect(
        partial(end.close, 1001), b"\x88\x02\x03\xe9", "close makes a Close frame with this code"
    )
    expect(partial(end.send, "more"), b"", "after a Close nothing more is sent")
    expect(partial(end.receive, b"\x88\x82\x01\x02\x03\x04\x02\xeb"), ([], b""),
           "the answer to our Close has no answer")  # fmt: skip
    expect(end.over(), True, "both have sent a Close: the connection is over")


@CONNECTION
def test_section_frames(answer):
    """Frames and masking, in both roles."""
    check_section(answer, "frames", some=3)


@CONNECTION
def test_section_control_frames(answer):
    """Pings, pongs, and control frames that may not be."""
    check_section(answer, "control")


@CONNECTION
def test_section_fragments(answer):
    """Messages in pieces, with other frames between them."""
    check_section(answer, "fragments")


@CONNECTION
def test_section_text(answer):
    """UTF-8, also across fragments."""
    check_section(answer, "text", some=4)


@CONNECTION
def test_section_closing(answer):
    """Close frames of the peer, and what comes after them."""
    check_section(answer, "closing", some=2)


@CONNECTION
def test_any_cut(answer, rng):
    """TCP may cut anywhere."""
    for client in BOTH:
        talk = Talk(answer, client)
        key = talk.key
        stream = b"".join([
            wire(1, b"He", False, key), wire(9, b"p", True, key), wire(0, b"llo", True, key),
            wire(2, bytes(300), True, key), wire(8, b"\x03\xe8", True, key),
        ])  # fmt: skip
        while stream:
            cut = rng.choice((1, 2, 3, 100))
            talk.hears(stream[:cut], "the bytes come cut anywhere")
            stream = stream[cut:]
        expect(talk.messages, ["Hello", bytes(300)], "the messages, however their bytes were cut")
        expect(talk.frames(), [(10, b"p"), (8, b"\x03\xe8")], "a pong, and the answer to the Close")


def as_wsproto_reads(data, client):
    """The payload of a frame, as another library reads it."""
    parser = FrameProtocol(client=not client, extensions=[])
    parser.receive_bytes(data)
    try:
        parts = [part.payload for part in parser.received_frames()]
    except ParseFailed as error:
        fail(f"wsproto can't read this frame: {error}")
    return b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in parts)


@CONNECTION
def test_what_it_sends(answer, rng):
    """Frames that another library reads, in both roles."""
    for client in BOTH:
        talk = Talk(answer, client)
        for message in (
            "",
            "é",
            "x" * 126,
            b"",
            rng.randbytes(125),
            rng.randbytes(126),
            rng.randbytes(65535),
            rng.randbytes(65536),
        ):
            data = asked(partial(talk.end.send, message), "send takes text and bytes", "a frame")
            expect_that(isinstance(data, bytes), data, "send returns bytes")
            talk.wire = data
            right = (1, message.encode()) if isinstance(message, str) else (2, message)
            expect(talk.frames(), [right], "one frame: opcode 1 for text, 2 for bytes")
            expect(as_wsproto_reads(data, client), right[1], "wsproto reads something else")
    keys = {dissect(Talk(answer, True).end.send("x")).key for _ in range(4)}
    one = answer.make("Connection", True)
    keys |= {dissect(one.send("x")).key for _ in range(4)}
    expect_that(len(keys) == 8, [key.hex() for key in keys if key],
                "a client takes a new masking key for each frame, one that nobody can guess")  # fmt: skip


@CONNECTION
def test_our_own_close(answer):
    """The connection is closed from this side."""
    for client in BOTH:
        talk = Talk(answer, client)
        talk.wire = asked(talk.end.close, "close() has the code 1000", "a Close frame")
        expect(talk.frames(), [(8, b"\x03\xe8")], "close() makes a Close with 1000")
        expect(talk.end.over(), False, "not over yet: the peer's Close is still to come")
        expect(talk.end.close(), b"", "only one Close is sent")
        expect(talk.end.send("x"), b"", "after a Close nothing more is sent")
        talk.wire = b""
        talk.hears(wire(1, b"late", True, talk.key), "messages may still come")
        expect(talk.messages, ["late"], "what the peer has sent before its Close still comes in")
        talk.hears(wire(8, b"\x03\xe8", True, talk.key), "the peer's Close")
        expect(talk.frames(), [], "the answer to our own Close has no answer")
        expect(talk.end.over(), True, "both have sent a Close: the connection is over")
        expect(partial(talk.end.receive, wire(1, b"x", True, talk.key)), ([], b""),
               "when it is over, nothing more is looked at")  # fmt: skip
        broken = Talk(answer, client)
        broken.end.close()
        broken.hears(b"\xff\xff", "a rule is broken after our Close")
        expect(broken.frames(), [], "a second Close may not be sent, not even for a broken rule")
        expect(broken.end.over(), True, "a broken rule ends the connection")


@CONNECTION
def test_limits(answer):
    """Too much is refused, in one frame and in many."""
    for client in BOTH:
        for limit in (10, 1000):
            half = limit // 2
            talk = Talk(answer, client, limit)
            talk.hears(wire(2, bytes(limit), True, talk.key), "as long as the limit")
            talk.hears(wire(1, bytes(half), False, talk.key) + wire(0, bytes(half), True, talk.key),
                       "as long as the limit, in two frames")  # fmt: skip
            expect(talk.messages, [bytes(limit), "\0" * limit], "as long as the limit is fine")
            talk.hears(
                wire(2, bytes(limit + 1), True, talk.key)[:14], "a header that says too much"
            )
            expect(talk.frames(), [(8, (1009).to_bytes(2, "big"))], "too big is 1009")
            talk = Talk(answer, client, limit)
            talk.hears(wire(1, bytes(half), False, talk.key) + wire(0, bytes(half + 1), False, talk.key),
                       "two frames that are too much")  # fmt: skip
            expect(talk.frames(), [(8, (1009).to_bytes(2, "big"))], "too big in all is 1009, too")
            expect(talk.end.over(), True, "then the connection is over")


@CONNECTION
def test_default_limit(answer):
    """Without an argument, the limit is 2**20 bytes."""
    for client in BOTH:
        talk = Talk(answer, client)
        talk.hears(wire(2, bytes(LIMIT), True, talk.key)[:14], "as long as the limit")
        expect(talk.end.over(), False, "without an argument, the limit is 2**20 bytes")
        talk = Talk(answer, client)
        talk.hears(wire(2, bytes(LIMIT + 1), True, talk.key)[:14], "a header that says too much")
        expect(talk.end.over(), True, "without an argument, the limit is 2**20 bytes")


@CONNECTION
def test_before_a_close(answer):
    """What stands before a Close is answered before it."""
    talk = Talk(answer)
    talk.hears(wire(9, b"p", True, KEY) + wire(1, b"x", True, KEY) + wire(8, b"", True, KEY),
               "a ping, a message and a Close")  # fmt: skip
    expect(talk.messages, ["x"], "the message before the Close counts")
    expect(talk.frames(), [(10, b"p"), (8, b"")], "the pong, and then the answer to the Close")


@CONNECTION
def test_messages_before_a_fault(answer):
    """What was complete before a rule is broken is not lost."""
    talk = Talk(answer)
    talk.hears(wire(1, b"one", True, KEY) + wire(9, b"p", True, KEY) + b"\x83\x80" + KEY + wire(1, b"two", True, KEY),
               "a message, a ping, and then a reserved opcode")  # fmt: skip
    expect(
        talk.messages,
        ["one"],
        "what was complete before the fault is a message, and nothing behind it is",
    )
    expect(talk.frames(), [(10, b"p"), (8, b"\x03\xea")], "the pong, and a Close with 1002")
    expect(talk.end.send("x"), b"", "after a Close nothing more is sent")


# --- Deflate

TAIL = b"\0\0\xff\xff"


@DEFLATE
def test_inflate(answer, rng):
    """What zlib has made, message by message, with what came before as context."""
    ours, squeezer = answer.make("Deflate"), zlib.compressobj(wbits=-15)
    far = rng.randbytes(30_000)
    for text in (b"Hello", b"Hello", b"", far, far, b"Hello" * 500):
        payload = (squeezer.compress(text) + squeezer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(
            TAIL
        ) or b"\0"
        expect(partial(ours.decompress, payload, LIMIT), text,
               "what the peer's zlib has made, its four last bytes left out")  # fmt: skip


@DEFLATE
def test_deflate(answer, rng):
    """What zlib can read, and smaller the second time."""
    ours, reader = answer.make("Deflate"), zlib.decompressobj(wbits=-15)
    text = rng.randbytes(30_000)
    sizes = []
    for message in (b"Hello", text, text, b"", b"", b"x" * 10_000):
        payload = asked(partial(ours.compress, message), "compress takes bytes", "bytes")
        expect_that(isinstance(payload, bytes), payload, "compress returns bytes")
        expect_that(
            not payload.endswith(TAIL), payload, "the four last bytes 00 00 ff ff are left out"
        )
        try:
            back = reader.decompress(payload + TAIL)
        except zlib.error as error:
            fail(f"zlib must read the message again, and says: {error}")
        expect(back, message, "zlib must read the message again")
        sizes.append(len(payload))
    expect_that(
        sizes[2] < 2_000,
        sizes[2],
        "a message that came before takes a few bytes: keep the context, 32 KiB of it",
    )
    expect_that(sizes[5] < 100, sizes[5], "10,000 times the same letter takes a few bytes")


@DEFLATE
def test_limit(answer):
    """A message may be as long as the limit, and not a byte longer."""
    for size, limit in ((1000, 999), (2 * LIMIT, LIMIT), (1, 0)):
        call = partial(answer.make("Deflate").decompress, deflated(bytes(size)), limit)
        expect_broken(call, 1009, "a message longer than the limit")
    call = partial(answer.make("Deflate").decompress, deflated(bytes(1000)), 1000)
    expect(call, bytes(1000), "as long as the limit is fine")


@DEFLATE
def test_bomb(answer):
    """A megabyte that stands for more than a gigabyte is stopped at the limit."""
    squeezer = zlib.compressobj(9, wbits=-15)
    block = squeezer.compress(bytes(2**24)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    call = partial(answer.make("Deflate").decompress, (block * 80).removesuffix(TAIL), 1000)
    expect_broken(call, 1009, "a message longer than the limit: stop there, don't inflate it all")


def deflated(message):
    squeezer = zlib.compressobj(9, wbits=-15)
    return (squeezer.compress(message) + squeezer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


@DEFLATE
def test_not_deflate(answer):
    """Bytes that can't be inflated."""
    for payload in (b"\xff\xff\xff", b"\x06", b"Hello"):
        expect_broken(partial(answer.make("Deflate").decompress, payload, LIMIT), 1007,
                      "what can't be inflated is Broken(1007)")  # fmt: skip


# --- fast_mask


@FAST_MASK
def test_fast_mask_is_right(answer, rng):
    """Every length and key."""
    for size in (*range(10), 125, 1023, 65536):
        for key in (bytes(4), b"\xff\0\0\0", rng.randbytes(4)):
            data = rng.randbytes(size)
            expect(
                partial(answer.fast_mask, data, key),
                apply_mask(data, key),
                f"{size} bytes are masked",
            )
    expect(partial(answer.fast_mask, b"\0\0Hello", b"\0\0\0\0"), b"\0\0Hello",
           "bytes of 0 at the beginning stay where they are")  # fmt: skip


@FAST_MASK
def test_fast_mask_is_fast(answer, rng):
    """In processor time, against the course's own codec and the same way through the channel."""
    data, key = rng.randbytes(2**20), rng.randbytes(4)
    rounds = 10
    answer.fast_mask(data, key)
    before = answer.cpu()
    for _ in range(rounds):
        answer.fast_mask(data, key)
    theirs = answer.cpu() - before
    before = time.process_time()
    for _ in range(rounds):
        dumps(apply_mask(loads(dumps(data)), key))
    ours = time.process_time() - before
    expect_that(
        theirs < 2.5 * ours, f"{theirs / ours:.1f} times as long as the course's codec",
        "masking a megabyte takes too long: a loop over the bytes is not fast", "at most 2.5 times",
    )  # fmt: skip
