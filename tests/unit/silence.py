"""How long a heartbeat may take to find out that a line has gone silent, on a machine of any speed."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from course_lib.network import Link
from course_lib.resilience import Heartbeat, MessageHeartbeat, protocol_heartbeat

Beating = Callable[..., AbstractAsyncContextManager[Heartbeat]]


async def bound(interval: float, timeout: float) -> None:  # noqa: ASYNC109 - the heartbeat's
    """Wait in the same loop for as long as a heartbeat may take: an interval and a timeout.

    A busy machine holds this up as much as it holds up a heartbeat. After each of the two come the
    turns of the loop in which a timer that is due becomes a ping, or the end of a connection.
    """
    for seconds in (interval, timeout):
        await asyncio.sleep(seconds + 0.01)
        for _ in range(50):
            await asyncio.sleep(0)


async def found_in_time(
    interval: float,
    timeout: float,  # noqa: ASYNC109 - the heartbeat's, not this function's
    trials: int = 20,
    *,
    kind: Beating = protocol_heartbeat,
    seed: int | None = None,
) -> list[bool]:
    """Whether a silence was found within the bound, by `trials` clients on links of their own.

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
            limit = partial(bound, interval, timeout)
            tasks = [
                group.create_task(_trial(port, make, limit, interval + each)) for each in moments
            ]
    return [task.result() for task in tasks]


async def _answer(connection: ServerConnection) -> None:
    heartbeat = MessageHeartbeat(connection)
    with suppress(ConnectionClosed):
        async for text in connection:
            await heartbeat.handle(text)


async def _trial(port: int, make: Beating, limit: Callable[..., object], moment: float) -> bool:
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
        limits: list[asyncio.Task[None]] = []

        def silence() -> None:
            link.silence()
            limits.append(loop.create_task(limit()))

        timer = loop.call_later(moment, silence)
        try:
            async for text in connection:
                if isinstance(heartbeat, MessageHeartbeat):
                    await heartbeat.handle(text)
        except ConnectionClosed:
            in_time = bool(limits) and not limits[0].done()
        timer.cancel()
        if not limits:
            raise RuntimeError("A heartbeat gave up a link that was alive: raise its timeout.")
        limits[0].cancel()
        return in_time
