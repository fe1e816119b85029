"""The commands that serve something until Ctrl-C: the chat, and what one shows on a projector."""

import argparse
import importlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib.cli.command import BOTH, argument, command
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.web import Access

PORT = argument("--port", metavar="N", type=int, default=0, help="default: one that is free")
NO_BROWSER = argument("--no-browser", action="store_true", help="print the address only")

LAN = argument("--lan", action="store_true", help="let others in this network in, by a join code")


@command(
    BOTH,
    "chat in a browser or, with --join, in the terminal",
    argument("--join", metavar="ADDRESS", help="take part in a chat that runs at this address"),
    argument("--name", help="your name, with --join"),
    argument("--room", default="lobby", help="with --join (default: %(default)s)"),
    argument(
        "--workers",
        metavar="N",
        type=int,
        default=1,
        help="processes that share the port, with --broker (default: %(default)s)",
    ),
    argument(
        "--broker",
        metavar="URL",
        help="a Redis where the processes meet, like redis://127.0.0.1 (default: one process that "
        "needs none); the chat is kept there, and outlives the processes",
    ),
    LAN,
    PORT,
    NO_BROWSER,
)
def chat(args: argparse.Namespace) -> int:
    if args.join is not None:
        from course_lib.chat import terminal

        address = terminal.socket_url(args.join)
        terminal.run(address, args.room, args.name or terminal.asked_name())
        return 0
    if args.workers < 1:
        raise CourseError("--workers takes a number from 1.")
    if args.broker is None:
        if args.workers > 1:
            raise CourseError("Several --workers meet at a Redis: say where it is with --broker.")
        return show_demo("chat", args)

    from course_lib.chat.workers import serve_workers
    from course_lib.web import HERE

    @asynccontextmanager
    async def serve(port: int, access: "Access" = HERE) -> AsyncIterator[str]:
        async with serve_workers(args.workers, args.broker, access=access, port=port) as workers:
            yield workers.url

    return show_until_interrupted("chat", serve, args)


@command(
    BOTH,
    "show something live in a browser; `course demo list` says what there is",
    argument("name", metavar="NAME", nargs="?", default="list", help="which demo, or list"),
    argument("--notes", action="store_true", help="print the speaker's note instead"),
    argument("--copy", metavar="DIR", help="with echo: copy its two files into this folder"),
    LAN,
    PORT,
    NO_BROWSER,
)
def demo(args: argparse.Namespace) -> int:
    from course_lib.demos import DEMOS, notes

    if args.name == "list":
        for name, each in DEMOS.items():
            print(f"{name:<10} {each.line}" + (" (--lan)" if each.joinable else ""))
        return 0
    if args.name not in DEMOS:
        raise CourseError(f"There is no demo called {args.name!r}: choose from {', '.join(DEMOS)}.")
    if args.notes:
        print(notes(args.name), end="")
        return 0
    if args.copy is not None:
        return give_away(args.name, Path(args.copy))
    if args.lan and not DEMOS[args.name].joinable:
        joinable = " and ".join(name for name, each in DEMOS.items() if each.joinable)
        raise CourseError(f"With --lan a class can join {joinable}, not {args.name}.")
    return show_demo(args.name, args)


def give_away(name: str, folder: Path) -> int:
    """Copy the files of the echo, and say what to do with them."""
    from course_lib.demos.echo import copy

    if name != "echo":
        raise CourseError(f"--copy is for the two files of echo, not for {name}.")
    server, client = copy(folder)
    print(f"Copied: {server}\n        {client}")
    print(f"Run `python {server.name}` there, then open {client.name} in a browser.")
    return 0


def show_demo(name: str, args: argparse.Namespace) -> int:
    """Show a demo until Ctrl-C."""
    serve = importlib.import_module(f"course_lib.demos.{name}").serve
    return show_until_interrupted(name, serve, args)


def show_until_interrupted(
    name: str, serve: Callable[..., AbstractAsyncContextManager[str]], args: argparse.Namespace
) -> int:
    """Serve something, say where, open a browser there, and end with Ctrl-C."""
    import asyncio
    import webbrowser

    from course_lib.chat.lan import lan_access, told

    if not 0 <= args.port <= 65535:
        raise CourseError("--port takes a number from 0 to 65535.")
    joining = (lan_access(),) if args.lan else ()

    async def show() -> None:
        async with serve(args.port, *joining) as url:
            for access in joining:
                print(told(access, url))
            print(f"{name} is at {url} (Ctrl-C ends it)", flush=True)
            if not args.no_browser:
                await asyncio.to_thread(webbrowser.open, url)
            await asyncio.Event().wait()

    try:
        asyncio.run(show())
    except OSError as error:
        raise CourseError(
            f"Port {args.port or 'of the demo'} is not to be had "
            f"({os.strerror(error.errno or 0).lower()}): choose another one with --port."
        ) from None
    except KeyboardInterrupt:
        print()  # behind the ^C that the terminal shows
    return 0
