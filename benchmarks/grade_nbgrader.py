"""The same answers graded by nbgrader, in an environment of its own.

nbgrader runs answers and tests in one kernel. Its notebook is made by hand here: each right answer of
the exercise, and after it a cell that is graded and asserts that the answer is there, which is less
than what the course's own tests ask, so that the comparison is kind to nbgrader.
"""

import os
import subprocess
import time
from pathlib import Path

import nbformat

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise

NAME = "exercise"


def seconds_each(python: str, folder: Path, count: int, number: str) -> float:
    """Seconds that `nbgrader autograde` takes for each of some submissions."""
    for student in range(count):
        _write(folder / "submitted" / f"student{student}" / NAME, number)
    _write(folder / "source" / NAME, number)
    _nbgrader(python, folder, "generate_assignment")
    began = time.monotonic()
    _nbgrader(python, folder, "autograde")
    return (time.monotonic() - began) / count


def _nbgrader(python: str, folder: Path, command: str) -> None:
    path = f"{Path(python).absolute().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    arguments = [python, "-m", "nbgrader", command, NAME, "--create"]
    done = subprocess.run(
        [*arguments, f"--CourseDirectory.root={folder}"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CourseError(f"nbgrader {command} fails: {done.stderr.strip()[-300:]}")


def _write(folder: Path, number: str) -> None:
    there = exercise(number)
    answers = cells.answers(cells.read(there.solution))
    notebook = nbformat.v4.new_notebook()
    for question in there.questions:
        notebook.cells += [
            _cell(answers[question.name], question.name, 0),
            _cell(f"assert {question.name} is not None", f"test_{question.name}", question.points),
        ]
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{there.name}.ipynb")


def _cell(source: str, name: str, points: int) -> nbformat.NotebookNode:
    marks = {"schema_version": 3, "grade_id": name, "task": False}
    if points:
        marks |= {"grade": True, "solution": False, "locked": True, "points": points}
    else:
        marks |= {"grade": False, "solution": True, "locked": False}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": marks})
