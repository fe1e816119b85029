"""The gradebook: a SQLite file with every verdict, and the marks that a person gave.

One process writes it; others may read meanwhile. A result is on disk as soon as `add` returns.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_lib.errors import CourseError
from course_lib.exercises.verdict import Verdict
from course_lib.marks.rows import Entry, Judged, Row
from course_lib.paths import shown

FILE = "gradebook.sqlite"

MIGRATIONS = tuple(
    path.read_text("utf-8") for path in sorted((Path(__file__).parent / "migrations").glob("*.sql"))
)
"""What makes each version of the file from the one before; only ever appended to."""


_ROWS = """
    SELECT s.student, coalesce(p.name, '') AS name, coalesce(p.section, '') AS section, s.exercise,
        v.question, v.points, v."of", v.status, v.duration, s.file, s.arrival, s.late, s.penalty,
        s.chosen, m.points AS manual, coalesce(m.comment, '') AS comment, v.verdict
    FROM verdict v JOIN submission s ON s.id = v.submission
    LEFT JOIN student p ON p.id = s.student
    LEFT JOIN manual m
        ON (m.student, m.exercise, m.question) = (lower(s.student), s.exercise, v.question)
    WHERE s.chosen >= ? ORDER BY s.student, s.exercise, s.arrival, s.file, v.place
"""


class Gradebook:
    """The gradebook in a folder; see `Gradebook.open`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, new: bool = False) -> Iterator["Gradebook"]:
        """The gradebook of a folder, for as long as the `with` block runs.

        With `new` it is made if there is none. Raises `CourseError` if there is none to be had.
        """
        path = folder / FILE
        if not new and not path.is_file():
            raise CourseError(f"There is no gradebook in {shown(folder)}; `course grade` makes it.")
        connection = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")  # a reader does not hold up the writer
            _migrate(connection, path, new)
            yield cls(path, connection)
        except (OSError, sqlite3.Error) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else exc
            raise CourseError(f"Can't write {shown(path)}: {reason}.") from None
        finally:
            if connection is not None:
                connection.close()

    def rows(self, *, chosen: bool = False) -> list[Row]:
        """Every question of every submission; with `chosen` of those that are marked only."""
        return [_row(each) for each in self._db.execute(_ROWS, [int(chosen)])]

    def entries(self) -> list[Entry]:
        """Every file, by name, with its verdicts."""
        judged: dict[int, list[Judged]] = defaultdict(list)
        for each in self._db.execute("SELECT * FROM verdict ORDER BY submission, place"):
            verdict = Verdict.from_dict(json.loads(each["verdict"]))
            judged[each["submission"]].append(
                Judged(verdict, each["seed"], each["duration"], each["course"], each["tests"])
            )
        found = self._db.execute("SELECT * FROM submission ORDER BY file")
        return [_entry(each, tuple(judged[each["id"]])) for each in found]

    def add(self, entry: Entry) -> None:
        """Keep what came of one file; it takes the place of what came of it before."""
        values = {
            key: value for key, value in vars(entry).items() if key not in ("judged", "answers")
        }
        values["answers"] = json.dumps(entry.answers or {})
        columns = ", ".join(f'"{key}"' for key in values)
        marks = ", ".join("?" * len(values))
        with self._whole():
            self._db.execute("DELETE FROM submission WHERE file = ?", [entry.file])
            added = self._db.execute(
                f"INSERT INTO submission ({columns}) VALUES ({marks})", list(values.values())
            )
            self._judged(added.lastrowid, entry.judged)

    def regrade(self, file: str, judged: Judged) -> None:
        """Put a new verdict on one question in the place of the old one."""
        with self._whole():
            key = self._db.execute("SELECT id FROM submission WHERE file = ?", [file]).fetchone()[0]
            place = self._db.execute(
                "SELECT place FROM verdict WHERE submission = ? AND question = ?",
                [key, judged.verdict.question],
            ).fetchone()
            self._judged(key, (judged,), place[0] if place else 0)

    def choose(self, entries: list[Entry]) -> None:
        """Keep of each entry whose it is, whether it counts, its doubts and what is taken off."""
        with self._whole():
            self._db.executemany(
                'UPDATE submission SET student = ?, chosen = ?, "check" = ?, late = ?, penalty = ?'
                " WHERE file = ?",
                [(it.student, it.chosen, it.check, it.late, it.penalty, it.file) for it in entries],
            )

    def enrol(self, students: list[tuple[str, str, str]]) -> None:
        """Keep a roster: id, name and section of each student."""
        with self._whole():
            self._db.execute("DELETE FROM student")
            self._db.executemany("INSERT INTO student VALUES (?, ?, ?)", students)

    def mark(
        self, student: str, exercise: str, question: str, points: float | None, comment: str
    ) -> None:
        """Keep a person's mark, with None for points only a comment; no grading changes it."""
        self._db.execute(
            "INSERT OR REPLACE INTO manual VALUES (?, ?, ?, ?, ?, ?)",
            [student.lower(), exercise, question, points, comment, now()],
        )

    def students(self) -> tuple[tuple[str, str, str], ...]:
        """The roster that was kept last."""
        return tuple((i, n, s) for i, n, s in self._db.execute("SELECT * FROM student"))

    def setting(self, key: str, value: str, *, new: bool = False) -> str:
        """What is kept under a key; `value` is kept if there was nothing, or it is `new`."""
        if new:
            self._db.execute("DELETE FROM settings WHERE key = ?", [key])
        self._db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", [key, value])
        return self._db.execute("SELECT value FROM settings WHERE key = ?", [key]).fetchone()[0]

    def _judged(self, key: int | None, judged: tuple[Judged, ...], first: int = 0) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    key, place, it.verdict.question, it.verdict.earned, it.verdict.points,
                    it.verdict.status, it.seed, it.duration, it.course, it.tests, now(),
                    json.dumps(it.verdict.to_dict()),
                )
                for place, it in enumerate(judged, first)
            ],
        )  # fmt: skip

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def now() -> str:
    """This moment, as the gradebook writes moments."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _migrate(connection: sqlite3.Connection, path: Path, new: bool) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not version and not new:  # making it is up to the one process that writes it
        raise CourseError(f"{shown(path)} has nothing in it yet.")
    if version > len(MIGRATIONS):
        raise CourseError(f"{shown(path)} was made by a newer course than this one.")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _row(found: sqlite3.Row) -> Row:
    values = _values(found)
    verdict = Verdict.from_dict(json.loads(values.pop("verdict")))
    title = next((test.title for test in verdict.tests if test.outcome == "failed"), "")
    return Row(**values, title=title, verdict=verdict)


def _entry(found: sqlite3.Row, judged: tuple[Judged, ...]) -> Entry:
    values = _values(found)
    del values["id"]
    return Entry(**{**values, "answers": json.loads(values["answers"]), "judged": judged})


def _values(found: sqlite3.Row) -> dict[str, Any]:
    return dict(found) | {"late": bool(found["late"]), "chosen": bool(found["chosen"])}
