"""What a client that stays connected says of itself."""

from dataclasses import dataclass
from enum import StrEnum


class ClientState(StrEnum):
    """What a client is doing."""

    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Status:
    """A client's state, for WAITING the seconds until the next attempt, and what led to it."""

    state: ClientState
    seconds: float = 0.0
    cause: Exception | None = None

    def __str__(self) -> str:
        wait = f" {self.seconds:.1f} s" if self.state is ClientState.WAITING else ""
        return f"{self.state}{wait}" + (f" ({self.cause})" if self.cause else "")


class ClientClosed(Exception):
    """The client is closed, or has given up; `__cause__` is the error that nothing cures."""
