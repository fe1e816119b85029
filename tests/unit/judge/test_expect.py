"""What a test says of a value, an exception, or nothing: only what is so."""

import pytest

from course_lib.exercises.cells import Cell
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import AnswerRaised, BenchProcess
from course_lib.judge.expect import Mismatch, expect, expect_guess, expect_raises, expect_that, fail
from course_lib.judge.judge import failure
from course_lib.judge.values import Opaque

SOURCE = """
class FrameError(ValueError): pass
def fine(x): return x, "text"
def strict(x): raise FrameError("reserved")
def other(x): raise KeyError("host")
def undefined(x): return helper(x)
def lazy(xs): return filter(None, xs)
async def later(): pass
def forgetful(): return [later()]
async def serve(websocket): pass
"""


@pytest.fixture(scope="module")
def bench():
    with BenchProcess() as bench:
        assert bench.load([Cell("question", SOURCE)]) == {}
        yield bench


@pytest.fixture
def answer(bench):
    return Answer(bench)


def told(call):
    """The failure of a test that does what `call` does."""
    with pytest.raises(Mismatch) as caught:
        call()
    return caught.value


# --- equal, and not


@pytest.mark.parametrize(
    ("got", "right"),
    [
        (1, 1.0),
        (1.0, 1),
        (0, -0.0),
        (2**70, 2.0**70),
        (True, True),
        ("a", "a"),
        ([1, 2.0], [1.0, 2]),
        ({"a": 1}, {"a": 1.0}),
        ({1, 2}, {2, 1}),
        (None, None),
    ],
)
def test_equal_values(got, right):
    expect(got, right, "why")


@pytest.mark.parametrize(
    ("got", "right", "says"),
    [
        (True, 1, "True (bool)"),
        (1, True, "1 (int)"),
        (b"a", "a", "b'a' (bytes)"),
        ((1, 2), [1, 2], "(1, 2) (tuple)"),
        ([1], (1,), "[1] (list)"),
        (None, "a", "None"),
        ("a", None, "'a'"),
        (2, 1, "2"),
    ],
)
def test_values_that_differ(got, right, says):
    error = told(lambda: expect(got, right, "why"))
    assert (error.why, error.got) == ("why", says)


def test_a_tuple_will_do_for_a_list_where_the_test_says_so():
    expect(((1, "a"), (2, "b")), [(1, "a"), [2, "b"]], "why", tuples=True)
    expect({"a": (1,)}, {"a": [1]}, "why", tuples=True)
    failure = told(lambda: expect((1,), [2], "why", tuples=True))
    assert (failure.why, failure.got) == ("why", "(1,)")  # what came, as it came
    expect_mistake = told(lambda: expect((2,), [1], "why", tuples=True, mistakes={(2,): "two"}))
    assert expect_mistake.why == "two"


def test_numbers_may_be_near_where_the_test_says_so():
    expect(99.5, 100, "why", within=0.01)
    expect([1.001, 2], [1, 2.001], "why", within=0.01)
    assert told(lambda: expect(98, 100, "why", within=0.01)).expected == "about 100"
    assert told(lambda: expect([1], [1, 2], "why", within=0.01)).why == "why"
    assert told(lambda: expect("a", 1, "why", within=0.01)).got == "'a' (str)"


# --- named mistakes


def test_a_mistake_is_named_only_where_it_is_that_mistake():
    def ask(got):
        expect(got, 319, "count", mistakes={311: "the payload", 319: "never", (1, 2): "a pair"})

    assert told(lambda: ask(311)).why == "the payload"
    assert told(lambda: ask(311.0)).why == "the payload"
    assert told(lambda: ask((1, 2))).why == "a pair"
    for got in (312, "311", None, [311], True):
        assert told(lambda got=got: ask(got)).why == "count"
    ask(319)
    ask(319.0)


def test_a_mistake_that_is_near_is_that_mistake():
    error = told(lambda: expect(3.5601, 28.48, "why", within=0.01, mistakes={3.56: "megabytes"}))
    assert error.why == "megabytes"


# --- what came instead


def test_a_value_where_an_exception_was_expected_is_shown(answer):
    error = told(lambda: expect_raises(lambda: answer.fine(7), "ValueError", "seven is refused"))
    assert (error.why, error.got, error.expected) == (
        "seven is refused", "(7, 'text')", "ValueError",
    )  # fmt: skip


def test_a_subclass_of_what_was_asked_for_will_do(answer):
    error = expect_raises(lambda: answer.strict(1), "ValueError", "why")
    assert (error.kind, error.text) == ("FrameError", "reserved")
    assert expect_raises(lambda: answer.other(1), ("ValueError", "LookupError"), "why").kind == (
        "KeyError"
    )


def test_another_exception_loses_nothing(answer):
    error = told(lambda: expect_raises(lambda: answer.other(1), "ValueError", "one is refused"))
    assert (error.why, error.got, error.expected) == (
        "one is refused", "raised KeyError: 'host'", "ValueError",
    )  # fmt: skip
    assert error.place.text == 'def other(x): raise KeyError("host")'


def test_an_exception_does_not_hide_what_was_expected(answer):
    error = told(lambda: expect(lambda: answer.strict(1), 3, "one is allowed"))
    assert (error.why, error.got, error.expected) == (
        "one is allowed", "raised FrameError: reserved", "3",
    )  # fmt: skip
    result = failure("Title", error, answer)
    assert (result.call, result.place.partition(":")[0]) == (
        "strict(1)", "line 5 of the cell `question`",
    )  # fmt: skip
    expect(lambda: answer.fine(1), (1, "text"), "why")


def test_a_name_that_is_not_defined_explains_itself(answer):
    for ask in (
        lambda: expect(lambda: answer.undefined(1), 3, "why"),
        lambda: expect_raises(lambda: answer.undefined(1), "ValueError", "why"),
    ):
        with pytest.raises(AnswerRaised, match="`helper` is not defined in the answer cells"):
            ask()


def test_a_wrong_prediction_is_not_told_the_right_one():
    expect_guess(28.5, 28.48, "why", within=0.01)
    error = told(lambda: expect_guess(3, 28.48, "why", mistakes={3: "a byte has eight bits"}))
    assert (error.why, error.got, error.expected) == ("a byte has eight bits", "3", None)
    error = told(lambda: expect_guess("many", 28.48, "why"))
    assert "28.48" not in f"{error.why} {error.got} {error.expected}"


def test_a_missing_await_is_named(answer):
    error = told(lambda: expect(answer.forgetful, ["hello"], "why"))
    assert error.got == "[<coroutine without await>]"


def test_an_object_is_called_what_it_is(answer):
    got = answer.lazy([1])
    error = told(lambda: expect(got, [1], "why"))
    assert error.got == "a filter object, not a list: `list(…)` makes one of it"
    assert told(lambda: expect(got, 1, "why")).got == "a filter object, not int"
    assert told(lambda: expect(Opaque("Answer object"), "a", "why")).got == (
        "an Answer object, not str"
    )
    try:
        len(got)
    except TypeError as unusable:
        result = failure("Title", unusable, answer)
    assert result.message == (
        "the answer gives a filter object, not a list: `list(…)` makes one of it"
    )
    assert "Opaque" not in f"{result}"


def test_a_value_that_a_test_can_not_use_is_shown(answer):
    got = answer.fine(1)
    try:
        got.get("method")
    except AttributeError as unusable:
        result = failure("Title", unusable, answer)
    assert result.got == "(1, 'text') (tuple)"


def test_what_was_served_was_not_called_and_gave_nothing(answer):
    answer.serve("serve")
    result = failure("Title", told(lambda: expect_that(False, None, "no reply")), answer)
    assert (result.message, result.call, result.got) == ("no reply", None, None)
    answer.fine(1)
    result = failure("Title", told(lambda: expect_that(False, None, "none")), answer)
    assert (result.call, result.got) == ("fine(1)", "None")


def test_a_failure_without_a_value():
    error = told(lambda: fail("nobody came", "a message"))
    assert (error.why, error.got, error.expected) == ("nobody came", None, "a message")
