"""Exercises made from solutions."""

from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise
from course_lib.files import back_up
from course_lib.paths import NOTEBOOKS


def made(exercise: Exercise) -> str:
    """The text of an exercise's file, made from its solution."""
    solution = cells.read(exercise.solution)
    return cells.text_of(_led_on(cells.to_exercise(solution), exercise))


def _led_on(notebook: cells.Notebook, exercise: Exercise) -> cells.Notebook:
    """The exercise with the sum of its points and a link to the next lesson at its end."""
    points: dict[str, object] = {"cell_type": "code", "id": "points", "metadata": {}}
    points |= {"source": [f"%points {exercise.number}"], "outputs": [], "execution_count": None}
    *before, last = notebook["cells"]
    notebook["cells"] = [*before, points, last]
    lessons = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    following = next((path for path in lessons if path.name[:2] > exercise.number), None)
    if following:
        name = f"Lesson {following.name[:2]} · {cells.title(cells.read(following))}"
        last["source"].append(f" | [{name} →](../notebooks/{following.name})")
    notebook["metadata"][cells.MADE] = cells.digest(notebook)
    return notebook


def keep_work(path: Path) -> Path | None:
    """Back up a notebook that somebody changed; returns the backup, or None if nobody did."""
    if not path.exists():
        return None
    try:
        touched = cells.touched(cells.read(path))
    except CourseError:
        touched = True  # whatever it is, somebody may want it back
    return back_up(path) if touched else None
