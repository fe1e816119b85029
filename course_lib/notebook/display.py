"""Values that a notebook shows well: HTML where it can, plain text everywhere else."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest


class Rich:
    """Something to display, in two forms that say the same."""

    def __init__(self, text: str, html: str) -> None:
        self.text, self.html = text, html

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


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
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f'<{tag}{scope} style="text-align:{"right" if right else "left"}">'
            f"{escape(value)}</{tag}>"
            for value, right in zip(texts, numeric, strict=True)
        )

    html = "<table>" + (f"<caption>{escape(caption)}</caption>" if caption else "")
    html += f"<thead><tr>{html_row('th', headings)}</tr></thead><tbody>"
    html += "".join(f"<tr>{html_row('td', row)}</tr>" for row in cells) + "</tbody></table>"
    return Rich(text, html)
