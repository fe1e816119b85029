"""What the long measurements show while they run, and what they check before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from course_lib.errors import CourseError


@contextmanager
def progress_bar(doing: str) -> Iterator[Callable[[float], None]]:
    """Show a bar on standard error while the body runs; gives what it is told the part done with."""
    columns = (TextColumn(doing), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=1.0)
        yield lambda part: progress.update(bar, completed=part)


def check_folder(file: str | None) -> None:
    """Better before a measurement than after it: raises `CourseError` if a file can't be saved.

    None and "-", for standard output, need no folder.
    """
    if file not in (None, "-") and not Path(file).absolute().parent.is_dir():
        raise CourseError(f"There is no folder for {file}.")
