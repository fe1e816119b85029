"""`course run`: execute notebooks and keep their outputs."""

import argparse
from pathlib import Path

HELP = "execute notebooks from a fresh kernel and save them with their outputs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "notebooks",
        nargs="*",
        type=Path,
        metavar="NOTEBOOK",
        help="default: all of notebooks/ and solutions/",
    )


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

    from course_lib.errors import CourseError
    from course_lib.exercises.execute import CellFailed, execute
    from course_lib.paths import NOTEBOOKS, SOLUTIONS, shown

    paths = args.notebooks or [
        *sorted(NOTEBOOKS.glob("*.ipynb")),
        *sorted(SOLUTIONS.glob("*.ipynb")),
    ]
    for path in paths:
        if not path.is_file():
            raise CourseError(f"there is no notebook {shown(path)}")
    failed = 0
    with Progress(console=Console(stderr=True)) as bars:
        for path in paths:
            bar = bars.add_task(shown(path), total=None)
            try:
                execute(
                    path, lambda done, total, bar=bar: bars.update(bar, completed=done, total=total)
                )
            except CellFailed as exc:
                failed += 1
                bars.console.print(Text.from_ansi(str(exc)), soft_wrap=True)
    print(f"executed {len(paths) - failed} of {len(paths)} notebooks")
    return 1 if failed else 0
