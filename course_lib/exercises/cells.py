"""Exercise notebooks: the answers in them, and how they are made from solutions.

Read and written as plain JSON (nbformat 4.5): a learner's file may hold anything.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from course_lib.errors import CourseError
from course_lib.paths import shown

MAX_NOTEBOOK = 20 * 1024 * 1024
"""The largest notebook, in bytes, that is read: a learner's own with its outputs is far smaller."""

ANSWER = re.compile(r"%%answer[ \t]+(\w+)[ \t]*(?:\n|$)")
BEGIN, INSTEAD, END = "# BEGIN SOLUTION", "# INSTEAD", "# END SOLUTION"
TO_DO = "...  # your answer here"
_AFTER = {BEGIN: ("",), INSTEAD: (BEGIN,), END: (BEGIN, INSTEAD)}
"""In which parts of a cell each marker may stand."""

MADE = "course_made"
"""The key in an exercise's metadata of the `digest` that it had when it was made."""

Notebook = dict[str, Any]


class Cell(NamedTuple):
    """An answer cell.

    Attributes:
        name: its question's name.
        source: the Python text below `%%answer name`.
        ours: whether it is the course's own answer, standing in for the learner's.
    """

    name: str
    source: str
    ours: bool = False


def read(path: Path) -> Notebook:
    """The notebook in a file; raises `CourseError` if it is not one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_NOTEBOOK + 1)
    except OSError as exc:
        raise CourseError(f"Can't read {shown(path)}: {exc.strerror}.") from None
    if len(data) > MAX_NOTEBOOK:
        raise CourseError(f"{shown(path)} is larger than {MAX_NOTEBOOK // 2**20} MiB.")
    return parse(data, shown(path))


def parse(data: bytes, name: str) -> Notebook:
    """The notebook in `data`; `name` is for the message of a `CourseError`."""
    if not data.strip():
        raise CourseError(f"{name} is empty.")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise CourseError(f"{name} is not a notebook: it is damaged or cut short.") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise CourseError(f"{name} is not a notebook: it has no cells.")
    return notebook


def digest(notebook: Notebook) -> str:
    """A fingerprint of what a person wrote in a notebook: every cell's text, no outputs."""
    text = json.dumps([source_of(cell) for cell in notebook["cells"]])
    return hashlib.sha256(text.encode()).hexdigest()


def touched(notebook: Notebook) -> bool:
    """Whether somebody changed an exercise after it was made from its solution."""
    metadata = notebook.get("metadata")
    made = metadata.get(MADE) if isinstance(metadata, dict) else None
    return made != digest(notebook)


def text_of(notebook: Notebook) -> str:
    """The text of a notebook's file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def source_of(cell: Any) -> str:  # noqa: ANN401 - anything that JSON can hold
    """A cell's text; empty if it has none."""
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def title(notebook: Notebook) -> str:
    """What a notebook's heading calls it, e.g. "The opening handshake"; empty without one."""
    headings = (re.match(r"# (?:.*· )?(.+)", source_of(cell)) for cell in notebook["cells"])
    return next((heading[1].strip() for heading in headings if heading), "")


def split_answer(source: str) -> Cell | None:
    """The answer in a cell's text, or None if it is not an answer cell."""
    match = ANSWER.match(source.lstrip())
    return Cell(match[1], source.lstrip()[match.end() :]) if match else None


def answer_cells(notebook: Notebook) -> list[Cell]:
    """The answer cells in order, also where two have the same name."""
    code = [
        source_of(cell)
        for cell in notebook["cells"]
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]
    return [answer for source in code if (answer := split_answer(source))]


def answers(notebook: Notebook) -> dict[str, str]:
    """Each answer cell's text by its question's name, in order; of two alike the last counts."""
    found: dict[str, str] = {}
    for answer in answer_cells(notebook):
        found.pop(answer.name, None)
        found[answer.name] = answer.source
    return found


def same_code(one: str, other: str) -> bool:
    """Whether two answers differ in white space at the ends of lines at most."""
    return [line.rstrip() for line in one.strip().splitlines()] == [
        line.rstrip() for line in other.strip().splitlines()
    ]


def without_solution(source: str) -> str:
    """A cell of a solution as the learner gets it.

    What stands between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` goes. In its place come the
    lines after ``# INSTEAD``, without their ``# `` (code with the bug to find, a first draft), or
    ``...``. Raises ValueError if the markers do not match.
    """
    return "\n".join(
        re.sub(r"^(\s*)# ?", r"\1", line).rstrip() if part == INSTEAD else line
        for part, line in _parts(source)
        if part != BEGIN
    )


def finished(source: str) -> str:
    """A cell of a solution as a program: without the markers, and without what stands in its place."""
    return "\n".join(line for part, line in _parts(source) if part != INSTEAD)


def _parts(source: str) -> Iterator[tuple[str, str]]:
    """The lines of a solution's cell that are no markers, each with the marker of its part or ""."""
    part = ""
    for line in source.split("\n"):
        marker = line.strip()
        if marker not in _AFTER:
            yield part, line
            continue
        if part not in _AFTER[marker]:
            raise ValueError(f"{marker!r} stands where it can't")
        if marker == END and part == BEGIN:
            yield INSTEAD, line.replace(END, f"# {TO_DO}")
        part = "" if marker == END else marker
    if part:
        raise ValueError(f"{BEGIN!r} without {END!r}")


def without_outputs(cell: dict[str, Any]) -> dict[str, Any]:
    """A copy of a cell as it was before it was run."""
    if cell["cell_type"] != "code":
        return dict(cell)
    metadata = {key: value for key, value in cell["metadata"].items() if key != "execution"}
    return {**cell, "metadata": metadata, "outputs": [], "execution_count": None}


def to_exercise(solution: Notebook) -> Notebook:
    """The learner's notebook made from a solution: no answers, no outputs.

    Raises ValueError if a cell's markers do not match.
    """
    exercise = {**solution, "cells": [without_outputs(cell) for cell in solution["cells"]]}
    for cell in exercise["cells"]:
        source = source_of(cell)
        if cell["cell_type"] == "code":
            source = without_solution(source)
        cell["source"] = source.splitlines(keepends=True)
    exercise["metadata"] = {
        MADE: digest(exercise),
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return exercise
