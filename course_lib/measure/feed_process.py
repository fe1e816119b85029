"""A feed and its servers in a process of their own."""

import asyncio
import json
import time
from typing import Self

from course_lib.measure.child import Child, Lines, say
from course_lib.transports import Feed, FeedServer, Transport


class FeedProcess(Child):
    """The parent's handle on a process that serves a feed.

    async with FeedProcess([0.5, 1.0], payload_size=20) as server:
        server.go()
        start, last_id = await server.published()
    """

    host = FeedServer.host

    def __init__(self, times: list[float], payload_size: int) -> None:
        super().__init__(serve_feed)
        self._plan = {"times": times, "payload_size": payload_size}
        self._ports: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            self.tell(json.dumps(self._plan))
            self._ports = await self.hear()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    def port(self, transport: Transport) -> int:
        """Where the process offers that transport."""
        return self._ports[transport]

    def go(self) -> None:
        """Publish the events, each at its time from now on."""
        self.tell("go")

    async def published(self) -> tuple[float, int]:
        """Wait for the last event; return when the first second began, and the last id."""
        answer = await self.hear()
        return answer["start"], answer["last_id"]

    async def cpu_seconds(self) -> float:
        """What the process has computed since `go`; it serves no more afterwards."""
        self.tell("stop")
        return (await self.hear())["cpu_seconds"]


async def serve_feed(lines: Lines) -> None:
    """In the child: serve, publish when told so, and count."""
    plan = json.loads(await lines.get())
    feed = Feed(history=len(plan["times"]))
    async with FeedServer(feed) as server:
        say(**{transport: server.port(transport) for transport in Transport})
        await lines.get()
        start, computed = time.perf_counter(), time.process_time()
        for moment in plan["times"]:
            await asyncio.sleep(start + moment - time.perf_counter())
            feed.publish("x" * plan["payload_size"])
        say(start=start, last_id=feed.last_id)
        await lines.get()
        say(cpu_seconds=time.process_time() - computed)
