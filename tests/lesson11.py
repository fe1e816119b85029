"""What the cells of lesson 11 define, for tests that use it outside of a notebook."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace

import nbformat

from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.mine import pieces
from course_lib.mine.package import LESSON


def solutions() -> dict[str, str]:
    """The course's own source of each piece, in the order in which they are defined."""
    found = {}
    for number, names in pieces.NEEDED.items():
        answers = cells.answers(cells.read(exercise(number).solution))
        found |= {name: cells.finished(answers[name]) for name in names}
    return found


def lesson(sources: Mapping[str, str], **there: object) -> SimpleNamespace:
    """The lesson's server and client over these answers; `there` is what its cells find defined."""
    for source in sources.values():
        exec(source, there)
    for cell in nbformat.read(LESSON, as_version=4).cells:
        source = cell.source
        in_package = source.startswith("# my_websocket/") and "__main__" not in source
        if in_package or source.startswith("import asyncio"):
            exec(source, there)
        elif "async def in_front" in source:
            exec(
                source[source.index("async def in_front") : source.index("front = background")],
                there,
            )
    return SimpleNamespace(**there)


async def connections_ended() -> None:
    """Wait until a server has noticed that its clients have left, the last of them, too."""
    for _ in range(5):  # turns of the loop in which what was accepted last gets its task
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
