"""What this end may do and when, the limits it sets, and the state machine as a table."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.protocol import (
    NEXT_STATE,
    Action,
    Binary,
    Close,
    Connection,
    Failed,
    Frame,
    Opcode,
    Ping,
    Pong,
    Role,
    State,
    StateError,
    Text,
    apply_mask,
    encode_close,
    parse_close,
    split_frames,
)

KEY = b"\x37\xfa\x21\x3d"


def pair(**options) -> tuple[Connection, Connection]:
    return Connection(Role.CLIENT, **options), Connection(Role.SERVER, **options)


def only(frames: bytes) -> Frame:
    (frame,), rest = split_frames(frames)
    assert rest == b""
    return frame


# Frames: section 5.7's examples


@pytest.mark.parametrize(
    ("wire", "frame"),
    [
        ("81 05 48 65 6c 6c 6f", Frame(Opcode.TEXT, b"Hello")),
        ("81 85 37 fa 21 3d 7f 9f 4d 51 58", Frame(Opcode.TEXT, b"Hello", masking_key=KEY)),
        ("01 03 48 65 6c", Frame(Opcode.TEXT, b"Hel", fin=False)),
        ("80 02 6c 6f", Frame(Opcode.CONTINUATION, b"lo")),
        ("89 05 48 65 6c 6c 6f", Frame(Opcode.PING, b"Hello")),
        ("8a 85 37 fa 21 3d 7f 9f 4d 51 58", Frame(Opcode.PONG, b"Hello", masking_key=KEY)),
        ("82 7e 01 00" + " 00" * 256, Frame(Opcode.BINARY, bytes(256))),
        ("82 7f 00 00 00 00 00 01 00 00" + " 00" * 65536, Frame(Opcode.BINARY, bytes(65536))),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else None,
)
def test_the_examples_of_the_rfc(wire, frame):
    assert frame.encode() == bytes.fromhex(wire)
    assert Frame.parse(bytes.fromhex(wire)) == frame


@given(st.binary(max_size=2000), st.binary(min_size=4, max_size=4))
def test_masking_is_xor_with_the_key_over_and_over(payload, key):
    masked = apply_mask(payload, key)
    assert masked == bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    assert apply_mask(masked, key) == payload


@given(
    st.builds(
        Frame,
        st.sampled_from([Opcode.CONTINUATION, Opcode.TEXT, Opcode.BINARY]),
        st.binary(max_size=300),
        *[st.booleans()] * 4,
        st.none() | st.binary(min_size=4, max_size=4),
    ),
    st.binary(max_size=20),
)
def test_frames_are_cut_out_of_bytes(frame, more):
    wire = frame.encode()
    assert Frame.parse(wire) == frame
    assert split_frames(wire * 2 + wire[:-1]) == ([frame, frame], wire[:-1])


# Who masks: section 5.1


def test_a_client_masks_with_a_new_key_each_time_and_a_server_does_not():
    keys = itertools.count(1)
    client = Connection(Role.CLIENT, random=lambda size: bytes([next(keys)]) * size)
    assert only(client.send_text("x")).masking_key == b"\1\1\1\1"
    assert only(client.ping()).masking_key == b"\2\2\2\2"
    assert only(client.close()).masking_key == b"\3\3\3\3"
    server = Connection(Role.SERVER)
    assert only(server.send_text("x")).masking_key is None


@pytest.mark.parametrize("role", Role)
def test_the_wrong_side_masks(role):
    key = KEY if role is Role.CLIENT else None
    (failed,) = Connection(role).receive(Frame(Opcode.TEXT, b"x", masking_key=key).encode())
    assert (failed.error.code, failed.error.section) == (1002, "5.1")


# States: sections 5.5.1 and 7.1


def test_each_state_but_the_last_can_be_left():
    assert set(NEXT_STATE) == set(State)
    for state, actions in NEXT_STATE.items():
        assert actions[Action.END] is State.CLOSED
        assert (set(actions.values()) == {State.CLOSED}) == (
            state in (State.CLOSED, State.CLOSE_RECEIVED)
        )
    assert {s for s, actions in NEXT_STATE.items() if Action.SEND in actions} == {State.OPEN}


def test_a_closing_handshake():
    client, server = pair()
    wire = client.close(4000, "bye")
    assert (client.state, server.state) == (State.CLOSE_SENT, State.OPEN)
    (event,) = server.receive(wire)
    assert (event.code, event.reason, server.state) == (4000, "bye", State.CLOSED)
    assert list(client.receive(event.reply)) == [Close(4000, "")]
    assert client.state is State.CLOSED
    assert (client.close_code, server.close_code, server.close_reason) == (4000, 4000, "bye")


def test_both_close_at_once():
    client, server = pair()
    from_client, from_server = client.close(1000), server.close(1001)
    assert list(client.receive(from_server)) == [Close(1001, "")]
    assert list(server.receive(from_client)) == [Close(1000, "")]
    assert client.state is server.state is State.CLOSED


def test_what_still_comes_after_our_close_is_received_and_not_answered():
    client, server = pair()
    sent = server.send_text("late") + server.ping(b"x")
    client.close()
    assert list(client.receive(sent)) == [Text("late"), Ping(b"x")]


def test_nothing_is_sent_after_a_close():
    client, server = pair()
    list(server.receive(client.close()))
    for connection in (client, server):
        for send in (
            lambda c: c.send_text("x"),
            lambda c: c.send_binary(b"x"),
            lambda c: next(c.send_fragments(["x"])),
            lambda c: c.ping(),
            lambda c: c.pong(),
            lambda c: c.close(),
        ):
            with pytest.raises(StateError):
                send(connection)


def test_a_connection_that_just_ends_was_closed_with_1006():
    client, _ = pair()
    assert client.close_code is None
    client.receive_eof()
    assert (client.state, client.close_code) == (State.CLOSED, 1006)


def test_an_error_after_our_close_is_not_answered():
    _, server = pair()
    server.close()
    (failed,) = server.receive(b"\xff\xff")
    assert isinstance(failed, Failed)
    assert failed.reply == b""


def test_an_empty_close_has_code_1005_and_is_answered_by_one():
    client, server = pair()
    (event,) = server.receive(client.close(None))
    assert (event.code, event.reply) == (1005, b"\x88\x00")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65536])
def test_close_codes_that_may_not_be_sent(code):
    client, _ = pair()
    with pytest.raises(ValueError, match="may not be sent"):
        client.close(code)
    assert client.state is State.OPEN


def test_a_reason_has_up_to_123_bytes_and_a_code():
    assert parse_close(encode_close(1000, "é" * 61 + "x")) == (1000, "é" * 61 + "x")
    for code, reason in ((1000, "é" * 62), (None, "x")):
        with pytest.raises(ValueError):
            encode_close(code, reason)


# Fragments and control frames


def test_a_message_in_fragments():
    client, server = pair()
    fragments = client.send_fragments(["He", "l", "lo"])
    wire = next(fragments)
    with pytest.raises(StateError):
        client.send_text("in between")
    wire += client.ping(b"p") + b"".join(fragments)
    assert [type(event) for event in server.receive(wire)] == [Ping, Text]
    wire = client.send_text("after") + b"".join(client.send_fragments([b"\xff", b"\0"]))
    assert list(server.receive(wire)) == [Text("after"), Binary(b"\xff\0")]
    assert list(server.receive(b"".join(client.send_fragments([])))) == [Binary(b"")]


def test_a_ping_is_answered_and_a_pong_is_not():
    client, server = pair()
    (ping,) = server.receive(client.ping(b"x"))
    assert list(client.receive(ping.reply)) == [Pong(b"x")]
    for send in (client.ping, client.pong):
        with pytest.raises(ValueError, match="125"):
            send(bytes(126))


# Limits


def test_a_frame_that_announces_too_much_fails_at_its_header():
    server = Connection(Role.SERVER, max_size=1000)
    (failed,) = server.receive(b"\x82\xfe\x03\xe9" + KEY)
    assert (failed.error.code, failed.error.section) == (1009, "7.4.1")


def test_a_message_may_be_as_large_as_the_limit_and_no_larger():
    client, server = pair(max_size=1000)
    assert list(server.receive(client.send_binary(bytes(1000)))) == [Binary(bytes(1000))]
    wire = b"".join(client.send_fragments([bytes(600), bytes(400)]))
    assert list(server.receive(wire)) == [Binary(bytes(1000))]
    *_, failed = server.receive(b"".join(client.send_fragments([bytes(600), bytes(401)])))
    assert failed.error.code == 1009


def test_a_message_comes_in_no_more_frames_than_the_limit():
    client, server = pair(max_fragments=10)
    for _ in range(3):
        wire = b"".join(client.send_fragments(["x"] * 9))
        assert [*itertools.chain(*(server.receive(bytes([b])) for b in wire))] == [Text("x" * 9)]
    (failed,) = server.receive(b"".join(client.send_fragments(["x"] * 10)))
    assert failed.error.code == 1009


def test_events_that_are_not_asked_for_come_with_the_next():
    client, server = pair()
    events = server.receive(client.send_text("a") + client.send_text("b"))
    assert next(events) == Text("a")
    assert list(server.receive(client.send_text("c"))) == [Text("b"), Text("c")]


def test_what_is_sent_while_handling_an_event_goes_before_a_later_reply():
    client, server = pair()
    wire = client.send_text("first") + b"\xff\xff"
    events = server.receive(wire)
    assert next(events) == Text("first")
    server.send_text("still open")
    assert isinstance(next(events), Failed)
