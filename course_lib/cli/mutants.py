"""`course mutants`: what the tests of the exercises let pass."""

import argparse
import os
from pathlib import Path

HELP = "make the small faults of every solution, and show those that no test notices"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("exercise", metavar="NN", nargs="?", help="one exercise, e.g. 02")
    parser.add_argument("--question", metavar="NAME", help="one question")
    parser.add_argument("--json", metavar="FILE", type=Path, help="save what is found")
    jobs = "how many are judged at a time (default: %(default)s)"
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help=jobs)


def run(args: argparse.Namespace) -> int:
    from tests.graded import mutants

    return mutants.run(args)
