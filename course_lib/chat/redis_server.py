"""A redis-server of our own, for as long as a test or a lesson needs one.

async with RedisServer(durable=True) as redis:
    print(redis.url)
"""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

from course_lib.errors import CourseError

MISSING = (
    "This needs redis-server, which is not installed: `apt install redis-server`, "
    "`brew install redis`, or `conda install redis-server` brings it."
)


class RedisServer:
    """Runs redis-server on a Unix socket in a folder of its own, which is removed at the end.

    Args:
        durable: Whether each write is on the disk before it is answered (an append-only file with
            appendfsync always), so that `stop` and `start` lose nothing.

    Attributes:
        url: for `course_lib.chat.redis_broker.RedisBroker` and redis-py.

    Raises:
        CourseError: redis-server is not installed, or does not start.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        if shutil.which("redis-server") is None:
            raise CourseError(MISSING)
        # The path of a Unix socket has at most 104 characters on macOS.
        self._folder = tempfile.TemporaryDirectory(prefix="redis-", ignore_cleanup_errors=True)
        self.url = f"unix://{Path(self._folder.name, 'socket')}"
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()
        self._folder.cleanup()

    async def start(self) -> None:
        """Start it (again), and wait until it answers."""
        kept = ["--appendonly", "yes", "--appendfsync", "always"] if self._durable else []
        self._process = await asyncio.create_subprocess_exec(
            "redis-server", "-",
            "--port", "0", "--unixsocket", "socket", "--dir", self._folder.name, "--save", "", *kept,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with Redis.from_url(self.url) as client:
            while self._process.returncode is None:
                with suppress(RedisError, OSError):
                    await client.ping()
                    return
                await asyncio.sleep(0.02)
        raise CourseError("redis-server does not start.")

    async def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            self._process = None
