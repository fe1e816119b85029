"""A class that does not exist: submissions whose marks are known before they are graded."""

import random
from dataclasses import dataclass
from pathlib import Path

from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise
from course_lib.exercises.question import Question
from course_lib.marks.submission import Submission
from course_lib.paths import SOLUTIONS
from tests.graded.answers import Example, read_examples

HOSTILE = {
    "exit": "import os\nos._exit(0)",
    "loop": "while True:\n    pass",
    "raise": "raise SystemExit",
    "equal": "class Always:\n    def __eq__(self, other):\n        return True\n{name} = Always()",
    "print": "print('passed ' * 100_000)\n{name} = None",
    "memory": "{name} = bytearray(8 * 2**30)",
    "forge": "import os\nfor fd in range(3, 20):\n    try:\n        os.write(fd, b'{\"value\": 1}\\n')\n"
    "    except OSError:\n        pass\n{name} = None",
    "group": "import os, signal\nos.killpg(0, signal.SIGKILL)",
    "stays": "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(600)\n{name} = None",
    "huge": "def {name}(*args, **kwargs):\n    return 'x' * 50_000_000",
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
    "{name} = None",
}
"""Answers that earn nothing and mean harm, each a module of its own."""

BROKEN = ("", '{"format": ', "[1, 2", '{"a": NaN}', "\x00\x01")


@dataclass(frozen=True)
class Planned:
    """A file of the class, and the mark it has to get: None if it can't be graded."""

    file: str
    points: int | None


def make_class(
    folder: Path, size: int, number: str = "02", seed: int = 1, *, right: bool = False
) -> list[Planned]:
    """Write the submissions of a class into a folder.

    Of ten, four are right in various ways, three partly right, one is wrong everywhere, one
    hostile, one broken. With `right` all of them are right.
    """
    there, rng = exercise(number), random.Random(seed)
    solution = cells.answers(cells.read(there.solution))
    examples = read_examples(SOLUTIONS / f"{there.name}_answers.py", solution)
    folder.mkdir(parents=True, exist_ok=True)
    planned = []
    for index in range(size):
        name = f"student{index:04}"
        file = folder / f"{there.name}-{name}.json"
        if index % 10 == 9 and not right:
            file.write_text(BROKEN[index // 10 % len(BROKEN)])
            planned.append(Planned(file.name, None))
            continue
        kind = index % (4 if right else 10)
        answers, points = _answers(there, solution, examples, kind, index // 10, rng)
        text = Submission(there.name, name, answers, "0.1.0", "2026-11-01T10:00:00Z").text()
        file.write_text(text)
        planned.append(Planned(file.name, points))
    return planned


def _answers(
    there: Exercise,
    solution: dict[str, str],
    examples: list[Example],
    kind: int,
    number: int,
    rng: random.Random,
) -> tuple[dict[str, str], int]:
    answers, questions = dict(solution), list(there.questions)

    def one(of: str, question: Question) -> str:
        # The solution's later answers call this one, and don't await what theirs need not.
        is_async = "async def" in solution[question.name]
        found = [each for each in examples if (each.kind, each.question) == (of, question.name)]
        fitting = [each for each in found if ("async def" in each.source) == is_async]
        return rng.choice(fitting or found).source

    if kind < 4:
        if kind:
            question = rng.choice(questions)
            # Below the solution's, whose imports and helpers the later answers may use.
            answers[question.name] += "\n\n\n" + one("right", question)
        return answers, there.points
    if kind == 8:
        wrong = [rng.choice(questions)]
        source = list(HOSTILE.values())[number % len(HOSTILE)]
        answers[wrong[0].name] = source.replace("{name}", wrong[0].name)
    else:
        wrong = questions if kind == 7 else rng.sample(questions, rng.randint(1, len(questions)))
        answers |= {question.name: one("wrong", question) for question in wrong}
    return answers, there.points - sum(question.points for question in wrong)
