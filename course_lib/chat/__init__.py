"""The chat application: what its programs say to each other, and the programs themselves."""

from course_lib.chat.messages import (
    ChatMessage,
    ErrorMessage,
    Joined,
    Left,
    Message,
    MessageError,
    encode,
    parse,
)

__all__ = [
    "ChatMessage",
    "ErrorMessage",
    "Joined",
    "Left",
    "Message",
    "MessageError",
    "encode",
    "parse",
]
