"""A page of a server that runs here, shown inside a cell."""

import os
from html import escape

from course_lib.notebook.display import Rich

_FRAME = (
    '<iframe src="{url}" title="{title}" style="width:100%;height:{height}px;'
    'border:1px solid var(--jp-border-color2,#bbb);border-radius:8px"></iframe>'
)
_PROXIED = (
    "<p>This notebook runs on another machine, and its proxy stands between the page and the "
    "server: it changes close codes, answers pings itself and drops compression.</p>"
)


def page(port: int, title: str, height: int = 460, path: str = "/") -> Rich:
    """Show a page of a server on this machine in the cell's output.

    Behind JupyterHub and Binder the browser is elsewhere, and the page is asked for through
    jupyter-server-proxy.
    """
    url = page_url(port, path)
    frame = _FRAME.format(url=escape(url), title=escape(title), height=height)
    return Rich(f"{title}: {url}", frame + (_PROXIED if proxied() else ""))


def proxied() -> bool:
    """Whether this kernel is reached through JupyterHub, so that a proxy lies in between."""
    return "JUPYTERHUB_SERVICE_PREFIX" in os.environ


def page_url(port: int, path: str = "/") -> str:
    """Where the reader's browser finds a server that listens on a port of this machine."""
    if not proxied():
        return f"http://127.0.0.1:{port}{path}"
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"].rstrip("/")
    return f"{prefix}/proxy/{port}{path}"
