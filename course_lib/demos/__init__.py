"""What an instructor projects: each demo is a package with `serve(port)`, a server and its page.

`serve` is an asynchronous context manager: it gives the URL to open, and what it started ends
with it. A demo that a class can join takes an `Access` as well. Beside it stands `notes.md`, the
speaker's note.
"""

from pathlib import Path
from typing import NamedTuple


class Demo(NamedTuple):
    """A demo in the list.

    Attributes:
        title: what its page is called.
        line: what it shows, in one line.
        joinable: whether a class can take part in it.
    """

    title: str
    line: str
    joinable: bool = False


DEMOS = {
    "echo": Demo("Echo", "the two files to begin with: a server in Python, a client in a page"),
    "chat": Demo("Chat", "the whole application: rooms, presence, typing", joinable=True),
    "race": Demo("The race", "polling, long polling, SSE and WebSocket on the same events"),
    "frames": Demo("Frames", "type, and see every bit that crosses the wire", joinable=True),
    "heartbeat": Demo("Heartbeat", "pull the plug, and watch both ends find out"),
    "herd": Demo("The herd", "everybody comes back at once, with and without jitter"),
    "hijack": Demo(
        "Hijack", "a foreign page uses your login, until the server looks at the origin"
    ),
}


def notes(name: str) -> str:
    """The speaker's note of a demo, in Markdown."""
    return (Path(__file__).parent / name / "notes.md").read_text(encoding="utf-8")
