"""`course demo`: something to show on a projector."""

import argparse
from types import ModuleType

HELP = "show something live in a browser: `course demo race`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="which demo, e.g. race")
    parser.add_argument(
        "--port", metavar="N", type=int, default=0, help="default: one that is free"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only")


def run(args: argparse.Namespace) -> int:
    import asyncio
    import importlib
    import os

    from course_lib.demos import DEMOS
    from course_lib.errors import CourseError

    if args.name not in DEMOS:
        asked = f"There is no demo called {args.name!r}" if args.name else "Name a demo"
        raise CourseError(f"{asked}: choose from {', '.join(DEMOS)}.")
    if not 0 <= args.port <= 65535:
        raise CourseError("--port takes a number from 0 to 65535.")
    try:
        asyncio.run(_show(importlib.import_module(DEMOS[args.name]), args))
    except OSError as error:
        raise CourseError(
            f"Port {args.port} is not to be had ({os.strerror(error.errno).lower()}): "
            "choose another one, or leave --port out."
        ) from None
    except KeyboardInterrupt:
        print()  # behind the ^C that the terminal shows
    return 0


async def _show(demo: ModuleType, args: argparse.Namespace) -> None:
    import asyncio
    import webbrowser

    async with demo.serve(args.port) as url:
        print(f"{args.name} is at {url} (Ctrl-C ends it)", flush=True)
        if not args.no_browser:
            await asyncio.to_thread(webbrowser.open, url)
        await asyncio.Event().wait()
