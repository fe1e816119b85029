"""`course site`: lessons, exercises and guides as pages that any web server, or none, can show.

The sources are gathered in a folder of their own, where they stand to each other as in the checkout, so
that every link between them holds; Sphinx makes pages of them, and `links.py` looks at each.
"""

import argparse
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from course_lib.cli.progress import follow
from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.files import write_text
from course_lib.paths import EXERCISES, NOTEBOOKS, ROOT, shown, state
from docs.site import links

HERE = Path(__file__).parent
BESIDE = ("README.md", "docs/*.md", "docs/*.png", "docs/class/*")
BUILT = ".buildinfo"
"""What Sphinx leaves in a folder that it has built."""

_KERNELS = re.compile(r"<script>(?:(?!</script>).)*?127\.0\.0\.1.*?</script>", re.DOTALL)
_LINK = re.compile(r'(<a href="[^":]+)\.ipynb(?=["#])')
_SITTING = re.compile(r"(?<=\n\n)# (?=[^\n]+\n\n)")
_UNSAID = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    '<div id="search-results">': '<h1>Search</h1><form class="course-search" action="search.html">'
    '<label for="words">Words to find</label><input id="words" name="q" type="search">'
    '<button>Search</button></form><div id="search-results">',
    "<th[^>]*>(?:<p></p>)?</th>": "<td></td>",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course site`."""
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="where the pages go (default: .course/site)"
    )
    parser.add_argument(
        "--check", action="store_true", help="keep nothing; exit 1 if something is wrong"
    )
    parser.add_argument(
        "--serve", action="store_true", help="then serve the pages on this machine, until Ctrl-C"
    )
    parser.add_argument(
        "--port", metavar="N", type=int, default=0, help="with --serve (default: one that is free)"
    )


def run(args: argparse.Namespace) -> int:
    """Build the site and look at each page; a faulty one takes nobody's place. Return the exit code."""
    if args.check and (args.serve or args.out):
        raise CourseError("--check keeps no pages: leave out --serve and --out.")
    out = args.out or state() / "site"
    if not args.check:
        check_free(out)
    with tempfile.TemporaryDirectory(prefix="course-site-") as folder:
        pages = Path(folder, "pages")
        problems = build(Path(folder), pages) or links.problems(pages)
        for problem in problems:
            print(problem)
        if problems:
            return 1
        count = len(list(pages.rglob("*.html")))
        if args.check:
            print(f"pages without a fault: {count}")
            return 0
        put(pages, out)
    print(f"{count} pages: {shown(out / 'index.html')}")
    if args.serve:
        serve(out, args.port)
    return 0


def check_free(out: Path) -> None:
    """Raise `CourseError` where something other than an earlier site stands in the site's place."""
    if out.exists() and not (out.is_dir() and ((out / BUILT).exists() or not any(out.iterdir()))):
        raise CourseError(
            f"{shown(out)} holds something other than a site: choose an empty folder."
        )


def build(scratch: Path, pages: Path) -> list[str]:
    """Make the pages; return what Sphinx has to say against them, a sentence each."""
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor

    source = scratch / "source"
    gather(source)
    nocolor()
    said = io.StringIO()
    app = Sphinx(source, HERE, pages, scratch / "trees", "html", status=None, warning=said)
    with followed(app):
        app.build()
    for page in pages.rglob("*.html"):
        page.write_text(mended(page.read_text("utf-8")), "utf-8")
    return said.getvalue().replace(f"{source}/", "").splitlines()


def gather(source: Path) -> None:
    """Copy what the pages are made from, notebooks as they are read where there is no kernel."""
    for path in (path for pattern in BESIDE for path in ROOT.glob(pattern)):
        to = source / path.relative_to(ROOT)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
    for path in (path for folder in (NOTEBOOKS, EXERCISES) for path in folder.glob("*.ipynb")):
        write_text(source / path.relative_to(ROOT), cells.text_of(readable(cells.read(path))))
    shutil.copyfile(HERE / "index.md", source / "index.md")


def readable(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook as it is to be read where there is no kernel.

    The scripts that look for theirs are left out: on the site they would knock on ports of the reader's
    own machine. What was recorded stays, with the sentence that says how to see it live. Links in HTML
    lead to pages, and a lesson of several sittings is one page with one title. Code that a lesson folds up
    is folded here, too.
    """
    for cell in notebook["cells"]:
        if cell["metadata"].get("jupyter", {}).get("source_hidden"):
            cell["metadata"].setdefault("tags", []).append("hide-input")
        if cell["cell_type"] == "markdown":
            text = _LINK.sub(r"\1.html", cells.source_of(cell))
            cell["source"] = _SITTING.sub("## ", text)
        for output in cell.get("outputs", []):
            if html := "".join(output.get("data", {}).get("text/html", "")):
                output["data"]["text/html"] = _KERNELS.sub("", html)
    return notebook


def mended(html: str) -> str:
    """A page with what the theme, and a table's empty corner, leave unsaid to those who hear it."""
    for pattern, better in _UNSAID.items():
        html = re.sub(pattern, better, html)
    return html


@contextmanager
def followed(app: Any) -> Iterator[None]:  # noqa: ANN401 - Sphinx is imported late
    """Show how far the building is: a page is read, and later written; that of the search has no text."""
    with follow("pages") as (begin, advance):
        app.connect("env-before-read-docs", lambda _app, _env, names: begin(2 * len(names) + 1))
        app.connect("source-read", lambda *_: advance())
        app.connect("html-page-context", lambda *_: advance())
        yield


def put(pages: Path, out: Path) -> None:
    """Put the new pages into the place of the old; raises `CourseError` where the system refuses."""
    try:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(pages, out, dirs_exist_ok=True)
    except OSError as exc:
        raise CourseError(f"Can't write {shown(out)}: {exc.strerror or exc}.") from None


def serve(folder: Path, port: int) -> None:
    """Serve a folder to this machine until Ctrl-C; raises `CourseError` if the port is taken."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as exc:
        raise CourseError(f"Can't serve on port {port}: {exc}.") from None
    with server:
        print(f"http://127.0.0.1:{server.server_port}/ shows them; Ctrl-C ends it.", flush=True)
        server.serve_forever()
