"""How Sphinx makes the site; `docs/site/build.py` calls it."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

project = "How WebSockets really work"
html_title = project
copyright = "the maintainers of the WebSocket course, MIT licence"
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the pages show what is stored
nb_merge_streams = True
highlight_language = "none"  # what names no language is none
myst_heading_anchors = 4
myst_heading_slug_func = "docs.site.links.anchor"  # as JupyterLab names them
nitpicky = True
exclude_patterns = ["README.md"]  # the front page takes parts of it
suppress_warnings = [
    "myst.header",  # a glossary's terms stand right below its title, two levels down
    "misc.highlighting_failure",  # a lesson may show a part of a request, or JSON with arrows between
]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["course.css"]
html_js_files = ["course.js"]
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


class Search(SearchEnglish):
    """English with its numbers, which Sphinx leaves out: who looks for 1006 finds it."""

    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\p{Letter}\p{Number}_]+/gu) ?? []).map((word) => (/^\d+$/.test(word) ? `n${word}` : word));
"""

    def split(self, input: str) -> list[str]:
        return [f"n{word}" if word.isdecimal() else word for word in super().split(input)]


def setup(app: Sphinx) -> None:
    app.add_search_language(Search)
