"""The ``%%answer`` cell magic: judge the cell, show the verdict, define the answer."""

import asyncio
from typing import TYPE_CHECKING

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.display import display

from course_lib.errors import CourseError
from course_lib.exercises import progress
from course_lib.exercises.catalogue import Exercise, find_question
from course_lib.exercises.question import Question
from course_lib.exercises.verdict import Verdict
from course_lib.judge.render import as_html, as_text, code_spans
from course_lib.judge.service import JudgeService
from course_lib.notebook.display import Rich

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@magics_class
class AnswerMagics(Magics):
    """Holds the answers of this kernel's session and the judge that it talks to."""

    def __init__(self, shell: "InteractiveShell") -> None:
        super().__init__(shell)
        self.judge = JudgeService()
        self.sources: dict[str, str] = {}
        self.verdicts: dict[str, Verdict] = {}

    @cell_magic
    def answer(self, line: str, cell: str) -> None:
        """``%%answer NAME``: judge the cell below as the answer to a question."""
        try:
            exercise, question = _known(line.strip())
        except CourseError as exc:
            _say(f"⚠ {exc}")
            return
        self.sources[question.name] = cell
        try:
            verdict = self.judge.judge(question.name, *self._session(exercise))
        except KeyboardInterrupt:
            _say(f"– {question.name}: stopped before there was a verdict.")
            return
        except RuntimeError as exc:
            _say(f"⚠ {exc}. This is no fault of yours: run the cell again.")
            return
        self.verdicts[question.name] = verdict
        progress.record(verdict)
        display(Rich(as_text(verdict), as_html(verdict)))
        if verdict.runs:
            # The bench has run this very cell to its end, so the kernel can.
            name = self.shell.compile.cache(cell)
            exec(compile(cell, name, "exec", dont_inherit=True), self.shell.user_ns)

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

    def _session(self, exercise: Exercise) -> tuple[dict[str, str], list[Verdict]]:
        names = [question.name for question in exercise.questions]
        answers = {name: self.sources[name] for name in names if name in self.sources}
        return answers, [self.verdicts[name] for name in names if name in self.verdicts]


def _known(name: str) -> tuple[Exercise, Question]:
    if not name:
        raise CourseError("Name the question: %%answer NAME, as the exercise gives it.")
    return find_question(name)


def _say(sentence: str) -> None:
    display(Rich(sentence, f"<p>{code_spans(sentence)}</p>"))


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
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # a terminal's IPython has no loop of its own
    magics.tick = loop.create_task(_tick())
