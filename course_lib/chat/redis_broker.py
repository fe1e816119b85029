"""The chat in several processes at once, which agree over Redis on what happens, and in which order.

Every worker has the whole chat in its memory. What a client does is not carried out where it
comes in: the worker adds it to one stream in Redis (XADD), and every worker reads that stream
(XREAD with a cursor) and carries out each entry. The same entries in the same order, with the time
that stands in them, make the same chat everywhere: the same rooms and names, the same refusals, the
same event under the same number. This is called state machine replication.

`course_lib.chat.broker` says what is guaranteed.
`course_lib.chat.redis_stream` says how the stream is kept from growing for ever.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from contextlib import suppress
from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from course_lib.chat.broker import Broker
from course_lib.chat.limits import Limits
from course_lib.chat.redis_stream import BATCH, RedisStream
from course_lib.chat.rooms import Chat
from course_lib.chat.talk import Paused
from course_lib.errors import CourseError
from course_lib.log import Signal
from course_lib.resilience import EventLog, ProtocolViolation
from course_lib.security import LIMITS

_BLOCK = 500  # milliseconds that one XREAD waits
_ANSWER = 5.0  # seconds that Redis has for an answer
_AGAIN = 0.1  # seconds from one attempt to the next


class _SharedLog(EventLog):
    """A log that messages come to by way of the stream."""

    def __init__(self, broker: "RedisBroker") -> None:
        super().__init__()
        self._broker = broker

    async def receive(self, client: str, seq: int, data: object) -> None:
        if seq > self.taken(client):
            await self._broker.carried_out("take", client, seq, data)
            if seq > self.taken(client):
                raise ProtocolViolation(LIMITS["rate"].reason)

    async def reached(self, id: int) -> None:
        await self.wait_beyond(id - 1)


class RedisBroker(Broker):
    """One worker's part in a chat that lives in Redis.

        async with RedisBroker("redis://127.0.0.1") as broker:
            async with serve_chat(broker.chat, broker=broker): ...

    Args:
        url: Of Redis: redis://, rediss:// or unix://.
        limits: Of the chat, the same at all workers.
        name: Of the chat in Redis; all its keys begin so.
        beat: Seconds between two signs of life; three without one, and a worker is dead.
        step: Entries of the stream from one state that is kept to the next.

    Attributes:
        chat: the chat, as far as this worker has read.

    Raises:
        CourseError: No Redis is at the URL.
    """

    def __init__(
        self,
        url: str,
        limits: Limits | None = None,
        *,
        name: str = "course-chat",
        beat: float = 2.0,
        step: int = 10_000,
    ) -> None:
        try:
            self._redis: Redis = Redis.from_url(
                url, decode_responses=True, socket_timeout=_ANSWER, retry=Retry(NoBackoff(), 0)
            )
        except ValueError as error:
            raise CourseError(f"{url} is no address of a Redis: {error}.") from None
        self._url, self._name, self._beat = url, name, beat
        self._stream = RedisStream(self._redis, name, step)
        self._me = secrets.token_hex(8)
        self._log = _SharedLog(self)
        self.chat = Chat(limits, log=self._log, clock=self._clock, monotonic=self._clock)
        self._now = 0.0
        self._number = 0
        self._unsent: deque[str] = deque()
        self._changed = Signal()
        self._carried_out: dict[str, int] = {}
        self._at: dict[str, str] = {}
        self._away: dict[str, float] = {}
        self._here: set[str] = set()
        self._paused = False
        self._back = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            self._log.name = await self._stream.log_name(self._log.name)
            if state := await self._stream.newest_state():
                self._restore(state)
            while await self._read(None):
                pass
        except BaseException as error:
            await self._redis.aclose()
            if not isinstance(error, RedisError | OSError):
                raise
            why = str(error).rstrip(".")
            raise CourseError(f"No Redis answers at {self._url}: {why}.") from None
        work = (self._follow, self._write, self._live)
        self._tasks = [asyncio.create_task(each()) for each in work]
        return self

    async def __aexit__(self, *error: object) -> None:
        # That our clients went is still to be said; without Redis, that we are dead is soon seen.
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._changed.wait_for(lambda: not self._unsent)
        under_way = set(self._tasks)
        while under_way:  # redis-py may make an error of its own of a cancellation
            for task in under_way:
                task.cancel()
            _, under_way = await asyncio.wait(under_way, timeout=0.2)
        await self._redis.aclose()

    async def failed(self) -> None:
        """Wait until this worker cannot go on.

        Raises:
            MemoryLost: Redis has forgotten what was read.
        """
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def carried_out(self, *doing: object) -> None:
        """Put on the stream what a client does, and wait until it has been carried out here."""
        number = self._put(*doing)
        await self._changed.wait_for(lambda: self._carried_out.get(self._me, 0) >= number)

    def note(self, client: str, data: object) -> None:
        if not self._paused:
            self._put("note", client, data)

    def arrived(self, client: str) -> None:
        self._here.add(client)
        self._put("here", client)
        if self._paused:
            self._say_paused([client])

    def departed(self, client: str) -> None:
        self._here.discard(client)
        self._put("away", client)

    def _clock(self) -> float:
        return self._now

    def _put(self, *doing: object) -> int:
        self._number += 1
        self._unsent.append(json.dumps([self._me, self._number, time.time(), *doing]))
        self._changed.notify()
        return self._number

    async def _write(self) -> None:
        while True:
            await self._changed.wait_for(lambda: self._unsent and not self._paused)
            batch = list(self._unsent)[:BATCH]
            try:
                await self._stream.add(batch)
            except (RedisError, OSError):
                await asyncio.sleep(_AGAIN)  # the same again: whoever reads knows them by number
                continue
            for _ in batch:
                self._unsent.popleft()
            self._changed.notify()

    async def _follow(self) -> None:
        while True:
            try:
                if self._paused:
                    await self._stream.check(self._log.name)
                await self._read(_BLOCK)
            except (RedisError, OSError):
                self._pause(True)
                await asyncio.sleep(_AGAIN)
            else:
                self._pause(False)

    async def _read(self, block: int | None) -> bool:
        """Carry out what is new on the stream; return whether something was."""
        entries = await self._stream.read(block)
        for entry in entries:
            self._carry_out(entry)
            self._stream.cursor += 1
            if self._stream.wants_state:
                self._stream.make_state(self._summary())
        self._changed.notify()
        return bool(entries)

    def _summary(self) -> dict[str, Any]:
        return {
            "now": self._now,
            "carried out": self._carried_out,
            "at": self._at,
            "away": self._away,
            "chat": self.chat.state(),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self._now, self._carried_out = state["now"], state["carried out"]
        self._at, self._away = state["at"], state["away"]
        self.chat.restore(state["chat"])

    def _carry_out(self, entry: list[Any]) -> None:
        worker, number, at, kind, client, *more = entry
        if number <= self._carried_out.get(worker, 0):
            return
        self._carried_out[worker] = number
        self._now = max(self._now, at)
        match kind:
            # Whoever floods is closed where it is connected (see `_SharedLog`); all others go on.
            case "take":
                with suppress(ProtocolViolation):
                    self._log.take(client, *more)
            case "note":
                with suppress(ProtocolViolation):
                    self.chat.note(client, *more)
            case "here":
                self._at[client] = worker
                self._away.pop(client, None)
            case "away" if self._at.get(client) == worker:
                self._away[client] = self._now
            case "gone" if [self._away.get(client)] == more:
                del self._away[client], self._at[client]
                self.chat.leave_all(client)
            case "dead":
                self._bury(client)

    def _bury(self, worker: str) -> None:
        for client, where in self._at.items():
            if where == worker:
                self._away.setdefault(client, self._now)
        if worker == self._me:  # we were only slow
            for client in self._here:
                self._put("here", client)

    async def _live(self) -> None:
        """Show that this worker lives; see which workers do not, and who has been away for too long."""
        while True:
            await asyncio.sleep(self._beat)
            if self._paused:
                continue
            with suppress(RedisError, OSError):
                life = f"{self._name}:worker:"
                await self._redis.set(life + self._me, "", px=int(3000 * self._beat))
                await self._stream.check(self._log.name)
                await self._stream.keep_state()
                # After a pause, the others have time to show that they live, too.
                if time.monotonic() - self._back > 3 * self._beat:
                    present = {self._at[each] for each in self._at if each not in self._away}
                    for worker in present - {self._me}:
                        if not await self._redis.exists(life + worker):
                            self._put("dead", worker)
                    for client, since in self._away.items():
                        if time.time() - since > self.chat.limits.grace:
                            self._put("gone", client, since)

    def _pause(self, paused: bool) -> None:
        if paused is self._paused:
            return
        self._paused = paused
        self._back = time.monotonic()
        self._say_paused(self._here)
        self._changed.notify()

    def _say_paused(self, clients: "list[str] | set[str]") -> None:
        self.chat.notify(clients, Paused(on=self._paused).model_dump())
