"""The report card of a program that speaks WebSocket, in whatever language.

A server sends back every message that it gets, text as text and binary as binary. It is told where to
listen by {port} or {url} in its command, or by the variables PORT and URL:

  course conform --server 'python my_server.py {port}'

A client connects to {url}, sends back every message until the connection ends, and then either ends, or
connects again, until nobody listens there any more (which is quicker):

  course conform --client 'node my_client.js {url}'

Exit code: 0 if no rule of RFC 6455 was broken, 1 if one was.
"""

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from course_lib.conform import Card, as_text, card_of_client, card_of_server, page
from course_lib.conform.programs import client_of, serving
from course_lib.errors import CourseError
from course_lib.files import write_text
from course_lib.judge.render import printable

LARGEST = 2**22
"""Bytes of the largest message that is sent in order to try a limit."""

CLIENTS = 4
"""Runs of a client's command at the same time."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course conform`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = __doc__
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--server", metavar="COMMAND", help="start this server and try it")
    what.add_argument("--client", metavar="COMMAND", help="start this client and try it")
    what.add_argument("--url", metavar="URL", help="try the server that listens there")
    parser.add_argument(
        "--max-size",
        metavar="BYTES",
        type=int,
        help="the largest message that it takes; without it, limits are not tried",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the masking keys (0)")
    parser.add_argument(
        "--patience",
        metavar="S",
        type=float,
        default=2.0,
        help="seconds of silence after which nothing more is expected (%(default)s)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the card as JSON; - for the terminal")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the card as a page")


def run(args: argparse.Namespace) -> int:
    """Make the card and show it; return the exit code."""
    if args.max_size is not None and not 2 <= args.max_size <= LARGEST:
        raise CourseError(f"A largest message of 2 to {LARGEST:,} bytes can be tried.")
    if not args.patience > 0:  # it may be NaN
        raise CourseError(f"Argument --patience takes more than 0 seconds, not {args.patience:g}.")
    columns = [*Progress.get_default_columns()[:2], MofNCompleteColumn()]
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("trying", total=None)
        card = asyncio.run(
            _card(args, lambda done, of: bars.update(task, completed=done, total=of))
        )
    told = json.dumps(card.to_dict(), indent=1)
    print(told if args.json == "-" else printable(as_text(card)))
    if args.json not in (None, "-"):
        write_text(Path(args.json), f"{told}\n")
    if args.html:
        write_text(args.html, page(card, args.server or args.client or args.url))
    return 1 if card.red else 0


async def _card(args: argparse.Namespace, ran: Callable[[int, int], object]) -> Card:
    settings = {"seed": args.seed, "max_size": args.max_size, "patience": args.patience, "ran": ran}
    if args.client:
        return await card_of_client(client_of(args.client), callers=CLIENTS, **settings)
    if args.url:
        return await card_of_server(args.url, **settings)
    async with serving(args.server) as url:
        return await card_of_server(url, **settings)
