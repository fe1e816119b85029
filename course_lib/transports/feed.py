"""One feed of numbered events, that every transport delivers."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Self


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a feed.

    Args:
        id: Its number; the first is 1, and each is one more than the one before.
        created: When it happened, in seconds of `time.perf_counter`. On Linux and macOS all
            processes of one machine share that clock, so that a client here can subtract what
            a server there has stamped. Clocks of two machines could not be compared so.
        payload: What happened.
    """

    id: int
    created: float
    payload: str

    def to_json(self) -> str:
        """The event as every transport carries it."""
        fields = {"id": self.id, "created": round(self.created, 6), "payload": self.payload}
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


class Feed:
    """Numbered events, the latest `history` of them kept for who comes late or comes back.

    A reader keeps a cursor, the id of the last event it has seen, and asks for what came after
    it. So the feed holds nothing for each reader, and a slow one costs it no memory.
    """

    def __init__(self, history: int = 10_000) -> None:
        self._kept: deque[Event] = deque(maxlen=history)
        self._news = asyncio.Event()
        self.last_id = 0
        self.listeners: list[Callable[[Event], None]] = []

    def publish(self, payload: str) -> Event:
        """Add an event that happens now, and wake all who wait for one."""
        self.last_id += 1
        event = Event(self.last_id, time.perf_counter(), payload)
        self._kept.append(event)
        for listener in self.listeners:
            listener(event)
        self._news.set()
        self._news = asyncio.Event()
        return event

    def since(self, last_seen: int) -> list[Event]:
        """The events after the one with the id `last_seen`, as far back as they are kept.

        When some are gone already, the first id is more than `last_seen + 1`.
        """
        first_kept = self.last_id - len(self._kept) + 1
        return list(islice(self._kept, max(0, last_seen + 1 - first_kept), None))

    async def wait_beyond(self, last_seen: int) -> None:
        """Wait until there is an event after `last_seen`."""
        while self.last_id <= last_seen:
            await self._news.wait()
