"""Messages that are what they say: JSON within bounds, of a known shape, with text that is text.

class Say(Strict):
    type: Literal["say"]
    text: Plain

said = read_message(data, TypeAdapter(Say))
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8
MAX_NUMBER = 2**53 - 1
"""The largest whole number that a browser keeps exactly (RFC 8259, section 6)."""

# A text that has no end is one match, too: to look for its end anew at each quotation mark in it
# would be quadratic.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]')
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Shape = TypeVar("Shape")


class BadMessage(ValueError):
    """A message that isn't acted upon.

    Attributes:
        code: what is wrong, for programs: "not_text", "too_large", "not_json", "too_deep",
            "bad_number", "bad_text", "duplicate_field" or "wrong_fields".
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Strict(BaseModel):
    """A shape in which nothing is converted, nothing unknown passes, and numbers are finite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


def tidy_text(text: str) -> str:
    """Text in Unicode's composed form (NFC), so that what looks equal is equal.

    Raises:
        BadMessage: It has control characters other than tab and line feed, characters that turn
            the direction of what stands around them, or half a character (a lone surrogate).
    """
    for char in text:
        category = unicodedata.category(char)
        if category == "Cs" or (category == "Cc" and char not in "\t\n") or char in _BIDI:
            raise BadMessage("bad_text", f"A text has no U+{ord(char):04X}.")
    return unicodedata.normalize("NFC", text)


Plain = Annotated[str, AfterValidator(tidy_text)]
"""A field of text for people: see `tidy_text`."""


def read_json(data: str | bytes, max_bytes: int = MAX_BYTES) -> object:
    """A message's JSON, within bounds.

    Raises:
        BadMessage: It is binary, too large, no JSON, or too deep; it has the same field twice, a
            number that is none or too large, or half a character.
    """
    if not isinstance(data, str):
        raise BadMessage("not_text", "A message is text.")
    try:
        if len(data) > max_bytes or len(data.encode()) > max_bytes:
            raise BadMessage("too_large", f"A message has at most {max_bytes} bytes.")
        _check_depth(data)  # before the parser, which may go down once per bracket
        value = json.loads(
            data,
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadMessage("bad_text", "A text has half a character.") from None
    except json.JSONDecodeError:
        raise BadMessage("not_json", "A message is JSON.") from None
    return value


def read_message(data: str | bytes, shape: TypeAdapter[Shape], max_bytes: int = MAX_BYTES) -> Shape:
    """A message's JSON, of a shape.

    Args:
        data: What `recv` returned.
        shape: Of the message, e.g. of models made from `Strict`.
        max_bytes: The most that it may have, in UTF-8.

    Raises:
        BadMessage: It is no JSON within bounds, or of another shape.
    """
    try:
        return shape.validate_python(read_json(data, max_bytes))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, BadMessage):
            raise cause from None
        field = ".".join(str(part) for part in first["loc"])[:100]
        raise BadMessage("wrong_fields", f"{field or 'message'}: {first['msg']}.") from None


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            raise BadMessage("too_deep", f"A message is at most {MAX_DEPTH} levels deep.")


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            # Two readers may each take another one: what was checked isn't what is used.
            raise BadMessage("duplicate_field", "A message has each field once.")
        found[name] = value
    return found


def _no_number(_: str) -> float:
    raise BadMessage("bad_number", "A number is finite.")


def _whole(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > MAX_NUMBER:
        raise BadMessage("bad_number", f"A whole number is at most {MAX_NUMBER}.")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadMessage("bad_number", "A number is finite.")
    return number
