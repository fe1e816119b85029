"""Programs in any language, started for the card and ended after it."""

import asyncio
import os
import shlex
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.lines import kill_tree

START = 20.0
"""Seconds that a server may take until it listens."""

SAID = 300
"""Characters of what a program wrote last that are shown when it has ended too early."""


@asynccontextmanager
async def serving(command: str, folder: Path | None = None) -> AsyncIterator[str]:
    """Run a server on a free port, in a folder; gives its URL once it listens.

    `{port}` and `{url}` in the command are filled in, and PORT and URL are in its environment.

    Raises:
        CourseError: there is no such program, or it ends, or it does not listen.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"ws://127.0.0.1:{port}/"
    async with running(command, url, port, folder) as process:
        assert process.stderr
        # Read all the while: a program that logs stands still once the pipe is full.
        said = asyncio.create_task(_last_words(process.stderr))
        try:
            await _listening(process, port, command, said)
            yield url
        finally:
            said.cancel()
            await asyncio.gather(said, return_exceptions=True)


@asynccontextmanager
async def running(
    command: str, url: str, port: int, folder: Path | None = None
) -> AsyncIterator[Process]:
    """Run a program, and end it and what it has started after the body.

    Raises:
        CourseError: there is no such program, or the command can't be read.
    """
    try:
        words = shlex.split(command, posix=sys.platform != "win32")
    except ValueError as error:
        raise CourseError(f"Can't read the command {command!r}: {error}.") from None
    if not words:
        raise CourseError("The command is empty.")
    try:
        process = await asyncio.create_subprocess_exec(
            *(word.replace("{port}", str(port)).replace("{url}", url) for word in words),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            cwd=folder,
            env={**os.environ, "PORT": str(port), "URL": url},
            start_new_session=os.name == "posix",  # so that what it starts ends with it
        )
    except OSError as error:
        raise CourseError(f"Can't start {command!r}: {error.strerror or error}.") from None
    try:
        yield process
    finally:
        kill_tree(process.pid)
        await process.wait()


def client_of(command: str) -> Callable[[str], Awaitable[None]]:
    """A client for `card_of_client` that is a run of this command."""

    async def client(url: str) -> None:
        port = int(url.rstrip("/").rpartition(":")[2])
        async with running(command, url, port) as process:
            await process.communicate()

    return client


async def _last_words(stream: asyncio.StreamReader) -> str:
    """The end of what a program writes, once it has written all."""
    said = b""
    while data := await stream.read(2**16):
        said = (said + data)[-4 * SAID :]
    return said.decode("utf-8", "replace").strip()[-SAID:]


async def _listening(process: Process, port: int, command: str, said: asyncio.Task[str]) -> None:
    """Wait until somebody listens there."""
    try:
        async with asyncio.timeout(START):
            while process.returncode is None:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                with suppress(TimeoutError):  # nobody yet: ask again, unless it ends before
                    await asyncio.wait_for(asyncio.shield(process.wait()), 0.05)
    except TimeoutError:
        raise CourseError(
            f"{command!r} does not listen on port {port} of 127.0.0.1, which it is told by {{port}}, "
            f"{{url}}, or the variables PORT and URL."
        ) from None
    words = await said
    raise CourseError(f"{command!r} ended before it listened{f': {words}' if words else ''}.")
