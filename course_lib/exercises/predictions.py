"""What one learner predicted in the lessons: of each prediction, the option that was opened first.

A prediction is markdown, so that it reads anywhere: a paragraph that begins with "Predict.", and
below it one `<details>` for each option, whose text begins with ✓ where it is right.
"""

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.files import write_text
from course_lib.paths import NOTEBOOKS, state

_PREDICTION = re.compile(r"(?ms)^\*\*Predict\.\*\*\s*(.*?)\s*((?:<details>.*?</details>\s*)+)")
_OPTION = re.compile(r"(?s)<details><summary>(.*?)</summary>\s*(✓?)")


@dataclass(frozen=True)
class Prediction:
    """A prediction of a lesson, and what came of it.

    Attributes:
        question: its text, in markdown.
        options: what can be chosen, and whether it is right, in order.
        chosen: the option that was opened first; None if there is none yet.
    """

    question: str
    options: dict[str, bool]
    chosen: str | None = None

    @property
    def key(self) -> str:
        """The letters and digits of the question: the same in markdown and on the page."""
        return re.sub(r"[\W_]+", "", self.question)

    @property
    def surprise(self) -> bool:
        return self.chosen is not None and not self.options[self.chosen]


def predictions(lesson: str) -> list[Prediction]:
    """The predictions of a lesson, e.g. "02_handshake", in order; none where there is no such lesson."""
    path, chosen = NOTEBOOKS / f"{lesson}.ipynb", _load(lesson)
    notebook = cells.read(path) if path.is_file() else {"cells": []}
    there = []
    for cell in notebook["cells"]:
        found = (
            _PREDICTION.findall(cells.source_of(cell)) if cell["cell_type"] == "markdown" else ()
        )
        for text, below in found:
            question = " ".join(text.split()).removesuffix(" Choose one, then open it.")
            options = {option: bool(right) for option, right in _OPTION.findall(below)}
            first = chosen.get(question)
            there.append(Prediction(question, options, first if first in options else None))
    return there


def choose(lesson: str, question: str, option: str) -> None:
    """Remember an option of a question, unless one was chosen before."""
    # A folder that can't be written is no reason to interrupt a lesson.
    with contextlib.suppress(CourseError):
        write_text(_file(lesson), json.dumps({question: option} | _load(lesson)))


def forget(lesson: str) -> None:
    """Back to the beginning."""
    _file(lesson).unlink(missing_ok=True)


def _load(lesson: str) -> dict[str, str]:
    """The option chosen for each question; a missing or damaged file means none yet."""
    try:
        pairs = json.loads(_file(lesson).read_text("utf-8")).items()
    except (OSError, ValueError, RecursionError, AttributeError):
        return {}
    return {question: option for question, option in pairs if isinstance(option, str)}


def _file(lesson: str) -> Path:
    return state() / "predictions" / f"{lesson}.json"
