"""`course measure`: an experiment from the command line."""

import argparse
import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from benchmarks.measure_json import to_json
from benchmarks.measure_report import describe, notes, overview, tables
from benchmarks.terminal import check_folder, progress_bar
from course_lib.errors import CourseError
from course_lib.measure.experiment import Experiment, Results
from course_lib.measure.runner import run as run_experiment
from course_lib.measure.schedule import Schedule
from course_lib.measure.sizes import WireSizes, measure_sizes
from course_lib.measure.style import use_style
from course_lib.network import PROFILES, profile_named
from course_lib.transports import Transport

INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended
Kind = TypeVar("Kind", bound=StrEnum)
_FIGURES = (".png", ".svg", ".pdf", ".jpg", ".webp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course measure`."""
    standard = Experiment()
    several = "several with commas between them"
    options = {
        "transport": (str, "all", f"all, {', '.join(Transport)}; {several}"),
        "link": (str, "mobile_4g", f"{', '.join(PROFILES)}; {several}"),
        "schedule": (str, standard.schedule, f"of the events: {', '.join(Schedule)}"),
        "rate": (float, standard.rate, "events per second"),
        "seconds": (float, standard.seconds, "how long events are published"),
        "clients": (int, standard.clients, "for each transport and link"),
        "interval": (float, standard.interval, "seconds from a poll's answer to the next poll"),
        "size": (int, standard.payload_size, "characters of an event's payload"),
        "cuts": (int, standard.cuts, "how often each link is cut meanwhile"),
        "seed": (int, standard.seed, "of the schedule and the jitter"),
    }
    for name, (kind, default, text) in options.items():
        parser.add_argument(
            f"--{name}", type=kind, default=default, help=f"{text} (default: {default})"
        )
    parser.add_argument("--json", metavar="FILE", help="save the results; - for standard output")
    parser.add_argument("--plot", metavar="FILE", help="draw a figure of them: PNG, SVG, PDF …")


def run(args: argparse.Namespace) -> int:
    """Run `course measure`; return its exit code. Raises `CourseError` for what can't be done."""
    try:
        experiment = _experiment(args)
        _check_files(args)
        results, sizes = asyncio.run(_measure(experiment))
        _present(args, results, sizes)
    except KeyboardInterrupt:
        print("Interrupted: nothing was saved.", file=sys.stderr)
        return INTERRUPTED
    except ValueError as error:
        raise CourseError(str(error)) from None
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise CourseError(f"{error.strerror}{where}.") from None
    return 0


def _experiment(args: argparse.Namespace) -> Experiment:
    names = list(Transport) if args.transport == "all" else args.transport.split(",")
    return Experiment(
        transports=tuple(_one_of(Transport, name, "transport") for name in names),
        links=tuple(profile_named(name) for name in args.link.split(",")),
        schedule=_one_of(Schedule, args.schedule, "schedule"),
        rate=args.rate,
        seconds=args.seconds,
        clients=args.clients,
        interval=args.interval,
        payload_size=args.size,
        cuts=args.cuts,
        seed=args.seed,
    )


def _one_of(kinds: type[Kind], name: str, what: str) -> Kind:
    if name not in list(kinds):
        raise ValueError(f"There is no {what} called {name!r}; choose from {', '.join(kinds)}.")
    return kinds(name)


def _check_files(args: argparse.Namespace) -> None:
    check_folder(args.json)
    check_folder(args.plot)
    if args.plot and Path(args.plot).suffix.lower() not in _FIGURES:
        raise ValueError(f"A figure's name must end in one of {', '.join(_FIGURES)}.")


async def _measure(experiment: Experiment) -> tuple[Results, dict[Transport, WireSizes]]:
    with progress_bar("Measuring") as show:
        sizes = await measure_sizes()
        try:
            results = await run_experiment(experiment, show)
        except* OSError as group:
            error: BaseException = group
            while isinstance(error, ExceptionGroup):
                error = error.exceptions[0]
            raise error from None
    return results, sizes


def _present(args: argparse.Namespace, results: Results, sizes: dict[Transport, WireSizes]) -> None:
    if args.plot:
        use_style()
        overview(results, sizes).savefig(args.plot, facecolor="white")
    if args.json == "-":
        print(to_json(results))
        return
    if args.json:
        Path(args.json).write_text(to_json(results), encoding="utf-8")
    console = Console()
    console.print(f"{describe(results.experiment)}.\n", style="bold", highlight=False)
    for table in tables(results, sizes):
        console.print(table)
        console.print()
    for note in notes(results):
        console.print(note, style="yellow", highlight=False)
