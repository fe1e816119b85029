"""The chat on one port: its page for browsers, and its WebSocket.

async with serve_chat(Chat(), port=8000) as server:
    print(server.url)
"""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from course_lib.chat.broker import Broker, InMemory
from course_lib.chat.lan import invitation
from course_lib.chat.rooms import Chat
from course_lib.resilience import RECONNECTING_SOCKET, LogHandler
from course_lib.web import HERE, Access, Served, page_files, serve_page

_PAGE = Path(__file__).with_name("page")


@asynccontextmanager
async def serve_chat(
    chat: Chat,
    *,
    access: Access = HERE,
    port: int = 0,
    listening: socket.socket | None = None,
    broker: Broker | None = None,
    interval: float = 20.0,
    patience: float = 20.0,
) -> AsyncIterator[Served]:
    """Serve a chat; at the end tell every client that the server goes away (1001).

    The chat outlives its server: served again, its clients go on where they were.

    Args:
        chat: The rooms.
        access: Who may come in.
        port: The TCP port; 0 for a free one.
        listening: A socket that listens already, in place of a port.
        broker: Who brings to the chat what the clients do; by default a call in this process.
        interval, patience: Seconds between two heartbeats, and to wait for the answer to one.

    Raises:
        OSError: The port is taken.
    """
    presence = broker or InMemory(chat)
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
            listening=listening,
            clients=chat.limits.clients,
            per_address=chat.limits.per_address,
            ping_interval=None,  # the handler has a heartbeat of its own
            max_size=chat.limits.message_bytes,
        ) as taken:
            try:
                yield Served(access, taken)
            finally:
                await handler.drain()
    finally:
        presence.close()
