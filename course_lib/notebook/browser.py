"""WebSockets that the reader's own browser opens, from a cell's output."""

from html import escape
from pathlib import Path
from string import Template
from textwrap import dedent

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import JavascriptLexer
from pygments.style import Style
from pygments.token import Comment, Keyword, Number, String

from course_lib.notebook.display import Rich
from course_lib.notebook.reach import script_call
from course_lib.notebook.visits import Visit

_HERE = Path(__file__).parent
_LIVE = (_HERE / "browser_cell.js").read_text(encoding="utf-8")
_SOCKETS = (_HERE / "browser_sockets.js").read_text(encoding="utf-8")
_RECORDINGS = _HERE / "recordings"
# JupyterLab keeps its styles when it does not trust the notebook, but takes the script out. Then what
# the page says is true all the same: it is recorded, and has to be run.
_PAGE = Template((_HERE / "browser_cell.html").read_text(encoding="utf-8").strip())


class BrowserCell(Rich):
    """A script for the page. Display it, then `wait` for what comes of it.

    Attributes:
        lines: what the browser has logged until now.
    """

    def __init__(self, visit: Visit, text: str, html: str) -> None:
        super().__init__(text, html)
        self._visit = visit

    @property
    def lines(self) -> list[str]:
        return list(self._visit.lines)

    def wait(self, seconds: float = 15.0) -> bool:
        """Wait until the script has ended and its sockets are closed; at most `seconds`.

        Returns whether a browser has run it. Where nobody is looking, as when a notebook is
        executed by a program, it returns at once.
        """
        return self._visit.wait(seconds)


def browser_script(
    source: str, *, setup: str = "", recording: str = "", show: bool = False, **names: object
) -> BrowserCell:
    """Run JavaScript in the page that shows this cell, and show what it gives to `log`.

    Without a kernel behind it, a page shows what was recorded instead.

    Args:
        source: the body of an asynchronous function. `log(…)` writes a line, and an exception is
            logged, too. Its sockets end with the kernel.
        setup: JavaScript that runs before it and is not shown, e.g. a class that it uses.
        recording: the name of a recorded run, see `recording`.
        show: whether the source stands above the log, in colours.
        names: values that it may use, such as `url=service.url`.

    Raises:
        FileNotFoundError: there is no such recording.
    """
    given = "".join(f"\n  {name}: {value}" for name, value in names.items())
    return _cell(
        f"Your browser runs this, when it shows this cell:{given}",
        setup + source,
        names,
        recording,
        code=highlighted(source) if show else "",
    )


def browser_sockets(
    urls: dict[str, str], send: tuple[str, ...] = ("hello",), *, recording: str = ""
) -> BrowserCell:
    """Open each URL with the browser's own `WebSocket` and show its events as they come.

    `urls` maps a label to a URL. On each connection that opens the texts of `send` are sent, and
    it is closed after as many replies. Where no browser shows the output, nothing is opened.
    """
    opened = "\n".join(f"  {label}: {url}" for label, url in urls.items())
    text = f"Your browser opens these, when it shows this cell:\n{opened}"
    return _cell(text, _SOCKETS, {"urls": urls, "send": list(send)}, recording)


def recording(name: str) -> Rich:
    """What a browser did when the course was made, for where none is looking now.

    Raises:
        FileNotFoundError: there is no such recording.
    """
    where, text = _recorded(name)
    log = f'<pre style="white-space: pre-wrap; font-family: monospace">{escape(text)}</pre>'
    return Rich(f"{where}:\n\n{text}", f"<p><em>{escape(where)}:</em></p>{log}")


def javascript(source: str) -> Rich:
    """JavaScript to read, in colours."""
    return Rich(source, highlighted(source))


def highlighted(source: str) -> str:
    """JavaScript as HTML in colours that can be read on a light and on a dark page."""
    html = highlight(dedent(source).strip("\n"), JavascriptLexer(), _COLOURS)
    return html.replace(_STRING.upper(), "var(--jp-mirror-editor-string-color)")


def _recorded(name: str) -> tuple[str, str]:
    where, _, text = (_RECORDINGS / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    return where, text.strip("\n")


def _cell(
    text: str, source: str, names: dict[str, object], recorded: str, *, code: str = ""
) -> BrowserCell:
    visit = Visit()
    note, log = "Run this cell in JupyterLab, and what happens in your browser stands here.", ""
    if recorded:
        where, log = _recorded(recorded)
        text += f"\n\n{where}:\n\n{log}"
        note = f"{where}; run this cell in JupyterLab to see it live:"
    options = {"live": visit.url, "source": source, "names": names}
    call = script_call(_LIVE, options)
    page = _PAGE.substitute(code=code, note=escape(note), recorded=escape(log), call=call)
    return BrowserCell(visit, text, page)


_STRING = (
    "#b0671c"  # stands for JupyterLab's own, since no colour is strong enough on light and on dark
)


class _BothThemes(Style):
    """Letters and weights on any page's own ink, and its own colour for texts."""

    styles = {  # noqa: RUF012 - as Pygments wants it
        Keyword: "bold",
        String: _STRING,
        Number: _STRING,
        Comment: "italic",
    }


_COLOURS = HtmlFormatter(
    style=_BothThemes, noclasses=True, nobackground=True, prestyles="white-space: pre-wrap"
)
