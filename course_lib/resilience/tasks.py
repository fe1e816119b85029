"""A task that runs as long as a body does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager


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
