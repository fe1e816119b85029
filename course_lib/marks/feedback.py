"""A page for one learner: each verdict beside the code that it is about."""

from calendar import month_name
from datetime import datetime
from html import escape

from course_lib.exercises.catalogue import exercise
from course_lib.judge.render import as_html, printable
from course_lib.marks.rows import Graded
from course_lib.marks.submission import TIME

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: auto; padding: 1rem;
  background: Canvas; color: CanvasText }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
section { border-top: 1px solid var(--line); padding: 1rem 0; display: grid; gap: 0 1.5rem }
section > * { min-width: 0 } h2 { grid-column: 1 / -1 }
pre { align-self: start; background: var(--soft); padding: .7rem; margin: 0; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere }
table { border-collapse: collapse }
@media (min-width: 60rem) { section { grid-template-columns: 1fr 1fr } }
"""


def page(result: Graded) -> str:
    """A self-contained HTML page without scripts, for light and dark, wide and narrow screens."""
    work = result.work
    there = exercise(work.exercise)
    title = escape(f"{there.title}: feedback for {work.student}")
    sections = "\n".join(
        f"<section><h2>{number}. {escape(verdict.question)}</h2>"
        f"{_code((work.answers or {}).get(verdict.question))}"
        f"<div>{as_html(verdict)}</div></section>"
        for number, verdict in enumerate(result.verdicts, 1)
    )
    body = f"""<h1>{escape(there.title)}</h1>
<p><strong>{escape(work.student)}</strong> · exercise {escape(there.number)} ·
<strong>{result.points} of {result.of} points</strong> · {_moment(work.arrival)}</p>
{sections}"""
    return document(title, body)


def document(title: str, body: str, style: str = "") -> str:
    """A page with a title and a body, both of them HTML, that loads nothing and runs nothing."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{STYLE}{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _code(source: str | None) -> str:
    if source is None or not source.strip():
        return "<p>No answer was submitted.</p>"
    return f"<pre><code>{escape(printable(source.strip()))}</code></pre>"


def _moment(created: str) -> str:
    if not created:
        return "no known time"
    moment = datetime.strptime(created, TIME)
    return f"{moment.day} {month_name[moment.month]} {moment:%Y, %H:%M} UTC"
