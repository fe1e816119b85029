"""A line that says how far a long cell is, and that no stored notebook holds."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Protocol

from IPython.display import display

from course_lib.notebook.display import Rich


class Report(Protocol):
    """Tells how far the work is."""

    def __call__(self, done: float, words: str = "", /) -> None: ...


def has_front_end() -> bool:
    """Whether a Jupyter server started this kernel, so that somebody may be looking."""
    return "JPY_SESSION_NAME" in os.environ


@contextmanager
def progress(what: str, total: float = 1.0) -> Iterator[Report]:
    """Show what goes on while a cell works, in one line that is rewritten.

        with progress("Measuring four transports") as report:
            results = await run(experiment, on_progress=report)

    Call `report(done)`, with how much of `total` is done, or `report(done, "a few words")`, from
    any thread. At the end the line says how long it took. Where no front end is attached nothing
    is shown, so that a notebook that a program executes is the same every time.
    """
    started = time.monotonic()
    line = display(_line(what), display_id=True) if has_front_end() else None

    def say(text: str, share: float | None = None) -> None:
        if line is not None:
            line.update(_line(text, share))

    def report(done: float, words: str = "", /) -> None:
        seconds = f"{time.monotonic() - started:.0f} s"
        say(", ".join(filter(None, [what, words, seconds])), min(done / total, 1.0))

    try:
        yield report
    except BaseException:
        say(f"{what}: stopped after {time.monotonic() - started:.1f} s")
        raise
    say(f"{what}: done in {time.monotonic() - started:.1f} s")


def _line(text: str, share: float | None = None) -> Rich:
    bar = "" if share is None else f'<progress max="1" value="{share:.3f}"></progress> '
    percent = "" if share is None else f" ({share:.0%})"
    return Rich(f"{text}{percent}", f"<div>{bar}{escape(text)}</div>")
