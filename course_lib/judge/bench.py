"""The bench: the process in which a learner's code runs.

`python -I -m course_lib.judge.bench`, or a fork that `course_lib.judge.fork_server` makes, reads one request
a line, does it, and writes one reply a line (see `course_lib.lines`).

Requests (`op`): load, call, get, leaves, make, method, take, serve, serve_http, endings, tasks, seed. A
reply is {"value": …} or {"error": {…}}; see `explain`.
"""

import asyncio
import contextlib
import inspect
import itertools
import linecache
import os
import queue
import random
import re
import sys
import threading
import traceback
import types
from collections.abc import Callable

from course_lib.judge.limits import Errors, OnlyAllowed, limit
from course_lib.judge.values import Plain, TooLarge, dumps, loads
from course_lib.lines import Parent

READY = {"value": "ready"}
"""The first line, said before any of the learner's code has run."""


def file_name(cell: str, ours: bool = False) -> str:
    """The file name under which an answer cell is compiled, as tracebacks show it."""
    return f"<the course's {cell}>" if ours else f"<answer {cell}>"


def cell_of(file_name: str | None) -> str | None:
    """The learner's own answer cell that was compiled under a file name, if one was."""
    match = re.fullmatch(r"<answer (\w+)>", file_name or "")
    return match[1] if match else None


class NotDefined(Exception):
    """The module has no such name."""


class Bench:
    """The answers as one module, and what the judge may ask of it."""

    def __init__(self) -> None:
        self.module = types.ModuleType("answers")
        sys.modules["answers"] = self.module
        self.objects: list[Plain] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.served: list[asyncio.Task[Plain]] = []

    def load(self, cell: str, source: str, ours: bool) -> None:
        """Run one answer cell, the learner's or ours, in the module."""
        source = f"\n{source}"  # for the line `%%answer name`, so that lines count as on the page
        name = file_name(cell, ours)
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        exec(compile(source, name, "exec", dont_inherit=True), self.module.__dict__)

    def get(self, name: str) -> Plain:
        """A variable of the module."""
        try:
            return self.module.__dict__[name]
        except KeyError:
            raise NotDefined(name) from None

    def call(self, name: str, args: list[Plain], kwargs: dict[str, Plain]) -> Plain:
        """Call a function of the module; await it if it is asynchronous."""
        return self._finished(self.get(name)(*args, **kwargs))

    def leaves(self, name: str, args: list[Plain], kwargs: dict[str, Plain]) -> list[Plain]:
        """Call a function of the module; its arguments, as they are then."""
        self.call(name, args, kwargs)
        return args

    def make(self, name: str, args: list[Plain], kwargs: dict[str, Plain]) -> int:
        """Make an object of a class of the module; the judge holds its number."""
        self.objects.append(self.call(name, args, kwargs))
        return len(self.objects) - 1

    def method(
        self, number: int, method: str, args: list[Plain], kwargs: dict[str, Plain]
    ) -> Plain:
        """Call a method of an object made before."""
        return self._finished(getattr(self.objects[number], method)(*args, **kwargs))

    def take(
        self, name: str, args: list[Plain], kwargs: dict[str, Plain], count: int
    ) -> list[Plain]:
        """The first `count` items of what a function returns or yields, awaiting where needed."""
        items = self.get(name)(*args, **kwargs)
        if hasattr(items, "__aiter__"):
            return self._finished(_take_async(items, count))
        return list(itertools.islice(items, count))

    def serve(self, name: str, args: list[Plain], kwargs: dict[str, Plain]) -> int:
        """Serve a function of the module as a WebSocket handler on loopback; returns the port.

        It is called with the connection and the arguments.
        """
        handler = self.get(name)

        async def handle(websocket: Plain) -> None:
            task = asyncio.create_task(_awaited(handler(websocket, *args, **kwargs)))
            self.served.append(task)
            await asyncio.wait([task])
            if not task.cancelled() and not _client_left(websocket, task.exception()):
                task.result()

        return self._finished(_serve(handle))

    def endings(self, cancel: bool) -> list[str]:
        """How each call of a served handler ended: "running", "returned", "cancelled", or the name
        of an exception. With `cancel`, cancel those that run, and give them a second to end."""
        return self._finished(_endings(self.served, cancel))

    def tasks(self) -> int:
        """How many tasks the answers' loop runs."""
        return self._finished(_count_tasks())

    def seed(self, number: int) -> None:
        """Let Python's `random` begin anew: what is made with it comes again."""
        random.seed(number)

    def serve_http(self, name: str) -> int:
        """Serve a function of the module as an `aiohttp` handler on loopback; returns the port."""
        return self._finished(_serve_http(self.get(name)))

    def _finished(self, result: Plain) -> Plain:
        if not inspect.isawaitable(result):
            return result
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()
        return asyncio.run_coroutine_threadsafe(_awaited(result), self.loop).result()


async def _awaited(result: Plain) -> Plain:
    return await result


async def _take_async(items: Plain, count: int) -> list[Plain]:
    taken: list[Plain] = []
    async for item in items:
        taken.append(item)
        if len(taken) == count:
            break
    return taken


def _client_left(websocket: Plain, error: BaseException | None) -> bool:
    """Whether a handler ended because its client left: that is no failure to print a traceback of."""
    from websockets.exceptions import ConnectionClosed

    return isinstance(error, ConnectionClosed) and websocket.close_code is not None


async def _serve(handler: Callable[..., Plain]) -> int:
    from websockets.asyncio.server import serve

    server = await serve(handler, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


async def _serve_http(handler: Callable[..., Plain]) -> int:
    from aiohttp import web

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:
            said = f"{_kind(type(error))}: {_text(error)}".removesuffix(": ")
            return web.Response(status=500, text=said)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner.addresses[0][1]


async def _endings(tasks: list[asyncio.Task[Plain]], cancel: bool) -> list[str]:
    running = [task for task in tasks if not task.done()]
    if cancel and running:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=1)
    return [_ending(task) for task in tasks]


def _ending(task: asyncio.Task[Plain]) -> str:
    if not task.done():
        return "running"
    if task.cancelled():
        return "cancelled"
    return type(task.exception()).__name__ if task.exception() else "returned"


async def _count_tasks() -> int:
    return len(asyncio.all_tasks() - {asyncio.current_task()})


def explain(error: BaseException) -> dict[str, Plain]:
    """What a person needs of an exception: its kind, message, and the learner's own line."""
    cell, line, text = "", 0, ""
    if isinstance(error, SyntaxError) and (own := cell_of(error.filename)):
        # The code that raised it may have put anything there.
        given = isinstance(error.lineno, int) and 0 <= error.lineno < 10**6
        cell, line = own, error.lineno if given and error.lineno else 0
        text = error.text.strip() if isinstance(error.text, str) else ""
    for frame in traceback.extract_tb(error.__traceback__):
        if own := cell_of(frame.filename):
            cell, line, text = own, frame.lineno or 0, frame.line or ""
    return {
        "kind": _kind(type(error))[:100],
        "bases": [base.__name__ for base in type(error).__mro__][:100],
        "message": _text(error)[:2000],
        "name": str(error.name)[:100] if isinstance(error, NameError) and error.name else None,
        "place": [cell, line, text[:300]] if cell else None,
    }


def _kind(kind: type[BaseException]) -> str:
    """Its name; `binascii.Error` and `struct.error` say little without their module."""
    name = kind.__name__
    return f"{kind.__module__}.{name}" if name.lower() == "error" else name


def _text(error: BaseException) -> str:
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:
        return "(its message can't be shown)"


def hide_course() -> None:
    """Let nothing that is imported from now on find course_lib. A fork need not do it again."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "course_lib"]:
        del sys.modules[name]


def main(imports: str = "", besides: str = "") -> None:
    """Serve requests until standard input ends; see `OnlyAllowed` for the arguments."""
    pending: queue.SimpleQueue[str] = queue.SimpleQueue()
    judge = Parent(pending.put)
    sys.meta_path.insert(0, OnlyAllowed(imports, besides))
    # Anew, since those of a fork were made for other files.
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = Errors(os.fdopen(2, "wb", closefd=False), "utf-8", "backslashreplace", None, True)
    limit()
    bench = Bench()
    judge.tell(dumps(READY))
    while True:
        request = loads(pending.get())
        try:
            reply = dumps({"value": getattr(bench, request.pop("op"))(**request)})
        except TooLarge as exc:
            reply = dumps({"error": explain(TooLarge(f"it returned {exc}"))})
        except BaseException as exc:
            reply = dumps({"error": explain(exc)})
        with contextlib.suppress(Exception):  # the learner's code may have replaced it
            sys.stdout.flush()
        judge.tell(reply)


if __name__ == "__main__":
    hide_course()
    main(*sys.argv[1:])
