"""What crosses between judge and bench."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.judge import values
from course_lib.judge.values import Opaque, TooLarge, dumps, loads

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters())
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.binary(), inner)
        | st.sets(st.integers() | st.text())
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_values_come_back_as_they_went(value):
    back = loads(dumps(value))
    assert back == value
    assert type(back) is type(value)


def test_numbers_at_the_edges():
    for number in (2**63, -(2**63), 2**63 - 1, 10**5000, -(10**5000), math.inf, -math.inf, -0.0):
        assert loads(dumps(number)) == number
    assert math.isnan(loads(dumps(math.nan)))
    assert loads(dumps([True, 1, 1.0])) == [True, 1, 1.0]
    assert [type(each) for each in loads(dumps([True, 1, 1.0]))] == [bool, int, float]


def test_bytes_of_every_kind_are_bytes():
    for value in (bytearray(b"ab"), memoryview(b"ab"), memoryview(b"axbx")[::2]):
        assert loads(dumps(value)) == b"ab"


class AlwaysEqual:
    __hash__ = None

    def __eq__(self, other):
        return True


class Text(str):
    def __eq__(self, other):
        return True

    def __repr__(self):
        return "forged"

    __str__ = __repr__
    __hash__ = str.__hash__


class Number(int):
    def __int__(self):
        return 42

    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Items(list):
    def __iter__(self):
        return iter(["forged"])


class Mapping(dict):
    def items(self):
        return [("forged", 1)]


class Pretender:
    @property
    def __class__(self):
        return int


def test_an_object_is_only_described():
    for value in (AlwaysEqual(), object(), len, Pretender()):
        back = loads(dumps(value))
        assert isinstance(back, Opaque)
        assert back != 1
        assert back != loads(dumps(value))
    assert repr(loads(dumps(AlwaysEqual()))) == "<AlwaysEqual object>"


def test_a_subclass_leaves_its_tricks_behind():
    for value, plain in (
        (Text("a"), "a"),
        (Number(7), 7),
        (Items([1]), [1]),
        (Mapping({"a": 1}), {"a": 1}),
    ):
        back = loads(dumps(value))
        assert type(back) is type(plain)
        assert back == plain
        assert back != "forged"


def test_a_value_too_deep_or_too_large_is_refused(monkeypatch):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        dumps(deep)
    shallow = []
    for _ in range(values.MAX_DEPTH):
        shallow = [shallow]
    with pytest.raises(TooLarge, match="inside each other"):
        dumps(shallow)
    endless = []
    endless.append(endless)
    with pytest.raises(RecursionError):
        dumps(endless)
    monkeypatch.setattr(values, "MAX_TEXT", 100)
    with pytest.raises(TooLarge):
        dumps("x" * 100)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"eval": "1"}',
        '{"int": "ff", "float": "1"}',
        '{"int": 5}',
        '{"float": []}',
        '{"tuple": 5}',
        '{"dict": 5}',
        '{"opaque": "x object"}',
        "{}",
        '{"bytes": "not base64!"}',
        '{"set": [[1]]}',
        '{"dict": [[[1], 2]]}',
        '{"int": "zz"}',
    ],
)
def test_what_is_not_packed_is_refused(text):
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" + "[]," * 1_000_000 + "1]",
        "{" * 300,
        "1" * 30,
        "[" + ",".join([hex(1).join(('{"int":"', '"}'))] * 2000) + "]",
        '{"set":[' + ",".join(f'{{"tuple":[{n}]}}' for n in range(300_000)) + "]}",
        '"' + "x" * 9 * 2**20 + '"',
        "[" + "1" * 5000 + "]",
        '"' + r"\"" * 50_000,  # a string that never ends
    ],
)
def test_what_would_cost_the_judge_too_much_is_refused_unbuilt(text):
    began = time.process_time()
    with pytest.raises(ValueError):
        loads(text)
    assert time.process_time() - began < 2


def colliding(count):
    return [n * (2**61 - 1) for n in range(1, count + 1)]


def test_numbers_with_one_hash_are_bounded():
    few = values.MAX_HUGE
    assert loads(dumps(set(colliding(few)))) == set(colliding(few))
    packed = ",".join(dumps(number) for number in colliding(few + 10))
    pairs = ",".join(f"[{dumps(number)},1]" for number in colliding(few + 10))
    for text in (f'{{"set":[{packed}]}}', f'{{"dict":[{pairs}]}}', f"[{packed}]"):
        with pytest.raises(ValueError):
            loads(text)
    same = ",".join(["1", "1.0"] * few)
    with pytest.raises(ValueError, match="one hash"):
        loads(f'{{"set":[{same}]}}')


def test_commas_and_brackets_in_text_make_no_values():
    text = '[{,"\\' * 200_000
    assert loads(dumps(text)) == text
    assert loads(dumps({text: [text[:5]]})) == {text: [text[:5]]}


def test_the_name_of_a_type_is_short():
    assert len(loads(f'{{"opaque":["{"x" * 10**6}",false]}}').description) == 100
