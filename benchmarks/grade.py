"""`course bench grade`: how many submissions a minute, on one core and on all.

A generated class (right, partly right, wrong, hostile and broken files) is graded by the same command
that an instructor calls, and every mark is held against the plan.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks import grade_nbgrader
from benchmarks.grade_class import Planned, make_class
from benchmarks.suite import Benchmark, add_json, benchmark, save
from course_lib.cli.command import Parser
from course_lib.errors import CourseError
from course_lib.marks.gradebook import FILE, Gradebook


@dataclass(frozen=True)
class Run:
    """One grading of a class: seconds, CPU seconds of it and all that it started, peak bytes."""

    name: str
    count: int
    seconds: float
    cpu: float
    memory: int


def grade(name: str, inbox: Path, out: Path, count: int, *options: str, kill: bool = False) -> Run:
    """Grade an inbox in a process of its own; with `kill` it is killed in the middle first."""
    command = [sys.executable, "-m", "course_lib.cli", "grade", str(inbox), "--out", str(out)]
    if kill:
        kill_in_the_middle([*command, *options], out, count)
        options = (*options, "--resume")
    began = time.monotonic()
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        peak, cpu, watched = 0, 0.0, psutil.Process(process.pid)
        while process.poll() is None:
            memory, used = _used(watched)
            peak, cpu = max(peak, memory), max(cpu, used)
            time.sleep(0.2)
        complaint = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        raise CourseError(f"The class can't be graded: {complaint.strip()[-300:]}")
    return Run(name, count, time.monotonic() - began, cpu, peak)


def _used(process: psutil.Process) -> tuple[int, float]:
    """Bytes that a process and its descendants hold, and CPU seconds of these and of the ended."""
    memory, cpu, below = 0, 0.0, []
    with contextlib.suppress(psutil.Error):
        below = process.children(recursive=True)
    for each in [process, *below]:
        with contextlib.suppress(psutil.Error):  # it may end meanwhile
            times = each.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            memory += each.memory_info().rss
    return memory, cpu


def kill_in_the_middle(command: list[str], out: Path, count: int) -> int:
    """Start a command and kill it once a third of the class is graded; returns how much was."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        done = 0
        while process.poll() is None and done < count // 3:
            time.sleep(0.2)
            done = graded_in(out)
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    return done


def graded_in(out: Path) -> int:
    """How many files a gradebook has verdicts on."""
    if not (out / FILE).is_file():
        return 0
    try:
        with Gradebook.open(out) as book:
            return sum(bool(entry.judged) for entry in book.entries())
    except CourseError:
        return 0  # it is being made


def differences(out: Path, planned: list[Planned]) -> list[str]:
    """The files whose mark is not as planned."""
    with Gradebook.open(out) as book:
        got = {
            entry.file: sum(it.verdict.earned for it in entry.judged) if entry.judged else None
            for entry in book.entries()
        }
    return [
        f"{each.file}: planned {each.points}, got {got.get(each.file)}"
        for each in planned
        if each.points != got.get(each.file)
    ]


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = Parser(prog="course bench grade", description=__doc__)
    parser.add_argument("--class", dest="size", type=int, default=200, help="how many files (200)")
    parser.add_argument("--exercise", default="02", help="which exercise (02)")
    parser.add_argument("--kill", action="store_true", help="kill -9 in the middle, then --resume")
    parser.add_argument("--nbgrader", metavar="PYTHON", help="of an environment with nbgrader")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.size < 1:
        raise CourseError("--class has to be positive.")
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder, "inbox")
        planned = make_class(inbox, args.size, args.exercise)
        cores = os.cpu_count() or 1
        runs, wrong = [], []
        for jobs in dict.fromkeys((1, cores)):
            out = Path(folder, f"out{jobs}")
            runs.append(grade(f"{jobs} at once", inbox, out, args.size, "--jobs", str(jobs)))
            wrong += differences(out, planned)
        if args.kill:
            out = Path(folder, "killed")
            runs.append(grade("rest after kill -9", inbox, out, args.size, kill=True))
            wrong += differences(out, planned)
        if args.nbgrader:
            count = min(10, args.size)
            each = grade_nbgrader.seconds_each(
                args.nbgrader, Path(folder, "nb"), count, args.exercise
            )
            runs.append(Run("nbgrader, 1 at once", count, each * count, 0.0, 0))
    report(runs, Console(stderr=args.json == "-"))
    for line in wrong:
        print(line, file=sys.stderr)
    if args.json:
        save(suites(runs), args.json)
    return 1 if wrong else 0


def suites(runs: list[Run]) -> list[Benchmark]:
    """The runs as values of seconds a submission."""
    return [benchmark(f"grade: {run.name}", [run.seconds / run.count]) for run in runs]


def report(runs: list[Run], console: Console) -> None:
    """Print what was measured."""
    table = Table(title=f"{runs[0].count} submissions")
    for column in ("", "a minute", "CPU s each", "peak MiB", "× the last"):
        table.add_column(column, justify="right")
    for run in runs:
        values = 60 * run.count / run.seconds, run.cpu / run.count, run.memory / 2**20
        ratio = values[0] / (60 * runs[-1].count / runs[-1].seconds)
        known = [f"{values[1]:.2f}", f"{values[2]:.0f}"] if run.memory else ["", ""]
        table.add_row(run.name, f"{values[0]:.0f}", *known, f"{ratio:.1f}")
    console.print(table)
