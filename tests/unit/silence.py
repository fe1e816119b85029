"""How long a heartbeat takes to find out that a line has gone silent."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from course_lib.network import Link
from course_lib.resilience import Heartbeat, MessageHeartbeat, protocol_heartbeat

Beating = Callable[..., AbstractAsyncContextManager[Heartbeat]]


async def detection_times(
    interval: float,
    timeout: float,  # noqa: ASYNC109 - the heartbeat's, not this function's
    trials: int = 20,
    *,
    kind: Beating = protocol_heartbeat,
    seed: int | None = None,
) -> list[float]:
    """Seconds from a silence to its detection, for `trials` clients on links of their own.

    Each link goes silent at a moment of its own, drawn evenly over one interval after the first
    answer. All trials run at the same time, in about two intervals and a timeout.

    Args:
        interval, timeout: Of the heartbeat, in seconds.
        trials: How many.
        kind: Which heartbeat the client has; the server answers either.
        seed: Of the moments.

    Raises:
        RuntimeError: A heartbeat took its link for dead before it was.
    """
    source = random.Random(seed)
    moments = [source.uniform(0, interval) for _ in range(trials)]
    async with serve(_answer, "127.0.0.1", 0, ping_interval=None, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            make = partial(kind, interval=interval, timeout=timeout)
            tasks = [group.create_task(_trial(port, make, interval + each)) for each in moments]
    return [task.result() for task in tasks]


async def _answer(connection: ServerConnection) -> None:
    heartbeat = MessageHeartbeat(connection)
    with suppress(ConnectionClosed):
        async for text in connection:
            await heartbeat.handle(text)


async def _trial(port: int, make: Beating, moment: float) -> float:
    async with (
        Link("127.0.0.1", port) as link,
        connect(
            f"ws://{link.host}:{link.port}",
            proxy=None,
            compression=None,
            open_timeout=60,
            ping_interval=None,
        ) as connection,
        make(connection) as heartbeat,
    ):
        loop = asyncio.get_running_loop()
        silenced: list[float] = []

        def silence() -> None:
            link.silence()
            silenced.append(time.perf_counter())

        timer = loop.call_later(moment, silence)
        try:
            async for text in connection:
                if isinstance(heartbeat, MessageHeartbeat):
                    await heartbeat.handle(text)
        except ConnectionClosed:
            found = time.perf_counter()
        timer.cancel()
        if not silenced:
            raise RuntimeError("A heartbeat gave up a link that was alive: raise its timeout.")
        return found - silenced[0]
