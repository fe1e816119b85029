"""A process of our own to serve from, away from what is measured.

The parent tells the child lines and hears lines of JSON (see `course_lib.lines`). When the parent
closes the channel or dies, the child exits.
"""

import asyncio
import importlib
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Self

from course_lib.errors import CourseError
from course_lib.lines import Ended, Parent, Worker, start

Lines = asyncio.Queue[str]
Serve = Callable[..., Coroutine[Any, Any, None]]
GONE = "The process that serves has ended."


class Child:
    """The parent's handle on a process that runs `serve(lines, *arguments)` inside `async with`.

    Args:
        serve: A coroutine function of a module; it hears `lines` and answers with `say`.
        arguments: Strings and numbers for it.
    """

    _worker: Worker

    def __init__(self, serve: Serve, *arguments: str | int) -> None:
        self._call = [serve.__module__, serve.__name__, json.dumps(arguments)]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._worker.pid

    def tell(self, line: str) -> None:
        """Send the child one line; raises RuntimeError if it has ended."""
        try:
            self._worker.tell(line)
        except Ended:
            raise RuntimeError(GONE) from None

    async def hear(self) -> dict[str, Any]:
        """Wait for what the child says next.

        Raises:
            RuntimeError: The child has ended instead.
        """
        try:
            return json.loads(await asyncio.to_thread(self._worker.hear))
        except Ended:
            raise RuntimeError(GONE) from None

    async def __aenter__(self) -> Self:
        # Not as a module with -m, which would be there twice: as __main__ and as itself.
        self._worker = Worker(start("-c", f"from {__name__} import main; main()", *self._call))
        return self

    async def __aexit__(self, *error: object) -> None:
        self._worker.end()


def say(**fields: object) -> None:
    """In the child: tell the parent."""
    _parents[0].tell(json.dumps(fields))


def open_files_allowed() -> int:
    """How many open files `allow_open_files` can give a process, at most a million."""
    if sys.platform == "win32":
        return 10**6
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 10**6 if hard == resource.RLIM_INFINITY else min(hard, 10**6)


def allow_open_files(count: int) -> None:
    """Let this process have so many open files; a socket is one.

    Raises:
        CourseError: This system does not allow it.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise CourseError(f"This system allows {hard} open files, and {count} are needed.")
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


_parents: list[Parent] = []
"""In the child: its parent."""


async def _serve(serve: Serve, arguments: list[str | int]) -> None:
    lines: Lines = asyncio.Queue()
    loop = asyncio.get_running_loop()
    _parents.append(Parent(lambda line: loop.call_soon_threadsafe(lines.put_nowait, line)))
    await serve(lines, *arguments)


def main() -> None:
    """In the child: serve until the parent closes the channel."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, name, arguments = sys.argv[1:]
    asyncio.run(_serve(getattr(importlib.import_module(module), name), json.loads(arguments)))
