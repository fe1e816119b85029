"""What a graded test says: what was expected, and what is wrong in a person's words."""

from course_lib.judge.values import Opaque


class Mismatch(AssertionError):
    """The answer gave a value, but not the right one."""

    def __init__(self, why: str, got: str, expected: str | None = None) -> None:
        super().__init__(why)
        self.why, self.got, self.expected = why, got, expected


def expect(got: object, expected: object, why: str) -> None:
    """Fail unless `got` equals `expected`; `why` says what is wrong as a person would say it."""
    if type(got) is not type(expected) and {type(got), type(expected)} != {int, float}:
        raise Mismatch(
            why, f"{shown(got)} ({kind_of(got)})", f"{shown(expected)} ({kind_of(expected)})"
        )
    if got != expected:
        raise Mismatch(why, shown(got), shown(expected))


def expect_that(condition: bool, got: object, why: str, expected: str | None = None) -> None:
    """Fail unless `condition` holds; `expected` describes in words what would be right."""
    if not condition:
        raise Mismatch(why, shown(got), expected)


def kind_of(value: object) -> str:
    """A word for the type of a plain value, e.g. "text" for str."""
    if isinstance(value, Opaque):
        return "not a plain value"
    if value is None:
        return "nothing returned"
    words = {str: "str", bytes: "bytes", bool: "bool", int: "int", float: "float", list: "list"}
    return words.get(type(value), type(value).__name__)


def shown(value: object, limit: int = 300) -> str:
    """`value` as Python writes it, shortened in the middle."""
    text = repr(value)
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]} … {text[-half:]}"
