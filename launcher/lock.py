"""`course lock`: the dependencies of pyproject.toml, pinned."""

import argparse
import shutil
import subprocess

from course_lib.errors import CourseError
from course_lib.paths import ROOT

COMPILE = (
    "pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 "
    "--no-emit-index-url --no-header --quiet"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `course lock`."""
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions in range")


def run(args: argparse.Namespace) -> int:
    """Pin them in the two locks; return the exit code."""
    uv = shutil.which("uv")
    if uv is None:
        raise CourseError("`course lock` needs uv: `pip install uv` brings it.")
    command = [uv, *COMPILE.split(), *(["--upgrade"] if args.upgrade else [])]
    # What a learner gets is pinned first, and the same pins hold for who works on the course.
    for lock in (
        "-o requirements.lock",
        "--group dev -c requirements.lock -o requirements-dev.lock",
    ):
        done = subprocess.run([*command, *lock.split()], cwd=ROOT)
        if done.returncode != 0:
            return done.returncode
    return 0
