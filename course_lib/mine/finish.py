"""The page to keep: what a learner has solved, and what the report card says of their WebSocket."""

import asyncio
import shlex
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from course_lib.conform import Card, as_html, card_of_server
from course_lib.conform.programs import serving
from course_lib.conform.report import STYLE
from course_lib.document import document
from course_lib.exercises.catalogue import exercises
from course_lib.exercises.progress import Standing, standing
from course_lib.mine.pieces import Pieces

START = "python -m my_websocket 8765"
"""The command that starts the learner's server, in the folder that holds the package."""


def card_of(package: Path) -> Card:
    """The report card of an exported package, started as its README says. Raises `CourseError`."""

    async def tried() -> Card:
        command = f"{shlex.quote(sys.executable)} -m {package.name} {{port}}"
        async with serving(command, package.parent) as url:
            return await card_of_server(url, max_size=2**20)

    return asyncio.run(tried())


def page(pieces: Pieces, card: Card) -> str:
    """The page; it needs nothing but itself."""
    standings = [standing(each) for each in exercises()]
    earned, points = sum(it.earned for it in standings), sum(it.exercise.points for it in standings)
    rows = "".join(_row(it) for it in standings)
    own = "".join(f"<li><code>{piece.name}</code></li>" for piece in pieces.all if piece.mine)
    whose = f"<p>Of its {len(pieces.all)} functions from the exercises, these are mine:</p><ul>{own}</ul>"
    none = "<p>Its functions from the exercises are the course's, until mine have passed.</p>"
    return document(
        "My own WebSocket",
        "<h1>My own WebSocket</h1><p>A WebSocket in plain Python, built in the course "
        "<em>How WebSockets really work</em>. In this folder it starts with</p>"
        f"<pre>{escape(START)}</pre>{whose if own else none}"
        f"<h2>The report card</h2>{as_html(card)}"
        f"<h2>What I have solved</h2><p>{earned} of {points} points.</p><table><thead><tr>"
        '<th scope="col">exercise</th><th scope="col">points</th><th scope="col">share</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>",
        STYLE,
    )


def _row(it: Standing) -> str:
    points = f"{it.earned} of {it.exercise.points}"
    return (
        f'<tr><th scope="row">{it.exercise.number} · {escape(it.exercise.title)}</th><td>{points}</td>'
        f'<td><meter max="{it.exercise.points}" value="{it.earned}" aria-label="{points}"></meter>'
        "</td></tr>"
    )


def told(paths: Sequence[Path], pieces: Pieces, card: Card) -> str:
    """What the command prints at the end."""
    whose = f"{pieces.mine} of its {len(pieces.all)} functions from the exercises are yours"
    verdict = f"red in {', '.join(card.red)}" if card.red else "no rule of RFC 6455 is broken"
    return f"{len(paths)} files; {whose}; its report card: {verdict}."
