"""What can come out of a connection. Each event may carry a reply: bytes to send to the peer."""

from dataclasses import dataclass
from typing import ClassVar

from course_lib.protocol.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Text:
    """A text message, whole (section 5.6)."""

    text: str
    reply: ClassVar[bytes] = b""


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary message, whole (section 5.6)."""

    data: bytes
    reply: ClassVar[bytes] = b""


@dataclass(frozen=True, slots=True)
class Ping:
    """The peer asks for a sign of life; the reply is the pong (section 5.5.2)."""

    payload: bytes
    reply: bytes = b""


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or an unasked sign of life (section 5.5.3)."""

    payload: bytes
    reply: ClassVar[bytes] = b""


@dataclass(frozen=True, slots=True)
class Close:
    """The peer closes; the reply is our Close frame, unless it was sent before (section 5.5.1).

    Attributes:
        code: the close code; 1005 stands for "none given" (section 7.1.5).
        reason: for people, up to 123 bytes of UTF-8.
    """

    code: int
    reason: str
    reply: bytes = b""


@dataclass(frozen=True, slots=True)
class Failed:
    """The peer broke a rule. The connection is over; the reply says why (section 7.1.7)."""

    error: ProtocolError
    reply: bytes = b""


Event = Text | Binary | Ping | Pong | Close | Failed
