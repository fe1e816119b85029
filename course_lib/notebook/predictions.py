"""Predictions that are committed to: the page marks what was opened first, the kernel remembers it."""

import json
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display
from websockets.asyncio.server import ServerConnection

from course_lib.exercises.predictions import choose, predictions
from course_lib.judge.render import code_spans, plural
from course_lib.notebook.display import Rich
from course_lib.notebook.reach import script_call
from course_lib.notebook.visits import Visit
from course_lib.notebook.waiting import has_front_end

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_SCRIPT = (Path(__file__).parent / "predictions.js").read_text(encoding="utf-8")
_WHAT = "The first option that you open under a prediction is marked, and remembered."
_NOTE = '<div style="font-size: smaller; opacity: 0.75"></div>'
_NONE = "Nothing to sum up yet: in JupyterLab, the first option that you open under a prediction counts."


class _Reader(Visit):
    """The page that shows a lesson, and the one place in it that talks to this kernel."""

    def __init__(self, lesson: str) -> None:
        super().__init__()
        self.lesson = lesson
        self.connections = 0
        self.awaited = False

    def meet(self, _result: object = None) -> None:
        """Put the script on a page that has none: a new one, or one that was loaded anew."""
        if self.connections == 0 and not self.awaited:
            self.awaited = True
            call = script_call(_SCRIPT, {"kernel": self.url, "promise": _WHAT})
            display(Rich(_WHAT, f"{_NOTE}<script>{call};</script>"))

    async def receive(self, websocket: ServerConnection) -> None:
        self.connections, self.awaited = self.connections + 1, False
        try:
            there = {it.key: it for it in predictions(self.lesson)}
            chosen = {
                key: list(it.options).index(it.chosen) for key, it in there.items() if it.chosen
            }
            await websocket.send(json.dumps(chosen))
            async for text in websocket:
                match json.loads(text):
                    case {"question": str(key), "option": int(place)} if key in there:
                        for option in list(there[key].options)[place : place + 1]:
                            choose(self.lesson, there[key].question, option)
        finally:
            self.connections -= 1


def attend(shell: "InteractiveShell") -> None:
    """From the next end of a cell on, attend to the predictions of the lesson that is shown."""
    if predictions(lesson := _lesson()):
        shell.events.register("post_run_cell", _Reader(lesson).meet)


def surprises() -> Rich:
    """How the predictions of this lesson turned out, with the questions that were surprises.

    In a notebook that a program executes, nobody has predicted anything.
    """
    there = [it for it in predictions(_lesson()) if it.chosen]
    if not there:
        return Rich(_NONE, f"<p>{escape(_NONE)}</p>")
    found = [it.question for it in there if it.surprise]
    said = f"You committed yourself to {len(there)} of "
    said += plural(len(predictions(_lesson())), "prediction")
    said += {
        0: ", and nothing surprised you.",
        1: ", and one was a surprise. It is worth a second look:",
    }.get(len(found), f", and {len(found)} were surprises. They are worth a second look:")
    items = "".join(f"<li>{code_spans(question)}</li>" for question in found)
    html = f"<p>{escape(said)}</p>" + (f"<ul>{items}</ul>" if found else "")
    return Rich("\n- ".join([said, *found]), html)


def _lesson() -> str:
    """The lesson whose kernel this is, e.g. "02_handshake"; empty where nobody may be looking."""
    notebook = Path(os.environ["JPY_SESSION_NAME"]) if has_front_end() else Path()
    return notebook.stem if notebook.parent.name == "notebooks" else ""
