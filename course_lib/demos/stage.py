"""What the demos have in common: a page with a control channel, on which both sides speak JSON."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection

from course_lib.chat.lan import invitation
from course_lib.web import HERE, Access, Handler, page_files, serve_page

_SHARED = Path(__file__).with_name("stage")


@asynccontextmanager
async def stage(
    page: Path,
    sockets: Mapping[str, Handler],
    port: int = 0,
    access: Access = HERE,
    *,
    policy: str = "",
    **options: Any,  # noqa: ANN401 - whatever `serve_page` takes
) -> AsyncIterator[str]:
    """Serve a demo's page with the style and the script of all demos; gives the instructor's URL.

    Args:
        page: The folder of the page.
        sockets: What handles the WebSocket at each path.
        port: TCP port; 0 for a free one.
        access: Who may come in.
        policy: What the page's content security policy allows beyond its own files.
        options: For `course_lib.web.serve_page`.

    Raises:
        OSError: The port is taken.
    """
    files = page_files(page, _SHARED, policy=policy)
    async with serve_page(files, sockets, access=access, port=port, **options) as taken:
        yield access.own_url(taken)


async def tell(channel: ServerConnection, **said: object) -> None:
    """Tell a page something."""
    await channel.send(message(**said))


def message(**said: object) -> str:
    """What a page is told, as it is sent."""
    return json.dumps(said)


async def heard(channel: ServerConnection) -> AsyncIterator[dict[str, Any]]:
    """What a page says; anything but a JSON object is passed over."""
    async for text in channel:
        try:
            said = json.loads(text)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


async def welcome(channel: ServerConnection, access: Access) -> bool:
    """Tell a page whose it is, and the instructor's how others join; True for the instructor's."""
    instructor = access.instructs(channel.request)
    invited = invitation(access, channel.local_address[1]) if instructor and access.code else None
    await tell(channel, instructor=instructor, join=invited)
    return instructor
