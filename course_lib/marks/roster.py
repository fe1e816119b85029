"""Who is in the class, and who handed a file in, as learning platforms say it.

What a download of all submissions looks like:

- Canvas: `NAME_USERID_ATTACHMENTID_FILE`, with `_LATE` after NAME for a late one, e.g.
  `smithbob_340934_208490284_02_handshake-bob.json` (github.com/mikewesthad/canvas-unzipper, README);
- Moodle: a folder `FULL NAME_PARTICIPANT_assignsubmission_file_` for each student, or that in front
  of the file's name (github.com/moodle/moodle, mod/assign/classes/downloader.php); since 4.1 the
  folder's name has no `_` at its end;
- Gradescope: in a folder `assignment_NUMBER_export` folders `submission_NUMBER`, and in
  `submission_metadata.yml` for each of them `:submitters:` with `:name:`, `:sid:` and `:email:`,
  and `:created_at:`;
- nbgrader: `STUDENT/EXERCISE/FILE` in its folder `submitted`, and beside it `timestamp.txt`.
"""

import functools
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.files import read_csv
from course_lib.marks.submission import TIME, check_student
from course_lib.paths import shown

MAX_SIZE = 20 * 1024 * 1024
METADATA, TIMESTAMP = "submission_metadata.yml", "timestamp.txt"
SAYS = {METADATA, TIMESTAMP}
"""Files in which a platform says who handed the others in."""

_CANVAS = re.compile(r"(?P<name>[^_]{1,200}?)(?P<late>_LATE)?_(?P<id>\d{1,20})_\d{1,20}_.+")
_MOODLE = re.compile(
    r"(?P<name>.{1,200}?)(?P<late>)_(?P<id>\d{1,20})_assignsubmission_(?:file|onlinetext).*"
)
_GRADESCOPE = re.compile(r"submission_\d{1,20}")
_EXERCISE = re.compile(r"\d\d_[a-z_]+")
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


def sender_of(parts: tuple[str, ...], known: dict[str, Sender]) -> Sender:
    """Who handed in the file at a path within the inbox; `known` is what `senders` found."""
    for part in parts:
        if _GRADESCOPE.fullmatch(part):
            return known.get(part, Sender())  # what is below may be a learner's choice, here too
        if found := _CANVAS.fullmatch(part) or _MOODLE.fullmatch(part):
            return Sender(_plain(found["name"]), (found["id"],), bool(found["late"]))
    return known.get("/".join(parts[:-1]), Sender())


def named_after(name: str) -> str:
    """Whom a notebook is named after: its file, or its folder where the exercise names the file."""
    *folders, last = Path(name).parts
    names = [Path(last).stem, *reversed(folders)]
    return next((each for each in names if not _EXERCISE.match(each)), names[0])


def senders(there: dict[Path, Path]) -> dict[str, Sender]:
    """Who handed in what is in a folder, by the folder, as files of Gradescope and nbgrader say it.

    `there` has the path within the inbox of each file. What a learner handed in says nothing here.
    """
    known: dict[str, Sender] = {}
    for path, name in there.items():
        if name.name not in SAYS or not path.is_file():  # a pipe might say nothing for ever
            continue
        if any(
            kind.fullmatch(part) for part in name.parts for kind in (_MOODLE, _CANVAS, _GRADESCOPE)
        ):
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(MAX_SIZE)
        if name.name == METADATA:
            known |= _metadata(text.splitlines())
        elif len(name.parts) > 2:
            sender = Sender("", (_plain(name.parts[-3]),), arrival=moment(text.strip()))
            known[name.parent.as_posix()] = sender
    return known


def _metadata(lines: list[str]) -> dict[str, Sender]:
    """What Gradescope says of each folder, by the folder's name."""
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
        text = re.sub(r" (Z|[+-]\d\d:\d\d)$", r"\1", text.replace(" UTC", "Z"))
        found = datetime.fromisoformat(text)
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
        rows, _ = read_csv(path)
        heads = [head.strip().casefold() for head in rows[0]] if rows else []
        if "id" not in heads:
            raise CourseError(
                f"The roster {shown(path)} needs a first line with the columns id,name,section."
            )
        students = []
        for row in rows[1:]:
            named = dict(zip(heads, map(_plain, row), strict=False))
            if any(named.values()):  # a spreadsheet leaves empty lines
                person = check_student(named.get("id", ""))
                students.append((person, named.get("name", ""), named.get("section", "")))
        counts = Counter(student.casefold() for student, _, _ in students)
        if twice := [student for student, count in counts.items() if count > 1]:
            raise CourseError(f"The roster {shown(path)} has the id {twice[0]!r} twice.")
        return cls(tuple(students))

    def spelled(self, student: str) -> str | None:
        """An id as the roster spells it; None if it is not there."""
        return self._spelled.get(student.casefold())

    def find(self, sender: Sender) -> set[str]:
        """Whom a sender can be: by an id, else by a name that one student has."""
        found = {spelled for each in sender.ids if (spelled := self.spelled(each))}
        if found:
            return found
        named = {id for each in _squashed(sender.name) for id in self._named.get(each, ())}
        return named if len(named) == 1 else set()

    @functools.cached_property
    def _spelled(self) -> dict[str, str]:
        return {id.casefold(): id for id, _, _ in self.students}

    @functools.cached_property
    def _named(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = defaultdict(list)
        for id, name, _ in self.students:
            for each in _squashed(name):
                named[each].append(id)
        return named


def _squashed(name: str) -> set[str]:
    """A name without blanks and signs, whichever of its words comes first: platforms differ."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold().replace("_", " "))
    return {"".join([*words[place:], *words[:place]]) for place in range(len(words))}
