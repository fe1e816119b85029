"""The chat application: what its programs say to each other, and the programs themselves.

    async with serve_chat(Chat(), port=8000) as server: ...
    async with ChatClient(server.socket_url, room="lobby", name="Ann") as chat: ...

`messages` is the little protocol of lesson 04; `talk` is what the whole application speaks.
"""

from course_lib.chat.client import ChatClient
from course_lib.chat.limits import Limits
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
from course_lib.chat.rooms import Chat
from course_lib.chat.server import serve_chat
