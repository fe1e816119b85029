"""The head and the foot of every lesson and solution, and the table of contents made of the heads.

A person writes the title, and in a paragraph of the first cell what the reader can do afterwards. The
last line of the first cell and of the last one are made: how long it takes, and the ways on. An
exercise is made from its solution, and has both from there.
"""

import re
from pathlib import Path

from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercises
from course_lib.paths import NOTEBOOKS

CONTENTS = NOTEBOOKS / "contents.ipynb"
LIST = "list"
"""The id of the cell in the contents that holds the table of the lessons."""

TITLE = re.compile(r"# (?:Exercise )?\d\d · \S")
ABLE = re.compile(r"(?ms)^\*\*Afterwards you can\*\* (.+?)[.:](?=\s|\Z)")


def lessons() -> list[Path]:
    """The lessons that there are, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def minutes(notebook: cells.Notebook, points: int = 0) -> int:
    """About how long a lesson or exercise takes, by a rule, in steps of five minutes.

    A minute for every 200 words, for 20 lines of code and for a prediction, and half of one for every
    cell that is run; an exercise takes its words and two minutes a point.
    """
    prose = [_prose(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    code = [cells.source_of(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    spent = sum(len(text.split()) for text in prose) / 200
    if points:
        spent += 2 * points
    else:
        spent += sum(text.count("**Predict.**") for text in prose)
        spent += sum(len(text.splitlines()) for text in code) / 20 + len(code) / 2
    return max(5, 5 * round(spent / 5))


def able(notebook: cells.Notebook) -> str:
    """What one can do after a lesson or exercise, in the words that follow "Afterwards you can"."""
    found = ABLE.search(cells.source_of(notebook["cells"][0]))
    return " ".join(found[1].split()) if found else ""


def head_problems(notebook: cells.Notebook) -> list[str]:
    """Sentences on what the first cell of a lesson or exercise lacks; the contents need less."""
    first = cells.source_of(notebook["cells"][0])
    if first.startswith("# Contents"):
        return []
    return [
        f"its first cell has no {what}."
        for what, found in (
            ("heading like `# 02 · Title`", TITLE.match(first)),
            ("paragraph that begins with **Afterwards you can**", ABLE.search(first)),
        )
        if not found
    ]


def with_signposts(notebook: cells.Notebook, path: Path) -> cells.Notebook:
    """A lesson or exercise with its head and foot, or the contents with their table."""
    if path.name == CONTENTS.name:
        for cell in notebook["cells"]:
            if cell["id"] == LIST:
                cell["source"] = _table().splitlines(keepends=True)
        return notebook
    exercise = next((each for each in exercises() if each.name == path.stem), None)
    if path.parent == NOTEBOOKS:
        ways, points = _ways_from_lesson(path, exercise), 0
    else:
        assert exercise
        ways, points = _ways_from_exercise(exercise), exercise.points
    time = f"About {minutes(notebook, points)} minutes"
    first, last = notebook["cells"][0], notebook["cells"][-1]
    _end(first, [time, *([f"{points} points"] if points else []), *ways])
    _end(last, ways)
    return notebook


def _ways_from_lesson(path: Path, exercise: Exercise | None) -> list[str]:
    there = lessons()
    place = there.index(path)
    ways = [f"[← {_name(it)}]({it.name})" for it in there[max(place - 1, 0) : place]]
    ways += [f"[{_name(it)} →]({it.name})" for it in there[place + 1 : place + 2]]
    if exercise:
        ways.append(f"[Exercise {exercise.number}](../exercises/{exercise.name}.ipynb)")
    return [*ways, f"[Contents]({CONTENTS.name})"]


def _ways_from_exercise(exercise: Exercise) -> list[str]:
    here = [it for it in lessons() if it.name[:2] == exercise.number]
    after = [it for it in lessons() if it.name[:2] > exercise.number]
    ways = [f"[← Lesson {_name(it)}](../notebooks/{it.name})" for it in here]
    ways += [f"[Lesson {_name(it)} →](../notebooks/{it.name})" for it in after[:1]]
    return [*ways, f"[Contents](../notebooks/{CONTENTS.name})"]


def _name(lesson: Path) -> str:
    return f"{lesson.name[:2]} · {cells.title(cells.read(lesson))}"


def _prose(cell: dict[str, object]) -> str:
    """A markdown cell's text without the line that was made for it."""
    text = cells.source_of(cell).rstrip()
    above, _, line = text.rpartition("\n\n")
    return above if line.endswith(f"{CONTENTS.name})") else text


def _end(cell: dict[str, object], ways: list[str]) -> None:
    cell["source"] = f"{_prose(cell)}\n\n{' · '.join(ways)}".splitlines(keepends=True)


def _table() -> str:
    rows = ["| | lesson | minutes | exercise | afterwards you can |", "|---|---|---|---|---|"]
    by_number = {each.number: each for each in exercises()}
    for lesson in lessons():
        notebook, number = cells.read(lesson), lesson.name[:2]
        link = f"[{cells.title(notebook)}]({lesson.name})"
        practice = ""
        if it := by_number.get(number):
            practice = f"[Exercise {number}](../exercises/{it.name}.ipynb), {it.points} points"
        columns = (number, link, str(minutes(notebook)), practice, able(notebook))
        rows.append(f"| {' | '.join(columns)} |")
    return "\n".join(rows)
