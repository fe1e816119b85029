"""The herd: a server restarts, and all its clients come back, by a recipe that one chooses.

What is shown is `course_lib.measure.herd`: clients, servers and refusals are real.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from websockets.asyncio.server import ServerConnection, broadcast

from course_lib.demos.stage import heard, message, stage, tell
from course_lib.measure.herd import WINDOW, Attempt, herd

RECIPES = {
    "constant": "every 0.5 s",
    "none": "backoff, no jitter",
    "full": "backoff, full jitter",
    "equal": "backoff, equal jitter",
    "decorrelated": "decorrelated jitter",
}
CLIENTS = 200
LIMIT = CLIENTS // 4  # handshakes that the server takes in one window
OUTAGE = 1.0  # seconds


def serve(port: int = 0) -> AbstractAsyncContextManager[str]:
    """Serve the demo on loopback; gives the URL of its page.

    Raises:
        OSError: The port is taken.
    """
    return stage(Path(__file__).with_name("page"), {"/control": _control}, port)


async def _control(channel: ServerConnection) -> None:
    running: asyncio.Task[None] | None = None
    await tell(channel, recipes=RECIPES, clients=CLIENTS, limit=LIMIT, window=WINDOW, outage=OUTAGE)
    async with asyncio.TaskGroup() as group:
        async for said in heard(channel):
            if said.get("restart") in RECIPES and (running is None or running.done()):
                running = group.create_task(_restart(channel, said["restart"]))
        if running is not None:
            running.cancel()


async def _restart(channel: ServerConnection, recipe: str) -> None:
    def show(attempt: Attempt) -> None:
        fields = {"client": attempt.client, "due": attempt.due, "outcome": attempt.outcome}
        broadcast([channel], message(attempt=fields))

    result = await herd(recipe, CLIENTS, outage=OUTAGE, limit=LIMIT, on_attempt=show)
    last = max(result.opened)
    await tell(channel, done=recipe, peak=result.peak(), refused=result.refused, last=last)
