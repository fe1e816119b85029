"""How frames and captures look: the same facts as text, as markup, and for screen readers."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest
from IPython.lib.pretty import pretty

from course_lib.protocol import Capture, Connection, Frame, Opcode, ProtocolError, Role

HELLO = Frame(Opcode.TEXT, b"Hello", masking_key=bytes.fromhex("37fa213d"))


def test_a_frame_in_plain_text():
    assert str(HELLO) == (
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
            'TEXT, 20 bytes: "The answer is " and 4 bytes more',
        ),
        (Frame(Opcode.TEXT, b"a" * 70000), f'TEXT, 70000 bytes: "{"a" * 16}" and 69984 bytes more'),
    ],
    ids=lambda value: None if isinstance(value, str) else value.opcode.name,
)
def test_a_frame_in_one_line(frame, summary):
    assert str(frame).splitlines()[0] == summary


def test_a_notebook_shows_a_frame_alone_as_a_drawing_and_in_a_list_as_a_line():
    assert pretty(HELLO) == str(HELLO)
    assert pretty([HELLO]) == '[TEXT, masked, 5 bytes: "Hello"]'


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("key", [None, b"abcd"])
def test_a_table_has_32_bits_in_each_row(size, key):
    frame = Frame(Opcode.BINARY, bytes(size), masking_key=key)
    figure = ElementTree.fromstring(frame._repr_html_())
    assert figure.attrib["role"] == "img"
    assert figure.attrib["aria-label"].startswith(str(frame).splitlines()[0])
    rows = [
        sum(int(cell.attrib["colspan"]) for cell in row.iter("td")) for row in figure.iter("tr")
    ]
    assert set(rows[:-1]) <= {32}
    assert 0 < rows[-1] <= 32
    header = len(frame.encode()) - size
    assert sum(rows) == 8 * (header + min(size, 16))


def test_a_screen_reader_hears_each_part():
    figure = ElementTree.fromstring(HELLO._repr_html_())
    assert figure.attrib["aria-label"] == (
        'TEXT, masked, 5 bytes: "Hello". Bit by bit: FIN 1 last frame of its message; RSV1 0; '
        "RSV2 0; RSV3 0; opcode 0001 TEXT; MASK 1 masked, by a client; payload length 0000101 "
        '5 bytes; masking key 37 fa 21 3d; payload 7f 9f 4d 51 58 "Hello".'
    )


def test_what_a_peer_sends_is_no_markup():
    frame = Frame(Opcode.TEXT, b'<b a="&">')
    assert "<b a" not in frame._repr_html_()
    capture = Capture()
    capture.server_sent(frame.encode())
    assert "<b a" not in capture._repr_html_()


def test_a_capture_is_a_timeline():
    ticks = itertools.count(100.0, 0.0015)
    capture = Capture(clock=lambda: next(ticks))
    client, server = Connection(Role.CLIENT), Connection(Role.SERVER)
    sent = client.send_text("Hello") + client.ping()
    capture.client_sent(sent[:3])
    capture.client_sent(sent[3:])
    for event in server.receive(sent):
        capture.server_sent(event.reply)
    capture.server_sent(server.close(1001, "bye"))
    assert [item.from_client for item in capture.frames] == [True, True, False, False]
    lines = str(capture).splitlines()
    assert lines[0].split() == ["client", "server"]
    assert lines[1] == '      1.5 ms  ------>   TEXT, masked, 5 bytes: "Hello"'
    assert lines[-1] == '      6.0 ms  <------   CLOSE, 5 bytes: 1001 "bye"'
    svg = ElementTree.fromstring(capture._repr_html_())
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"].split() == str(capture).split()
    assert capture._repr_mimebundle_()["text/plain"] == str(capture)


def test_a_capture_without_a_clock_is_the_same_every_time():
    capture = Capture()
    capture.client_sent(HELLO.encode())
    assert "ms" not in str(capture)
    assert 'TEXT, masked, 5 bytes: "Hello"' in str(capture)
    with pytest.raises(ProtocolError):
        capture.client_sent(b"\xff\xff")
