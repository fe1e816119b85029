"""What the cells of lesson 11 define, for tests that use it outside of a notebook."""

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
