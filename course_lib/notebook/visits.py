"""Whether a browser shows a cell's output while its kernel lives, and what it logs there."""

import itertools
import json
import secrets
import threading
from contextlib import AbstractAsyncContextManager

from websockets.asyncio.server import Server, ServerConnection, serve

from course_lib.notebook.background import background, service_named
from course_lib.notebook.waiting import has_front_end

ARRIVES_WITHIN = 5.0
"""Seconds in which a front end that is there shows an output and runs its script."""

_TOKEN = secrets.token_hex(16)  # another kernel that gets the same port has another
_numbers = itertools.count(1)
_visits: dict[str, "Visit"] = {}


class Visit:
    """A browser that runs a cell's script, as far as the kernel hears of it.

    Attributes:
        lines: what the script has logged.
        url: where the script finds the kernel; nobody else knows the address.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._arrived, self._done = threading.Event(), threading.Event()
        path = f"/{_TOKEN}/{next(_numbers)}"
        _visits[path] = self
        server = service_named("browser cells") or background("browser cells", _listen)
        self.url = f"{server.url}{path}"

    def wait(self, seconds: float = 15.0) -> bool:
        """Wait until the script and its sockets have ended, or `seconds` have passed.

        Returns whether a browser has come by. Where no front end is attached, such as when a
        notebook is executed by a program, there is nothing to wait for.
        """
        if has_front_end() and self._arrived.wait(ARRIVES_WITHIN):
            self._done.wait(seconds)
        return self._arrived.is_set()

    async def receive(self, websocket: ServerConnection) -> None:
        """Talk with the script for as long as it is connected."""
        self.lines.clear()
        self._done.clear()
        self._arrived.set()
        async for text in websocket:
            message = json.loads(text)
            if "line" in message:
                self.lines.append(message["line"])
            if message.get("done"):
                self._done.set()


def _listen() -> AbstractAsyncContextManager[Server]:
    async def receive(websocket: ServerConnection) -> None:
        visit = _visits.get(websocket.request.path if websocket.request else "")
        if visit is None:
            await websocket.close(1008, "an earlier kernel's cell")
        else:
            await visit.receive(websocket)

    return serve(receive, "127.0.0.1", 0, close_timeout=0.2)
