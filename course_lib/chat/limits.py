"""How much of the chat one client may take, so that all can use it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one chat server.

    Attributes:
        message_bytes: the largest message; a longer one closes the connection with 1009.
        rate, burst: messages a second of one client in the long run, and how many at once.
        clients: connections; one more is answered with 503.
        per_address: connections from one address; one more is cut off.
        rooms: rooms that are open at once.
        members: people in one room.
        rooms_each: rooms that one client is in at once.
        history: messages of a room that a newcomer sees, fewer where they are long.
        grace: seconds that a lost client's place is kept.
    """

    message_bytes: int = 16 * 1024
    rate: float = 5.0
    burst: int = 10
    clients: int = 1000
    per_address: int = 100
    rooms: int = 100
    members: int = 500
    rooms_each: int = 5
    history: int = 50
    grace: float = 30.0
