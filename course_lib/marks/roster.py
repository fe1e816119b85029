"""Who is in the class, and who handed a file in, as learning platforms say it.

What a download of all submissions looks like:

- Canvas: `NAME_USERID_ATTACHMENTID_FILE`, with `_LATE` after NAME for a late one, e.g.
  `smithbob_340934_208490284_02_handshake-bob.json` (github.com/mikewesthad/canvas-unzipper, README);
- Moodle: a folder `FULL NAME_PARTICIPANT_assignsubmission_file_` for each student, or that in front
  of the file's name (github.com/moodle/moodle, mod/assign/locallib.php);
- Gradescope: folders `submission_NUMBER`, and in `submission_metadata.yml` for each folder
  `:submitters:` with `:name:`, `:sid:` and `:email:`, and `:created_at:`.
"""

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.marks.submission import TIME, check_student

MAX_SIZE = 20 * 1024 * 1024
METADATA = "submission_metadata.yml"

_CANVAS = re.compile(r"(?P<name>[^_]{1,200}?)(?P<late>_LATE)?_(?P<id>\d{1,20})_\d{1,20}_.+")
_MOODLE = re.compile(r"(?P<name>.{1,200}?)_(?P<id>\d{1,20})_assignsubmission_(?:file|onlinetext).*")
_GRADESCOPE = re.compile(r"submission_\d{1,20}")
_FIELD = re.compile(r"\s*(?:- )?:(name|sid|email|created_at): ?(.*)")


@dataclass(frozen=True)
class Sender:
    """Who handed a file in, as far as the platform says.

    Attributes:
        name: as the platform writes it; "" if unknown.
        ids: the numbers or addresses that the platform knows the person by.
        late: whether the platform calls the file late.
        arrival: when it arrived, in UTC; "" if the platform does not say.
    """

    name: str = ""
    ids: tuple[str, ...] = ()
    late: bool = False
    arrival: str = ""

    def __str__(self) -> str:
        return " ".join([self.name, *(f"<{each}>" for each in self.ids)]).strip()

    @classmethod
    def of(cls, text: str) -> "Sender":
        """The sender whose text it is."""
        name, *ids = re.split(r"\s*[<>]+\s*", text)
        return cls(name, tuple(each for each in ids if each))


def is_platform_folder(name: str) -> bool:
    """Whether a platform has made a folder of this name for one person's files."""
    return bool(_MOODLE.fullmatch(name) or _GRADESCOPE.fullmatch(name))


def sender_of(parts: tuple[str, ...], known: dict[str, Sender]) -> Sender:
    """Who handed in the file at a path within the inbox; `known` is what `metadata` has read."""
    first = parts[0]  # what comes after it may be a learner's choice
    if first in known:
        return known[first]
    if len(parts) == 1 and (found := _CANVAS.fullmatch(first)):
        return Sender(_plain(found["name"]), (found["id"],), bool(found["late"]))
    if found := _MOODLE.fullmatch(first):
        return Sender(_plain(found["name"]), (found["id"],))
    return Sender()


def metadata(inbox: Path) -> dict[str, Sender]:
    """What Gradescope says of each folder, by the folder's name; nothing where it says nothing."""
    try:
        with (inbox / METADATA).open(encoding="utf-8", errors="replace") as file:
            lines = file.read(MAX_SIZE).splitlines()
    except OSError:
        return {}
    fields: dict[str, list[tuple[str, str]]] = {}
    folder = ""
    for line in lines:
        if _GRADESCOPE.fullmatch(line.rstrip().removesuffix(":")):
            folder = line.rstrip().removesuffix(":")
            fields.setdefault(folder, [])
        elif folder and len(fields[folder]) < 40 and (found := _FIELD.fullmatch(line)):
            fields[folder].append((found[1], _plain(found[2].strip("'\""))))
    return {name: _sender(values) for name, values in fields.items()}


def _sender(values: list[tuple[str, str]]) -> Sender:
    def all_of(*keys: str) -> list[str]:
        return [value for key, value in values if key in keys and value]

    created = all_of("created_at")
    return Sender(
        " & ".join(all_of("name")), tuple(all_of("sid", "email")), False, moment(*created[:1])
    )


def moment(text: str = "") -> str:
    """A moment in ISO 8601, or as Ruby's YAML writes it, in UTC; "" if it is none."""
    try:
        found = datetime.fromisoformat(re.sub(r" (Z|[+-]\d\d:\d\d)$", r"\1", text))
        return found.astimezone(UTC).strftime(TIME)
    except (ValueError, OverflowError):
        return ""


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and char not in "<>")[:100].strip()


@dataclass(frozen=True)
class Roster:
    """The students of a class: id, name and section of each."""

    students: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Roster":
        """The roster in a CSV file with the columns id, name and section; raises `CourseError`."""
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as exc:
            raise CourseError(f"Can't read the roster {path}: {exc}.") from None
        if not rows or "id" not in rows[0]:
            raise CourseError(
                f"The roster {path} needs a first line with the columns id,name,section."
            )
        students = []
        for row in rows:
            cells = [(row.get(key) or "").strip() for key in ("id", "name", "section")]
            students.append((check_student(cells[0]), _plain(cells[1]), _plain(cells[2])))
        if len({student.casefold() for student, _, _ in students}) < len(students):
            raise CourseError(f"The roster {path} has an id twice.")
        return cls(tuple(students))

    def spelled(self, student: str) -> str | None:
        """An id as the roster spells it; None if it is not there."""
        return next((i for i, _, _ in self.students if i.casefold() == student.casefold()), None)

    def find(self, sender: Sender) -> set[str]:
        """Whom a sender can be: by an id, else by a name that one student has."""
        found = {spelled for each in sender.ids if (spelled := self.spelled(each))}
        if found or not sender.name:
            return found
        named = {i for i, name, _ in self.students if _squashed(sender.name) & _squashed(name)}
        return named if len(named) == 1 else set()


def _squashed(name: str) -> set[str]:
    """A name without blanks and signs, with the last word last and first: platforms differ."""
    words = re.findall(r"\w+", name.casefold().replace("_", " "))
    return {"".join(words), "".join([*words[-1:], *words[:-1]])} - {""}
