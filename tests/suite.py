"""`course test`: everything that holds the course together."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.paths import ROOT
from tests.chromium import find_chromium

NOTEBOOKS = ["notebooks", "solutions"]
SIZE = "tests/size.py"
ANSWERS = "tests/graded/test_answers.py"
HINTS = {
    "Chromium": {
        "linux": "sudo apt install chromium",
        "darwin": "brew install --cask chromium",
        "win32": "winget install Google.Chrome",
    },
    "bubblewrap": {"linux": "sudo apt install bubblewrap"},
    "redis-server": {"linux": "sudo apt install redis-server", "darwin": "brew install redis"},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course test`."""
    parser.add_argument("--long", action="store_true", help="run the long tests, too")
    parser.add_argument(
        "--require-all",
        action="store_true",
        help="fail where Chromium, bubblewrap or redis-server is missing (also when CI=true)",
    )
    parser.add_argument(
        "--only",
        metavar="STEP",
        action="append",
        default=[],
        help="one step, e.g. types; give it again for another",
    )
    parser.add_argument(
        "--python",
        metavar="VERSION",
        action="append",
        default=[],
        help="on another Python of this machine, e.g. 3.12, or newest; it gets its own environment",
    )
    parser.add_argument(
        "--all-pythons", action="store_true", help="on every Python that the course runs on"
    )


def run(args: argparse.Namespace) -> int:
    """Run `course test`, here or on other Pythons; return the exit code."""
    if not (args.python or args.all_pythons):
        return run_here(args.long, args.require_all, args.only, args.rest)
    from tests import pythons

    arguments = ["--long"] if args.long else []
    arguments += ["--require-all"] if args.require_all else []
    arguments += [word for step in args.only for word in ("--only", step)]
    there = pythons.chosen(args.python, args.all_pythons)
    return pythons.run(there, [*arguments, *args.rest], args.require_all)


def run_here(long: bool, require_all: bool, only: list[str], rest: list[str]) -> int:
    """Run every step, each though others fail, and print a summary; return the exit code.

    `long` runs the long tests too, `require_all` makes a missing browser or sandbox a failure,
    `only` names the steps if not all are to run, and `rest` goes to pytest. Raises `CourseError`
    for a step that there is not.
    """
    missing = find_missing()
    all_steps = steps(long, rest, missing)
    if unknown := set(only) - set(all_steps):
        raise CourseError(f"There is no step {min(unknown)!r}: choose from {', '.join(all_steps)}.")
    chosen = {title: step for title, step in all_steps.items() if title in only or not only}
    results = {title: run_step(title, step) for title, step in chosen.items()}
    failed = [title for title, passed in results.items() if not passed]
    heading("summary")
    for title, passed in results.items():
        print(f"{'passed' if passed else 'FAILED'}  {title}")
    required = require_all or os.environ.get("CI") == "true"
    for name in missing:
        how = HINTS[name].get(sys.platform, "see its web site")
        print(f"{'FAILED ' if required else 'left out'} what needs {name}; to get it: {how}")
    total_failed = len(failed) + (len(missing) if required else 0)
    print(f"{len(results) - len(failed)} passed, {total_failed} failed")
    return 1 if total_failed else 0


def find_missing() -> list[str]:
    """Return what this machine lacks for some of the tests."""
    missing = [] if find_chromium() else ["Chromium"]
    if sys.platform == "linux" and not shutil.which("bwrap"):
        missing.append("bubblewrap")
    if not shutil.which("redis-server"):
        missing.append("redis-server")
    return missing


def steps(long: bool, rest: list[str], missing: list[str]) -> dict[str, list[str]]:
    """Return the steps in order: the title and command of each."""
    python = sys.executable
    ruff = [python, "-m", "ruff"]
    cores = min(os.cpu_count() or 1, 4)
    pytest = [python, "-m", "pytest"]
    # Only the step that compares notebooks needs nbval, which takes two seconds to import.
    plain = [*pytest, "-p", "no:nbval"]
    # Half of the tests' time is spent waiting, for pages and processes. In the order of the folders:
    # the browser's files take longest and come first.
    tests = [*plain, "-n", str(2 * cores), "--dist", "loadfile", "--no-loadscope-reorder"]
    left_out = [] if long else ["not long"]
    left_out += ["not browser"] if "Chromium" in missing else []
    left_out += ["not redis"] if "redis-server" in missing else []
    select = ["-m", " and ".join(left_out)] if left_out else []
    chosen = {
        "ruff check": [*ruff, "check", "."],
        "ruff format": [*ruff, "format", "--check", "."],
        "layers": [str(Path(python).with_name("lint-imports"))],
        "types": [python, "-m", "mypy"],
        "tests": [*tests, *select, *rest],
    }
    if (ROOT / SIZE).exists():
        chosen["size"] = [python, SIZE]
    if not rest and (ROOT / ANSWERS).exists():
        # Hundreds of judgements, for which it has processes of its own.
        chosen["tests"] += [f"--ignore={ANSWERS}"]
        chosen["answers"] = [*plain, *select, ANSWERS]
    folders = [folder for folder in NOTEBOOKS if any((ROOT / folder).glob("*.ipynb"))]
    if folders:
        some = str(cores + 1)  # a kernel that starts, or a lesson that waits, leaves a core free
        chosen["notebooks"] = [*pytest, "-n", some, "--dist", "loadfile", "--nbval", *folders]
    return chosen


def run_step(title: str, command: list[str]) -> bool:
    heading(title)
    # Thousands of processes import the same modules: they compile them once, whatever is set here.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def heading(title: str) -> None:
    print(f"\n== {title} ".ljust(80, "="), flush=True)
