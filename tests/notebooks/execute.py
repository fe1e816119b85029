"""`course run`: notebooks executed from a fresh kernel, so that only what they say can differ."""

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.text import Text

from course_lib.errors import CourseError
from course_lib.exercises.seeds import STORED_SEED
from course_lib.files import write_text
from course_lib.paths import NOTEBOOKS, SOLUTIONS, shown

CELL_TIMEOUT = 120
"""Seconds that one cell may take."""

VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class CellFailed(Exception):
    """A cell of a notebook raised, hung, or took the kernel with it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of `course run`."""
    parser.add_argument(
        "notebooks",
        nargs="*",
        type=Path,
        metavar="NOTEBOOK",
        help="default: all of notebooks/ and solutions/",
    )


def run(args: argparse.Namespace) -> int:
    """Execute notebooks; return the exit code.

    Raises `CourseError` for a path at which there is none.
    """
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


def _move(bars: Progress, bar: TaskID, done: int, total: int) -> None:
    bars.update(bar, completed=done, total=total)


def execute(path: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Run a notebook from the top in its own folder and save it with its outputs.

    `progress` is told how many code cells are done, of how many. Raises `CellFailed`, and
    `CourseError` for a file that is no notebook; the file stays as it was then. The kernel has a
    progress store, and settings of IPython, of its own.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except OSError as exc:
        raise CourseError(f"Can't read {shown(path)}: {exc.strerror}.") from None
    except Exception:  # nbformat raises whatever a damaged file makes it
        raise CourseError(f"{shown(path)} is not a notebook.") from None
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    number = 0

    def started(cell: object, cell_index: int) -> None:
        nonlocal number
        number = cell_index + 1
        progress(sum(each.cell_type == "code" for each in notebook.cells[:cell_index]), total)

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=started,
    )
    with tempfile.TemporaryDirectory() as folder:
        own = {"COURSE_STATE": f"{folder}/course", "IPYTHONDIR": f"{folder}/ipython"}
        try:
            client.execute(env=os.environ | own | STORED_SEED)
        except CellExecutionError as exc:
            what = f"{exc.ename}: {exc.evalue}\n{exc.traceback}"
            raise CellFailed(f"{shown(path)}, cell {number}: {what}") from None
        except CellTimeoutError:
            what = f"ran longer than {CELL_TIMEOUT} s"
            raise CellFailed(f"{shown(path)}, cell {number}: {what}") from None
        except DeadKernelError:
            raise CellFailed(f"{shown(path)}, cell {number}: the kernel died") from None
    progress(total, total)
    write_text(path, nbformat.writes(normalised(notebook), version=4) + "\n")


def normalised(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without what differs from one run or one machine to the next."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for index, cell in enumerate(notebook.cells):
        if "id" not in cell:
            cell.id = f"cell-{index + 1}"
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            for output in cell.outputs:
                output.get("data", {}).pop(VIEW, None)  # refers to a model that ends here
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook
