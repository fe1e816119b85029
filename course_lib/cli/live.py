"""The commands that serve something until Ctrl-C: the chat, and what one shows on a projector."""

import argparse
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from course_lib.cli.command import argument, command
from course_lib.cli.learner import BOTH
from course_lib.errors import CourseError

PORT = argument("--port", metavar="N", type=int, default=0, help="default: one that is free")
NO_BROWSER = argument("--no-browser", action="store_true", help="print the address only")

Serving = Callable[[], AbstractAsyncContextManager[str]]
"""Starts what is to be served; gives what to tell the person, its last word the address."""


@command(
    BOTH,
    "chat in a browser or, with --join, in the terminal",
    argument("--join", metavar="ADDRESS", help="take part in a chat that runs at this address"),
    argument("--name", help="your name, with --join"),
    argument("--room", default="lobby", help="with --join (default: %(default)s)"),
    argument("--lan", action="store_true", help="let others in this network in, by a join code"),
    PORT,
    NO_BROWSER,
)
def chat(args: argparse.Namespace) -> int:
    if args.join is not None:
        from course_lib.chat import terminal

        address = terminal.socket_url(args.join)
        terminal.run(address, args.room, args.name or terminal.asked_name())
        return 0
    from course_lib.chat import Chat, serve_chat
    from course_lib.chat.lan import join_code, lan_address, qr_code

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        host, code = ("0.0.0.0", join_code()) if args.lan else ("127.0.0.1", "")
        async with serve_chat(Chat(), host=host, port=args.port, code=code) as server:
            told = ""
            if args.lan:
                server = replace(server, host=lan_address())
                told = f"{qr_code(server.url)}\nThe join code is {server.code}. "
            yield f"{told}The chat is at {server.url}"

    return serve_until_interrupted(serving, args)


@command(
    BOTH,
    "show something live in a browser: `course demo race`",
    argument("name", metavar="NAME", nargs="?", help="which demo, e.g. race"),
    PORT,
    NO_BROWSER,
)
def demo(args: argparse.Namespace) -> int:
    import importlib

    from course_lib.demos import DEMOS

    if args.name not in DEMOS:
        asked = f"There is no demo called {args.name!r}" if args.name else "Name a demo"
        raise CourseError(f"{asked}: choose from {', '.join(DEMOS)}.")

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        async with importlib.import_module(DEMOS[args.name]).serve(args.port) as url:
            yield f"{args.name} is at {url}"

    return serve_until_interrupted(serving, args)


def serve_until_interrupted(serving: Serving, args: argparse.Namespace) -> int:
    """Serve, say where, open a browser there, and end with Ctrl-C."""
    import asyncio
    import webbrowser

    if not 0 <= args.port <= 65535:
        raise CourseError("--port takes a number from 0 to 65535.")

    async def serve() -> None:
        async with serving() as told:
            print(f"{told} (Ctrl-C ends it)", flush=True)
            if not args.no_browser:
                await asyncio.to_thread(webbrowser.open, told.split()[-1])
            await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except OSError as error:
        raise CourseError(
            f"Port {args.port} is not to be had ({os.strerror(error.errno or 0).lower()}): "
            "choose another one, or leave --port out."
        ) from None
    except KeyboardInterrupt:
        print()  # behind the ^C that the terminal shows
    return 0
