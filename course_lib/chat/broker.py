"""What stands between the connections and the chat: it brings there what the clients do.

In one process that is a call (`InMemory`). Several processes agree over a broker on the order of
what all their clients do (`course_lib.chat.redis_broker` tells how). What a client *says* comes to the chat
over its log (`EventLog.receive`), which the broker has a hand in, too.

What is guaranteed over Redis, and by what:

- *One order for all.* The stream's order is the truth; whoever reads it numbers the events.
- *A message counts once*, also when it is sent again to another worker: an entry has the client's
  own number (`seq`), and the second one with a number changes nothing. It is acknowledged when it
  has come back from the stream, so Redis has it.
- *An entry counts once*, also when the connection to Redis broke over the answer to XADD: entries
  have a number of their worker's, and it sends them again in their order.
- *A client resumes at any worker*: a worker that is behind what a client has seen lets it wait.
- *Names, members and rates hold over all workers*, as they are part of the same state. Only the
  limits on connections are each worker's own.
- *Whoever is gone leaves.* Workers say on the stream who has come to them and who went. A worker renews
  a key that expires; when it is gone, the others put on the stream that the worker is dead, and
  that its clients are away. Whoever stays away for the chat's `grace` leaves.
- *Redis going away is a pause*: clients keep what is not acknowledged, workers what is not added.
- *Redis losing its memory* is noticed (the log's name has changed, or the stream is shorter than
  what was read): the worker ends with `MemoryLost`, and a new one begins with what there is. With
  `appendfsync always` a restart of Redis loses nothing; with `everysec` up to about one second.
- *Typing* goes the same way, but is dropped while Redis is away.
"""

import asyncio

from course_lib.chat.rooms import Chat
from course_lib.resilience import Audience


class Broker(Audience):
    """What `serve_chat` asks of a broker: to be an `Audience` of the chat, until it is closed."""

    chat: Chat

    def hears(self, client: str, id: int, to: str) -> bool:
        return self.chat.hears(client, id, to)

    def close(self) -> None:
        """The server has ended."""


class InMemory(Broker):
    """Tells the chat who is there.

    A lost client's place is kept for a while, and given up when the client stays away.
    """

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self._away: dict[str, asyncio.TimerHandle] = {}
        # Of a chat that was served before, all are away until they come back.
        for client in chat.clients:
            self.departed(client)

    def note(self, client: str, data: object) -> None:
        self.chat.note(client, data)

    def arrived(self, client: str) -> None:
        if timer := self._away.pop(client, None):
            timer.cancel()

    def departed(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        self._away[client] = loop.call_later(self.chat.limits.grace, self._gone, client)

    def close(self) -> None:
        for timer in self._away.values():
            timer.cancel()

    def _gone(self, client: str) -> None:
        del self._away[client]
        self.chat.leave_all(client)
