"""Pages to keep: the feedback, the class report and the report card are each one file."""

from pathlib import Path
from string import Template

_FRAME = Template(Path(__file__).with_name("document.html").read_text("utf-8"))


def document(title: str, body: str, *styles: Path) -> str:
    """A page that loads nothing and runs nothing, for light and dark, any screen, and paper.

    Args:
        title, body: HTML.
        styles: the style sheets that it has beyond those of all pages, in order.
    """
    style = "".join(each.read_text("utf-8") for each in styles)
    return _FRAME.substitute(title=title, body=body, style=style)
