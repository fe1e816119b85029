"""Files that are written whole or not at all, and the tables that others write."""

import contextlib
import csv
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.paths import shown, state


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8; whoever reads the file meets the old text or the new, never a part.

    Folders are made as needed. Raises `CourseError` where the system refuses.
    """
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError as exc:
        raise CourseError(f"Can't write {shown(path)}: {exc.strerror}.") from None
    finally:
        if draft is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)


def read_csv(path: Path) -> tuple[list[list[str]], str]:
    """The lines of a CSV file that are not empty, and what separates cells in it: `,` or `;`.

    Raises `CourseError` if it is none.
    """
    try:
        text = path.read_text("utf-8-sig")
        head = text.partition("\n")[0]
        separator = ";" if head.count(";") > head.count(",") else ","
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no CSV file in UTF-8"
        raise CourseError(f"Can't read {shown(path)}: {reason}.") from None
    return [row for row in rows if row], separator


def saves(path: Path, pause: float = 0.3) -> Iterator[None]:
    """Yield at once, and again each time the file was saved; looks every `pause` seconds."""
    judged: object = None
    while True:
        now = _version(path)
        if now != judged and judged is not None:
            time.sleep(pause)  # whoever saves may not have finished
        if now is None or now == judged or now != _version(path):
            time.sleep(pause)
        else:
            judged = now
            yield


def _version(path: Path) -> tuple[int, int, int] | None:
    """What differs from one save of a file to the next; None while there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None  # between two versions of a file that is replaced
    return status.st_mtime_ns, status.st_size, status.st_ino


def free_name(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 … that does not exist."""
    number, free = 2, path
    while free.exists() or free.is_symlink():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def back_up(path: Path) -> Path:
    """Copy a file into the learner's backups; returns the copy's path."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    copy = free_name(state() / "backups" / f"{path.stem}-{stamp}{path.suffix}")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    except OSError as exc:
        raise CourseError(f"Can't back up {shown(path)}: {exc.strerror}.") from None
    return copy
