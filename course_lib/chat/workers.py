"""The chat in several processes behind one address.

The parent binds the socket, and every worker inherits it: the system gives each new connection to
one of those who accept. A worker that dies is replaced. When the parent closes a worker's standard
input, or dies, the worker says goodbye to its clients (1001) and ends.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from course_lib.chat.limits import Limits
from course_lib.chat.redis_broker import RedisBroker
from course_lib.chat.redis_stream import MemoryLost
from course_lib.chat.server import serve_chat
from course_lib.errors import CourseError
from course_lib.web import HERE, Access, Served

_FAILED = 2
_FAREWELL = 3.0  # seconds that a worker has to end
_SHORT = 1.0  # seconds; a worker that ends sooner is replaced only after as long


@dataclass(slots=True)
class Workers(Served):
    """The processes that serve one chat, all of them on one port."""

    processes: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [each.pid for each in self.processes.values()]


@asynccontextmanager
async def serve_workers(
    count: int,
    broker: str,
    *,
    access: Access = HERE,
    port: int = 0,
    limits: Limits | None = None,
) -> AsyncIterator[Workers]:
    """Serve the chat from `count` processes that meet at `broker`, the URL of a Redis.

    Raises:
        OSError: The port is taken.
        CourseError: No Redis is at the URL.
    """
    async with RedisBroker(broker):  # what is wrong with the URL is said once, here
        pass
    with socket.create_server((access.listens, port)) as listening:
        workers = Workers(access, listening.getsockname()[1])
        call = json.dumps([listening.fileno(), broker, asdict(access), asdict(limits or Limits())])
        ready = [asyncio.Event() for _ in range(count)]
        keeping = [
            asyncio.create_task(_keep(workers, place, call, listening.fileno(), ready[place]))
            for place in range(count)
        ]
        try:
            for each in ready:
                await each.wait()
            yield workers
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.wait(keeping)


async def _keep(
    workers: Workers, place: int, call: str, listening: int, ready: asyncio.Event
) -> None:
    """Have a worker run, and another one when it has ended."""
    while True:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            # Not as a module with -m, which would be there twice: as __main__ and as itself.
            sys.executable, "-c", f"from {__name__} import main; main()",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, pass_fds=[listening],
        )  # fmt: skip
        workers.processes[place] = process
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{call}\n".encode())  # not as an argument: all could read the code
        try:
            await process.stdout.readline()
            ready.set()
            await process.wait()
        finally:
            process.stdin.close()
            await process.wait()
            del workers.processes[place]
        await asyncio.sleep(max(0.0, began + _SHORT - time.monotonic()))


async def _work() -> None:
    parent = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(parent), sys.stdin
    )
    listening, broker, access, limits = json.loads(await parent.readline())
    async with (
        RedisBroker(broker, Limits(**limits)) as shared,
        serve_chat(
            shared.chat,
            access=Access(**access),
            listening=socket.socket(fileno=listening),
            broker=shared,
        ),
    ):
        print("ready", flush=True)
        ends = [asyncio.create_task(parent.read()), asyncio.create_task(shared.failed())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        # A handler that waits for a Redis that is away would never end. Its client is told of our
        # going, and keeps what is not acknowledged.
        asyncio.get_running_loop().call_later(_FAREWELL, os._exit, 0)


def main() -> None:
    """Be a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who tells us
    try:
        asyncio.run(_work())
    except (CourseError, MemoryLost):
        sys.exit(_FAILED)  # Redis is away, or has forgotten the chat: the next worker begins anew
