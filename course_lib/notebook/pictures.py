"""How frames, conversations and HTTP messages look in a notebook.

JupyterLab takes SVG, style sheets, `var(…)`, `role` and `aria-…` out of a notebook that it does not
trust. So a picture is made of tables and inline styles that it keeps, colours are transparent
greys and tints on whatever the page's own colours are, and what is left without the alternative
text reads well as a table.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from IPython.core.formatters import DisplayFormatter

from course_lib.notebook import anatomy
from course_lib.notebook.capture import Capture, Captured
from course_lib.notebook.display import columns
from course_lib.protocol import Frame, Request, Response

Form = Callable[[Any], str]
"""How a value is shown: its text or its HTML."""

_FONT = "font-family: monospace; font-size: 13px; line-height: 1.45; text-align: left"
_LINE = "rgba(128, 128, 128, 0.8)"
# Lab centres tables, makes their text small, and stripes their rows, which would tint one field in
# two colours.
_TABLE = f"{_FONT}; border-collapse: collapse; margin: 4px 0"
_ROW = "background: none"
# Tints that keep their contrast on a light and on a dark page, and differ in greyscale.
_TINTS = {
    "flag": "rgba(128, 128, 128, 0.10)",
    "opcode": "rgba(230, 159, 0, 0.35)",
    "length": "rgba(86, 180, 233, 0.30)",
    "key": "rgba(204, 121, 167, 0.30)",
    "payload": "rgba(0, 158, 115, 0.16)",
}


def http_html(message: Request | Response) -> str:
    """A request or response: its first line, then names and values in two aligned columns."""
    text = escape(message.body.decode("utf-8", "replace").rstrip())
    box = f"{_FONT}; border-left: 3px solid {_LINE}; padding: 4px 12px; margin: 4px 0"
    return (
        f'<div style="{box}; overflow-x: auto">'
        f'<div style="font-weight: 600">{escape(message.start_line)}</div>'
        + columns(message.headers, _TABLE, "; opacity: 0.8")
        + (f'<div style="white-space: pre-wrap">{text}</div>' if text else "")
        + "</div>"
    )


def frame_html(wire: bytes) -> str:
    """A frame bit by bit, as it stands on the wire: a table of 32 columns."""
    edge = f"border: 1px solid {_LINE}; padding: 3px 2px; text-align: center; vertical-align: top"
    body = ""
    for row in anatomy.rows_of(anatomy.frame_fields(wire)):
        body += f'<tr style="{_ROW}">'
        for field, bits, first in row:
            name = escape(field.name if first else "…")
            shown = anatomy.hex_of(bits) if field.tint in ("key", "payload") else bits
            if len(bits) == 1:  # one bit is too narrow for its name: a letter a line
                name = "<br/>".join(name)
            meaning = first and len(bits) > 3 and field.meaning
            body += (
                f'<td colspan="{len(bits)}" title="{escape(f"{field.name}: {field.meaning}")}" '
                f'style="{edge}; background: {_TINTS[field.tint]}">'
                f'<div style="font-size: 12px; line-height: 1.15">{name}</div>'
                f'<div style="font-weight: 600">{shown}</div>'
                + (f"<div>{escape(meaning)}</div>" if meaning else "")
                + "</td>"
            )
        body += "</tr>"
    columns = '<col style="width: 3.125%"/>' * anatomy.ROW_BITS
    table = f"{_TABLE}; table-layout: fixed; width: 100%; min-width: 680px; max-width: 1000px"
    return _figure(
        anatomy.spoken(wire),
        f"<figcaption>{escape(anatomy.frame_summary(wire))}</figcaption>"
        f'<table style="{table}"><colgroup>{columns}</colgroup><tbody>{body}</tbody></table>',
    )


def conversation_text(captured: Iterable[Captured], *, times: bool = False) -> str:
    """A line for each frame, with an arrow for its direction."""
    lines = ["client                server"]
    for item in captured:
        arrow = "------>" if item.from_client else "<------"
        at = f"{item.at * 1000:9.1f} ms" if times else ""
        lines.append(f"{at:>12}  {arrow}   {anatomy.frame_summary(item.wire)}".rstrip())
    return "\n".join(lines)


def conversation_html(captured: Sequence[Captured], *, times: bool = False) -> str:
    """A timeline: two lifelines, and an arrow between them for each frame."""
    life = f"border: none; border-left: 2px solid {_LINE}; border-right: 2px solid {_LINE}"
    plain = "border: none; padding: 0 8px; vertical-align: bottom; white-space: nowrap"
    rows = "".join(
        f'<tr style="{_ROW}"><td style="{plain}; text-align: right">'
        f"{f'{item.at * 1000:.1f} ms' if times else ''}</td>"
        f'<td style="{life}; padding: 5px 0 0 0; text-align: center">'
        f'<div style="padding: 0 16px">{escape(anatomy.frame_summary(item.wire))}</div>{_arrow(item)}</td>'
        f'<td style="{plain}"></td></tr>'
        for item in captured
    )
    heading = "border: none; font-weight: 600; padding: 0"
    head = (
        f'<tr style="{_ROW}"><td style="{heading}; text-align: right; width: 5.5em"></td>'
        f'<td style="{heading}"><div style="display: flex; justify-content: space-between">'
        '<div style="margin-left: -1.8em">client</div><div style="margin-right: -1.8em">server</div>'
        f'</div></td><td style="{heading}; width: 5.5em"></td></tr>'
    )
    table = f"{_TABLE}; min-width: 560px; table-layout: auto"
    return _figure(
        conversation_text(captured, times=times),
        f'<table style="{table}"><tbody>{head}{rows}</tbody></table>',
    )


def _arrow(item: Captured) -> str:
    """A line with a head; dashed for a control frame."""
    control = item.wire[0] & 0x08 if item.wire else 0
    line = f"flex-grow: 1; border-top: 2px {'dashed' if control else 'solid'}"
    line = f'<div style="{line}"></div>'
    side = "left" if item.from_client else "right"
    head = (
        '<div style="width: 0; height: 0; border-top: 5px solid transparent; '
        f'border-bottom: 5px solid transparent; border-{side}: 10px solid"></div>'
    )
    parts = line + head if item.from_client else head + line
    return f'<div style="display: flex; align-items: center; height: 12px">{parts}</div>'


def _figure(alternative: str, picture: str) -> str:
    said = escape(alternative)
    return (
        f'<figure role="img" aria-label="{said}" '
        f'style="{_FONT}; margin: 4px 0; overflow-x: auto">{picture}</figure>'
    )


def register(formatter: DisplayFormatter) -> None:
    """Teach a front end to show frames, HTTP messages and conversations."""
    plain, html = formatter.formatters["text/plain"], formatter.formatters["text/html"]

    def teach(kind: type, as_text: Form, in_a_list: Form, as_html: Form) -> None:
        plain.for_type(kind, _printer(as_text, in_a_list))
        html.for_type(kind, as_html)

    def teach_frame(kind: type, wire: Callable[[Any], bytes]) -> None:
        forms = (anatomy.frame_text, anatomy.frame_summary, frame_html)
        teach(kind, *(lambda value, form=form: form(wire(value)) for form in forms))

    teach_frame(Frame, Frame.encode)
    teach_frame(Captured, lambda item: item.wire)
    teach(
        Capture,
        lambda capture: conversation_text(capture.frames, times=capture.times),
        repr,
        lambda capture: conversation_html(capture.frames, times=capture.times),
    )
    teach(Request, str, repr, http_html)
    teach(Response, str, repr, http_html)


def _printer(alone: Form, in_a_list: Form) -> Callable[[Any, Any, bool], None]:
    def show(value: object, printer: Any, cycle: bool) -> None:  # noqa: ANN401 - IPython's
        printer.text(alone(value) if len(printer.stack) == 1 else in_a_list(value))

    return show
