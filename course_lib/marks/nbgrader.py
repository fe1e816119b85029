"""Exercises as assignments of nbgrader's, whose `autograde` has our judge mark them.

nbgrader runs a whole notebook in one kernel, and a graded cell earns its points unless it ends in an
error: code of a learner's that runs in that kernel can make any cell end well. So the folder brings
a kernel (`nbgrader_kernel`) that runs nothing. It takes the answers from their cells and, at a graded
cell, asks the judge. In any other kernel a graded cell ends in an error and earns nothing.

Source: https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html, version 3.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercises
from course_lib.exercises.question import Question
from course_lib.files import write_text
from course_lib.marks.rows import Entry

KERNEL = "course-judge"
JUDGE = "# The judge marks"
"""How the source of a graded cell begins; the question's name follows."""

_CONFIG = f'''"""Made by `course export`: where nbgrader finds the kernel that asks the course's judge."""

import os

here = os.path.dirname(os.path.abspath(__file__))
os.environ["JUPYTER_PATH"] = os.pathsep.join([here, os.environ.get("JUPYTER_PATH", "")])

c = get_config()
c.CourseDirectory.course_id = "websockets"
c.ClearSolutions.enabled = False  # there are none in source/
c.Execute.kernel_name = "{KERNEL}"
c.Execute.timeout = 600
'''


def write(folder: Path, entries: Sequence[Entry]) -> int:
    """Write a course folder of nbgrader's, with the submissions that count; returns how many."""
    write_text(folder / "nbgrader_config.py", _CONFIG)
    command = [sys.executable, "-P", "-m", "course_lib.marks.nbgrader_kernel"]
    kernel = {
        "argv": [*command, "-f", "{connection_file}"],
        "display_name": "The course's judge",
        "language": "python",
    }
    write_text(folder / "kernels" / KERNEL / "kernel.json", json.dumps(kernel, indent=1) + "\n")
    known = {there.name: there for there in exercises()}
    for there in known.values():
        path = folder / "source" / there.name / f"{there.name}.ipynb"
        write_text(path, cells.text_of(assignment(there)))
    chosen = [entry for entry in entries if entry.chosen]
    for entry in chosen:
        path = folder / "submitted" / entry.student / entry.exercise / f"{entry.exercise}.ipynb"
        notebook = assignment(known[entry.exercise], entry.answers or {})
        write_text(path, cells.text_of(notebook))
    return len(chosen)


def assignment(there: Exercise, answers: dict[str, str] | None = None) -> cells.Notebook:
    """An exercise with nbgrader's metadata: untouched, or with somebody's answers.

    The graded cells come last, so that they mark what the whole notebook says.
    """
    notebook = cells.read(there.path)
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or not (own := cells.split_answer(cells.source_of(cell))):
            continue
        cell["metadata"] = {"nbgrader": _marks(own.name, solution=True)}
        if answers is not None:
            cell["source"] = f"%%answer {own.name}\n{answers.get(own.name, '')}"
    notebook["cells"] += [_graded(question) for question in there.questions]
    return notebook


def _graded(question: Question) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"marks-{question.name}"[:64],
        "metadata": {"nbgrader": _marks(f"marks_{question.name}", points=question.points)},
        "source": f"{JUDGE} {question.name}\n### BEGIN HIDDEN TESTS\n"
        f"raise RuntimeError('nbgrader needs the kernel {KERNEL} here')\n### END HIDDEN TESTS",
        "outputs": [],
        "execution_count": None,
    }


def _marks(name: str, *, solution: bool = False, points: int | None = None) -> dict[str, object]:
    marks: dict[str, object] = {"schema_version": 3, "grade_id": name, "task": False}
    marks |= {"solution": solution, "grade": not solution, "locked": not solution}
    return marks if points is None else {**marks, "points": points}
