"""Which branches of course_lib the tests reach, room by room: `course coverage`.

The judge, the bench, the services of notebooks and whatever else the tests start count too. What
runs in a process that is killed at its end, as a bench is, is lost: the true share is higher.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections import Counter, defaultdict
from pathlib import Path

from course_lib.paths import ROOT

FOLDER = ROOT / ".course" / "coverage"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none but those that go to pytest."""


def run(args: argparse.Namespace) -> int:
    """Run pytest, by default on all that is not long, and print what it reached."""
    from coverage import Coverage
    from coverage.exceptions import CoverageWarning

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    cores = str(min(os.cpu_count() or 1, 4))
    pytest = ["-m", "pytest", "-p", "no:nbval", "-n", cores, "--dist", "loadfile"]
    what = args.rest or ["-m", "not long"]
    command = [sys.executable, "-m", "coverage", "run", *pytest, *what]
    code = subprocess.run(command, cwd=ROOT).returncode
    os.chdir(ROOT)
    coverage = Coverage()
    report = FOLDER / "report.json"
    with warnings.catch_warnings(action="ignore", category=CoverageWarning):
        coverage.combine()  # a process that was killed may leave an unfinished file
        coverage.json_report(outfile=str(report))
    show(json.loads(report.read_text("utf-8"))["files"])
    return code


def show(files: dict[str, dict[str, dict[str, int]]]) -> None:
    """Print the table, from the files of a report by coverage.py."""
    rooms: dict[str, Counter[str]] = defaultdict(Counter)
    for path, found in files.items():
        parts = Path(path).parts
        for name in ("in all", parts[1] if len(parts) > 2 else parts[0]):
            rooms[name].update(found["summary"])
    print(f"\n{'room':<14}{'lines':>16}{'branches':>16}{'in all':>9}")
    for name, count in sorted(rooms.items(), key=lambda room: (room[0] == "in all", room[0])):
        lines = f"{count['covered_lines']:,} of {count['num_statements']:,}"
        branches = f"{count['covered_branches']:,} of {count['num_branches']:,}"
        reached = count["covered_lines"] + count["covered_branches"]
        share = reached / (count["num_statements"] + count["num_branches"] or 1)
        print(f"{name:<14}{lines:>16}{branches:>16}{share:>9.1%}")
