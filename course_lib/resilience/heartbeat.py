"""Finding out that the other end is gone when nothing says so.

A line that goes silent closes nothing: both ends believe in their connection until they expect
an answer. So ask at regular intervals, and give up when no answer comes in time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed

from course_lib.resilience.tasks import running
from course_lib.resilience.wire import Ping, Pong, ProtocolViolation, decode, encode


def worst_case_detection(interval: float, timeout: float) -> float:
    """Seconds from the moment a line goes silent until a heartbeat knows, at most.

    At worst the line dies right after a pong has arrived: the next ping leaves up to `interval`
    later and is waited for during `timeout`. A line that dies while a pong is awaited is found
    out earlier. On average it takes `interval / 2 + timeout`, as the line may die at any moment
    between two pings. A computer that is busy adds what it takes to run a timer that is due.
    """
    return interval + timeout


class Heartbeat:
    """Asks with ping frames, and knows what it has found out so far.

    Attributes:
        round_trips: seconds that the latest thousand answers took.
        lost: whether an answer did not come.
    """

    def __init__(self, connection: Connection) -> None:
        self.round_trips: deque[float] = deque(maxlen=1000)
        self.lost = False
        self._connection = connection

    async def ask(self) -> None:
        """Send a ping and wait for its pong."""
        await (await self._connection.ping())

    async def beat(self, interval: float, timeout: float) -> None:  # noqa: ASYNC109 - of an answer
        """Ask every `interval` seconds; abort the connection when an answer takes `timeout`."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                due = max(due + interval, loop.time())
                await asyncio.sleep(due - loop.time())
                asked = loop.time()
                # The question has to fit into the timeout as well: with a full write buffer it
                # never leaves.
                async with asyncio.timeout(timeout):
                    await self.ask()
                self.round_trips.append(loop.time() - asked)
        except TimeoutError:
            self.lost = True
            self._connection.transport.abort()
        except ConnectionClosed:
            return


@asynccontextmanager
async def protocol_heartbeat(
    connection: Connection,
    interval: float = 20.0,
    timeout: float = 20.0,  # noqa: ASYNC109 - of an answer, not of the body
) -> AsyncIterator[Heartbeat]:
    """Ask the other end for a sign of life while the body runs, with ping frames.

        async with protocol_heartbeat(connection, interval=20, timeout=20) as heartbeat:
            async for message in connection:
                ...

    Every WebSocket library answers a ping (RFC 6455, section 5.5.2). When no answer comes, the
    connection is aborted: the TCP connection ends at once, and whoever reads or writes meets
    `ConnectionClosedError` without a close frame, which is what RFC 6455 (section 7.1.5) calls
    code 1006. There is nobody to send a code to; a close frame, e.g. with 1011, would only keep
    a dead connection until the close timeout.

    Answers stand in line with other data, so `timeout` must be longer than the largest message
    takes. The connection must be read all the while, or no answer is ever seen.

    Args:
        connection: An open one, of either side; made with `ping_interval=None`.
        interval: Seconds from one question to the next.
        timeout: Seconds that an answer may take.
    """
    heartbeat = Heartbeat(connection)
    async with running(partial(heartbeat.beat, interval, timeout)):
        yield heartbeat


class MessageHeartbeat(Heartbeat):
    """A heartbeat of messages, which whoever reads the connection shows it first."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._asked = 0
        self._answered = asyncio.Event()

    async def handle(self, text: str | bytes) -> bool:
        """Answer a ping or note a pong; return False for any other message."""
        try:
            message = decode(text)
        except ProtocolViolation:
            return False
        match message:
            case Ping(id):
                await self._connection.send(encode("pong", id=id))
            case Pong(id):
                if id == self._asked:
                    self._answered.set()
            case _:
                return False
        return True

    async def ask(self) -> None:
        """Send a ping and wait for its pong."""
        self._asked += 1
        self._answered.clear()
        await self._connection.send(encode("ping", id=self._asked))
        await self._answered.wait()


@asynccontextmanager
async def application_heartbeat(
    connection: Connection,
    interval: float = 20.0,
    timeout: float = 20.0,  # noqa: ASYNC109 - of an answer, not of the body
) -> AsyncIterator[MessageHeartbeat]:
    """Ask with messages, as a script in a browser must: it can neither send a ping nor see one.

    Otherwise it does what `protocol_heartbeat` does. Whoever reads the connection hands each
    message to `handle` first:

        async with application_heartbeat(connection) as heartbeat:
            async for text in connection:
                if not await heartbeat.handle(text):
                    ...
    """
    heartbeat = MessageHeartbeat(connection)
    async with running(partial(heartbeat.beat, interval, timeout)):
        yield heartbeat
