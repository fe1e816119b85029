"""Where things are in a checkout of the course."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
EXERCISES = ROOT / "exercises"
SOLUTIONS = ROOT / "solutions"


def state() -> Path:
    """The folder for what one learner's work leaves behind: progress, backups, logs.

    ``COURSE_STATE`` in the environment moves it; the tests do so.
    """
    return Path(os.environ.get("COURSE_STATE") or ROOT / ".course")


def desk() -> Path:
    """The folder of one learner's own notebooks and submissions; ``COURSE_DESK`` moves it."""
    return Path(os.environ.get("COURSE_DESK") or ROOT / "desk")


def shown(path: Path) -> str:
    """`path` as a person would type it: relative to the current folder where possible."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
