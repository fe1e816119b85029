"""`course soak`: a soak from the command line."""

import argparse
import asyncio
import inspect
import sys
from pathlib import Path

from benchmarks import soak
from benchmarks.chat_soak import Counts, soak_chat
from benchmarks.soak_report import SoakReport
from benchmarks.terminal import check_folder, progress_bar
from course_lib.errors import CourseError

_OPTIONS = {
    "messages": "how many are sent, all clients together",
    "clients": "how many send; each receives every message",
    "cuts": "how many faults: cuts, black holes, slow links, restarts, crashes",
    "workers": "processes that serve",
    "kills": "how many workers are killed",
    "restarts": "how often Redis is killed and started again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course soak`, with the defaults of what they are for."""
    parser.add_argument(
        "--chat",
        action="store_true",
        help="soak a chat of several processes that meet at Redis (needs redis-server)",
    )
    links, chat = (inspect.signature(each).parameters for each in (soak.soak, soak_chat))
    for name, text in _OPTIONS.items():
        defaults = [f"{links[name].default}"] if name in links else []
        defaults += [f"with --chat {chat[name].default}"] if name in chat else []
        help = f"{text} (default: {', '.join(defaults)})"
        parser.add_argument(f"--{name}", type=int, help=help)
    parser.add_argument("--seed", type=int, help="makes the faults the same again, without --chat")
    parser.add_argument("--json", metavar="FILE", help="save the counts; - for standard output")


def run(args: argparse.Namespace) -> int:
    """Run `course soak`; return its exit code. Raises `CourseError` for what can't be done."""
    check_folder(args.json)
    accepted = inspect.signature(soak_chat if args.chat else soak.soak).parameters
    names = (*_OPTIONS, "seed")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    for name in given.keys() - accepted:
        raise CourseError(f"--{name} goes {'without' if args.chat else 'with'} --chat.")
    with progress_bar("Soaking") as show:
        try:
            report: SoakReport | Counts = (
                asyncio.run(soak_chat(**given, on_progress=show))
                if args.chat
                else asyncio.run(soak.soak(**given, on_progress=show))
            )
        except ValueError as error:
            raise CourseError(str(error)) from error
    _present(report, args.json)
    if not report.passed:
        print("course soak: something was lost, repeated or out of order.", file=sys.stderr)
    return 0 if report.passed else 1


def _present(report: SoakReport | Counts, json: str | None) -> None:
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
