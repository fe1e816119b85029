"""`course build`: the heads and feet of lessons and solutions, and the exercises made from these."""

import argparse
from functools import partial
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.build import keep_work, made
from course_lib.exercises.catalogue import Exercise, exercises
from course_lib.files import write_text
from course_lib.paths import EXERCISES, SOLUTIONS, shown
from tests.notebooks.signposts import CONTENTS, head_problems, lessons, with_signposts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option of `course build`."""
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if a notebook differs"
    )


def run(args: argparse.Namespace) -> int:
    """Make every notebook that differs, or with `--check` only say so; return the exit code."""
    problems = strays()
    for exercise in exercises():
        check(exercise)
    makers = {path: partial(headed, path) for path in in_place()}
    for path in makers:
        problems += [f"{shown(path)}: {problem}" for problem in head_problems(cells.read(path))]
    makers |= {exercise.path: partial(made, exercise) for exercise in exercises()}
    for path, make in makers.items():
        text = make()
        different = difference(path, text)
        if different is None:
            continue
        if args.check:
            problems.append(f"{shown(path)} {different}")
            continue
        backup = put(path, text)
        print(f"made {shown(path)}")
        if backup:
            print(f"  it had work in it: the file as it was is {shown(backup)}")
    for problem in problems:
        print(problem)
    if problems:
        return 1
    print(f"notebooks as `course build` makes them: {len(makers)}")
    return 0


def check(exercise: Exercise) -> None:
    """Raise `CourseError` for a solution that no exercise can be made from.

    That is one whose markers do not match, or whose answer cells are not the questions of its tests,
    each once and in order.
    """
    name = shown(exercise.solution)
    notebook = cells.read(exercise.solution)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = cells.source_of(cell)
            try:
                cells.without_solution(source)
            except ValueError as exc:
                answer = cells.split_answer(source)
                where = f"answer {answer.name!r}" if answer else f"cell {cell.get('id')!r}"
                raise CourseError(f"{name}, {where}: {exc}.") from None
    found = [cell.name for cell in cells.answer_cells(notebook)]
    wanted = [question.name for question in exercise.questions]
    for there in found:
        if there not in wanted:
            raise CourseError(f"{name}: {exercise.tests.name} has no question {there!r}.")
        if found.count(there) > 1:
            raise CourseError(f"{name}: there are {found.count(there)} answers {there!r}.")
    for question in wanted:
        if question not in found:
            raise CourseError(f"{name}: the answer {question!r} is missing.")
    if found != wanted:
        raise CourseError(f"{name}: the answers are not in the order of {exercise.tests.name}.")


def in_place() -> list[Path]:
    """The notebooks that `course build` changes where they stand: lessons, contents and solutions."""
    return [*lessons(), CONTENTS, *(exercise.solution for exercise in exercises())]


def headed(path: Path) -> str:
    """The text of a notebook's file with its head and foot; raises `CourseError` for no notebook."""
    return cells.text_of(with_signposts(cells.read(path), path))


def put(path: Path, text: str) -> Path | None:
    """Write a file; a learner's work in an exercise's place is backed up, and its copy named."""
    backup = keep_work(path) if path.parent == EXERCISES else None
    write_text(path, text)
    return backup


def difference(path: Path, text: str) -> str | None:
    """In what a notebook's file differs from `text`, in words; None if it does not."""
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as exc:
        return f"can't be read: {exc.strerror}"
    if there == text.encode():
        return None
    try:
        old = cells.parse(there, path.name)["cells"]
    except CourseError:
        return "is not a notebook"
    new = cells.parse(text.encode(), path.name)["cells"]
    for number, (one, other) in enumerate(zip(old, new, strict=False), 1):
        if one != other:
            answer = cells.split_answer(cells.source_of(other))
            return f"differs in cell {number}" + (f", answer {answer.name!r}" if answer else "")
    if len(old) != len(new):
        return f"has {len(old)} cells instead of {len(new)}"
    return "differs outside its cells"


def strays() -> list[str]:
    """Sentences on notebooks that belong to no exercise of the course."""
    known = {each.name for each in exercises()}
    return [
        f"{shown(path)} has no solutions/{path.stem}_tests.py"
        for folder in (SOLUTIONS, EXERCISES)
        for path in sorted(folder.glob("*.ipynb"))
        if path.stem not in known
    ]
