"""The judge: runs a question's tests, ordinary pytest functions, against answers on a bench."""

import contextlib
import functools
import io
import random
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from course_lib.errors import CourseError
from course_lib.exercises import cells as notebook_cells
from course_lib.exercises.catalogue import Exercise, imports_of, unanswered
from course_lib.exercises.cells import Cell
from course_lib.exercises.question import Question
from course_lib.exercises.seeds import fresh_seed, seeded
from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import AnswerError, AnswerRaised, BenchProcess
from course_lib.judge.expect import Mismatch, kind, opaque, shown
from course_lib.judge.values import Opaque, Plain

PLUGINS_OFF = (
    "terminal", "cacheprovider", "faulthandler", "doctest", "junitxml", "logging", "debugging",
    "stepwise", "pastebin", "setuponly", "setupplan", "recwarn", "tmpdir", "monkeypatch",
    "legacypath", "pytester_assertions", "subtests",
    "unraisableexception", "threadexception",  # each collects all garbage after a run
)  # fmt: skip
"""Parts of pytest that the judge has no use for; without them a verdict comes sooner."""


def judge(
    exercise: Exercise, question: Question, cells: Sequence[Cell], seed: int | None = None
) -> Verdict:
    """Judge the answer to one question.

    `cells` are the answer cells up to this question's own, which comes last (see `cells_before`).
    `seed` replays the random inputs of an earlier judgement. The learner's code runs in a process
    of its own, which ends with the judgement.
    """
    seed = fresh_seed() if seed is None else seed
    own = {cell.name: cell.source for cell in cells[-1:]}
    if question.name in unanswered(exercise, own):
        return Verdict(question.name, question.points, "unanswered", hints=question.hints)
    imports = imports_of(cell.name for cell in cells) | set(question.imports)
    with BenchProcess(imports=imports) as bench:
        error = bench.load(cells).get(question.name)
        if error is None:
            tests = _run_tests(exercise.tests, question.name, Answer(bench), seed)
        else:
            tests = (failure("The cell runs", error),)
        printed = bench.printed
    passed = all(test.outcome == "passed" for test in tests)
    return Verdict(
        question=question.name,
        points=question.points,
        status="passed" if passed else "failed",
        tests=tests,
        hints=question.hints,
        printed=printed,
        runs=error is None,
    )


def judge_all(
    exercise: Exercise, answers: dict[str, str], seed: int | None = None
) -> Iterator[Verdict]:
    """Judge every question of an exercise, one by one."""
    earlier: dict[str, Verdict] = {}
    for question in exercise.questions:
        verdict = judge_one(exercise, question, answers, earlier, seed)
        earlier[question.name] = verdict
        yield verdict


def judge_one(
    exercise: Exercise,
    question: Question,
    answers: dict[str, str],
    earlier: dict[str, Verdict],
    seed: int | None = None,
) -> Verdict:
    """Judge one question on top of the answers before it.

    A later answer may use an earlier one. Where the earlier one is wrong or missing, the
    solution's stands in for it, so that a mistake costs its own points only.
    """
    cells: list[Cell] = []
    reference = _reference(exercise)
    for each in exercise.questions:
        verdict = earlier.get(each.name)
        own = answers.get(each.name)
        if own is not None and (each is question or (verdict and verdict.runs)):
            cells.append(Cell(each.name, own))
        if each is question:
            break
        if verdict is None or verdict.status != "passed":
            cells.append(Cell(each.name, reference[each.name], ours=True))
    return judge(exercise, question, cells, seed)


@functools.cache
def _reference(exercise: Exercise) -> dict[str, str]:
    return notebook_cells.answers(notebook_cells.read(exercise.solution))


def _run_tests(path: Path, question: str, answer: Answer, seed: int) -> tuple[TestResult, ...]:
    run = _Run(question, answer, seed)
    arguments = [str(path), f"--rootdir={path.parent}", f"--config-file={_INI}"]
    arguments += ["--import-mode=importlib", "--noconftest", "--disable-plugin-autoload"]
    arguments += [part for name in PLUGINS_OFF for part in ("-p", f"no:{name}")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = pytest.main(arguments, plugins=[run])
    if run.interrupted:
        raise KeyboardInterrupt  # pytest keeps it to itself
    complete = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not complete or not 0 < run.selected <= len(run.results):
        raise CourseError(f"The tests of {question!r} can't be run: {code!r} {printed.getvalue()}.")
    return tuple(run.results)


_INI = Path(__file__).with_name("judge.ini")


class _Run:
    """A pytest plugin: chooses the question's tests, gives them the answer, keeps the results."""

    def __init__(self, question: str, answer: Answer, seed: int) -> None:
        self.question, self.answer, self.seed = question, answer, seed
        self.results: list[TestResult] = []
        self.selected = 0
        self.interrupted = False

    @pytest.fixture(name="answer")
    def answer_fixture(self) -> Answer:
        """The learner's answers, on the bench."""
        self.answer.forget()
        return self.answer

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> random.Random:
        """Draws the test's inputs; the seed is in the report of a failure."""
        return seeded(self.seed, request.node.name)

    def pytest_configure(self, config: pytest.Config) -> None:
        # Nobody reads pytest's own account of a failure, and its other styles parse the test file.
        config.option.tbstyle = "native"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if _question_of(item) == self.question]
        self.selected = len(items)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo) -> None:
        self.interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        title = title_of(item)
        drawn = self.seed if "rng" in getattr(item, "fixturenames", ()) else None
        if call.excinfo is not None:
            error = call.excinfo.value
            self.results.append(failure(title, error, self.answer, drawn))
        elif call.when == "call":
            self.results.append(TestResult(title, "passed"))
        return report

    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        if self.answer.stopped is not None:
            self.results.append(TestResult(title_of(item), "not run"))
            return True
        return None


def _question_of(item: pytest.Item) -> str | None:
    mark = item.get_closest_marker("question")
    return mark.args[0] if mark else None


def title_of(item: pytest.Item) -> str:
    """What a test checks: the first line of its docstring."""
    doc = item.obj.__doc__ if isinstance(item, pytest.Function) else None
    doc = (doc or item.name.removeprefix("test_").replace("_", " ")).strip()
    return doc.splitlines()[0].rstrip(".")


def failure(
    title: str, error: BaseException, answer: Answer | None = None, seed: int | None = None
) -> TestResult:
    """A failed test, told to a learner."""
    call = answer.last_call if answer else None
    expected = got = place = None
    match error:
        case Mismatch():
            message, expected, got, place = error.why, error.expected, error.got, error.place
            if answer and answer.served and got == "None":
                got = None  # nothing was called that could have given something
        case AnswerRaised():
            message, place = str(error), error.place
        case AnswerError():
            message = str(error)
        case AssertionError():
            message = str(error).split("\nassert ")[0] or "the test does not hold"
        case _:
            message, got = _unusable(error, answer.last_value if answer else None)
    return TestResult(
        title, "failed", message, call, expected, got, str(place) if place else None, seed
    )


def _unusable(error: BaseException, value: Plain) -> tuple[str, str | None]:
    """What to say where a test can't work with what came, and what that was."""
    if isinstance(value, Opaque):
        return f"the answer gives {opaque(value)}", None
    what = f"the test can't use what the answer gives ({type(error).__name__}: {error})"
    return what, shown(value) if value is None else f"{shown(value)} ({kind(value)})"
