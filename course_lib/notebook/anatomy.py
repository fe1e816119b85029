"""A frame's parts as they stand on the wire, legal or not, and what they say in plain text.

The protocol's own reader stops at the first broken rule. What draws a frame must show the broken
one as well, so nothing here is refused.
"""

import codecs
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from course_lib.protocol import Opcode, apply_mask

_utf8_decoder = codecs.getincrementaldecoder("utf-8")
_OPCODES = {int(opcode): opcode for opcode in Opcode}

ROW_BITS = 32
SHOWN_PAYLOAD = 16
"""Bytes of payload that a drawing shows; of a longer one, it says how many more there are."""


class Parts(NamedTuple):
    """What the bytes of one frame consist of (section 5.2).

    Attributes:
        header: the bytes before the payload.
        length: the payload's length in bytes, as the header gives it.
        extended: bytes of extended length: 0, 2 or 8.
        key: the masking key, or None.
        payload: what has come of it, unmasked.
    """

    header: bytes
    length: int
    extended: int
    key: bytes | None
    payload: bytes

    @property
    def code(self) -> int:
        """The opcode's number, which may be a reserved one."""
        return self.header[0] & 0x0F

    @property
    def opcode(self) -> str:
        known = _OPCODES.get(self.code)
        return f"opcode {self.code:#x}, reserved" if known is None else known.name

    @property
    def rsv(self) -> tuple[bool, bool, bool]:
        first = self.header[0]
        return first & 0x40 > 0, first & 0x20 > 0, first & 0x10 > 0


def dissect(wire: bytes) -> Parts | None:
    """The parts of the frame that `wire` begins with; None without its whole header."""
    if len(wire) < 2:
        return None
    length, end, extended = wire[1] & 0x7F, 2, 0
    if length > 125:
        extended = 2 if length == 126 else 8
        end += extended
        length = int.from_bytes(wire[2:end])
    key = None
    if wire[1] & 0x80:
        key = wire[end : end + 4]
        end += 4
    if len(wire) < end:
        return None
    payload = wire[end : end + length]
    return Parts(wire[:end], length, extended, key, apply_mask(payload, key) if key else payload)


def frame_size(wire: bytes) -> int | None:
    """Bytes of the frame that `wire` begins with, or None while the header is not all there."""
    parts = dissect(wire)
    return None if parts is None else len(parts.header) + parts.length


class Field(NamedTuple):
    """A part of a frame: its name, the bits on the wire, what they mean, and its tint."""

    name: str
    bits: str
    meaning: str
    tint: str


def frame_fields(wire: bytes) -> list[Field]:
    """The parts of a frame in the order of the wire; at most the payload's start.

    Without a whole header, all there is is one field.
    """
    parts = dissect(wire)
    if parts is None or len(wire) != len(parts.header) + parts.length:
        return [Field("bytes", _bits(wire[:SHOWN_PAYLOAD]), frame_summary(wire), "payload")]
    bits = _bits(parts.header)
    rsv1, rsv2, rsv3 = parts.rsv
    opcode = parts.opcode.removeprefix("opcode ")
    fin = "last frame of its message" if bits[0] == "1" else "more follow"
    fields = [
        Field("FIN", bits[0], fin, "flag"),
        Field("RSV1", bits[1], "compressed" if rsv1 else "", "flag"),
        Field("RSV2", bits[2], "reserved" if rsv2 else "", "flag"),
        Field("RSV3", bits[3], "reserved" if rsv3 else "", "flag"),
        Field("opcode", bits[4:8], opcode, "opcode"),
        Field("MASK", bits[8], "masked, by a client" if parts.key else "not masked", "flag"),
        Field("payload length", bits[9:16], _length_meaning(parts), "length"),
    ]
    if parts.extended:
        meaning = f"{parts.length} bytes"
        if parts.length < (126 if parts.extended == 2 else 1 << 16):
            meaning += ", not in the shortest form"
        end = 16 + 8 * parts.extended
        fields.append(Field("extended length", bits[16:end], meaning, "length"))
    if parts.key:
        fields.append(Field("masking key", bits[-32:], "", "key"))
    if parts.length:
        shown = _bits(wire[len(parts.header) :][:SHOWN_PAYLOAD])
        fields.append(Field("payload", shown, _preview(parts), "payload"))
    return fields


def frame_text(wire: bytes) -> str:
    """The RFC's diagram with the frame's own bits, then what each part means."""
    fields = frame_fields(wire)
    lines: list[str] = []
    above: set[int] = set()
    for row in rows_of(fields):
        inner = "|".join(" ".join(bits) for _, bits, _ in row)
        row_line = f"|{inner}|"
        below = {i for i, character in enumerate(row_line) if character == "|"}
        lines += [_edge(above | below), row_line]
        above = below
    width = max(len(field.name) for field in fields)
    legend = [
        f"{field.name:<{width}}  {short_bits(field)}  {field.meaning}".rstrip() for field in fields
    ]
    return "\n".join([frame_summary(wire), "", *lines, _edge(above), "", *legend])


def frame_summary(wire: bytes) -> str:
    """A frame in one line: ``TEXT, masked, 5 bytes: "Hello"``."""
    parts = dissect(wire)
    if parts is None or len(wire) != len(parts.header) + parts.length:
        more = f" … ({_count(len(wire))})" if len(wire) > SHOWN_PAYLOAD else ""
        return f"not a frame: {wire[:SHOWN_PAYLOAD].hex(' ')}{more}"
    rsv1, rsv2, rsv3 = parts.rsv
    words = [
        parts.opcode,
        "" if parts.header[0] & 0x80 else "not final",
        "compressed" if rsv1 else "",
        "RSV2 set" if rsv2 else "",
        "RSV3 set" if rsv3 else "",
        "masked" if parts.key else "",
        _count(parts.length),
    ]
    preview = _preview(parts)
    return ", ".join(filter(None, words)) + (f": {preview}" if preview else "")


def spoken(wire: bytes) -> str:
    """The drawing for those who do not see it."""
    parts = [
        f"{field.name} {short_bits(field)} {field.meaning}".rstrip() for field in frame_fields(wire)
    ]
    return f"{frame_summary(wire)}. Bit by bit: {'; '.join(parts)}."


def rows_of(fields: Sequence[Field]) -> Iterator[list[tuple[Field, str, bool]]]:
    """The fields cut into rows of 32 bits: (field, its bits in this row, whether it starts here)."""
    row: list[tuple[Field, str, bool]] = []
    used = 0
    for field in fields:
        bits, first = field.bits, True
        while bits:
            here = bits[: ROW_BITS - used]
            row.append((field, here, first))
            bits, used, first = bits[len(here) :], used + len(here), False
            if used == ROW_BITS:
                yield row
                row, used = [], 0
    if row:
        yield row


def hex_of(bits: str) -> str:
    """Bits as bytes in hexadecimal."""
    return " ".join(f"{int(bits[i : i + 8], 2):02x}" for i in range(0, len(bits), 8))


def short_bits(field: Field) -> str:
    """A field's bits, in hexadecimal where that is shorter."""
    return hex_of(field.bits) if len(field.bits) > 7 else field.bits


def _edge(corners: set[int]) -> str:
    return "".join("+" if i in corners else "-" for i in range(max(corners, default=-1) + 1))


def _bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _count(size: int) -> str:
    return f"{size} byte{'' if size == 1 else 's'}"


def _length_meaning(parts: Parts) -> str:
    if not parts.extended:
        return _count(parts.length)
    return "126: 16 more bits" if parts.extended == 2 else "127: 64 more bits"


def _preview(parts: Parts) -> str:
    """What the payload says, if that can be shown, and how many bytes of it are not shown."""
    payload, code = parts.payload, ""
    if parts.code == Opcode.CLOSE and len(payload) >= 2:
        code, payload = str(int.from_bytes(payload[:2])), payload[2:]
    if not payload:
        return code
    # A character that is cut in two, here or by a fragment's end, is not shown.
    decoder = _utf8_decoder("replace")
    text = decoder.decode(payload[:SHOWN_PAYLOAD])
    if text and text.isprintable() and parts.code != Opcode.BINARY and not parts.rsv[0]:
        shown = f'"{text}"'
        left = len(payload[SHOWN_PAYLOAD:]) + len(decoder.getstate()[0])
    else:
        shown = payload[:SHOWN_PAYLOAD].hex(" ")
        left = len(payload[SHOWN_PAYLOAD:])
    rest = f" and {_count(left)} more" if left else ""
    return f"{code} {shown}{rest}".strip()
