"""`course soak`: a soak from the command line."""

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks import soak
from benchmarks.soak_report import SoakReport
from benchmarks.terminal import check_folder, progress_bar
from course_lib.errors import CourseError


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
