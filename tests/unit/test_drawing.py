"""How frames and captures look: the same facts as text, as markup, and for screen readers."""

import xml.etree.ElementTree as ElementTree

import pytest
from IPython.core.formatters import DisplayFormatter

from course_lib.network import Direction
from course_lib.notebook.anatomy import frame_summary, frame_text
from course_lib.notebook.pictures import (
    conversation_html,
    conversation_text,
    frame_html,
    http_html,
    register,
)
from course_lib.protocol import Frame, Headers, Opcode, Request
from tests.unit.test_tap import fed

HELLO = Frame(Opcode.TEXT, b"Hello", masking_key=bytes.fromhex("37fa213d"))


def test_a_frame_in_plain_text():
    assert frame_text(HELLO.encode()) == (
        'TEXT, masked, 5 bytes: "Hello"\n\n'
        "+-+-+-+-+-------+-+-------------+-------------------------------+\n"
        "|1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|\n"
        "+-+-+-+-+-------+-+-------------+-------------------------------+\n"
        "|0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1|0 1 1 1 1 1 1 1 1 0 0 1 1 1 1 1|\n"
        "+-------------------------------+---------------+---------------+\n"
        "|0 1 0 0 1 1 0 1 0 1 0 1 0 0 0 1 0 1 0 1 1 0 0 0|\n"
        "+-----------------------------------------------+\n\n"
        "FIN             1  last frame of its message\n"
        "RSV1            0\n"
        "RSV2            0\n"
        "RSV3            0\n"
        "opcode          0001  TEXT\n"
        "MASK            1  masked, by a client\n"
        "payload length  0000101  5 bytes\n"
        "masking key     37 fa 21 3d\n"
        'payload         7f 9f 4d 51 58  "Hello"'
    )


@pytest.mark.parametrize(
    ("frame", "summary"),
    [
        (Frame(Opcode.TEXT), "TEXT, 0 bytes"),
        (Frame(Opcode.TEXT, b"x", fin=False), 'TEXT, not final, 1 byte: "x"'),
        (Frame(Opcode.BINARY, b"\xff\0"), "BINARY, 2 bytes: ff 00"),
        (Frame(Opcode.TEXT, b"\xf2\x48", rsv1=True), "TEXT, compressed, 2 bytes: f2 48"),
        (Frame(Opcode.CLOSE, b"\x03\xe8bye"), 'CLOSE, 5 bytes: 1000 "bye"'),
        (Frame(Opcode.CLOSE, b"\x03\xe8"), "CLOSE, 2 bytes: 1000"),
        (
            Frame(Opcode.TEXT, "The answer is … 42".encode()),
            'TEXT, 20 bytes: "The answer is " and 6 bytes more',
        ),
        (Frame(Opcode.TEXT, b"a" * 70000), f'TEXT, 70000 bytes: "{"a" * 16}" and 69984 bytes more'),
    ],
    ids=lambda value: None if isinstance(value, str) else value.opcode.name,
)
def test_a_frame_in_one_line(frame, summary):
    assert frame_summary(frame.encode()) == summary


@pytest.mark.parametrize("size", range(12, 24))
def test_what_is_shown_and_what_is_not_are_all_of_the_payload(size):
    payload = ("a" * 11 + "…" * 4).encode()[:size]
    summary = frame_summary(Frame(Opcode.TEXT, payload, fin=False).encode())
    shown = summary.partition('"')[2].rpartition('"')[0]
    left = summary.rpartition(" and ")[2].partition(" byte")[0] if " and " in summary else "0"
    assert len(shown.encode()) + int(left) == size


ILLEGAL = {
    b"\x83\x00": "opcode 0x3, reserved, 0 bytes",
    b"\xb1\x02hi": 'TEXT, RSV2 set, RSV3 set, 2 bytes: "hi"',
    b"\x81\x7e\x00\x05hello": 'TEXT, 5 bytes: "hello"',
    b"\x88\x01\x03": "CLOSE, 1 byte: 03",
    b"\x09\x00": "PING, not final, 0 bytes",
    b"\x81": "not a frame: 81",
    b"GET / HTTP/1.1\r\n\r\n": "not a frame: 47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a"
    " … (18 bytes)",
}


@pytest.mark.parametrize(("wire", "summary"), ILLEGAL.items(), ids=str)
def test_what_is_illegal_is_drawn_as_it_came(wire, summary):
    assert frame_summary(wire) == summary
    figure = ElementTree.fromstring(frame_html(wire))
    assert figure.attrib["aria-label"].startswith(summary)
    assert frame_text(wire).startswith(summary)


def test_the_bits_of_a_length_in_too_long_a_form():
    text = frame_text(b"\x81\x7e\x00\x05hello")
    assert "payload length   1111110  126: 16 more bits" in text
    assert "extended length  00 05  5 bytes, not in the shortest form" in text


@pytest.fixture
def shown():
    formatter = DisplayFormatter()
    register(formatter)
    return lambda value: formatter.format(value)[0]


def test_a_notebook_shows_a_frame_alone_as_a_drawing_and_in_a_list_as_a_line(shown):
    assert shown(HELLO) == {
        "text/plain": frame_text(HELLO.encode()),
        "text/html": frame_html(HELLO.encode()),
    }
    assert shown([HELLO]) == {"text/plain": '[TEXT, masked, 5 bytes: "Hello"]'}


def test_a_notebook_shows_what_was_captured(shown):
    capture = fed((Direction.UP, HELLO.encode()))
    assert shown(capture) == {
        "text/plain": conversation_text(capture.frames),
        "text/html": conversation_html(capture.frames),
    }
    assert shown(capture.frames[0]) == shown(HELLO)


def test_a_notebook_shows_a_request(shown):
    request = Request("GET", "/<b>", headers=Headers([("Host", "a&b")]))
    assert shown(request) == {"text/plain": str(request), "text/html": http_html(request)}
    assert "/&lt;b&gt;" in http_html(request)
    assert "a&amp;b" in http_html(request)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("key", [None, b"abcd"])
def test_a_table_has_32_bits_in_each_row(size, key):
    frame = Frame(Opcode.BINARY, bytes(size), masking_key=key)
    figure = ElementTree.fromstring(frame_html(frame.encode()))
    assert figure.attrib["role"] == "img"
    assert figure.attrib["aria-label"].startswith(frame_summary(frame.encode()))
    rows = [
        sum(int(cell.attrib["colspan"]) for cell in row.iter("td")) for row in figure.iter("tr")
    ]
    assert set(rows[:-1]) <= {32}
    assert 0 < rows[-1] <= 32
    header = len(frame.encode()) - size
    assert sum(rows) == 8 * (header + min(size, 16))


def test_a_screen_reader_hears_each_part():
    figure = ElementTree.fromstring(frame_html(HELLO.encode()))
    assert figure.attrib["aria-label"] == (
        'TEXT, masked, 5 bytes: "Hello". Bit by bit: FIN 1 last frame of its message; RSV1 0; '
        "RSV2 0; RSV3 0; opcode 0001 TEXT; MASK 1 masked, by a client; payload length 0000101 "
        '5 bytes; masking key 37 fa 21 3d; payload 7f 9f 4d 51 58 "Hello".'
    )


def test_what_a_peer_sends_is_no_frame_html():
    frame = Frame(Opcode.TEXT, b'<b a="&">')
    assert "<b a" not in frame_html(frame.encode())
    assert "<b a" not in conversation_html(fed((Direction.DOWN, frame.encode())).frames)


def test_a_capture_is_a_timeline():
    close = Frame(Opcode.CLOSE, b"\x03\xe9bye").encode()
    capture = fed(
        (Direction.UP, HELLO.encode()[:3]),
        (Direction.UP, HELLO.encode()[3:]),
        (Direction.DOWN, close),
    )
    lines = conversation_text(capture.frames, times=True).splitlines()
    assert lines[0].split() == ["client", "server"]
    assert lines[1] == '      0.0 ms  ------>   TEXT, masked, 5 bytes: "Hello"'
    assert lines[2] == '      3.0 ms  <------   CLOSE, 5 bytes: 1001 "bye"'
    figure = ElementTree.fromstring(conversation_html(capture.frames, times=True))
    assert figure.attrib["role"] == "img"
    assert figure.attrib["aria-label"].split() == " ".join(lines).split()
    assert "3.0 ms" in "".join(figure.itertext())


def test_a_timeline_without_times_is_the_same_every_time():
    capture = fed((Direction.UP, HELLO.encode()))
    assert "ms" not in conversation_text(capture.frames)
    assert " ms" not in conversation_html(capture.frames)


@pytest.mark.parametrize("unsafe", ["<svg", "<style", "var(", "currentColor", "<script"])
def test_pictures_are_made_of_what_an_untrusted_notebook_keeps(unsafe):
    capture = fed((Direction.UP, HELLO.encode()))
    for picture in (frame_html(HELLO.encode()), conversation_html(capture.frames)):
        assert unsafe not in picture
