"""`course bench`: the course's own code beside other libraries."""

import argparse
import importlib

BENCHES = {
    "protocol": "writing and reading a message, beside wsproto and websockets",
    "transports": "one event to a thousand clients, beside bare broadcast and bare streams",
    "chat": "one message to a room of three hundred people, beside bare broadcast",
    "scale": "the chat over several processes and Redis, against the number of its clients",
    "hostile": "the chat under attack, beside the chat in peace",
    "link": "the delay that a link was asked for, beside what it gives",
    "grade": "a generated class, every mark held against the plan, on one core and on all",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the benches, one of which is to be named."""
    benches = parser.add_subparsers(metavar="BENCH", dest="bench", required=True)
    for name, text in BENCHES.items():
        # Each bench has a parser of its own, and --help goes there, too.
        benches.add_parser(name, help=text, add_help=False)


def run(args: argparse.Namespace) -> int:
    """Run one bench; return its exit code."""
    return importlib.import_module(f"benchmarks.{args.bench}").main(args.rest)
