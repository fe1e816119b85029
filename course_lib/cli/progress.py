"""A progress bar with rate and time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def follow(what: str) -> Iterator[tuple[Callable[[int], None], Callable[[], None]]]:
    """Show a bar on standard error; yields what to tell the total, and what to call for each."""
    from rich.console import Console
    from rich.progress import (
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.speed if (task.elapsed or 0) > 1 else None  # what is resumed has none
            return Text(f"{60 * speed:.0f} a minute" if speed else "")

    columns = [*Progress.get_default_columns()[:2], MofNCompleteColumn(), Rate()]
    bars = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
    bar = bars.add_task(what)

    def begin(total: int) -> None:
        bars.update(bar, total=total)
        bars.start()

    try:
        yield begin, lambda: bars.advance(bar)
    finally:
        if bars.live.is_started:
            bars.stop()
