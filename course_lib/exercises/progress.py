"""What one learner has reached, in one small file for each question."""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from course_lib.exercises.verdict import Status, Verdict
from course_lib.paths import state


@dataclass(frozen=True)
class Progress:
    """The last verdict on a question, and how many of its hints were asked for."""

    status: Status = "unanswered"
    hints: int = 0


def load(question: str) -> Progress:
    """What is stored for a question; a missing or damaged file means nothing yet."""
    try:
        data = json.loads(_file(question).read_text("utf-8"))
        status = data["status"] if data["status"] in get_args(Status) else "unanswered"
        return Progress(status, int(data["hints"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Progress()


def record(verdict: Verdict) -> None:
    """Store a verdict."""
    _save(verdict.question, Progress(verdict.status, load(verdict.question).hints))


def next_hint(question: str, hints: tuple[str, ...]) -> tuple[int, str]:
    """The number and text of the next hint; after the last, the last again."""
    before = load(question)
    number = min(before.hints + 1, len(hints))
    _save(question, Progress(before.status, number))
    return number, hints[number - 1]


def latest() -> str | None:
    """The question that was last judged or hinted at, or None."""
    files = list((state() / "progress").glob("*.json"))
    return max(files, key=lambda file: file.stat().st_mtime).stem if files else None


def forget(question: str) -> None:
    """Back to the beginning."""
    _file(question).unlink(missing_ok=True)


def _file(question: str) -> Path:
    return state() / "progress" / f"{question}.json"


def _save(question: str, progress: Progress) -> None:
    # A read-only checkout is no reason to keep a verdict from a learner.
    with contextlib.suppress(OSError):
        file = _file(question)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(progress)), "utf-8")
        os.replace(draft, file)
