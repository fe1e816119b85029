"""`course test --python`: other Pythons, each in an environment of its own beside `.venv`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from course import NEWEST, OLDEST
from course_lib.errors import CourseError
from course_lib.paths import ROOT
from tests.suite import heading

VERSIONS = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def find(version: str) -> str | None:
    """A Python of that version, e.g. "3.12", that starts; None if this machine has none.

    Looked for on PATH and where pyenv and uv keep theirs.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path.home() / ".local/share/uv/python"
    kept = [*pyenv.glob(f"{version}.*/bin/python"), *uv.glob(f"cpython-{version}.*/bin/python")]
    for python in (f"python{version}", *map(str, sorted(kept))):
        try:
            # A name on PATH may be a shim for a version that is not there: start it to know.
            found = subprocess.run([python, "-c", VERSION], capture_output=True, text=True)
        except OSError:
            continue
        if found.stdout.strip() == version:
            return python
    return None


def chosen(names: Sequence[str], everyone: bool) -> dict[str, str | None]:
    """The Pythons that were asked for by version or as "newest", or all; where each is.

    Raises `CourseError` for one that the course does not run on, or that is not installed.
    """
    if everyone:
        return {version: find(version) for version in VERSIONS}
    wanted: dict[str, str | None] = {}
    for name in names:
        versions = VERSIONS[::-1] if name == "newest" else [name]
        if not set(versions) <= set(VERSIONS):
            raise CourseError(f"The course runs on Python {', '.join(VERSIONS)}, not on {name}.")
        found = next(((each, it) for each in versions if (it := find(each))), None)
        if found is None:
            raise CourseError(f"There is no Python {name} on this machine.")
        wanted |= [found]
    return wanted


def run(pythons: dict[str, str | None], arguments: Sequence[str], require_all: bool) -> int:
    """Run `course test ARGUMENTS` on each Python; one that is missing fails if all are required."""
    results = {}
    for version, python in pythons.items():
        heading(f"Python {version}")
        if python is None:
            results[version] = "FAILED" if require_all else "left out, not installed"
            continue
        venv = ".venv" if version == HERE else f".venv-{version}"
        environment = os.environ | {"COURSE_VENV": venv}
        command = [python, "course.py", "test", *arguments]
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        results[version] = "FAILED" if code else "passed"
    heading("all Pythons")
    for version, result in results.items():
        print(f"Python {version}: {result}")
    return 1 if "FAILED" in results.values() else 0
