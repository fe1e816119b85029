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
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

Number = Annotated[int, Field(strict=True, ge=0)]
"""What counts; `true` is none, although it is an int for Python."""

Name = Annotated[str, Field(max_length=64)]
"""Of a client or a log. A server remembers many, so none may be long."""


@dataclass(frozen=True, slots=True)
class Hello:
    """A client's first message."""

    client: Name
    log: Name
    since: Number
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server's answer to it."""

    log: str
    since: Number
    seq: Number
    window: Number
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Message:
    """What a client has to say."""

    seq: Number
    data: object
    type: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """What happened."""

    id: Number
    data: object
    type: Literal["event"] = "event"


@dataclass(frozen=True, slots=True)
class Ack:
    """The server has taken a message, and all before it."""

    seq: Number
    type: Literal["ack"] = "ack"


@dataclass(frozen=True, slots=True)
class Seen:
    """The client has dealt with an event, and all before it."""

    id: Number
    type: Literal["seen"] = "seen"


@dataclass(frozen=True, slots=True)
class Ping:
    """Is anyone there?"""

    id: Number
    type: Literal["ping"] = "ping"


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping."""

    id: Number
    type: Literal["pong"] = "pong"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is worth something only now."""

    data: object
    type: Literal["note"] = "note"


AnyMessage = Hello | Welcome | Message | LogEvent | Ack | Seen | Ping | Pong | Note
"""What a text is read as, by its `type`. Its other members are the fields."""

_messages: TypeAdapter[AnyMessage] = TypeAdapter(Annotated[AnyMessage, Field(discriminator="type")])


class ProtocolViolation(Exception):
    """The other end does not speak this protocol."""


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
        return _messages.validate_python(json.loads(text))
    except ValidationError as error:
        *_, member = ("type", *error.errors(include_input=False)[0]["loc"])
        raise ProtocolViolation(f"A message has a {member} that makes no sense.") from error
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation("A message is not of this protocol.") from error
