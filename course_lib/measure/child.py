"""A process of our own to serve from, away from what is measured.

The parent writes lines to the child's standard input and reads lines of JSON from its standard
output. When the input ends, because the parent closed it or died, the child exits.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

Lines = asyncio.Queue[str]
Serve = Callable[..., Coroutine[Any, Any, None]]


class Child:
    """The parent's handle on a process that runs `serve(lines, *arguments)`.

    Args:
        serve: A coroutine function of a module; it hears `lines` and answers with `say`.
        arguments: Strings and numbers for it.
    """

    def __init__(self, serve: Serve, *arguments: str | int) -> None:
        call = ", ".join(["serve", *map(repr, arguments)])
        self._program = (
            f"from {__name__} import run; from {serve.__module__} import {serve.__name__} as serve; "
            f"run({call})"
        )
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Send the child one line."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    async def hear(self) -> dict[str, Any]:
        """Wait for what the child says next.

        Raises:
            RuntimeError: The child has ended instead.
        """
        # Threads read in any event loop; not every one on Windows has subprocesses.
        line = await asyncio.to_thread(self._process.stdout.readline)
        if not line:
            raise RuntimeError("The process that serves has ended.")
        return json.loads(line)

    async def __aenter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond
            [sys.executable, "-c", self._program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process as process:  # closes its pipes and waits for its end
            process.kill()


def say(**fields: object) -> None:
    """In the child: tell the parent."""
    print(json.dumps(fields), flush=True)


def run(serve: Serve, *arguments: str | int) -> None:
    """In the child: serve until the parent's lines end."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def main() -> None:
        lines: Lines = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def read() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            os._exit(0)

        threading.Thread(target=read, daemon=True).start()
        await serve(lines, *arguments)

    asyncio.run(main())
