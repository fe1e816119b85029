"""`course soak`: a soak from the command line."""

import argparse
import asyncio
import inspect
import sys
from pathlib import Path

from benchmarks import soak
from benchmarks.soak_report import SoakReport
from benchmarks.terminal import check_folder, progress_bar
from course_lib.errors import CourseError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course soak`, with the defaults of `soak`."""
    standard = inspect.signature(soak.soak).parameters
    options = {
        "messages": "how many are sent, all clients together",
        "cuts": "how many faults: cuts, black holes, slow links, restarts, crashes",
        "clients": "how many send; each receives every message",
    }
    for name, text in options.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=standard[name].default,
            help=f"{text} (default: %(default)s)",
        )
    parser.add_argument("--seed", type=int, help="makes the faults the same again")
    parser.add_argument("--json", metavar="FILE", help="save the counts; - for standard output")


def run(args: argparse.Namespace) -> int:
    """Run `course soak`; return its exit code. Raises `CourseError` for what can't be done."""
    check_folder(args.json)
    with progress_bar("Soaking") as show:
        try:
            report = asyncio.run(
                soak.soak(
                    args.messages,
                    args.cuts,
                    clients=args.clients,
                    seed=args.seed,
                    on_progress=show,
                )
            )
        except ValueError as error:
            raise CourseError(str(error)) from error
    _present(report, args.json)
    if not report.passed:
        print("course soak: something was lost, repeated or out of order.", file=sys.stderr)
    return 0 if report.passed else 1


def _present(report: SoakReport, json: str | None) -> None:
    if json == "-":
        print(report.to_json())
        return
    if json:
        try:
            Path(json).write_text(report.to_json() + "\n", encoding="utf-8")
        except OSError as error:
            raise CourseError(f"Cannot write {json}: {error.strerror}.") from error
    for name, text in report.rows().items():
        print(f"{name:<15} {text}")
