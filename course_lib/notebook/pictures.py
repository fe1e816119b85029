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
from course_lib.notebook.display import STYLES, columns, html
from course_lib.protocol import Frame, Request, Response

Form = Callable[[Any], str]
"""How a value is shown: its text or its HTML."""

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
    return html(
        "http",
        start_line=escape(message.start_line),
        fields=columns(message.headers, STYLES["table"], "; opacity: 0.8"),
        body=f'<div style="white-space: pre-wrap">{text}</div>' if text else "",
    )


def frame_html(wire: bytes) -> str:
    """A frame bit by bit, as it stands on the wire: a table of 32 columns."""
    rows = ""
    for row in anatomy.rows_of(anatomy.frame_fields(wire)):
        rows += f'<tr style="background: none">{"".join(_cell(*part) for part in row)}</tr>'
    drawn = html(
        "frame",
        summary=escape(anatomy.frame_summary(wire)),
        columns='<col style="width: 3.125%"/>' * anatomy.ROW_BITS,
        rows=rows,
    )
    return html("figure", said=escape(anatomy.spoken(wire)), picture=drawn)


def _cell(field: anatomy.Field, bits: str, first: bool) -> str:
    """A field, or its part in one row."""
    name = escape(field.name if first else "…")
    return html(
        "frame_cell",
        bits=len(bits),
        title=escape(f"{field.name}: {field.meaning}"),
        tint=_TINTS[field.tint],
        # One bit is too narrow for its name: a letter a line.
        name="<br/>".join(name) if len(bits) == 1 else name,
        shown=anatomy.hex_of(bits) if field.tint in ("key", "payload") else bits,
        meaning=f"<div>{escape(field.meaning)}</div>"
        if first and len(bits) > 3 and field.meaning
        else "",
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
    rows = "".join(
        html(
            "conversation_row",
            at=f"{item.at * 1000:.1f} ms" if times else "",
            summary=escape(anatomy.frame_summary(item.wire)),
            arrow=_arrow(item),
        )
        for item in captured
    )
    said = escape(conversation_text(captured, times=times))
    return html("figure", said=said, picture=html("conversation", rows=rows))


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


def register(formatter: DisplayFormatter) -> None:
    """Teach a front end to show frames, HTTP messages and conversations."""
    plain, rich = formatter.formatters["text/plain"], formatter.formatters["text/html"]

    def teach(kind: type, as_text: Form, in_a_list: Form, as_html: Form) -> None:
        plain.for_type(kind, _printer(as_text, in_a_list))
        rich.for_type(kind, as_html)

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
