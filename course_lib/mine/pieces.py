"""The functions from exercises 02 to 04 that make a WebSocket: the learner's, or else the course's."""

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
    """

    name: str
    exercise: str
    source: str
    mine: bool


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
            [piece.name, piece.exercise, "yours" if piece.mine else "the course's"]
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
        mine = name not in missing and _passes(there, name, own)
        source = own[name] if mine else cells.finished(ours[name])
        yield Piece(name, there.name, source.rstrip() + "\n", mine)


def _passes(there: Exercise, name: str, own: dict[str, str]) -> bool:
    return judge_one(there, there.question(name), own, {}).status == "passed"
