"""`course bench`: what this course's code costs, beside what others' costs."""

import argparse

HELP = "measure the course's own code beside other libraries"
PASSES_ON = True

BENCHES = {
    "protocol": "writing and reading a message, beside wsproto and websockets",
    "transports": "one event to a thousand clients, beside bare broadcast and bare streams",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(metavar="BENCH", dest="bench", required=True)
    for name, text in BENCHES.items():
        # Each bench has a parser of its own, and --help goes there, too.
        benches.add_parser(name, help=text, add_help=False)


def run(args: argparse.Namespace) -> int:
    import importlib

    return importlib.import_module(f"benchmarks.{args.bench}").main(args.rest)
