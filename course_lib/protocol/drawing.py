"""How protocol values look in a notebook: inline styles and theme colours, nothing to load.

Every drawing also has a form in plain text, which is its alternative text as well.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # these modules import this one
    from course_lib.protocol.capture import Captured
    from course_lib.protocol.frames import Frame

_INK = "var(--jp-ui-font-color1, currentColor)"
_MUTED = "var(--jp-ui-font-color2, currentColor)"
_LINE = "var(--jp-border-color1, #999)"
_FONT = f"font-family: var(--jp-code-font-family, monospace); font-size: 13px; color: {_INK}"
# Tints that keep their contrast on a light and on a dark page, and differ in greyscale.
_TINTS = {
    "flag": "rgba(128, 128, 128, 0.10)",
    "opcode": "rgba(230, 159, 0, 0.35)",
    "length": "rgba(86, 180, 233, 0.30)",
    "key": "rgba(204, 121, 167, 0.30)",
    "payload": "rgba(0, 158, 115, 0.16)",
}

_utf8_decoder = codecs.getincrementaldecoder("utf-8")

ROW_BITS = 32
SHOWN_PAYLOAD = 16
"""Bytes of payload that a drawing shows; of a longer one, it says how many more there are."""


def http_message(start_line: str, fields: Iterable[tuple[str, str]], body: bytes = b"") -> str:
    """A request or response: its first line, then names and values in two aligned columns."""
    rows = "".join(
        f'<div style="color: {_MUTED}">{escape(name)}</div>'
        f'<div style="overflow-wrap: anywhere">{escape(value)}</div>'
        for name, value in fields
    )
    box = f"{_FONT}; line-height: 1.5; border-left: 3px solid {_LINE}; padding: 4px 12px"
    grid = "display: grid; grid-template-columns: max-content 1fr; column-gap: 16px"
    text = escape(body.decode("utf-8", "replace").rstrip())
    return (
        f'<div style="{box}; margin: 4px 0; overflow-x: auto; text-align: left">'
        f'<div style="font-weight: 600">{escape(start_line)}</div><div style="{grid}">{rows}</div>'
        + (f'<div style="margin-top: 8px; white-space: pre-wrap">{text}</div>' if text else "")
        + "</div>"
    )


# A frame, bit by bit


class Field(NamedTuple):
    """A part of a frame: its name, the bits on the wire, what they mean, and its tint."""

    name: str
    bits: str
    meaning: str
    tint: str


def frame_fields(frame: Frame) -> list[Field]:
    """The parts of a frame in the order of the wire (section 5.2); at most the payload's start."""
    wire = frame.encode()
    bits = _bits(wire[: len(wire) - len(frame.payload)])
    masked, length = frame.masking_key is not None, len(frame.payload)
    fields = [
        Field("FIN", bits[0], "last frame of its message" if frame.fin else "more follow", "flag"),
        Field("RSV1", bits[1], "compressed" if frame.rsv1 else "", "flag"),
        Field("RSV2", bits[2], "", "flag"),
        Field("RSV3", bits[3], "", "flag"),
        Field("opcode", bits[4:8], frame.opcode.name, "opcode"),
        Field("MASK", bits[8], "masked, by a client" if masked else "not masked", "flag"),
        Field("payload length", bits[9:16], _length_meaning(length), "length"),
    ]
    extended = 0 if length <= 125 else 16 if length <= 0xFFFF else 64
    if extended:
        meaning = f"{length} bytes"
        fields.append(Field("extended length", bits[16 : 16 + extended], meaning, "length"))
    if frame.masking_key is not None:
        fields.append(Field("masking key", bits[-32:], "", "key"))
    if length:
        shown = wire[len(wire) - length :][:SHOWN_PAYLOAD]
        fields.append(Field("payload", _bits(shown), _preview(frame), "payload"))
    return fields


def frame_text(frame: Frame) -> str:
    """The RFC's diagram with the frame's own bits, then what each part means."""
    fields = frame_fields(frame)
    lines, above = [], set()
    for row in _rows(fields):
        inner = "|".join(" ".join(bits) for _, bits, _ in row)
        row_line = f"|{inner}|"
        below = {i for i, character in enumerate(row_line) if character == "|"}
        lines += [_edge(above | below), row_line]
        above = below
    width = max(len(field.name) for field in fields)
    legend = [
        f"{field.name:<{width}}  {_short_bits(field)}  {field.meaning}".rstrip() for field in fields
    ]
    return "\n".join([frame_summary(frame), "", *lines, _edge(above), "", *legend])


def frame_html(frame: Frame) -> str:
    """The same diagram as a table of 32 columns."""
    cell = f"border: 1px solid {_LINE}; padding: 2px 1px; text-align: center; overflow: hidden"
    body = ""
    for row in _rows(frame_fields(frame)):
        body += "<tr>"
        for field, bits, first in row:
            name = field.name if first else "…"
            shown = _hex(bits) if field.tint in ("key", "payload") else bits
            # One bit is too narrow for a name in full size, but not for its four small letters.
            size = "8px" if len(bits) == 1 else "11px"
            body += (
                f'<td colspan="{len(bits)}" title="{escape(f"{field.name}: {field.meaning}")}" '
                f'style="{cell}; background: {_TINTS[field.tint]}">'
                f'<div style="font-size: {size}; color: {_MUTED}">{escape(name)}</div>{shown}'
                + (f"<div>{escape(field.meaning)}</div>" if first and len(bits) > 3 else "")
                + "</td>"
            )
        body += "</tr>"
    columns = '<col style="width: 3.125%"/>' * ROW_BITS
    table = "table-layout: fixed; border-collapse: collapse; width: 100%; min-width: 720px"
    return (
        f'<figure role="img" aria-label="{escape(_spoken(frame))}" '
        f'style="{_FONT}; margin: 4px 0; overflow-x: auto">'
        f"<figcaption>{escape(frame_summary(frame))}</figcaption>"
        f'<table style="{_FONT}; {table}"><colgroup>{columns}</colgroup>{body}</table></figure>'
    )


def _spoken(frame: Frame) -> str:
    parts = [
        f"{field.name} {_short_bits(field)} {field.meaning}".rstrip()
        for field in frame_fields(frame)
    ]
    return f"{frame_summary(frame)}. Bit by bit: {'; '.join(parts)}."


def frame_summary(frame: Frame) -> str:
    """A frame in one line: ``TEXT, masked, 5 bytes: "Hello"``."""
    words = [
        frame.opcode.name,
        "" if frame.fin else "not final",
        "compressed" if frame.rsv1 else "",
        "masked" if frame.masking_key is not None else "",
        f"{len(frame.payload)} byte{'' if len(frame.payload) == 1 else 's'}",
    ]
    preview = _preview(frame)
    return ", ".join(filter(None, words)) + (f": {preview}" if preview else "")


def _rows(fields: Sequence[Field]) -> Iterator[list[tuple[Field, str, bool]]]:
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


def _edge(corners: set[int]) -> str:
    return "".join("+" if i in corners else "-" for i in range(max(corners) + 1))


def _bits(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def _hex(bits: str) -> str:
    return " ".join(f"{int(bits[i : i + 8], 2):02x}" for i in range(0, len(bits), 8))


def _short_bits(field: Field) -> str:
    return _hex(field.bits) if len(field.bits) > 7 else field.bits


def _length_meaning(length: int) -> str:
    if length <= 125:
        return f"{length} byte{'' if length == 1 else 's'}"
    return "126: 16 more bits" if length <= 0xFFFF else "127: 64 more bits"


def _preview(frame: Frame) -> str:
    """What the payload says, unmasked, if that can be shown."""
    payload, rest = frame.payload, ""
    code = ""
    if frame.opcode.name == "CLOSE" and len(payload) >= 2:
        code, payload = str(int.from_bytes(payload[:2])), payload[2:]
    if len(payload) > SHOWN_PAYLOAD:
        rest = f" and {len(payload) - SHOWN_PAYLOAD} bytes more"
        payload = payload[:SHOWN_PAYLOAD]
    if not payload:
        return code
    # A character that is cut in two, here or by a fragment's end, is left out.
    text = _utf8_decoder("replace").decode(payload)
    as_text = text.isprintable() and frame.opcode.name != "BINARY" and not frame.rsv1
    shown = f'"{text}"' if as_text else payload.hex(" ")
    return f"{code} {shown}{rest}".strip()


# A conversation


def capture_text(captured: Sequence[Captured]) -> str:
    """A line for each frame, with an arrow for its direction."""
    lines = ["client                server"]
    for item in captured:
        arrow = "------>" if item.from_client else "<------"
        at = "" if item.at is None else f"{item.at * 1000:9.1f} ms"
        lines.append(f"{at:>12}  {arrow}   {frame_summary(item.frame)}".rstrip())
    return "\n".join(lines)


def capture_svg(captured: Sequence[Captured]) -> str:
    """A timeline: two lifelines, and an arrow between them for each frame."""
    step, left, right, width = 34, 100, 620, 720
    height = 44 + step * len(captured)
    parts = [
        f'<svg role="img" aria-label="{escape(capture_text(captured))}" viewBox="0 0 {width} '
        f'{height}" style="max-width: {width}px; {_FONT}" fill="{_INK}" '
        'xmlns="http://www.w3.org/2000/svg">'
    ]
    for x, name in ((left, "client"), (right, "server")):
        parts.append(f'<text x="{x}" y="16" text-anchor="middle" font-weight="600">{name}</text>')
        parts.append(f'<path d="M{x} 24V{height}" style="stroke: {_LINE}"/>')
    for i, item in enumerate(captured):
        y = 60 + step * i
        start, end, back = (left, right, -8) if item.from_client else (right, left, 8)
        dashes = "; stroke-dasharray: 5 4" if item.frame.opcode >= 8 else ""  # control frames
        at = "" if item.at is None else f"{item.at * 1000:.1f} ms"
        parts.append(
            f'<text x="{(left + right) / 2}" y="{y - 6}" text-anchor="middle">'
            f"{escape(frame_summary(item.frame))}</text>"
            f'<path d="M{start} {y}H{end}" style="stroke: {_INK}{dashes}"/>'
            f'<path d="M{end} {y}l{back} -4v8z"/>'
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end" font-size="11">{at}</text>'
        )
    return "".join(parts) + "</svg>"
