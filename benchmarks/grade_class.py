"""A class that does not exist: submissions whose marks are known before they are graded."""

import random
from dataclasses import dataclass
from pathlib import Path

from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise
from course_lib.marks.submission import Submission

HOSTILE = {
    "exit": "import os\nos._exit(0)",
    "loop": "while True:\n    pass",
    "raise": "raise SystemExit",
    "equal": "class Always:\n    def __eq__(self, other):\n        return True\n{name} = Always()",
    "print": "print('passed ' * 100_000)\n{name} = None",
}
"""Answers that earn nothing, each a module of its own."""

BROKEN = ("", '{"format": ', "[1, 2", '{"a": NaN}', "\x00\x01")


@dataclass(frozen=True)
class Planned:
    """A file of the class, and the mark it has to get: None if it can't be graded."""

    file: str
    points: int | None


def make_class(folder: Path, size: int, number: str = "02", seed: int = 1) -> list[Planned]:
    """Write the submissions of a class into a folder.

    Of ten, four are right, three partly right, one is wrong everywhere, one hostile, one broken.
    """
    there, rng = exercise(number), random.Random(seed)
    solution = cells.answers(cells.read(there.solution))
    folder.mkdir(parents=True, exist_ok=True)
    planned = []
    for index in range(size):
        name = f"student{index:04}"
        file = folder / f"{there.name}-{name}.json"
        if index % 10 == 9:
            file.write_text(BROKEN[index // 10 % len(BROKEN)])
            planned.append(Planned(file.name, None))
            continue
        answers, points = _answers(there, solution, index, rng)
        text = Submission(there.name, name, answers, "0.1.0", "2026-11-01T10:00:00Z").text()
        file.write_text(text)
        planned.append(Planned(file.name, points))
    return planned


def _answers(
    there: Exercise, solution: dict[str, str], index: int, rng: random.Random
) -> tuple[dict[str, str], int]:
    kind, answers, points = index % 10, dict(solution), there.points
    if kind < 4:
        return answers, points
    questions = list(there.questions)
    if kind == 7:
        return {question.name: f"{question.name} = None" for question in questions}, 0
    for question in rng.sample(questions, 1 if kind == 8 else rng.randint(1, len(questions))):
        wrong = f"{question.name} = None"
        if kind == 8:
            wrong = list(HOSTILE.values())[index // 10 % len(HOSTILE)]
        answers[question.name] = wrong.replace("{name}", question.name)
        points -= question.points
    return answers, points
