"""A process of our own to serve from, away from what is measured.

Both speak in lines of JSON (see `course_lib.lines`). When the parent closes the channel or dies,
the child exits.
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

Lines = asyncio.Queue[Any]
Serve = Callable[..., Coroutine[Any, Any, None]]
GONE = "The process that serves has ended."


class Child:
    """The parent's handle on a process that runs `serve(lines, *arguments)` inside `async with`.

    Args:
        serve: A coroutine function of a module; it hears `lines` and answers with `say`. If it ends
            in a `CourseError`, its parent hears that.
        arguments: Strings and numbers for it, or None.
    """

    _worker: Worker

    def __init__(self, serve: Serve, *arguments: str | int | None) -> None:
        self._call = [serve.__module__, serve.__name__, json.dumps(arguments)]

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._worker.pid

    async def begin(self) -> None:
        """What to do first, once the process runs; a subclass may have something."""

    def tell(self, said: object) -> None:
        """Tell the child something; raises RuntimeError if it has ended."""
        try:
            self._worker.tell(json.dumps(said))
        except Ended:
            raise RuntimeError(GONE) from None

    async def hear(self) -> dict[str, Any]:
        """Wait for what the child says next.

        Raises:
            CourseError: What it says has failed.
            RuntimeError: The child has ended instead.
        """
        try:
            answer = json.loads(await asyncio.to_thread(self._worker.hear))
        except Ended:
            raise RuntimeError(GONE) from None
        if "failed" in answer:
            raise CourseError(answer["failed"])
        return answer

    async def ask(self, **question: object) -> dict[str, Any]:
        """Tell the child something, and wait for what it says to that; raises as `hear` does."""
        self.tell(question)
        return await self.hear()

    async def __aenter__(self) -> Self:
        # Not as a module with -m, which would be there twice: as __main__ and as itself.
        self._worker = Worker(start("-c", f"from {__name__} import main; main()", *self._call))
        try:
            await self.begin()
        except BaseException:
            self._worker.end()
            raise
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
    if count > (allowed := open_files_allowed()):
        raise CourseError(f"This system allows {allowed} open files, and {count} are needed.")
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


_parents: list[Parent] = []
"""In the child: its parent."""


async def _serve(serve: Serve, arguments: list[str | int | None]) -> None:
    lines: Lines = asyncio.Queue()
    loop = asyncio.get_running_loop()
    _parents.append(
        Parent(lambda line: loop.call_soon_threadsafe(lines.put_nowait, json.loads(line)))
    )
    try:
        await serve(lines, *arguments)
    except CourseError as error:
        say(failed=str(error))


def main() -> None:
    """In the child: serve until the parent closes the channel."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module, name, arguments = sys.argv[1:]
    asyncio.run(_serve(getattr(importlib.import_module(module), name), json.loads(arguments)))
