"""`course bench grade`: how many submissions a minute, on one core and on all.

A generated class (right, partly right, wrong, hostile and broken files) is graded by the same command
that an instructor calls, and every mark is held against the plan and against the other run's. The
proof for a large class, once it is quiet: `course bench grade --class 1000 --twice --kill`. The proof
for exercises whose tests wait: `course bench grade --exercise 07 --class 40 --twice --busy 2`.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
    """One grading of `count` files by a command, and what it and all that it started used.

    Attributes:
        seconds: from its start to its end.
        cpu: seconds of processors; 0 where nobody looked.
        memory: the most bytes that were held at once, pages that are shared counted in each process;
            0 where nobody looked.
    """

    name: str
    count: int
    seconds: float
    cpu: float
    memory: int


def grade(name: str, inbox: Path, out: Path, count: int, *options: str, kill: bool = False) -> Run:
    """Grade an inbox in a process of its own; with `kill` it is killed in the middle first.

    What is measured is the whole run, or what `--resume` did. Raises `CourseError` if it can't be
    graded, or if anything that the killed run had started lives on.
    """
    command = [sys.executable, "-m", "course_lib.cli", "grade", str(inbox), "--out", str(out)]
    if kill:
        kill_in_the_middle([*command, *options], out, count)
        count -= graded_in(out)
        options = (*options, "--resume")
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*command, *options], stdout=said, stderr=said)
        with process:
            peak, cpu, watched = 0, 0.0, psutil.Process(process.pid)
            while process.poll() is None:
                memory, used = _used(watched)
                peak, cpu = max(peak, memory), max(cpu, used)
                time.sleep(0.2)
        said.seek(0)
        complaint = said.read().decode(errors="replace")
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


def kill_in_the_middle(command: list[str], out: Path, count: int) -> None:
    """Kill a command and its process group once a third of the class is graded.

    Raises `CourseError` if something that it had started is there 20 seconds later.
    """
    posix = os.name == "posix"
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=posix,
    ) as process:
        below = []
        while process.poll() is None and graded_in(out) < count // 3:
            time.sleep(0.2)
        with contextlib.suppress(psutil.Error):
            below = psutil.Process(process.pid).children(recursive=True)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL) if posix else process.kill()
    _, alive = psutil.wait_procs(below, timeout=20)
    left = [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    if left:
        raise CourseError(f"After the kill -9 there are {len(left)} processes left: {left[:3]}.")


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
    got = {
        file: sum(earned for earned, _, _ in verdicts.values()) if verdicts else None
        for file, verdicts in marks(out).items()
    }
    return [
        f"{each.file}: planned {each.points}, got {got.get(each.file, 'no row')}"
        for each in planned
        if each.file not in got or each.points != got[each.file]
    ]


def marks(out: Path) -> dict[str, dict[str, tuple[int, str, int]]]:
    """What each file got for each question: points, status, and the seed of its inputs."""
    with Gradebook.open(out) as book:
        return {
            entry.file: {
                it.verdict.question: (it.verdict.earned, it.verdict.status, it.seed)
                for it in entry.judged
            }
            for entry in book.entries()
        }


def main(argv: list[str]) -> int:
    """Run the bench and print its table; return the exit code."""
    parser = Parser(prog="course bench grade", description=__doc__)
    parser.add_argument("--class", dest="size", type=int, default=200, help="how many files (200)")
    parser.add_argument("--exercise", default="02", help="which exercise (02)")
    parser.add_argument("--twice", action="store_true", help="on all cores only, and twice")
    parser.add_argument(
        "--kill", action="store_true", help="kill -9 the last run in its middle, then --resume"
    )
    parser.add_argument("--right-only", action="store_true", help="with right answers only")
    parser.add_argument(
        "--busy", metavar="N", type=int, default=0, help="programs that compute beside it (0)"
    )
    parser.add_argument("--nbgrader", metavar="PYTHON", help="of an environment with nbgrader")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.size < 1:
        raise CourseError("--class has to be positive.")
    with tempfile.TemporaryDirectory() as folder, busy(args.busy):
        runs, wrong = graded(Path(folder), args)
        if args.nbgrader:
            runs += beside_nbgrader(Path(folder), args)
    report(runs, Console(stderr=args.json == "-"))
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print("Every mark is as planned and the same in each run.", file=sys.stderr)
    if args.json:
        save(suites(runs), args.json)
    return 1 if wrong else 0


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Let some programs compute meanwhile."""
    program = f"import os\nwhile os.getppid() == {os.getpid()}: pass"  # it ends with us
    computing = [sys.executable, "-I", "-S", "-c", program]
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.callback(stack.enter_context(subprocess.Popen(computing)).kill)
        yield


def beside_nbgrader(folder: Path, args: argparse.Namespace) -> list[Run]:
    """The same number of right answers, graded here on all cores and by nbgrader."""
    count, inbox = min(20, args.size), folder / "right"
    make_class(inbox, count, args.exercise, right=True)
    ours = grade("right answers only", inbox, folder / "out-right", count, "--seed", "1")
    each = grade_nbgrader.seconds_each(args.nbgrader, folder / "nb", count, args.exercise)
    return [ours, Run("nbgrader, 1 at once, right answers only", count, each * count, 0.0, 0)]


def graded(folder: Path, args: argparse.Namespace) -> tuple[list[Run], list[str]]:
    """Grade a class as often as is asked for; returns the runs, and what is wrong with them."""
    planned = make_class(folder / "inbox", args.size, args.exercise, right=args.right_only)
    cores = os.cpu_count() or 1
    jobs = [cores, cores] if args.twice else list(dict.fromkeys((1, cores)))
    runs, wrong, first = [], [], None
    for number, many in enumerate(jobs):
        out, kill = folder / f"out{number}", args.kill and number == len(jobs) - 1
        name = f"{many} at once" + (", the rest after kill -9" if kill else "")
        options = ("--jobs", str(many), "--seed", "1")
        runs.append(grade(name, folder / "inbox", out, args.size, *options, kill=kill))
        wrong += differences(out, planned)
        found = marks(out)
        first = first or found
        wrong += [
            f"{file}: not the same in both runs" for file in found if found[file] != first[file]
        ]
    return runs, wrong


def suites(runs: list[Run]) -> list[Benchmark]:
    """The runs as values: seconds, in all and of processors, and bytes."""
    found = []
    for number, run in enumerate(runs, 1):
        name = f"grade: {run.name}, {number}, {run.count} files"
        found += [benchmark(f"{name}: seconds", [run.seconds])]
        if run.memory:
            found += [benchmark(f"{name}: CPU seconds", [run.cpu])]
            found += [benchmark(f"{name}: peak memory", [run.memory], "byte")]
    return found


def report(runs: list[Run], console: Console) -> None:
    """Print what was measured."""
    table = Table(title="Submissions graded")
    for column in ("", "files", "seconds", "a minute", "CPU s each", "peak MiB", "× the last"):
        table.add_column(column, justify="right")
    for run in runs:
        cells = [f"{run.count}", f"{run.seconds:.1f}", "", "", "", ""]
        if run.count:  # else a run that was killed had finished already
            cells[2] = f"{60 / each(run):.0f}"
        if run.count and run.memory:
            cells[3] = f"{run.cpu / run.count:.2f}"
        if run.memory:
            cells[4] = f"{run.memory / 2**20:.0f}"
        if run.count and runs[-1].count:
            cells[5] = f"{each(runs[-1]) / each(run):.1f}"
        table.add_row(run.name, *cells)
    console.print(table)


def each(run: Run) -> float:
    """Seconds for a file."""
    return run.seconds / run.count
