"""What stands between the connections and the chat: it brings there what the clients do.

In one process that is a call (`InMemory`). Several processes agree over a broker on the order of
what all their clients do (`course_lib.chat.redis_broker`). What a client *says* comes to the chat
over its log (`EventLog.receive`), which the broker has a hand in, too.
"""

import asyncio

from course_lib.chat.rooms import Chat
from course_lib.resilience import Audience


class Broker(Audience):
    """What `serve_chat` asks of a broker: to be an `Audience`, until it is closed."""

    def close(self) -> None:
        """The server has ended."""


class InMemory(Broker):
    """Tells the chat who is there.

    A lost client's place is kept for a while, and given up when the client stays away.
    """

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._away: dict[str, asyncio.TimerHandle] = {}
        # Of a chat that was served before, all are away until they come back.
        for client in chat.clients:
            self.departed(client)

    def hears(self, client: str, id: int, to: str) -> bool:
        return self._chat.hears(client, id, to)

    def note(self, client: str, data: object) -> None:
        self._chat.note(client, data)

    def arrived(self, client: str) -> None:
        if timer := self._away.pop(client, None):
            timer.cancel()

    def departed(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        self._away[client] = loop.call_later(self._chat.limits.grace, self._gone, client)

    def close(self) -> None:
        for timer in self._away.values():
            timer.cancel()

    def _gone(self, client: str) -> None:
        del self._away[client]
        self._chat.leave_all(client)
