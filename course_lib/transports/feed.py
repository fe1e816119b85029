"""One feed of numbered events, that every transport delivers."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from course_lib.log import Log


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event of a feed.

    Attributes:
        id: its number; the first is 1, and each is one more than the one before.
        created: when it happened, in seconds of `time.perf_counter`. On Linux and macOS all
            processes of one machine share that clock, so that a client here can subtract what
            a server there has stamped. Clocks of two machines could not be compared so.
        payload: what happened.
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


def whole_number(text: str) -> int | None:
    """A whole number that a client sends, such as the last event that it has seen; None if it is none.

    No number has more than 15 digits here: Python refuses to read very long ones.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


class Feed(Log[FeedEvent]):
    """Numbered events, the latest `history` of them kept for clients that come late or come back.

    Attributes:
        listeners: called with each new event.
    """

    def __init__(self, history: int = 10_000) -> None:
        super().__init__(history)
        self.listeners: list[Callable[[FeedEvent], None]] = []

    def publish(self, payload: str) -> FeedEvent:
        """Add an event that happens now, and wake everybody who waits for one."""
        event = FeedEvent(self.last_id + 1, time.perf_counter(), payload)
        self.append(event)
        for listener in self.listeners:
            listener(event)
        return event
