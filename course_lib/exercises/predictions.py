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
    """A prediction of a lesson.

    Attributes:
        question: its text, in markdown.
        options: what can be chosen, in order, and whether it is right.
    """

    question: str
    options: dict[str, bool]

    @property
    def key(self) -> str:
        """The letters and digits of the question: the same in markdown and on the page."""
        return re.sub(r"[\W_]+", "", self.question)


@dataclass(frozen=True)
class Commitment:
    """How a learner's predictions in a lesson turned out.

    Attributes:
        predictions: how many there are.
        chosen: how many the learner has chosen an option of.
        surprises: the questions on which that was not the right one.
    """

    predictions: int
    chosen: int
    surprises: list[str]


def predictions(lesson: str) -> list[Prediction]:
    """The predictions of a lesson, e.g. "02_handshake", in order; none where there is no such lesson."""
    path = NOTEBOOKS / f"{lesson}.ipynb"
    notebook = cells.read(path) if path.is_file() else {"cells": []}
    sources = (
        cells.source_of(each) for each in notebook["cells"] if each["cell_type"] == "markdown"
    )
    return [
        Prediction(
            " ".join(question.split()).removesuffix(" Choose one, then open it."),
            {option: bool(right) for option, right in _OPTION.findall(options)},
        )
        for source in sources
        for question, options in _PREDICTION.findall(source)
    ]


def choices(lesson: str) -> dict[str, str]:
    """The option chosen for each question; a missing or damaged file means none yet."""
    try:
        data = json.loads(_file(lesson).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    pairs = data.items() if isinstance(data, dict) else ()
    return {question: option for question, option in pairs if isinstance(option, str)}


def choose(lesson: str, question: str, option: str) -> None:
    """Remember an option of a question, unless one was chosen before."""
    # A folder that can't be written is no reason to interrupt a lesson.
    with contextlib.suppress(CourseError):
        write_text(_file(lesson), json.dumps({question: option} | choices(lesson)))


def commitment(lesson: str) -> Commitment:
    """How the predictions of a lesson turned out, those that it has today."""
    there, chosen = predictions(lesson), choices(lesson)
    right = {
        it.question: it.options[option]
        for it in there
        if (option := chosen.get(it.question)) in it.options
    }
    return Commitment(len(there), len(right), [each for each in right if not right[each]])


def forget(lesson: str) -> None:
    """Back to the beginning."""
    _file(lesson).unlink(missing_ok=True)


def _file(lesson: str) -> Path:
    return state() / "predictions" / f"{lesson}.json"
