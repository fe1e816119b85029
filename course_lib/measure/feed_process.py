"""A feed and its servers in a process of their own, away from what is measured.

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
import time
from types import TracebackType
from typing import Any, Self

from course_lib.transports import Feed, FeedServer, Transport


class FeedProcess:
    """The parent's handle on a process that serves a feed.

    async with FeedProcess([0.5, 1.0], payload_size=20) as server:
        server.go()
        ids = await server.published()
    """

    host = FeedServer.host

    def __init__(self, times: list[float], payload_size: int) -> None:
        self._plan = {"times": times, "payload_size": payload_size}
        self._process: subprocess.Popen[str] | None = None
        self._ports: dict[str, int] = {}

    def port(self, transport: Transport) -> int:
        """Where the process offers that transport."""
        return self._ports[transport]

    def go(self) -> None:
        """Publish the events, each at its time from now on."""
        self._tell("go")

    async def published(self) -> tuple[float, int]:
        """Wait for the last event; return when the first second began, and the last id."""
        answer = await self._hear()
        return answer["start"], answer["last_id"]

    async def cpu_seconds(self) -> float:
        """What the process has computed since `go`; it serves no more afterwards."""
        self._tell("stop")
        return (await self._hear())["cpu_seconds"]

    def _tell(self, line: str) -> None:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    async def _hear(self) -> dict[str, Any]:
        # Threads read in any event loop; not every one on Windows has subprocesses.
        line = await asyncio.to_thread(self._process.stdout.readline)
        if not line:
            raise RuntimeError("The process that serves the feed has ended.")
        return json.loads(line)

    async def __aenter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self._tell(json.dumps(self._plan))
            self._ports = await self._hear()
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        with self._process as process:  # closes its pipes and waits for its end
            process.kill()


async def _serve(lines: "asyncio.Queue[str]") -> None:
    plan = json.loads(await lines.get())
    feed = Feed(history=len(plan["times"]))
    async with FeedServer(feed) as server:
        _say({transport: server.port(transport) for transport in Transport})
        await lines.get()
        start, computed = time.perf_counter(), time.process_time()
        for moment in plan["times"]:
            await asyncio.sleep(start + moment - time.perf_counter())
            feed.publish("x" * plan["payload_size"])
        _say({"start": start, "last_id": feed.last_id})
        await lines.get()
        _say({"cpu_seconds": time.process_time() - computed})


def _say(fields: dict[str, Any]) -> None:
    print(json.dumps(fields), flush=True)


def main() -> None:
    """The child."""
    # Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def serve() -> None:
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def read() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            os._exit(0)

        threading.Thread(target=read, daemon=True).start()
        await _serve(lines)

    asyncio.run(serve())
