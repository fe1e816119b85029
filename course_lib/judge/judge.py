"""The judge: runs a question's tests, ordinary pytest functions, against answers on a bench."""

import contextlib
import functools
import io
import itertools
import math
import random
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import pytest
from _pytest.config import _prepareconfig

from course_lib.errors import CourseError
from course_lib.exercises import catalogue
from course_lib.exercises import cells as notebook_cells
from course_lib.exercises.catalogue import Exercise, unanswered
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
    exercise: Exercise,
    question: Question,
    cells: Sequence[Cell],
    seed: int | None = None,
    seconds: float = math.inf,
    spend: Callable[[float], object] = lambda _: None,
) -> Verdict:
    """Judge the answer to one question.

    `cells` are the answer cells up to this question's own, which comes last. `seed` replays the
    random inputs of an earlier judgement, `seconds` are all that the learner's code may take, and
    `spend` is told how many the judgement took. The code runs in a process of its own, which ends
    with the judgement.
    """
    seed = fresh_seed() if seed is None else seed
    own = {cell.name: cell.source for cell in cells[-1:]}
    if question.name in unanswered(exercise, own):
        return Verdict(question.name, question.points, "unanswered", hints=question.hints)
    prepared = _prepared(exercise.tests)  # before any answer runs
    names = {cell.name for cell in cells}
    asked = [each for each in catalogue.exercise(exercise.name).questions if each.name in names]
    imports = frozenset(package for each in (*asked, question) for package in each.imports)
    with BenchProcess(imports=imports) as bench:
        bench.total_limit = min(bench.total_limit, seconds)
        error = bench.load(cells).get(question.name)
        if error is None:
            tests = _run_tests(prepared, question.name, Answer(bench, cells), seed)
        else:
            tests = (failure("The cell runs", error),)
        printed = bench.printed
        spend(bench.lived())
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
    seconds: float = math.inf,
    spend: Callable[[float], object] = lambda _: None,
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
    return judge(exercise, question, cells, seed, seconds, spend)


@functools.cache
def _reference(exercise: Exercise) -> dict[str, str]:
    return notebook_cells.answers(notebook_cells.read(exercise.solution))


def _prepared(path: Path) -> "_Tests":
    with _quiet():
        return _collected(path)


def _run_tests(tests: "_Tests", question: str, answer: Answer, seed: int) -> tuple[TestResult, ...]:
    with _quiet():
        try:
            return tests.run(question, answer, seed)
        except BaseException:
            _collected.cache_clear()  # what was interrupted is not set up as it was
            raise


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield


@functools.cache
def _collected(path: Path) -> "_Tests":
    """The tests in a file, collected once: as with every import, a change comes with a new process."""
    return _Tests(path)


_INI = Path(__file__).with_name("judge.ini")


class _Tests:
    """A pytest plugin: runs a question's tests, gives them the answer, keeps the results."""

    def __init__(self, path: Path) -> None:
        """Collect the tests; raises `CourseError` if they can't be."""
        self.answer: Answer
        self.seed = 0
        self.results: list[TestResult] = []
        self._problems: list[str] = []
        arguments = [str(path), f"--rootdir={path.parent}", f"--config-file={_INI}", "-s"]
        arguments += ["--import-mode=importlib", "--noconftest", "--disable-plugin-autoload"]
        arguments += [part for name in PLUGINS_OFF for part in ("-p", f"no:{name}")]
        sys.modules.pop(path.stem, None)  # an instructor's tests are called like the course's
        # As `pytest.main` begins, which has no way to collect once and run often.
        config = _prepareconfig(arguments, [self])
        session = pytest.Session.from_config(config)
        config._do_configure()
        config.hook.pytest_sessionstart(session=session)
        config.hook.pytest_collection(session=session)
        if self._problems:
            raise CourseError(f"The tests in {path.name} can't be run: {self._problems[0]}.")
        self._session = session

    def run(self, question: str, answer: Answer, seed: int) -> tuple[TestResult, ...]:
        """Run the tests of one question; raises `CourseError` if there are none."""
        items = [item for item in self._session.items if _question_of(item) == question]
        if not items:
            raise CourseError(f"The tests of {question!r} can't be run: there are none.")
        self.answer, self.seed, self.results = answer, seed, []
        for item, following in itertools.zip_longest(items, items[1:]):
            if answer.stopped is None:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            else:
                self.results.append(TestResult(title_of(item), "not run"))
        return tuple(self.results)

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

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._problems += [
                line.removeprefix("E").strip() for line in report.longreprtext.splitlines()[-1:]
            ]

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
