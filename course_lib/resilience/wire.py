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

FIELDS: dict[str, dict[str, type]] = {
    "hello": {"client": str, "log": str, "since": int},
    "welcome": {"log": str, "since": int, "seq": int, "window": int},
    "message": {"seq": int, "data": object},
    "event": {"id": int, "data": object},
    "ack": {"seq": int},
    "seen": {"id": int},
    "ping": {"id": int},
    "pong": {"id": int},
    "note": {"data": object},
}
"""The members of each type of message, beside `type` itself. No number is below zero."""


class ProtocolViolation(Exception):
    """The other end does not speak this protocol."""


def encode(kind: str, **members: object) -> str:
    """The text of a message.

    Raises:
        TypeError, ValueError: Its data has no JSON form.
    """
    return json.dumps({"type": kind, **members}, separators=(",", ":"), allow_nan=False)


def decode(text: str | bytes) -> dict[str, object]:
    """The members of a message, `type` among them.

    Raises:
        ProtocolViolation: The text is something else.
    """
    try:
        message = json.loads(text)
        fields = FIELDS[message["type"]]
        for name, kind in fields.items():
            if not isinstance(message[name], kind) or (kind is int and message[name] < 0):
                raise ProtocolViolation(f"A message has a {name} that makes no sense.")
    except (ValueError, RecursionError, KeyError, TypeError, IndexError) as error:
        raise ProtocolViolation("A message is not of this protocol.") from error
    return message
