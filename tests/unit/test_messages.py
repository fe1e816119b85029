"""The messages of the chat."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.chat import (
    ChatMessage,
    ErrorMessage,
    Joined,
    Left,
    MessageError,
    encode,
    parse,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500)
MESSAGES = st.one_of(
    st.builds(ChatMessage, user=NAMES, text=TEXTS),
    st.builds(Joined, user=NAMES),
    st.builds(Left, user=NAMES),
    st.builds(ErrorMessage, code=st.just("not_json"), text=TEXTS),
)


@given(MESSAGES)
def test_every_message_comes_back_as_it_was(message):
    assert parse(encode(message)) == message


def test_the_text_on_the_wire():
    assert encode(Joined(user="Zoë")) == '{"type":"joined","user":"Zoë"}'


def test_what_is_unknown_in_a_known_message_is_ignored():
    newer = '{"type": "chat", "user": "ann", "text": "hi", "colour": "red"}'
    assert parse(newer) == ChatMessage(user="ann", text="hi")


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b'{"type":"left","user":"ann"}', "not_text", "is text"),
        ("hello", "not_json", "is JSON"),
        ("", "not_json", "is JSON"),
        ('{"type":"left"', "not_json", "is JSON"),
        ("[" * 100_000, "not_json", "is JSON"),
        ("[1, 2]", "not_an_object", "a JSON object"),
        ("null", "not_an_object", "a JSON object"),
        ("{}", "unknown_type", "chat, joined, left, error"),
        ('{"type": "shout", "user": "ann"}', "unknown_type", "chat, joined, left, error"),
        ('{"type": ["chat"]}', "unknown_type", "chat, joined, left, error"),
        ('{"type": "chat", "user": "ann"}', "wrong_fields", "`text`: field required"),
        ('{"type": "joined", "user": 7}', "wrong_fields", "`user`: input should be a valid string"),
        ('{"type": "joined", "user": ""}', "wrong_fields", "`user`: string should have at least 1"),
        (json.dumps({"type": "left", "user": "x" * 21}), "wrong_fields", "at most 20"),
        (
            json.dumps({"type": "chat", "user": "ann", "text": "x" * 501}),
            "wrong_fields",
            "`text`: string should have at most 500",
        ),
    ],
)
def test_what_is_no_message(data, code, says):
    with pytest.raises(MessageError) as caught:
        parse(data)
    assert caught.value.code == code
    assert says in str(caught.value)
    assert parse(encode(caught.value.reply)) == ErrorMessage(code=code, text=str(caught.value))


@given(st.text() | st.binary())
def test_nothing_but_message_errors(data):
    with pytest.raises(MessageError):
        parse(data)


def test_a_message_does_not_change():
    message = Joined(user="ann")
    with pytest.raises(ValueError, match="frozen"):
        message.user = "bob"
