"""The commands that hold the course together."""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.cli.command import argument, command
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

MAINTAINERS = "for maintainers"


@command(
    MAINTAINERS,
    "run every test, notebooks included; further arguments go to pytest",
    argument("--long", action="store_true", help="run the long tests, too"),
    argument(
        "--require-all",
        action="store_true",
        help="fail where Chromium or bubblewrap is missing (also when CI=true)",
    ),
    argument(
        "--only",
        metavar="STEP",
        action="append",
        default=[],
        help="one step, e.g. types; give it again for another",
    ),
    argument(
        "--python",
        metavar="VERSION",
        action="append",
        default=[],
        help="on another Python of this machine, e.g. 3.12, or newest; it gets its own environment",
    ),
    argument("--all-pythons", action="store_true", help="on every Python that the course runs on"),
    passes_on=True,
    dev=True,
)
def test(args: argparse.Namespace) -> int:
    from course_lib.cli import suite
    from tests import pythons

    if not (args.python or args.all_pythons):
        return suite.run(args.long, args.require_all, args.only, args.rest)
    arguments = ["--long"] if args.long else []
    arguments += ["--require-all"] if args.require_all else []
    arguments += [word for step in args.only for word in ("--only", step)]
    there = pythons.chosen(args.python, args.all_pythons)
    return pythons.run(there, [*arguments, *args.rest], args.require_all)


@command(
    MAINTAINERS,
    "which branches the tests reach, in the processes that they start, too; as `course test`",
    passes_on=True,
)
def coverage(args: argparse.Namespace) -> int:
    from tests import coverage_by_room

    return coverage_by_room.main(args.rest)


@command(
    MAINTAINERS,
    "make the small faults of every solution, and show those that no test notices",
    argument("exercise", metavar="NN", nargs="?", help="one exercise, e.g. 02"),
    argument("--question", metavar="NAME", help="one question"),
    argument("--json", metavar="FILE", type=Path, help="save what is found"),
    argument(
        "--jobs",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="how many are judged at a time (default: %(default)s)",
    ),
    dev=True,
)
def mutants(args: argparse.Namespace) -> int:
    from tests.graded import mutants

    return mutants.run(args)


@command(
    MAINTAINERS,
    "make the exercises from the solutions",
    argument("--check", action="store_true", help="change nothing; exit 1 if an exercise differs"),
)
def build(args: argparse.Namespace) -> int:
    from course_lib.exercises import build
    from course_lib.exercises.catalogue import exercises
    from course_lib.paths import shown

    problems = build.strays()
    texts = {exercise: build.made(exercise) for exercise in exercises()}
    for exercise, text in texts.items():
        difference = build.difference(exercise, text)
        if difference is None:
            continue
        if args.check:
            problems.append(f"{shown(exercise.path)} {difference}")
            continue
        backup = build.put(exercise, text)
        print(f"made {shown(exercise.path)}")
        if backup:
            print(f"  it had work in it: the file as it was is {shown(backup)}")
    for problem in problems:
        print(problem)
    if problems:
        return 1
    print(f"exercises equal to what the solutions make: {len(texts)}")
    return 0


@command(
    MAINTAINERS,
    "execute notebooks from a fresh kernel and save them with their outputs",
    argument(
        "notebooks",
        nargs="*",
        type=Path,
        metavar="NOTEBOOK",
        help="default: all of notebooks/ and solutions/",
    ),
)
def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

    from course_lib.exercises.execute import CellFailed, execute
    from course_lib.paths import NOTEBOOKS, SOLUTIONS, shown

    paths = args.notebooks or [
        *sorted(NOTEBOOKS.glob("*.ipynb")),
        *sorted(SOLUTIONS.glob("*.ipynb")),
    ]
    for path in paths:
        if not path.is_file():
            raise CourseError(f"There is no notebook {shown(path)}.")
    failed = 0
    with Progress(console=Console(stderr=True)) as bars:
        for path in paths:
            bar = bars.add_task(shown(path), total=None)
            try:
                execute(path, partial(_move, bars, bar))
            except CellFailed as exc:
                failed += 1
                bars.console.print(Text.from_ansi(str(exc)), soft_wrap=True)
    print(f"executed {len(paths) - failed} of {len(paths)} notebooks")
    return 1 if failed else 0


def _move(bars: "Progress", bar: "TaskID", done: int, total: int) -> None:
    bars.update(bar, completed=done, total=total)


BENCHES = {
    "protocol": "writing and reading a message, beside wsproto and websockets",
    "transports": "one event to a thousand clients, beside bare broadcast and bare streams",
    "chat": "one message to a room of three hundred people, beside bare broadcast",
    "link": "the delay that a link was asked for, beside what it gives",
}


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(metavar="BENCH", dest="bench", required=True)
    for name, text in BENCHES.items():
        # Each bench has a parser of its own, and --help goes there, too.
        benches.add_parser(name, help=text, add_help=False)


@command(
    MAINTAINERS,
    "measure the course's own code beside other libraries",
    bench_arguments,
    passes_on=True,
    dev=True,
)
def bench(args: argparse.Namespace) -> int:
    import importlib

    return importlib.import_module(f"benchmarks.{args.bench}").main(args.rest)


@command(
    MAINTAINERS,
    "pin the dependencies of pyproject.toml in the two locks (needs uv)",
    argument("--upgrade", action="store_true", help="take the newest versions in range"),
)
def lock(args: argparse.Namespace) -> int:
    import shutil
    import subprocess

    from course_lib.paths import ROOT

    uv = shutil.which("uv")
    if uv is None:
        raise CourseError("`course lock` needs uv: `pip install uv` brings it.")
    compile = (
        "pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 "
        "--no-emit-index-url --no-header --quiet"
    )
    command = [uv, *compile.split(), *(["--upgrade"] if args.upgrade else [])]
    # What a learner gets is pinned first, and the same pins hold for who works on the course.
    for lock in (
        "-o requirements.lock",
        "--group dev -c requirements.lock -o requirements-dev.lock",
    ):
        done = subprocess.run([*command, *lock.split()], cwd=ROOT)
        if done.returncode != 0:
            return done.returncode
    return 0
