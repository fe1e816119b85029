"""The chat of `course_lib.chat`, as a demo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from course_lib.chat import Chat, serve_chat
from course_lib.web import HERE, Access


@asynccontextmanager
async def serve(port: int = 0, access: Access = HERE) -> AsyncIterator[str]:
    """Serve a new chat; gives the URL of its page.

    Raises:
        OSError: The port is taken.
    """
    async with serve_chat(Chat(), access=access, port=port) as server:
        yield server.url
