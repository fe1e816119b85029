"""How Sphinx makes the site; `docs/site/build.py` calls it."""

project = "How WebSockets really work"
html_title = project
copyright = "the maintainers of the WebSocket course, MIT licence"
language = "en"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the pages show what is stored
nb_merge_streams = True
myst_heading_anchors = 4
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
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_theme_options = {"navigation_with_keys": False}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
