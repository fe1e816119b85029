"""Wrong and right answers that stand beside an exercise's tests and prove what the tests are worth.

One file for each exercise, `solutions/NN_name_answers.py`, in cells:

    # %% wrong accept_key: hexadecimal digest
    # says: not the 40 hexadecimal characters
    …the answer cell, as a learner might write it…
    # %% right accept_key: binascii instead of base64
    …
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
TITLE = re.compile(r" (wrong|right) (\w+): (\S.*)")
SAYS = re.compile(r"# says: (\S.*)\n")


@dataclass(frozen=True)
class Example:
    """An answer whose verdict is known.

    Attributes:
        says: what the message of a failed test must contain; None for a right answer.
    """

    kind: Literal["wrong", "right"]
    question: str
    title: str
    source: str
    says: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.question}: {self.title}"


def read_examples(path: Path) -> list[Example]:
    """The examples in a file; raises ValueError for a cell that is not one."""
    before, *parts = CELL.split(path.read_text("utf-8"))
    if before.strip():
        raise ValueError(f"{path.name}: text before the first cell")
    return [
        _example(path.name, title, source)
        for title, source in zip(parts[::2], parts[1::2], strict=True)
    ]


def _example(file: str, title: str, source: str) -> Example:
    match = TITLE.fullmatch(title.rstrip())
    if match is None:
        raise ValueError(f"{file}: not '# %% wrong|right QUESTION: TITLE' but '# %%{title}'")
    kind, question, words = match.groups()
    source = source.removeprefix("\n")
    says = SAYS.match(source)
    if (kind == "wrong") != (says is not None):
        raise ValueError(f"{file}: a wrong answer, and no other, has a '# says: ' line: {words!r}")
    if says:
        source = source[says.end() :]
    return Example(kind, question, words, source, says and says[1].rstrip())
