"""The two files that a beginner copies, and both of them running."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.server import serve as serve_websockets

from course_lib.demos.echo import websocket_server
from course_lib.errors import CourseError
from course_lib.files import write_text

FILES = [
    Path(__file__).with_name(name) for name in ("websocket_server.py", "websocket_client.html")
]


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[str]:
    """Run the server; gives the client's URL, which is a file's.

    Args:
        port: TCP port of the server; 0 for the one that both files have in them.

    Raises:
        OSError: The port is taken.
    """
    port = port or websocket_server.PORT
    async with serve_websockets(websocket_server.echo, websocket_server.HOST, port):
        yield f"{FILES[1].as_uri()}#ws://{websocket_server.HOST}:{port}"


def copy(folder: Path) -> list[Path]:
    """Copy both files into a folder, which is made; returns where they are.

    Raises:
        CourseError: One of them is there already, or the folder can't be written.
    """
    copies = [folder / file.name for file in FILES]
    for there in copies:
        if there.exists():
            raise CourseError(f"{there} is there already, and nothing was copied.")
    for file, there in zip(FILES, copies, strict=True):
        write_text(there, file.read_text("utf-8"))
    return copies
