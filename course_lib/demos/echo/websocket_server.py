"""A WebSocket server that sends every message back.

    pip install websockets
    python websocket_server.py

Then open websocket_client.html in a browser. Ctrl-C ends the server.
"""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HOST, PORT = "localhost", 8765


async def echo(connection: ServerConnection) -> None:
    """One call for each client, as long as it is connected."""
    print("A client is here.")
    try:
        async for message in connection:
            print(f"It says {message!r}.")
            await connection.send(message)
        print("The client has gone.")
    except ConnectionClosed:
        print("The client was lost: it left without a word.")


async def main() -> None:
    """Serve until Ctrl-C. Pages from anywhere may connect: read up on `origins=` before this
    server knows anything that is private."""
    async with serve(echo, HOST, PORT) as server:
        print(f"Listening on ws://{HOST}:{PORT}. Ctrl-C ends it.")
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("\nThe server has ended.")
    except OSError:
        sys.exit(f"Port {PORT} is in use: end the other server, or change PORT in both files.")
