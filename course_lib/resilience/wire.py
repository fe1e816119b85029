"""The little protocol between a client that resumes and its server: JSON texts.

    client                                         server
      | hello    client, log, since  --->             |
      |             <---  welcome  log, since, seq, window
      | message  seq, data  --->   <---  event  id, data
      | seen     id         --->   <---  ack    seq
      | ping     id         <-->         pong   id
      | note     data       <-->

Both directions work alike: numbers rise by one from 1, the receiver confirms the highest one that
it has dealt with (`seen`, `ack`), and after a reconnection the sender goes on after that one. What
arrives a second time is known by its number.

- `client` names a client, the same over all its connections and no other's; it proves nothing.
- `log` names the server's log, and has changed if the server lost its events; "" at first.
- `since` is the last event that the client has dealt with; in the answer, the event that the
  server goes on after. That is a later one when the log does not reach back so far.
- `seq` in the answer is the last message of this client that the server has taken.
- A `note` has no number: it may be lost, and then nobody sends it again. It is for what is worth
  something only now, like "somebody is typing".
- `window` is how many events the server sends beyond the last one seen. So a slow client is never
  sent more than it can hold, and its connection stays free for acknowledgements and pings.
"""

import json
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Hello:
    """A client's first message."""

    client: str
    log: str
    since: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server's answer to it."""

    log: str
    since: int
    seq: int
    window: int


@dataclass(frozen=True, slots=True)
class Message:
    """What a client has to say."""

    seq: int
    data: object


@dataclass(frozen=True, slots=True)
class LogEvent:
    """What happened."""

    id: int
    data: object


@dataclass(frozen=True, slots=True)
class Ack:
    """The server has taken a message, and all before it."""

    seq: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The client has dealt with an event, and all before it."""

    id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anyone there?"""

    id: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping."""

    id: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is worth something only now."""

    data: object


AnyMessage = Hello | Welcome | Message | LogEvent | Ack | Seen | Ping | Pong | Note
KINDS: dict[str, type[AnyMessage]] = {
    "hello": Hello,
    "welcome": Welcome,
    "message": Message,
    "event": LogEvent,
    "ack": Ack,
    "seen": Seen,
    "ping": Ping,
    "pong": Pong,
    "note": Note,
}
"""What each `type` is read as. Its other members are the fields; no number is below zero."""

_NAMES = {kind: name for name, kind in KINDS.items()}


class ProtocolViolation(Exception):
    """The other end does not speak this protocol."""


def kind_of(message: AnyMessage) -> str:
    """The `type` of a message."""
    return _NAMES[type(message)]


def encode(kind: str, **members: object) -> str:
    """The text of a message.

    Raises:
        TypeError, ValueError: Its data has no JSON form.
    """
    return json.dumps({"type": kind, **members}, separators=(",", ":"), allow_nan=False)


def decode(text: str | bytes) -> AnyMessage:
    """Read a message.

    Raises:
        ProtocolViolation: The text is something else.
    """
    try:
        members = json.loads(text)
        kind = KINDS[members["type"]]
        values = {field.name: members[field.name] for field in fields(kind)}
    except (ValueError, RecursionError, KeyError, TypeError, IndexError) as error:
        raise ProtocolViolation("A message is not of this protocol.") from error
    for field in fields(kind):
        value = values[field.name]
        # True is an int for Python, and would count as 1.
        fits = field.type is object or type(value) is field.type
        if not fits or (field.type is int and value < 0):
            raise ProtocolViolation(f"A message has a {field.name} that makes no sense.")
    return kind(**values)
