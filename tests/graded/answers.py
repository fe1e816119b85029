"""Wrong and right answers that stand beside an exercise's tests and prove what the tests are worth.

One file for each exercise, `solutions/NN_name_answers.py`, in cells. A cell holds an answer as a
learner might write it, or, where it differs from another by a line or two, only the difference:

    # %% wrong accept_key: hexadecimal digest
    # says: not the 40 hexadecimal characters
    # with: .digest() -> .hexdigest()
    # %% right accept_key: binascii instead of base64
    …the whole answer cell…
    # %% wrong accept_key: binascii, with its line break
    # says: no line break either
    # of: binascii instead of base64
    # -     return binascii.b2a_base64(digest, newline=False).decode()
    # +     return binascii.b2a_base64(digest).decode()

`# with: OLD -> NEW` replaces a piece of text; lines after `# - ` are replaced by those after `# + `.
What is to be replaced must stand in the answer exactly once. The answer is the solution's, or the
one that `# of:` names.

A small fault that makes no difference stands here, too, with the reason; `course mutants` puts
every other one before the tests, and writes those that they let pass in this form:

    # %% same accept_key: a digest has 20 bytes
    # with: digest -> digest[:20]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
TITLE = re.compile(r" (wrong|right|same) (\w+): (\S.*)")
SAYS = re.compile(r"# says: (\S.*)\n")
OF = re.compile(r"# of: (\S.*)\n")
WITH = re.compile(r"# with: (.+?) ->(?: (.*))?\n")
LINES = re.compile(r"((?:# -(?: .*)?\n)+)((?:# \+.*\n)*)")


@dataclass(frozen=True)
class Example:
    """An answer whose verdict is known.

    Attributes:
        kind: "same" for an edit of the solution that makes no difference.
        title: in a few words; of a "same" one, the reason.
        says: what the message of a failed test must contain; None unless it is wrong.
    """

    kind: Literal["wrong", "right", "same"]
    question: str
    title: str
    source: str
    says: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.question}: {self.title}"


def read_examples(path: Path, solution: dict[str, str]) -> list[Example]:
    """The examples in a file, given the solution's answer to each question.

    Raises ValueError for a cell that is not one, and for an edit that does not match.
    """
    before, *parts = CELL.split(path.read_text("utf-8"))
    if before.strip():
        raise ValueError(f"{path.name}: text before the first cell")
    known = {(question, ""): source for question, source in solution.items()}
    examples = []
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        example = _example(path.name, title, text.removeprefix("\n"), known)
        known[example.question, example.title] = example.source
        examples.append(example)
    return examples


def _example(file: str, title: str, text: str, known: dict[tuple[str, str], str]) -> Example:
    match = TITLE.fullmatch(title.rstrip())
    if match is None:
        raise ValueError(f"{file}: not '# %% wrong|right|same QUESTION: TITLE' but '# %%{title}'")
    kind, question, words = match.groups()
    says, text = _take(SAYS, text)
    if (kind == "wrong") != (says is not None):
        raise ValueError(f"{file}: a wrong answer, and no other, has a '# says: ' line: {words!r}")
    base, text = _take(OF, text)
    edits, rest = _edits(text)
    if edits and rest.strip():
        raise ValueError(f"{file}: {words!r} has edits and an answer; it can have only one of them")
    if edits:
        if (question, base or "") not in known:
            raise ValueError(f"{file}: {words!r} edits an answer that does not stand before it")
        text = known[question, base or ""].rstrip() + "\n"
        for old, new in edits:
            if text.count(old) != 1:
                raise ValueError(f"{file}: {words!r}: {old!r} stands {text.count(old)} times")
            text = text.replace(old, new)
    elif base:
        raise ValueError(f"{file}: {words!r} names another answer, but no edit")
    return Example(kind, question, words, text, says)


def _take(line: re.Pattern[str], text: str) -> tuple[str | None, str]:
    match = line.match(text)
    return (match[1].rstrip(), text[match.end() :]) if match else (None, text)


def _edits(text: str) -> tuple[list[tuple[str, str]], str]:
    """The edits at the start of a cell, as pairs of old and new text, and what follows them."""
    edits = []
    while True:
        if match := WITH.match(text):
            edits.append((match[1], (match[2] or "").rstrip()))
        elif match := LINES.match(text):
            old, new = (list(_uncommented(lines)) for lines in match.groups())
            edits.append(("\n".join(old) + "\n", "".join(f"{line}\n" for line in new)))
        else:
            return edits, text
        text = text[match.end() :]


def _uncommented(lines: str) -> Iterator[str]:
    for line in lines.splitlines():
        yield line[4:].rstrip()
