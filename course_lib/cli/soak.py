"""`course soak`: does anything get lost when everything goes wrong?"""

import argparse
import sys
from pathlib import Path

HELP = "many messages over cuts, black holes, restarts and slow links; counts what is lost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options = {
        "messages": (1000, "how many are sent, all clients together"),
        "cuts": (20, "how many faults: cuts, black holes, slow links, restarts, crashes"),
        "clients": (4, "how many send; each receives every message"),
    }
    for name, (default, text) in options.items():
        parser.add_argument(
            f"--{name}", type=int, default=default, help=f"{text} (default: {default})"
        )
    parser.add_argument("--seed", type=int, help="makes the faults the same again")
    parser.add_argument("--json", metavar="FILE", help="save the counts; - for standard output")


def run(args: argparse.Namespace) -> int:
    import asyncio

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from course_lib.errors import CourseError
    from course_lib.measure.soak import soak

    if args.json not in (None, "-") and not Path(args.json).absolute().parent.is_dir():
        raise CourseError(f"There is no folder for {args.json}.")
    columns = (TextColumn("Soaking"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=1.0)
        try:
            report = asyncio.run(
                soak(
                    args.messages,
                    args.cuts,
                    clients=args.clients,
                    seed=args.seed,
                    on_progress=lambda part: progress.update(bar, completed=part),
                )
            )
        except ValueError as error:
            raise CourseError(str(error)) from error
    if args.json == "-":
        print(report.to_json())
        return 0 if report.passed else 1
    if args.json:
        try:
            Path(args.json).write_text(report.to_json() + "\n", encoding="utf-8")
        except OSError as error:
            raise CourseError(f"Cannot write {args.json}: {error.strerror}.") from error
    struck = ", ".join(f"{count} × {name}" for name, count in report.faults.items() if count)
    rows = {
        "sent": f"{report.sent:,} messages by {report.clients} clients, each to all",
        "faults": struck or "none",
        "received": f"{report.received:,}",
        "lost": f"{report.lost:,}",
        "repeated": f"{report.repeated:,}",
        "out of order": f"{report.out_of_order:,}",
        "reconnections": f"{report.reconnections:,}",
        "longest outage": f"{report.longest_outage:.2f} s",
        "longest delay": f"{report.longest_delay:.2f} s",
        "took": f"{report.seconds:.1f} s",
    }
    for name, text in rows.items():
        print(f"{name:<15} {text}")
    if not report.passed:
        print("course soak: something was lost, repeated or out of order.", file=sys.stderr)
    return 0 if report.passed else 1
