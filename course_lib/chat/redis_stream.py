"""The stream in Redis on which the workers of a chat agree, and which has an end.

After every so many entries each worker makes a state of all that it knows, the same as all others
make. The last two of them are kept in Redis, and what came before the older one is trimmed away: a
new worker begins with the newer one. Entries have consecutive numbers for ids, so that a worker
which is so slow that what it was to read next is gone notices it.
"""

import json
import secrets
from typing import Any

from redis.asyncio import Redis

BATCH = 500
"""Entries that are read or added at once."""

_ADD = "return redis.call('XADD', KEYS[1], redis.call('INCR', KEYS[2]) .. '-0', 'entry', ARGV[1])"
"""Adds an entry under the next whole number; in Redis, so that no other comes between."""


class MemoryLost(Exception):
    """Redis does not have any more what this worker has read there, or was to read next."""


class RedisStream:
    """One worker's view of the stream.

    Args:
        redis: Where it is.
        name: All its keys begin so.
        step: Entries from one state to the next.

    Attributes:
        cursor: the number of the last entry that was carried out.
    """

    def __init__(self, redis: Redis, name: str, step: int) -> None:
        self._redis, self._name, self._step = redis, name, step
        self._stream, self._states = f"{name}:entries", f"{name}:states"
        self._kept = self._made = 0
        self._state = ""
        self.cursor = 0

    async def log_name(self, name: str) -> str:
        """The name of the log that the stream makes; the first worker gives it."""
        await self._redis.set(f"{self._name}:log", name, nx=True)
        return str(await self._redis.get(f"{self._name}:log"))

    async def newest_state(self) -> dict[str, Any] | None:
        """What is kept for a new worker, which then reads on from there."""
        found: Any = await self._redis.zrange(self._states, -1, -1, withscores=True)
        for state, cursor in found:
            self.cursor = self._kept = self._made = int(cursor)
            return json.loads(state)
        return None

    async def add(self, entries: list[str]) -> None:
        """Add some entries, all or none."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            for entry in entries:
                pipeline.eval(_ADD, 2, self._stream, f"{self._name}:last", entry)
            await pipeline.execute()

    async def read(self, block: int | None) -> list[list[Any]]:
        """What comes after the cursor; waits for it for `block` milliseconds.

        Raises:
            MemoryLost: What comes next was trimmed away.
        """
        answer: Any = await self._redis.xread(
            {self._stream: f"{self.cursor}-0"}, count=BATCH, block=block
        )
        # A list of streams with RESP2, a mapping with RESP3.
        streams = answer.items() if isinstance(answer, dict) else answer or []
        for _, batches in streams:
            entries = batches if batches and isinstance(batches[0], tuple) else batches[0]
            if _number(entries[0][0]) != self.cursor + 1:
                raise MemoryLost
            return [json.loads(fields["entry"]) for _, fields in entries]
        return []

    @property
    def wants_state(self) -> bool:
        """Whether a state is to be made of what was carried out up to the cursor."""
        return self.cursor % self._step == 0

    def make_state(self, state: dict[str, Any]) -> None:
        """Note what was known at the cursor; `keep_state` brings it to Redis."""
        self._made, self._state = self.cursor, json.dumps(state)

    async def keep_state(self) -> None:
        """Keep the newest state, and trim what no new worker needs then."""
        if self._made == self._kept:
            return
        made = self._made
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zadd(self._states, {self._state: made})
            pipeline.zremrangebyrank(self._states, 0, -3)  # a slower worker's older one goes first
            pipeline.xtrim(self._stream, minid=f"{made - self._step}-0", approximate=False)
            await pipeline.execute()
        self._kept = made

    async def check(self, log_name: str) -> None:
        """See whether Redis still has what was read there.

        Raises:
            MemoryLost: It has not.
        """
        name = f"{self._name}:log"
        read = self.cursor  # before we ask: meanwhile more may be added and read
        newest = await self._redis.xrevrange(self._stream, count=1)
        if (_number(str(newest[0][0])) if newest else 0) < read:
            await self._redis.set(name, secrets.token_hex(8))  # so that clients begin anew, too
            raise MemoryLost
        if await self._redis.get(name) != log_name:
            raise MemoryLost


def _number(id: str) -> int:
    return int(id.split("-")[0])
