"""A page of a server that runs here, shown inside a cell."""

import os
from html import escape
from pathlib import Path
from string import Template

from course_lib.notebook.display import Rich, as_script

_LIVE = Path(__file__).with_name("page_cell.js").read_text(encoding="utf-8")

# Where the script doesn't run, as in a notebook that is not trusted or an exported page, the
# sentence stays.
_PAGE = Template("""<div class="course-page"><p role="status"><em>$title: run this cell in \
JupyterLab, and the page stands here.</em></p></div>
<script>($live)(document.currentScript, $options);</script>""")
_PROXIED = (
    "<p>This notebook runs on another machine, and its proxy stands between the page and the "
    "server: it changes close codes, answers pings itself and drops compression.</p>"
)


def page(port: int, title: str, height: int = 460, path: str = "/") -> Rich:
    """Show a page of a server on this machine in the cell's output.

    Behind JupyterHub and Binder the browser is elsewhere, and the page is asked for through
    jupyter-server-proxy. Where the server is gone, a sentence says what to do instead.
    """
    url = page_url(port, path)
    options = as_script({"url": url, "title": title, "height": height})
    html = _PAGE.substitute(title=escape(title), live=_LIVE, options=options)
    return Rich(f"{title}: {url}", html + (_PROXIED if proxied() else ""))


def proxied() -> bool:
    """Whether this kernel is reached through JupyterHub, so that a proxy lies in between."""
    return "JUPYTERHUB_SERVICE_PREFIX" in os.environ


def page_url(port: int, path: str = "/") -> str:
    """Where the reader's browser finds a server that listens on a port of this machine."""
    if not proxied():
        return f"http://127.0.0.1:{port}{path}"
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"].rstrip("/")
    return f"{prefix}/proxy/{port}{path}"
