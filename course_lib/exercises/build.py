"""Exercises made from solutions."""

from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise
from course_lib.files import back_up


def made(exercise: Exercise) -> str:
    """The text of an exercise's file, made from its solution, with the sum of its points at its end."""
    notebook = cells.to_exercise(cells.read(exercise.solution))
    points: dict[str, object] = {"cell_type": "code", "id": "points", "metadata": {}}
    points |= {"source": [f"%points {exercise.number}"], "outputs": [], "execution_count": None}
    *before, last = notebook["cells"]
    notebook["cells"] = [*before, points, last]
    notebook["metadata"][cells.MADE] = cells.digest(notebook)
    return cells.text_of(notebook)


def keep_work(path: Path) -> Path | None:
    """Back up a notebook that somebody changed; returns the backup, or None if nobody did."""
    if not path.exists():
        return None
    try:
        touched = cells.touched(cells.read(path))
    except CourseError:
        touched = True  # whatever it is, somebody may want it back
    return back_up(path) if touched else None
