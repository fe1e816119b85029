"""`course mutants`: the small faults of every solution, judged; what the tests let pass is shown."""

import argparse
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise, exercises
from course_lib.files import write_text
from course_lib.judge.service import JudgeService
from course_lib.paths import SOLUTIONS
from tests.graded.answers import read_examples
from tests.graded.faults import Fault, faults, same


@dataclass(frozen=True)
class Mutant:
    """A solution with one small fault.

    Attributes:
        line: of the answer cell, as JupyterLab counts: `%%answer` is the first.
        edit: the difference in the form of `solutions/NN_name_answers.py`.
        reason: why it is the same program, if somebody said so.
    """

    exercise: str
    question: str
    kind: str
    line: int
    edit: str
    source: str
    reason: str | None = None


def mutants_of(there: Exercise, question: str | None = None) -> list[Mutant]:
    """The mutants of an exercise's solution, or of one of its questions.

    Raises `CourseError` for a listed "same" that is none of them.
    """
    solution = cells.answers(cells.read(there.solution))
    path = SOLUTIONS / f"{there.name}_answers.py"
    reasons = {
        (each.question, same(each.source)): each.title
        for each in read_examples(path, solution)
        if each.kind == "same"
    }
    found = [
        _mutant(there.name, name, source, fault, reasons)
        for name, source in solution.items()
        for fault in faults(source)
    ]
    known = {(each.question, same(each.source)) for each in found}
    if strays := [str(reasons[key]) for key in reasons if key not in known]:
        raise CourseError(f"{path.name} explains what is no mutant: {'; '.join(strays)}.")
    return [each for each in found if question in (None, each.question)]


def _mutant(
    name: str, question: str, source: str, fault: Fault, reasons: dict[tuple[str, str], str]
) -> Mutant:
    reason = reasons.get((question, same(fault.source)))
    edit = edit_of(source, fault.source)
    return Mutant(name, question, fault.kind, fault.line + 1, edit, fault.source, reason)


def edit_of(old: str, new: str) -> str:
    """The lines in which two sources differ, and as many before them as make them unmistakable."""
    before, after = old.splitlines(), new.splitlines()
    start = next(
        (i for i, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    rest = min(len(before), len(after)) - start
    pairs = zip(reversed(before), reversed(after), strict=False)
    end = next((i for i, (one, other) in enumerate(pairs) if one != other or i == rest), rest)

    def part(lines: list[str]) -> list[str]:
        return lines[start : len(lines) - end]

    while start and (not part(before) or _count(before, part(before)) != 1):
        start -= 1
    gone = [f"# - {line}".rstrip() for line in part(before)]
    come = [f"# + {line}".rstrip() for line in part(after)]
    return "\n".join(gone + come)


def _count(lines: list[str], part: list[str]) -> int:
    text = "".join(f"{line}\n" for line in lines)
    return text.count("".join(f"{line}\n" for line in part))


def survivors(mutants: Sequence[Mutant], jobs: int, judged: Callable[[], None]) -> list[Mutant]:
    """Those mutants that pass every test of their question, in their order.

    Each job has a judge of its own; how long a mutant may run is the judge's to bound. `judged` is
    called after each.
    """
    own = threading.local()
    services: list[JudgeService] = []

    def start() -> None:
        own.service = JudgeService()
        services.append(own.service)

    def passes(mutant: Mutant) -> bool:
        verdict = own.service.judge(mutant.question, {mutant.question: mutant.source}, [])
        judged()
        return verdict.status == "passed"

    pool = ThreadPoolExecutor(jobs, initializer=start)
    try:
        passed = list(pool.map(passes, mutants))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for service in services:
            service.close()
    return [mutant for mutant, lives in zip(mutants, passed, strict=True) if lives]


def shares(mutants: Sequence[Mutant], alive: Sequence[Mutant]) -> Iterator[tuple[str, int, int]]:
    """Of each question, and in all: how many mutants are killed, and of how many."""
    questions = list(dict.fromkeys(mutant.question for mutant in mutants))
    for name in [*questions, "in all"]:
        count, lives = (
            sum(name in (each.question, "in all") for each in some) for some in (mutants, alive)
        )
        yield name, count - lives, count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course mutants`."""
    parser.add_argument("exercise", metavar="NN", nargs="?", help="one exercise, e.g. 02")
    parser.add_argument("--question", metavar="NAME", help="one question")
    parser.add_argument("--json", metavar="FILE", type=Path, help="save what is found")
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="how many are judged at a time (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 if every mutant is killed or explained."""
    if args.jobs < 1:
        raise CourseError("--jobs takes a number from 1.")
    chosen = [exercise(args.exercise)] if args.exercise else exercises()
    mutants = [each for there in chosen for each in mutants_of(there, args.question)]
    if not mutants:
        raise CourseError(f"There is no question {args.question!r} here.")
    tried = [mutant for mutant in mutants if mutant.reason is None]
    columns = (TextColumn("Judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(tried))
        alive = survivors(tried, args.jobs, lambda: progress.advance(bar))
    if args.json:
        found = {"shares": list(shares(tried, alive)), "survivors": [asdict(m) for m in alive]}
        write_text(args.json, json.dumps(found, indent=1) + "\n")
    for mutant in alive:
        print(f"\n# {mutant.exercise}, line {mutant.line} of the cell: {mutant.kind}")
        print(f"# %% same {mutant.question}: \n{mutant.edit}")
    print()
    for name, killed, count in shares(tried, alive):
        print(f"{name:<24}{killed:>5} of {count:<5}{killed / count if count else 1:>7.1%}")
    print(f"{len(mutants) - len(tried)} that make no difference, each with its reason")
    return 1 if alive else 0
