"""Finding out that the other end is gone when nothing says so.

A line that goes silent closes nothing: both ends believe in their connection until they expect
an answer. So ask at regular intervals, and give up when no answer comes in time.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from itertools import count
from typing import Self

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from course_lib.resilience.tasks import running
from course_lib.resilience.wire import ProtocolViolation, decode, encode


def worst_case_detection(interval: float, timeout: float) -> float:
    """Seconds from the moment a line goes silent until a heartbeat knows, at most.

    At worst the line dies right after a pong has arrived: the next ping leaves up to `interval`
    later and is waited for during `timeout`. A line that dies while a pong is awaited is found
    out earlier. On average it takes `interval / 2 + timeout`, as the line may die at any moment
    between two pings. A computer that is busy adds what it takes to run a timer that is due.
    """
    return interval + timeout


class Heartbeat(ABC):
    """Asks the other end of a connection for a sign of life while the body runs.

        async with ProtocolHeartbeat(connection, interval=20, timeout=20) as heartbeat:
            async for message in connection:
                ...

    When no answer comes, the connection is aborted: the TCP connection ends at once, and whoever
    reads or writes meets `ConnectionClosedError` without a close frame, which is what RFC 6455
    (section 7.1.5) calls code 1006. There is nobody to send a code to; a close frame, e.g. with
    1011, would only keep a dead connection until the close timeout.

    Answers stand in line with other data, so `timeout` must be longer than the largest message
    takes. The connection must be read all the while, or no answer is ever seen.

    Args:
        connection: An open one, of either side; made with `ping_interval=None`.
        interval: Seconds from one question to the next.
        timeout: Seconds that an answer may take.

    Attributes:
        round_trips: Seconds that the latest thousand answers took.
        lost: Whether an answer did not come.
    """

    def __init__(
        self, connection: Connection, interval: float = 20.0, timeout: float = 20.0
    ) -> None:
        self.connection = connection
        self.interval = interval
        self.timeout = timeout
        self.round_trips: deque[float] = deque(maxlen=1000)
        self.lost = False
        self._beating = running(self._beat)

    async def __aenter__(self) -> Self:
        await self._beating.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._beating.__aexit__(*error)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                due = max(due + self.interval, loop.time())
                await asyncio.sleep(due - loop.time())
                asked = loop.time()
                # The question has to fit into the timeout as well: with a full write buffer
                # it never leaves.
                async with asyncio.timeout(self.timeout):
                    await self._ask()
                self.round_trips.append(loop.time() - asked)
        except TimeoutError:
            self.lost = True
            self.connection.transport.abort()
        except ConnectionClosed:
            return

    @abstractmethod
    async def _ask(self) -> None:
        """Ask, and wait for the answer."""


class ProtocolHeartbeat(Heartbeat):
    """Asks with ping frames (RFC 6455, section 5.5.2), which every WebSocket library answers."""

    async def _ask(self) -> None:
        await (await self.connection.ping())


class ApplicationHeartbeat(Heartbeat):
    """Asks with messages, as a script in a browser must: it can neither send a ping nor see one.

    Whoever reads the connection hands each message to `handle` first:

        async with ApplicationHeartbeat(connection) as heartbeat:
            async for text in connection:
                if not await heartbeat.handle(text):
                    ...
    """

    def __init__(
        self, connection: Connection, interval: float = 20.0, timeout: float = 20.0
    ) -> None:
        super().__init__(connection, interval, timeout)
        self._ids = count(1)
        self._awaited = 0
        self._answered = asyncio.Event()

    async def handle(self, text: str | bytes) -> bool:
        """Answer a ping or note a pong; return False for any other message."""
        try:
            message = decode(text)
        except ProtocolViolation:
            return False
        match message:
            case {"type": "ping", "id": id}:
                await self.connection.send(encode("pong", id=id))
            case {"type": "pong", "id": id}:
                if id == self._awaited:
                    self._answered.set()
            case _:
                return False
        return True

    async def _ask(self) -> None:
        self._awaited = next(self._ids)
        self._answered.clear()
        await self.connection.send(encode("ping", id=self._awaited))
        await self._answered.wait()
