"""WebSockets over asyncio streams: a server and a client over `protocol`, and no more.

    async def echo(websocket):
        async for message in websocket:
            await websocket.send(message)

    async with serve(echo, "127.0.0.1", 8000): ...

    websocket = await connect("ws://127.0.0.1:8000")

`course_lib.sockets.cases` has what an endpoint that echoes must do, case by case.
"""

from course_lib.sockets.server import echo, serve
from course_lib.sockets.websocket import connect
