"""The learner's own copies of the lessons and exercises.

Lessons stand there without outputs, so that nothing below a prediction gives it away. A copy keeps in
its metadata the digest of what it was made from (`cells.MADE`): when the course is updated, what the
learner left as it was is renewed, and what they changed stays.
"""

import contextlib
import json
import platform
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import build, cells, predictions, progress
from course_lib.exercises.catalogue import Exercise, exercises, means
from course_lib.files import write_text
from course_lib.paths import EXERCISES, NOTEBOOKS, desk, shown, state

FOLDERS = (NOTEBOOKS, EXERCISES)
FIRST = "notebooks/00_start_here.ipynb"
PAGES = ("contents.ipynb", "glossary.ipynb")
METADATA = json.loads(Path(__file__).with_name("metadata.json").read_text("utf-8"))
"""What JupyterLab writes into a notebook of this kernel, but for Python's version."""


def jupyter_data() -> Path:
    """The folder in which the course's Jupyter keeps, among others, what it trusts."""
    return state() / "jupyter" / "data"


def place(original: Path) -> Path:
    """Where on the desk the copy of a notebook of the course stands."""
    return desk() / original.parent.name / original.name


def notebook_of(exercise: Exercise) -> Path:
    """The notebook that holds a learner's answers: the desk's, else the one of the course."""
    own = place(exercise.path)
    return own if own.exists() else exercise.path


def originals() -> list[Path]:
    """The course's lessons and exercises, each kind in order."""
    return [path for folder in FOLDERS for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))]


def pages() -> list[Path]:
    """The notebooks that help to find one's way, as far as they are there."""
    return [path for name in PAGES if (path := FOLDERS[0] / name).exists()]


def lay_out() -> list[str]:
    """Put on the desk what is missing there, and renew what only the course has changed.

    Returns a sentence for each copy that stays as it is although the course has a newer one. Raises
    `CourseError` where the desk can't be written.
    """
    for page in pages():
        _renew(page)
    return [remark for original in originals() if (remark := _bring_up_to_date(original))]


def reset(number: str) -> list[tuple[Path, Path | None]]:
    """Begin a lesson and its exercise anew; `number` is as in "2", "02" or "02_handshake".

    Returns each copy with the backup of the work that was in it, or None. The exercise's verdicts and
    hints are forgotten, and what was predicted in the lesson. Raises `CourseError` for a number that
    there is not.
    """
    chosen = [path for path in originals() if means(number, path.stem)]
    if not chosen:
        there = ", ".join(sorted({path.name[:2] for path in originals()}))
        raise CourseError(f"There is no lesson {number!r}; there are {there}.")
    done = []
    for original in chosen:
        exercise = next((each for each in exercises() if each.path == original), None)
        if exercise is None:
            notebook = fresh(cells.read(original))
            predictions.forget(original.stem)
        else:
            # From the solution: the course's own copy may hold work from before there was a desk.
            text = build.made(exercise)
            notebook = fresh(cells.parse(text.encode(), original.name))
            for question in exercise.questions:
                progress.forget(question.name)
        copy = place(original)
        backup = build.keep_work(copy)
        _put(copy, notebook)
        done.append((copy, backup))
    return done


def where_to_go_on() -> str:
    """The notebook of the desk that was last worked on, else the first lesson, as Jupyter names it."""
    begun = [path for original in originals() if _begun(path := place(original))]
    if not begun:
        return FIRST
    return max(begun, key=lambda path: path.stat().st_mtime).relative_to(desk()).as_posix()


def fresh(original: cells.Notebook) -> cells.Notebook:
    """A notebook without outputs, with the metadata that JupyterLab would write itself.

    With any other metadata, JupyterLab would call a notebook changed as soon as it is opened.
    """
    # An exercise has its digest already, and what differs from that is somebody's work.
    made = original.get("metadata", {}).get(cells.MADE, cells.digest(original))
    return {
        "cells": [cells.without_outputs(cell) for cell in original["cells"]],
        "metadata": {
            cells.MADE: made,
            "kernelspec": METADATA["kernelspec"],
            "language_info": METADATA["language_info"] | {"version": platform.python_version()},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _renew(page: Path) -> None:
    """Put a page on the desk with its outputs, which give nothing away, unless it was written into."""
    copy = place(page)
    with contextlib.suppress(CourseError):  # a damaged copy is no loss
        if copy.exists() and cells.touched(cells.read(copy)):
            return
    original = cells.read(page)
    _put(copy, fresh(original) | {"cells": original["cells"]})


def _bring_up_to_date(original: Path) -> str:
    new, copy = fresh(cells.read(original)), place(original)
    if not copy.exists():
        _put(copy, new)
        return ""
    try:
        old = cells.read(copy)
    except CourseError as error:
        return str(error)
    metadata = old.get("metadata")
    if isinstance(metadata, dict) and metadata.get(cells.MADE) == new["metadata"][cells.MADE]:
        return ""
    if cells.touched(old):
        return (
            f"{shown(copy)} is yours and stays; the course has a newer one: "
            f"`course reset {original.name[:2]}` brings it and backs yours up."
        )
    _put(copy, new)
    return ""


def _put(copy: Path, notebook: cells.Notebook) -> None:
    import nbformat  # slow, and most commands don't need it
    from nbformat.sign import NotebookNotary

    write_text(copy, cells.text_of(notebook))
    # JupyterLab shows a notebook in full only where it trusts it.
    with contextlib.suppress(OSError):
        jupyter_data().mkdir(parents=True, exist_ok=True)
        notary = NotebookNotary(data_dir=str(jupyter_data()))
        notary.sign(nbformat.from_dict(notebook))
        notary.store.close()


def _begun(copy: Path) -> bool:
    """Whether somebody has run a cell of a copy, or changed it."""
    try:
        notebook = cells.read(copy)
    except CourseError:
        return False
    ran = any(isinstance(cell, dict) and cell.get("execution_count") for cell in notebook["cells"])
    return ran or cells.touched(notebook)
