"""Services for a lesson: a server that goes on while cells run.

A server on the kernel's own event loop stalls whenever a cell computes. Each service here has a
thread with a loop of its own, is known by a name, and ends when its cell is run again, when it is
closed, or with the kernel.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

from course_lib.errors import CourseError

T = TypeVar("T")
Result = TypeVar("Result")

_services: dict[str, "Service[Any]"] = {}


class Service(Generic[T]):
    """Something that runs in the background, e.g. a server.

    Attributes:
        name: what it is known by; a new service of the same name closes this one.
        it: what the context manager gave, e.g. a `websockets` server.
    """

    def __init__(self, name: str, make: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self.name = name
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        try:
            self.it = self.run(self._enter(make))
        except BaseException:
            self._end_loop()
            raise

    @property
    def port(self) -> int:
        """The TCP port that a server listens on; raises `CourseError` once it is closed."""
        it: Any = self.it
        if not self.running or not getattr(it, "sockets", True):
            raise self._closed()
        return it.sockets[0].getsockname()[1] if hasattr(it, "sockets") else it.port

    @property
    def url(self) -> str:
        """The WebSocket URL of a server on loopback."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the service's loop, from any other thread, and return its result.

        Raises `CourseError` where the service is closed.
        """
        if not self.running:
            work.close()
            raise self._closed()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the service and wait until it has ended. A second call does nothing."""
        if _services.get(self.name) is self:
            del _services[self.name]
        if self.running:
            try:
                self.run(self._exit())
            finally:
                self._end_loop()

    def __repr__(self) -> str:
        return f"<service {self.name!r}: {'running' if self.running else 'closed'}>"

    async def _enter(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> T:
        self._manager = make()
        return await self._manager.__aenter__()

    def _closed(self) -> CourseError:
        return CourseError(
            f"The service {self.name!r} is closed: run the cell again that starts it."
        )

    async def _exit(self) -> None:
        await self._manager.__aexit__(None, None, None)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def background(name: str, make: Callable[[], AbstractAsyncContextManager[T]]) -> Service[T]:
    """Run an asynchronous context manager in the background, e.g. a server:

    ``lobby = background("lobby", lambda: serve(handler, "127.0.0.1", 0))``

    A service of the same name is closed first. Raises what entering the manager raises, e.g.
    OSError for a port in use.
    """
    if name in _services:
        _services[name].close()
    service = _services[name] = Service(name, make)
    return service


def service_named(name: str) -> Service[Any] | None:
    """The service of that name that runs now."""
    return _services.get(name)


@atexit.register
def close_all() -> None:
    """Close every service of this process."""
    for service in list(_services.values()):
        service.close()
