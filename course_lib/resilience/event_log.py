"""What outlives connections: a numbered log of events, and what was taken from each client."""

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from course_lib.log import Log
from course_lib.resilience.wire import encode


class Entry(NamedTuple):
    """An event on the log: its wire form, and whom it is for."""

    text: str
    to: str


class EventLog(Log[Entry]):
    """What must outlive a connection, and a restart of the server: numbered events, and the
    number of the last message that was taken from each client.

    Both stand in memory here; a service keeps them in its database and changes both in one
    transaction, as `take` does in one step. All of it belongs to the loop of its server.

    Args:
        history: How many events are kept.
        clients: How many clients are remembered, those that sent something last.
        on_message: Called with a client's name and data, once for each message; by default the
            data becomes an event.
    """

    def __init__(
        self,
        history: int = 10_000,
        clients: int = 100_000,
        on_message: Callable[[str, object], object] | None = None,
    ) -> None:
        super().__init__(history)
        self.name = secrets.token_hex(8)
        self.on_message = on_message or (lambda _client, data: self.publish(data))
        self._taken: dict[str, int] = {}
        self._clients = clients

    def publish(self, data: object, to: str = "") -> int:
        """Add an event and return its number.

        `to` says whom it is for, in words that the handler's `Audience` understands.
        """
        return self.append(Entry(encode("event", id=self.last_id + 1, data=data), to))

    def taken(self, client: str) -> int:
        """The number of the last message that was taken from a client."""
        return self._taken.get(client, 0)

    def take(self, client: str, seq: int, data: object) -> None:
        """Take a message, unless it was taken already."""
        if seq > self.taken(client):
            self.on_message(client, data)
            self._taken.pop(client, None)
            self._taken[client] = seq
            if len(self._taken) > self._clients:
                del self._taken[next(iter(self._taken))]

    def state(self) -> dict[str, Any]:
        """All of it in values of JSON, which `restore` makes the same log of."""
        return {"last": self.last_id, "entries": self.since(0), "taken": self._taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Become the log that gave this `state`."""
        self.last_id, self._taken = state["last"], state["taken"]
        self._entries = [Entry(*each) for each in state["entries"]]

    async def receive(self, client: str, seq: int, data: object) -> None:
        """Take a message, and return when it is safe to acknowledge it: here, at once."""
        self.take(client, seq, data)

    async def reached(self, id: int) -> None:
        """Wait until the log has come to an event that a client has seen: here, it has.

        One of several logs that follow a common source may be a little behind the others.
        """
