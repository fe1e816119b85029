"""What is in a folder of submissions, read as if everybody in it meant harm."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise, exercises
from course_lib.judge.render import printable
from course_lib.marks import submission
from course_lib.marks.roster import SAYS, Sender, named_after, sender_of, senders
from course_lib.marks.rows import Entry
from course_lib.marks.submission import MAX_SIZE, Submission

IGNORED = {".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints", "__MACOSX", ".git"}
"""What systems leave in folders."""
DEPTH = 6
"""How deep folders are followed."""
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
        there = {path: path.relative_to(inbox) for path in _walk(inbox, out.resolve(), DEPTH)}
        known = senders(there)
    except NotADirectoryError:
        raise CourseError(f"{inbox} is not a folder.") from None
    except OSError as exc:
        raise CourseError(f"Can't read {exc.filename or inbox}: {exc.strerror}.") from None
    if len(there) > MAX_FILES:
        raise CourseError(f"{inbox} has more than {MAX_FILES:,} files.")
    return [
        Found(path, _shown(name), sender_of(name.parts, known))
        for path, name in there.items()
        if path.name not in SAYS
    ]


def _walk(folder: Path, out: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in IGNORED or path.resolve() == out:
            continue
        try:
            inside = depth and path.is_dir() and not path.is_symlink() and any(path.iterdir())
        except OSError:
            inside = False  # its row says so
        if inside:
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
    entry = Entry(found.name, sender=str(found.sender), late=found.sender.late)
    try:
        data, changed, note = content(found.path, found.name)
        if found.sender.name:  # a platform's download has its own time on every file
            changed = ""
        digest = hashlib.sha256(data).hexdigest()
        entry = replace(entry, digest=digest, arrival=found.sender.arrival or changed)
        work, more = read(data, found)
    except CourseError as exc:
        note = printable(" ".join(str(exc).split())).removeprefix(f"{found.name} ")
        return replace(entry, note=note[:500])
    except Exception as exc:  # one file must not hold up the rest
        return replace(entry, note=f"can't be read: {type(exc).__name__}.")
    return replace(
        entry,
        student=work.student,
        exercise=work.exercise,
        created=work.created,
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
            student, note = student_of(next(iter(found.sender.ids), named_after(found.name)))
            return Submission(there.name, student, answers, "", ""), note
    raise CourseError(f"{found.name} is neither a submission (.json) nor a notebook (.ipynb).")


def content(path: Path, name: str) -> tuple[bytes, str, str]:
    """The bytes of a plain file of bearable size, when it was changed, and a note on that."""
    try:
        kind = path.lstat()
        if stat.S_ISLNK(kind.st_mode):
            raise CourseError(f"{name} is a symbolic link.")
        if stat.S_ISDIR(kind.st_mode):
            raise CourseError(f"{name} is a folder that is empty, too deep, or can't be read.")
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
