"""How protocol values look in a notebook: inline styles and theme colours, nothing to load."""

from collections.abc import Iterable
from html import escape

_BOX = (
    "font-family: var(--jp-code-font-family, monospace); font-size: 13px; line-height: 1.5; "
    "color: var(--jp-ui-font-color1, inherit); border-left: 3px solid var(--jp-border-color1, #bbb); "
    "padding: 4px 12px; margin: 4px 0; overflow-x: auto; text-align: left"
)
_MUTED = "color: var(--jp-ui-font-color2, inherit)"


def http_message(start_line: str, fields: Iterable[tuple[str, str]], body: bytes = b"") -> str:
    """A request or response: its first line, then names and values in two aligned columns."""
    rows = "".join(
        f'<div style="{_MUTED}">{escape(name)}</div>'
        f'<div style="overflow-wrap: anywhere">{escape(value)}</div>'
        for name, value in fields
    )
    grid = "display: grid; grid-template-columns: max-content 1fr; column-gap: 16px"
    text = escape(body.decode("utf-8", "replace").rstrip())
    return (
        f'<div style="{_BOX}"><div style="font-weight: 600">{escape(start_line)}</div>'
        f'<div style="{grid}">{rows}</div>'
        + (f'<div style="margin-top: 8px; white-space: pre-wrap">{text}</div>' if text else "")
        + "</div>"
    )


def frame_text(frame):
    return repr(frame)


def frame_html(frame):
    return ""
