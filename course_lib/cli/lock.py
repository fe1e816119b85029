"""`course lock`: pin the dependencies anew."""

import argparse
import shutil
import subprocess
from pathlib import Path

from course_lib.errors import CourseError

HELP = "pin the dependencies of pyproject.toml in requirements.lock (needs uv)"

ROOT = Path(__file__).resolve().parents[2]
COMPILE = (
    "pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 "
    "--no-emit-index-url --no-header --quiet -o requirements.lock"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions in range")


def run(args: argparse.Namespace) -> int:
    uv = shutil.which("uv")
    if uv is None:
        raise CourseError("`course lock` needs uv: `pip install uv` brings it.")
    command = [uv, *COMPILE.split(), *(["--upgrade"] if args.upgrade else [])]
    return subprocess.run(command, cwd=ROOT).returncode
