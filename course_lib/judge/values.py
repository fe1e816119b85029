"""The plain values that judge and bench exchange, as JSON.

None, booleans, numbers, text, bytes, lists, tuples, dicts and sets keep their type. Anything
else arrives as an `Opaque`: its type's name and nothing more, equal to nothing but itself.
The bench runs this file too, so it knows the standard library only.
"""

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

Plain = Any
"""A plain value: None, a number, text, bytes, or a list, tuple, dict or set of plain values."""

MAX_TEXT = 64 * 1024 * 1024
"""The longest JSON text, in characters, that either side accepts."""


class TooLarge(ValueError):
    """A value whose JSON text is longer than `MAX_TEXT`."""


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
    """`value` as one line of JSON; raises `TooLarge`."""
    text = json.dumps(_pack(value), ensure_ascii=True, separators=(",", ":"))
    if len(text) > MAX_TEXT:
        raise TooLarge(f"a value of more than {MAX_TEXT // 2**20} MiB")
    return text


def loads(text: str) -> Plain:
    """The value that `dumps` wrote; raises ValueError for anything else."""
    try:
        return _unpack(json.loads(text))
    except TypeError as exc:  # what is packed is of another type, or a key has no hash
        raise ValueError("not a packed value") from exc


def _pack(value: Plain) -> Plain:
    # An object's real type decides, not the one that it claims, and subclasses are reduced to the
    # plain value inside them by the base class's own method: what they override stays behind.
    if value is None or value is True or value is False:
        return value
    kind = type(value)
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
    return {"opaque": [f"{kind.__name__} object", hasattr(kind, "__iter__")]}


def _unpack(value: Plain) -> Plain:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError("not a packed value")
    [(kind, packed)] = value.items()
    match kind:
        case "int":
            return int(packed, 16)
        case "float":
            return float(packed)
        case "bytes":
            return base64.b64decode(packed, validate=True)
        case "tuple":
            return tuple(_unpack(item) for item in packed)
        case "dict":
            return {_unpack(key): _unpack(item) for key, item in packed}
        case "set":
            return {_unpack(item) for item in packed}
        case "opaque":
            description, iterable = packed
            return Opaque(str(description), bool(iterable))
    raise ValueError(f"not a packed value: {kind!r}")
