"""What a graded test says: what was expected, and what is wrong in a person's words.

A test passes a value that came from the bench, or a function without arguments that asks for it:
with the function an exception in the learner's code is reported beside `why`, not in its place.
"""

import math
from collections.abc import Callable, Mapping

from course_lib.judge.bench_process import AnswerRaised, Place
from course_lib.judge.values import Opaque, Plain


class Mismatch(AssertionError):
    """The answer is not right.

    Attributes:
        why: what is wrong, as a person would say it.
        got: what came, if anything did.
        expected: what would be right, if that can be said.
        place: the learner's own line on the way to an exception that came instead.
    """

    def __init__(
        self,
        why: str,
        got: str | None = None,
        expected: str | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(why)
        self.why, self.got, self.expected, self.place = why, got, expected, place


def expect(
    got: Plain,
    right: Plain,
    why: str,
    *,
    mistakes: Mapping[Plain, str] | None = None,
    within: float = 0,
    tuples: bool = False,
) -> None:
    """Fail unless `got` equals `right`.

    Whole numbers and floats are equal where their values are; True and False are no numbers here,
    so that True is not 1. A list is not a tuple.

    Args:
        got: the value, or a function that asks for it.
        right: the value that is expected.
        why: what is wrong otherwise, as a person would say it.
        mistakes: sentences by the wrong values that they explain; a value that is right is never
            called a mistake, nor is one that is none of them.
        within: how far a number may be from the right one, as a part of it (0.01 is one percent);
            also in a list, and for `mistakes`.
        tuples: whether a tuple will do for a list, and a list for a tuple, at any depth.
    """

    def wanted() -> str:
        return f"about {right:.6g}" if within and _is_number(right) else shown(right)

    came = got = asked(got, why, wanted)
    if tuples:
        got, right = _with_lists(got), _with_lists(right)
    if same(got, right, within):
        return
    for wrong, sentence in (mistakes or {}).items():
        if same(got, _with_lists(wrong) if tuples else wrong, within):
            raise Mismatch(sentence, shown(came), wanted())
    if isinstance(got, Opaque):
        raise Mismatch(why, opaque(got, right), wanted())
    if got is not None and right is not None and not _alike(got, right):
        raise Mismatch(why, f"{shown(came)} ({kind(came)})", f"{wanted()} ({kind(right)})")
    raise Mismatch(why, shown(came), wanted())


def expect_guess(got: Plain, right: Plain, why: str, **how: Plain) -> None:
    """`expect`, for a prediction: what is right is left unsaid, since it need only be copied."""
    try:
        expect(got, right, why, **how)
    except Mismatch as wrong:
        raise Mismatch(wrong.why, wrong.got) from None


def expect_that(condition: bool, got: Plain, why: str, expected: str | None = None) -> None:
    """Fail unless `condition` holds; `expected` describes in words what would be right."""
    if not condition:
        raise Mismatch(why, opaque(got) if isinstance(got, Opaque) else shown(got), expected)


def expect_raises(
    call: Callable[[], Plain], kinds: str | tuple[str, ...], why: str
) -> AnswerRaised:
    """Fail unless `call` makes the learner's code raise one of `kinds`, or a subclass of one.

    Returns the exception, with its `kind` and `text`. A value that comes instead is shown, and so is
    an exception of another kind, beside what was expected.
    """
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    expected = " or ".join(kinds)
    try:
        value = call()
    except AnswerRaised as error:
        if error.is_a(*kinds):
            return error
        if error.explained:
            raise
        raise Mismatch(why, error.what_came, expected, error.place) from None
    raise Mismatch(why, shown(value), expected)


def fail(why: str, expected: str | None = None) -> None:
    """Fail where there is no value to show: what should have happened did not."""
    raise Mismatch(why, None, expected)


def same(one: Plain, other: Plain, within: float = 0) -> bool:
    """Whether two plain values are equal, as `expect` understands it."""
    if _is_number(one) and _is_number(other):
        return one == other or (within > 0 and math.isclose(one, other, rel_tol=within))
    if type(one) is not type(other):
        return False
    if within and isinstance(one, list | tuple):
        return len(one) == len(other) and all(
            same(each, its, within) for each, its in zip(one, other, strict=True)
        )
    return one == other


def opaque(value: Opaque, right: Plain = None) -> str:
    """What an object is that crosses as a description only, e.g. "a filter object, not a list"."""
    text = f"{'an' if value.description[:1].lower() in 'aeiou' else 'a'} {value.description}"
    if value.iterable and (right is None or isinstance(right, list)):
        return f"{text}, not a list: `list(…)` makes one of it"
    return f"{text}, not {'a plain value' if right is None else kind(right)}"


def kind(value: Plain) -> str:
    """A word for the type of a plain value, e.g. "str"."""
    return "not a plain value" if isinstance(value, Opaque) else type(value).__name__


def shown(value: Plain, limit: int = 300) -> str:
    """`value` as Python writes it, shortened in the middle."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = f"a {kind(value)} with numbers too long to write down"
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"


def asked(got: Plain, why: str, expected: str | Callable[[], str]) -> Plain:
    """The value, asked for where `got` is a function.

    An exception in the learner's code becomes a `Mismatch`: it came in place of what was expected,
    which a function may say, too.
    """
    if not callable(got):
        return got
    try:
        return got()
    except AnswerRaised as error:
        if error.explained:
            raise
        expected = expected() if callable(expected) else expected
        raise Mismatch(why, error.what_came, expected, error.place) from None


def _alike(one: Plain, other: Plain) -> bool:
    return type(one) is type(other) or (_is_number(one) and _is_number(other))


def _is_number(value: Plain) -> bool:
    return type(value) in (int, float)


def _with_lists(value: Plain) -> Plain:
    if isinstance(value, list | tuple):
        return [_with_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    return value
