"""The functions from exercises 02 to 04 that make a WebSocket: the learner's, or else the course's."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_lib.desk.copies import notebook_of
from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import Exercise, exercise, unanswered
from course_lib.judge.judge import judge_one
from course_lib.notebook.display import Rich, table

NEEDED = {
    "02": ("accept_key", "parse_request", "connection_target", "wants_websocket", "respond"),
    "03": (
        "encode_header", "mask", "decode_frame", "fragment", "MessageReader",
        "first_bad_fragment", "answer_close",
    ),
    "04": ("echo",),
}  # fmt: skip
"""The answers that are used, by exercise."""


@dataclass(frozen=True)
class Piece:
    """One answer.

    Attributes:
        name: what it defines.
        exercise: where it was asked for, e.g. "03_frames".
        source: its cell, as Python.
        mine: whether it is the learner's own, which has passed just now.
        note: why a passed one is not used, if so.
    """

    name: str
    exercise: str
    source: str
    mine: bool
    note: str = ""


@dataclass(frozen=True)
class Pieces:
    """All of them, in the order in which they can be defined."""

    all: tuple[Piece, ...]

    def functions(self, number: str) -> list[Any]:
        """What the answers of one exercise define, in the order of `NEEDED`."""
        namespace: dict[str, Any] = {}
        for piece in self.all:
            # As `%%answer` does in a notebook, once the judge has let an answer pass.
            exec(compile(piece.source, f"<answer {piece.name}>", "exec"), namespace)
        return [namespace[piece.name] for piece in self.of(number)]

    def of(self, number: str) -> list[Piece]:
        """Those of one exercise."""
        return [piece for piece in self.all if piece.exercise.startswith(number)]

    @property
    def mine(self) -> int:
        """How many are the learner's own."""
        return sum(piece.mine for piece in self.all)

    def table(self) -> Rich:
        """Whose each of them is."""
        rows = [
            [piece.name, piece.exercise, "yours" if piece.mine else f"the course's{piece.note}"]
            for piece in self.all
        ]
        return table(["function", "from exercise", "whose it is"], rows)


def my_answers() -> Pieces:
    """The pieces: each is the learner's where the judge lets it pass now, and else the course's.

    The answers are read from the learner's copies of the exercises; one that is missing, untouched,
    or can't be read counts as not answered.
    """
    return Pieces(tuple(piece for number in NEEDED for piece in _of(exercise(number))))


def _of(there: Exercise) -> Iterator[Piece]:
    ours = cells.answers(cells.read(there.solution))
    try:
        own = cells.answers(cells.read(notebook_of(there)))
    except CourseError:
        own = {}
    missing = set(unanswered(there, own))
    for name in NEEDED[there.number]:
        source = cells.finished(ours[name])
        mine, note = name not in missing and _passes(there, name, own), ""
        if mine and _waits(own[name], name) and not _waits(source, name):
            mine, note = False, ": yours is a coroutine, and the lesson doesn't await it"
        source = own[name] if mine else source
        yield Piece(name, there.name, source.rstrip() + "\n", mine, note)


def _waits(source: str, name: str) -> bool:
    """Whether a function, or a public method of a class, is a coroutine."""
    for node in ast.parse(source).body:
        match node:
            case ast.AsyncFunctionDef(name=known) if known == name:
                return True
            case ast.ClassDef(name=known, body=body) if known == name:
                methods = [each for each in body if isinstance(each, ast.AsyncFunctionDef)]
                return any(not each.name.startswith("_") for each in methods)
    return False


def _passes(there: Exercise, name: str, own: dict[str, str]) -> bool:
    return judge_one(there, there.question(name), own, {}).status == "passed"
