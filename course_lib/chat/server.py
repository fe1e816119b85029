"""The chat on one port: its page for browsers, and its WebSocket.

async with serve_chat(Chat(), port=8000) as server:
    print(server.url)
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from course_lib.chat.lan import invitation
from course_lib.chat.rooms import Chat
from course_lib.resilience import RECONNECTING_SOCKET, Audience, LogHandler
from course_lib.web import HERE, Access, page_files, serve_page

_PAGE = Path(__file__).with_name("page")


@dataclass(frozen=True, slots=True)
class ChatServer:
    """A chat that is being served.

    Attributes:
        access: who may come in.
        url: of the page.
        socket_url: of the WebSocket, for `course_lib.chat.ChatClient`.
    """

    chat: Chat
    access: Access
    port: int

    @property
    def url(self) -> str:
        return self.access.url(self.port)

    @property
    def socket_url(self) -> str:
        return self.access.url(self.port, "ws", "socket")


@asynccontextmanager
async def serve_chat(
    chat: Chat,
    *,
    access: Access = HERE,
    port: int = 0,
    interval: float = 20.0,
    patience: float = 20.0,
) -> AsyncIterator[ChatServer]:
    """Serve a chat; at the end tell every client that the server goes away (1001).

    The chat outlives its server: served again, its clients go on where they were.

    Args:
        chat: The rooms.
        access: Who may come in.
        port: The TCP port; 0 for a free one.
        interval, patience: Seconds between two heartbeats, and to wait for the answer to one.

    Raises:
        OSError: The port is taken.
    """
    presence = _Presence(chat)
    handler = LogHandler(chat.log, presence, interval=interval, timeout=patience)
    chat.notify = handler.note

    async def invite(connection: ServerConnection) -> None:
        await connection.send(json.dumps(invitation(access, connection.local_address[1])))

    try:
        async with serve_page(
            page_files(_PAGE, RECONNECTING_SOCKET),
            {"/socket": handler, "/invitation": invite},
            access=access,
            port=port,
            clients=chat.limits.clients,
            per_address=chat.limits.per_address,
            ping_interval=None,  # the handler has a heartbeat of its own
            max_size=chat.limits.message_bytes,
        ) as taken:
            try:
                yield ChatServer(chat, access, taken)
            finally:
                await handler.drain()
    finally:
        presence.close()


class _Presence(Audience):
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
