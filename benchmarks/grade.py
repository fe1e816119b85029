"""`course bench grade`: how many submissions a minute, on one core and on all.

A generated class (right, partly right, wrong, hostile and broken files) is graded by the same command
that an instructor calls, and every mark is held against the plan.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

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
    import psutil

    command = [sys.executable, "-m", "course_lib.cli", "grade", str(inbox), "--out", str(out)]
    if kill:
        kill_in_the_middle([*command, *options], out, count)
        options = (*options, "--resume")
    before, began = os.times(), time.monotonic()
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(psutil.Process(process.pid)))
            time.sleep(0.5)
        complaint = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        raise CourseError(f"The class can't be graded: {complaint.strip()[-300:]}")
    after = os.times()
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return Run(name, count, time.monotonic() - began, cpu, peak)


def _memory(process) -> int:  # noqa: ANN001 - psutil says nothing of its types
    import psutil

    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            total += each.memory_info().rss
    except psutil.Error:
        pass  # it has ended
    return total


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


NBGRADER = """
import json, os, sys, time, pathlib
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
root, count = sys.argv[1], int(sys.argv[2])
config = Config(); config.CourseDirectory.root = root
api = NbGraderAPI(config=config)
begun = time.monotonic()
result = api.autograde("exercise", "*") if False else None
from nbgrader.converters import Autograde
app = Autograde(coursedir=api.coursedir, config=config)
api.coursedir.assignment_id = "exercise"
app.start()
t = os.times()
print(json.dumps({"seconds": time.monotonic() - begun, "cpu": t.user + t.system + t.children_user + t.children_system}))
"""


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = Parser(prog="course bench grade", description=__doc__)
    parser.add_argument("--class", dest="size", type=int, default=200, help="how many files (200)")
    parser.add_argument("--exercise", default="02", help="which exercise (02)")
    parser.add_argument("--kill", action="store_true", help="kill -9 in the middle, then --resume")
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
    report(runs, Console(stderr=args.json == "-"))
    for line in wrong:
        print(line, file=sys.stderr)
    save(args.json, suites(runs))
    return 1 if wrong else 0


def suites(runs: list[Run]) -> list[Benchmark]:
    """The runs as values of seconds a submission."""
    return [benchmark(f"grade: {run.name}", [run.seconds / run.count], "second") for run in runs]


def report(runs: list[Run], console: Console) -> None:
    """Print what was measured."""
    table = Table(title=f"{runs[0].count} submissions")
    for column in ("", "a minute", "CPU s each", "peak MiB"):
        table.add_column(column, justify="right")
    for run in runs:
        values = 60 * run.count / run.seconds, run.cpu / run.count, run.memory / 2**20
        table.add_row(run.name, f"{values[0]:.0f}", f"{values[1]:.2f}", f"{values[2]:.0f}")
    console.print(table)
