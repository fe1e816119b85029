"""A page of a server that runs here, shown inside a cell."""

from html import escape
from pathlib import Path
from string import Template

from course_lib.notebook.display import Rich
from course_lib.notebook.reach import script_call

_LIVE = Path(__file__).with_name("page_cell.js").read_text(encoding="utf-8")
# Where the script doesn't run, as in a notebook that is not trusted or an exported page, the
# sentence stays.
_PAGE = Template(Path(__file__).with_name("page_cell.html").read_text(encoding="utf-8").strip())


def page(port: int, title: str, height: int = 460, path: str = "/") -> Rich:
    """Show a page of a server on this machine in the cell's output.

    Where the server is gone, or out of the browser's reach, a sentence says what to do instead.
    """
    url = f"http://127.0.0.1:{port}{path}"
    call = script_call(_LIVE, {"url": url, "title": title, "height": height})
    return Rich(f"{title}: {url}", _PAGE.substitute(title=escape(title), call=call))
