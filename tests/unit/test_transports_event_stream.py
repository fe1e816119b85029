"""The event stream format (WHATWG HTML 9.2.5 and 9.2.6)."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.transports import EventStreamParser, ServerSentEvent


def parse(*pieces: bytes) -> list[ServerSentEvent]:
    parser = EventStreamParser()
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"data: a\n\n", [ServerSentEvent("a")], id="one event"),
        pytest.param(b"data:a\n\n", [ServerSentEvent("a")], id="no space after the colon"),
        pytest.param(b"data:  a\n\n", [ServerSentEvent(" a")], id="only one space is removed"),
        pytest.param(b"data: a\ndata: b\n\n", [ServerSentEvent("a\nb")], id="two data lines"),
        pytest.param(b"data: a\r\rdata: b\r\r", [ServerSentEvent("a"), ServerSentEvent("b")]),
        pytest.param(b"data: a\r\n\r\ndata: b\n\r", [ServerSentEvent("a"), ServerSentEvent("b")]),
        pytest.param(
            b"data\n\ndata\ndata\n\ndata:",
            [ServerSentEvent(""), ServerSentEvent("\n")],
            id="fields without a value, and an event that never ends",
        ),
        pytest.param(b": hello\n\n:\n\n", [], id="comments"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent("a")], id="byte order mark"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], id="a second mark is a name"),
        pytest.param(b"event: add\ndata: 1\n\n", [ServerSentEvent("1", "add")], id="type"),
        pytest.param(
            b"event: add\n\ndata: 1\n\n", [ServerSentEvent("1")], id="a type alone is no event"
        ),
        pytest.param(
            b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
            [
                ServerSentEvent("a", id="1"),
                ServerSentEvent("b", id="1"),
                ServerSentEvent("c", id=""),
            ],
            id="an id stays until the next one",
        ),
        pytest.param(b"id: 1\x002\ndata: a\n\n", [ServerSentEvent("a")], id="NUL in an id"),
        pytest.param(b"nonsense: 1\ndata: a\n\n", [ServerSentEvent("a")], id="unknown field"),
        pytest.param(b"data: a:b\n\n", [ServerSentEvent("a:b")], id="a colon in the value"),
        pytest.param(b"data: \xff\n\n", [ServerSentEvent("\ufffd")], id="invalid UTF-8"),
        pytest.param(
            "data: a\u2028b\x0bc\n\n".encode(),
            [ServerSentEvent("a\u2028b\x0bc")],
            id="only CR and LF end a line",
        ),
    ],
)
def test_a_stream_however_it_is_cut(stream, expected):
    assert parse(stream) == expected
    assert parse(*(bytes([byte]) for byte in stream)) == expected
    for cut in range(len(stream)):
        assert parse(stream[:cut], b"", stream[cut:]) == expected


def test_an_event_carries_the_last_id_of_its_stream():
    parser = EventStreamParser()
    assert parser.feed(b"id: 7\ndata: a\n") == []
    assert [event.id for event in parser.feed(b"\ndata: b\n\n")] == ["7", "7"]
    assert [event.id for event in parser.feed(b"id: 8\n\ndata: c\n\n")] == ["8"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"1500", 1.5), (b"0", 0.0), (b"1.5", None), (b"-1", None), (b"", None), (b"9" * 5000, inf)],
)
def test_retry_is_whole_milliseconds_or_ignored(value, seconds):
    parser = EventStreamParser()
    parser.feed(b"retry: " + value + b"\n")
    assert parser.retry == seconds


@given(
    st.lists(
        st.builds(
            ServerSentEvent,
            data=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
            event=st.sampled_from(["message", "add"]),
            id=st.sampled_from(["1", "2"]),
        )
    ),
    st.data(),
)
def test_what_is_encoded_is_parsed_back(events, data):
    stream = b"".join(event.encode() for event in events)
    cut = data.draw(st.integers(0, len(stream)))
    assert parse(stream[:cut], stream[cut:]) == events
