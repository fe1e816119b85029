"""The plain values that judge and bench exchange, as JSON.

None, booleans, numbers, text, bytes, lists, tuples, dicts and sets keep their type. Anything
else arrives as an `Opaque`: its type's name and nothing more, equal to nothing but itself.
The bench runs this file too, so it knows the standard library only.

A text is measured before anything is made of it: how long, how deep, how many items.
"""

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from types import CoroutineType
from typing import Any

Plain = Any
"""A plain value: None, a number, text, bytes, or a list, tuple, dict or set of plain values."""

MAX_TEXT = 8 * 1024 * 1024
"""The longest JSON text, in characters, that either side accepts."""

MAX_ITEMS = 250_000
"""The most values in one value, those inside of others included."""

MAX_DEPTH = 200
"""How deep brackets may stand in each other; a list in a list takes one, a tuple or dict two."""

MAX_HUGE = 1_000
"""The most whole numbers beyond 64 bits in one value, and the most members of a set, or keys of a
dict, that share a hash: each is compared with all others, and numbers with one hash are easy to find."""

STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?')
"""A string of JSON, or what is left of one that never ends: else each quote in it would be tried."""

DIGITS = re.compile(r"\d{22}")
ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


class TooLarge(ValueError):
    """A value beyond what may cross at once."""


@dataclass(frozen=True, eq=False)
class Opaque:
    """A value that is not plain: all that crosses is a description of it.

    Attributes:
        description: its type's name, and "object".
        iterable: whether it holds or makes items, e.g. a generator.
    """

    description: str
    iterable: bool = False

    def __repr__(self) -> str:
        return f"<{self.description}>"


def dumps(value: Plain) -> str:
    """`value` as one line of JSON; raises `TooLarge`, and RecursionError where it has no end."""
    text = ENCODER.encode(_pack(value))
    _measure(text)
    return text


def loads(text: str) -> Plain:
    """The value that `dumps` wrote; raises ValueError for anything else."""
    _measure(text)
    try:
        return json.loads(text, object_hook=_Unpacker().unpack)
    except (TypeError, OverflowError) as exc:  # what is packed is of another type, or has no hash
        raise ValueError("not a packed value") from exc


def words(said: Plain, limit: int) -> str:
    """What the bench says of itself, as text that can be sent and is no longer than `limit`."""
    return str(said)[:limit].encode("utf-8", "backslashreplace").decode()


def _measure(text: str) -> None:
    """Raises `TooLarge` for a text of which too much would have to be made."""
    if len(text) > MAX_TEXT:
        raise TooLarge(f"a value of more than {MAX_TEXT // 2**20} MiB")
    bare = STRING.sub("", text)  # commas and brackets inside strings make no values
    opened = bare.count("[") + bare.count("{")
    if bare.count(",") + opened > MAX_ITEMS:
        raise TooLarge(f"a value of more than {MAX_ITEMS:,} values")
    if DIGITS.search(bare):
        raise TooLarge("a number that is not packed")
    depth = 0
    for bracket in re.findall(r"[][{}]", bare) if opened > MAX_DEPTH else ():
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise TooLarge("a value with too many others inside each other")


def _pack(value: Plain) -> Plain:
    # An object's real type decides, not the one that it claims, and subclasses are reduced to the
    # plain value inside them by the base class's own method: what they override stays behind.
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if issubclass(kind, int):
        number = int.__int__(value)
        return number if abs(number) < 2**63 else {"int": hex(number)}
    if issubclass(kind, float):
        real = float.__float__(value)
        return real if math.isfinite(real) else {"float": float.__repr__(real)}
    if issubclass(kind, str):
        return str.__str__(value)
    if issubclass(kind, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(bytes(memoryview(value))).decode("ascii")}
    for base, name in ((list, "list"), (tuple, "tuple"), (set, "set"), (frozenset, "set")):
        if issubclass(kind, base):
            items = [_pack(item) for item in base.__iter__(value)]
            return items if name == "list" else {name: items}
    if issubclass(kind, dict):
        return {"dict": [[_pack(key), _pack(item)] for key, item in dict.items(value)]}
    if kind is Opaque:
        return {"opaque": [value.description, value.iterable]}
    what = "coroutine without await" if kind is CoroutineType else f"{kind.__name__} object"
    return {"opaque": [what, hasattr(kind, "__iter__")]}


class _Unpacker:
    """Makes one text's values of what is packed in it, from the inside out."""

    def __init__(self) -> None:
        self._huge = 0

    def unpack(self, packed: dict[str, Plain]) -> Plain:
        """The value of one JSON object; what is inside it has been unpacked already."""
        if len(packed) != 1:
            raise ValueError("not a packed value")
        [(kind, inner)] = packed.items()
        match kind:
            case "int":
                self._huge += 1
                if self._huge > MAX_HUGE:
                    raise ValueError("too many huge numbers")
                return int(inner, 16)
            case "float":
                return float(inner)
            case "bytes":
                return base64.b64decode(inner, validate=True)
            case "tuple":
                return tuple(inner)
            case "dict":
                pairs = [(key, item) for key, item in inner]
                _spread(key for key, _ in pairs)
                return dict(pairs)
            case "set":
                _spread(inner)
                return set(inner)
            case "opaque":
                description, iterable = inner
                return Opaque(str(description)[:100], bool(iterable))
        raise ValueError(f"not a packed value: {kind[:100]!r}")


def _spread(members: Iterable[Plain]) -> None:
    """Raises ValueError where so many share a hash that a set of them would take for ever."""
    count = Counter(hash(member) for member in members)
    if count and max(count.values()) > MAX_HUGE:
        raise ValueError("too many members with one hash")
