"""What a client has to send, kept until the server confirms it."""

from collections import deque
from enum import StrEnum

from course_lib.log import Signal
from course_lib.resilience.wire import encode


class WhenFull(StrEnum):
    """What to do with one more message when the outbox is full."""

    BLOCK = "block"
    DROP_OLDEST = "drop_oldest"
    RAISE = "raise"


class OutboxFull(Exception):
    """There is no room for another message."""


class Outbox:
    """Numbered messages, in order, from the oldest that is not acknowledged.

    Args:
        capacity: How many messages it holds, those under way included.
        when_full: What `put` does when it holds so many.
        changed: Told of every change.

    Attributes:
        dropped: how many messages made room for others. One that was under way may have arrived.
    """

    def __init__(self, capacity: int, when_full: WhenFull | str, changed: Signal) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._when_full = WhenFull(when_full)
        self._changed = changed
        self._texts: deque[str] = deque()
        self._last = 0
        self._error: Exception | None = None

    def __len__(self) -> int:
        return len(self._texts)

    async def put(self, data: object) -> int:
        """Add a message and return its number.

        Raises:
            TypeError, ValueError: The data has no JSON form.
            OutboxFull: There is no room, and `when_full` is RAISE.
            Exception: What the outbox was closed with.
        """
        if self._when_full is WhenFull.BLOCK:
            await self._changed.wait_for(lambda: not self._full or self._error)
        if self._error:
            raise self._error
        if self._full and self._when_full is WhenFull.RAISE:
            raise OutboxFull(f"{self._capacity} messages are waiting already.")
        text = encode("message", seq=self._last + 1, data=data)
        if self._full:
            self._texts.popleft()
            self.dropped += 1
        self._last += 1
        self._texts.append(text)
        self._changed.notify()
        return self._last

    def after(self, seq: int) -> tuple[int, str] | None:
        """The number and text of the first message after number `seq`, or None."""
        if (following := max(self._first, seq + 1)) > self._last:
            return None
        return following, self._texts[following - self._first]

    def acknowledge(self, seq: int) -> None:
        """Forget every message up to number `seq`."""
        while self._texts and self._first <= seq:
            self._texts.popleft()
        self._changed.notify()

    async def flush(self) -> None:
        """Wait until everything is acknowledged, or raise what the outbox was closed with."""
        await self._changed.wait_for(lambda: not self._texts or self._error)
        if self._texts and self._error:
            raise self._error

    def close(self, error: Exception) -> None:
        """From now on `put` raises `error`; so does one that waits already."""
        self._error = error
        self._changed.notify()

    @property
    def _first(self) -> int:
        return self._last - len(self._texts) + 1

    @property
    def _full(self) -> bool:
        return len(self._texts) >= self._capacity
