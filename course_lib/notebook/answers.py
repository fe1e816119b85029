"""The ``%%answer`` cell magic: judge the cell, show the verdict, define the answer."""

import asyncio
import contextlib
import io
import sys
from typing import TYPE_CHECKING, TextIO

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display

from course_lib.errors import CourseError
from course_lib.exercises import catalogue, progress
from course_lib.exercises.catalogue import Exercise, find_question
from course_lib.exercises.question import Question
from course_lib.exercises.seeds import is_fixed
from course_lib.exercises.verdict import Verdict
from course_lib.judge.render import as_html, as_text, code_spans, plural
from course_lib.judge.service import JudgeService
from course_lib.notebook.display import Rich
from course_lib.notebook.standing import sum_of_points

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

PRINTED_LIMIT = 10_000
"""Characters of what a cell prints that reach the notebook; a million lines freeze its page."""


@magics_class
class AnswerMagics(Magics):
    """Holds the answers of this kernel's session and the judge that it talks to."""

    def __init__(self, shell: "InteractiveShell") -> None:
        super().__init__(shell)
        self.kernel = shell
        self.judge = JudgeService()
        self.sources: dict[str, str] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.tick: asyncio.Task[None] | None = None

    @cell_magic
    def answer(self, line: str, cell: str) -> None:
        """``%%answer NAME``: judge the cell below as the answer to a question."""
        try:
            exercise, question = _known(line.strip())
        except CourseError as exc:
            _say(f"⚠ {exc}")
            return
        if not cell.strip():
            _say(
                f"⚠ This cell is empty: write your answer below `%%answer {question.name}`. "
                f"`%hint {question.name}` gives a hint."
            )
            return
        self.sources[question.name] = cell
        place = _Place(question.name, self.verdicts.get(question.name))
        try:
            verdict = self.judge.judge(question.name, *self._session(exercise))
        except KeyboardInterrupt:
            place.show(_sentence(f"– {question.name}: stopped before there was a verdict."))
            return
        except RuntimeError as exc:
            place.show(_sentence(f"⚠ {exc} This is no fault of yours: run the cell again."))
            return
        self.verdicts[question.name] = verdict
        progress.record(verdict)
        opened = progress.load(question.name).hints
        place.show(Rich(as_text(verdict), as_html(verdict, opened)))
        if question is exercise.questions[-1] and not is_fixed():
            _say(str(progress.standing(exercise)))
        if verdict.runs:
            self._define(question.name, cell)

    @line_magic
    def hint(self, line: str) -> None:
        """``%hint NAME``: the next hint for a question."""
        try:
            _, question = _known(line.strip())
        except CourseError as exc:
            _say(f"⚠ {exc}")
            return
        number, text = progress.next_hint(question.name, question.hints)
        label = f"Hint {number} of {len(question.hints)}"
        display(Rich(f"{label}: {text}", f"<p><strong>{label}</strong> {code_spans(text)}</p>"))

    @line_magic
    def points(self, line: str) -> None:
        """``%points NN``: the sum of an exercise's points, and what comes next."""
        try:
            display(sum_of_points(progress.standing(catalogue.exercise(line.strip()))))
        except CourseError as exc:
            _say(f"⚠ {exc}")

    def _session(self, exercise: Exercise) -> tuple[dict[str, str], list[Verdict]]:
        names = [question.name for question in exercise.questions]
        answers = {name: self.sources[name] for name in names if name in self.sources}
        return answers, [self.verdicts[name] for name in names if name in self.verdicts]

    def _define(self, name: str, cell: str) -> None:
        """Run a cell in the kernel; the bench has run this very cell to its end, so the kernel can."""
        source = f"%%answer {name}\n{cell}"
        file = self.kernel.compile.cache(source)
        # An empty line for the magic's own, so that lines count as on the page.
        code = compile(f"\n{cell}", file, "exec", dont_inherit=True)
        out, errors = _Bounded(sys.stdout), _Bounded(sys.stderr)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            exec(code, self.kernel.user_ns)
        if count := out.left_out + errors.left_out:
            _say(f"… and {plural(count, 'character')} more, which are left out here.")


class _Place:
    """A place on the page that says that a judge is at work, until there is something to show.

    The last verdict stays in it, so that what is below does not jump.
    """

    def __init__(self, question: str, before: Verdict | None) -> None:
        # A stored notebook is compared with what was displayed first, and a display that changes
        # can't be.
        self._display = None
        if not is_fixed():
            html = f'<p role="status">… <code>{question}</code> is being judged</p>'
            if before:
                html += f'<div aria-hidden="true" style="opacity:.5">{as_html(before)}</div>'
            self._display = display(Rich(f"… {question} is being judged", html), display_id=True)

    def show(self, what: Rich) -> None:
        if self._display is None:
            display(what)
        else:
            self._display.update(what)


class _Bounded(io.TextIOBase):
    """A stream that passes on the beginning of what is written, and counts the rest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._room = PRINTED_LIMIT
        self.left_out = 0

    def write(self, text: str) -> int:
        if self._room:
            self._stream.write(text[: self._room])
        self.left_out += max(0, len(text) - self._room)
        self._room = max(0, self._room - len(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def _known(name: str) -> tuple[Exercise, Question]:
    if not name:
        raise CourseError("Name the question: %%answer NAME, as the exercise gives it.")
    return find_question(name)


def _sentence(text: str) -> Rich:
    return Rich(text, f"<p>{code_spans(text)}</p>")


def _say(sentence: str) -> None:
    display(_sentence(sentence))


def _with_a_body(lines: list[str]) -> list[str]:
    """An empty answer cell with an empty line more: IPython refuses to run a magic without."""
    return [*lines, "\n"] if len(lines) == 1 and lines[0].startswith("%%answer") else lines


async def _tick() -> None:
    # A waiting event loop does not notice the Interrupt button (ipykernel issue 881): keep it awake.
    while True:  # noqa: ASYNC110 - waking up is the point
        await asyncio.sleep(0.2)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Register the magics, once for a kernel."""
    if "answer" in shell.magics_manager.magics["cell"]:
        return
    magics = AnswerMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(_with_a_body)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # a terminal's IPython has no loop of its own
    magics.tick = loop.create_task(_tick())
