"""Two small tools for tasks that belong together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager


class Signal:
    """Lets tasks wait until something about some shared values has become true."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        """Have all who wait look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until `condition()` is true; it is looked at after each `notify`."""
        while not condition():
            await self._event.wait()


@asynccontextmanager
async def running(
    work: Callable[[], Coroutine[None, None, None]],
) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work()` beside the body; when the body is done, cancel it and wait for its end.

    Raises:
        Exception: What `work` failed with, unless the body itself has failed.
    """
    task = asyncio.create_task(work())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()
