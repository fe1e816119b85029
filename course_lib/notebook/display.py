"""Values that a notebook shows well: HTML where it can, plain text everywhere else."""

import functools
import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from string import Template

_FONT = "font-family: monospace; font-size: 13px; line-height: 1.45; text-align: left"
STYLES = {
    "font": _FONT,
    "line": "rgba(128, 128, 128, 0.8)",
    # Lab centres tables, makes their text small, and stripes their rows, which would tint one field
    # in two colours.
    "table": f"{_FONT}; border-collapse: collapse; margin: 4px 0",
}
"""What the HTML of several pictures shares."""


class Rich:
    """Something to display, in two forms that say the same."""

    def __init__(self, text: str, html: str) -> None:
        self.text, self.html = text, html

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


@functools.cache
def _template(name: str) -> Template:
    lines = (
        (Path(__file__).parent / "html" / f"{name}.html").read_text(encoding="utf-8").splitlines()
    )
    return Template("".join(line.strip() for line in lines))


def html(name: str, /, **values: object) -> str:
    """The HTML of `html/NAME.html`, with the `STYLES` and with these values, which are HTML, too."""
    return _template(name).substitute(STYLES, **values)


def as_script(value: object) -> str:
    """`value` as JavaScript that can stand inside a script element."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> Rich:
    """A table of values; a column of numbers is aligned to the right."""
    cells = [[str(value) for value in row] for row in rows]
    numeric = [
        all(isinstance(row[column], int | float) for row in rows) for column in range(len(headings))
    ]
    widths = [
        max(len(text) for text in column) for column in zip_longest(headings, *cells, fillvalue="")
    ]

    def line(texts: Sequence[str]) -> str:
        aligned = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        )
        return "  ".join(aligned).rstrip()

    rule = "  ".join("─" * width for width in widths)
    text = "\n".join([*([caption] if caption else []), line(headings), rule, *map(line, cells)])

    def html_row(tag: str, texts: Sequence[str]) -> str:
        row = ""
        for text, right in zip(texts, numeric, strict=True):
            # A heading that says nothing is none to those who hear the table.
            name, scope = ("th", ' scope="col"') if tag == "th" and text else ("td", "")
            side = "right" if right else "left"
            row += f'<{name}{scope} style="text-align:{side}">{escape(text)}</{name}>'
        return row

    drawn = "<table>" + (f"<caption>{escape(caption)}</caption>" if caption else "")
    drawn += f"<thead><tr>{html_row('th', headings)}</tr></thead><tbody>"
    drawn += "".join(f"<tr>{html_row('td', row)}</tr>" for row in cells) + "</tbody></table>"
    return Rich(text, drawn)


_SECRET_FIELD = re.compile(r"cookie|authorization|token|xsrf|csrf|api-?key", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"([?&;](?:\w*token|api_?key|password|auth)=)[^&;#\s]+", re.IGNORECASE
)


def header_fields(fields: Iterable[tuple[str, str]]) -> Rich:
    """Header fields as they came, but for what would let somebody else in.

    A notebook keeps what it shows, and is passed on. So of cookies, tokens and passwords it says
    only that they are there, and how long they are.

    Args:
        fields: (name, value) pairs, e.g. `request.headers.raw_items()` of `websockets`.
    """
    shown = [(name, without_secret(name, value)) for name, value in fields]
    style = "font-family: monospace; font-size: 13px; border-collapse: collapse; margin: 4px 0"
    return Rich("\n".join(f"{name}: {value}" for name, value in shown), columns(shown, style))


def columns(pairs: Iterable[tuple[str, str]], style: str, name_style: str = "") -> str:
    """Names and values in two aligned columns, without a line between them."""
    rows = "".join(
        html("header_field", name=escape(name), value=escape(value), more=name_style)
        for name, value in pairs
    )
    return f'<table style="{style}">{rows}</table>'


def without_secret(name: str, value: str) -> str:
    """The value of a header field, if it may be shown."""
    if _SECRET_FIELD.search(name):
        return f"present ({len(value)} characters, not shown)"
    return _SECRET_PARAMETER.sub(r"\1(not shown)", value)
