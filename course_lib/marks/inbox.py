"""What is in a folder of submissions, read as if everybody in it meant harm."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise, exercises
from course_lib.judge.render import printable
from course_lib.marks import submission
from course_lib.marks.roster import METADATA, Sender, is_platform_folder, metadata, sender_of
from course_lib.marks.rows import Entry
from course_lib.marks.submission import MAX_SIZE, Submission

IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__MACOSX", METADATA}
"""What systems and platforms leave in folders."""
DEPTH = 4
"""How deep a platform's folders are followed."""
MAX_FILES = 100_000


@dataclass(frozen=True)
class Found:
    """A file of an inbox: where it is, its name there, and who handed it in."""

    path: Path
    name: str
    sender: Sender


def files_of(inbox: Path, out: Path) -> list[Found]:
    """What is in an inbox, by name; raises `CourseError` if it can't be listed."""
    try:
        known = metadata(inbox)
        there = [
            Found(
                path,
                _shown(path.relative_to(inbox)),
                sender_of(path.relative_to(inbox).parts, known),
            )
            for path in _walk(inbox, out.resolve(), DEPTH)
        ]
    except NotADirectoryError:
        raise CourseError(f"{inbox} is not a folder.") from None
    except OSError as exc:
        raise CourseError(f"Can't read the folder {inbox}: {exc.strerror}.") from None
    if len(there) > MAX_FILES:
        raise CourseError(f"{inbox} has more than {MAX_FILES:,} files.")
    return there


def _walk(folder: Path, out: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in IGNORED or path.resolve() == out:
            continue
        inside = is_platform_folder(path.name) or depth < DEPTH
        if inside and depth and path.is_dir() and not path.is_symlink():
            yield from _walk(path, out, depth - 1)
        else:
            yield path


def _shown(path: Path) -> str:
    """A path as it can be printed and stored; two that look alike stay two."""
    text = printable(path.as_posix()).replace("\n", "\\n").replace("\t", "\\t")
    if text == path.as_posix() and len(text) <= 255:
        return text
    return f"{text[:200]} ({hashlib.sha256(os.fsencode(path)).hexdigest()[:8]})"


def take_in(found: Found) -> Entry:
    """What a file says, or in its note why it says nothing; never raises for what is in it."""
    sender = str(found.sender)
    digest = arrival = ""
    try:
        data, arrival, note = content(found.path, found.name)
        digest = hashlib.sha256(data).hexdigest()
        work, more = read(data, found)
    except CourseError as exc:
        note = printable(" ".join(str(exc).split()))[:500]
        return Entry(found.name, digest, sender=sender, arrival=arrival, note=note)
    except Exception as exc:  # one file must not hold up the rest
        note = f"{found.name} can't be read: {type(exc).__name__}."
        return Entry(found.name, digest, sender=sender, arrival=arrival, note=note)
    return Entry(
        found.name,
        digest,
        work.student,
        work.exercise,
        sender,
        found.sender.arrival or arrival,
        work.created,
        late=found.sender.late,
        note="; ".join(part for part in (note, more) if part),
        answers=work.answers,
    )


def read(data: bytes, found: Found) -> tuple[Submission, str]:
    """The work in a file's bytes, and a note on it; raises `CourseError`."""
    match found.path.suffix.lower():
        case ".json":
            return submission.parse(data, found.name), ""
        case ".ipynb":
            answers = cells.answers(cells.parse(data, found.name))
            there = recognised(answers, found.name)
            known = {question.name for question in there.questions}
            answers = {name: source for name, source in answers.items() if name in known}
            submission.check_sizes(answers, found.name)
            student, note = student_of(found.sender.ids[0] if found.sender.ids else found.path.stem)
            return Submission(there.name, student, answers, "", ""), note
    raise CourseError(f"{found.name} is neither a submission (.json) nor a notebook (.ipynb).")


def content(path: Path, name: str) -> tuple[bytes, str, str]:
    """The bytes of a plain file of bearable size, when it was changed, and a note on that."""
    try:
        kind = path.lstat()
        if stat.S_ISLNK(kind.st_mode):
            raise CourseError(f"{name} is a symbolic link.")
        if stat.S_ISDIR(kind.st_mode):
            raise CourseError(f"{name} is a folder.")
        if not stat.S_ISREG(kind.st_mode):
            raise CourseError(f"{name} is not a plain file.")
        if kind.st_size > MAX_SIZE:
            raise CourseError(f"{name} is larger than {MAX_SIZE // 2**20} MiB.")
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as exc:
        raise CourseError(f"{name} can't be read: {exc.strerror}.") from None
    try:
        changed = datetime.fromtimestamp(kind.st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        changed = datetime.fromtimestamp(0, UTC)
    if not 0 < changed.timestamp() < (datetime.now(UTC) + timedelta(days=1)).timestamp():
        return data, "", "its time of change can't be, so it counts as the oldest"
    return data, changed.strftime(submission.TIME), ""


def recognised(answers: dict[str, str], name: str) -> Exercise:
    """The exercise that a notebook's answers belong to; raises `CourseError`."""
    counts = {
        each.name: sum(question.name in answers for question in each.questions)
        for each in exercises()
    }
    best = max(counts, key=counts.__getitem__, default=None)
    if best is None or counts[best] == 0:
        raise CourseError(f"{name} has no answer to any exercise of this course.")
    return exercise(best)


def student_of(stem: str) -> tuple[str, str]:
    """A student id made from a file's name, and a note if it had to be changed."""
    if submission.STUDENT.fullmatch(stem):
        return stem, ""
    safe = re.sub(r"[^A-Za-z0-9._@+-]", "_", stem).lstrip("._@+-")[:64] or "unnamed"
    return safe, "student id made from the file's name"
