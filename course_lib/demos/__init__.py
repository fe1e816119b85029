"""What an instructor projects: each demo is a package with `serve(port)`, a server and its page.

`serve` is an asynchronous context manager: it gives the URL to open, and what it started ends
with it.
"""

DEMOS = {
    "race": "course_lib.demos.race",
}
