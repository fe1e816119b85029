"""What the judge found: plain data that crosses to a notebook, a terminal or a feedback page."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["passed", "failed", "not run"]
Status = Literal["passed", "failed", "unanswered"]


@dataclass(frozen=True)
class TestResult:
    """One test of a question.

    Attributes:
        title: what the test checks, in words.
        message: what is wrong, if it failed.
        call: the last call that the test made, e.g. "accept_key('…')".
        expected: what was right, as Python writes it or in words.
        got: what the answer gave.
        place: the learner's own line on the way to an exception.
        seed: replays the inputs, where the test drew them at random.
    """

    __test__ = False  # for pytest: not a class of tests

    title: str
    outcome: Outcome
    message: str | None = None
    call: str | None = None
    expected: str | None = None
    got: str | None = None
    place: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The judgement of one question.

    Attributes:
        printed: the beginning of what the answer printed while it was judged.
        runs: whether the cell itself ran; if not, there is one failed test that says why.
    """

    question: str
    points: int
    status: Status
    tests: tuple[TestResult, ...] = ()
    hints: tuple[str, ...] = ()
    printed: str = ""
    runs: bool = True

    @property
    def earned(self) -> int:
        return self.points if self.status == "passed" else 0

    @property
    def count(self) -> str:
        """E.g. "2 of 3 tests passed"."""
        passed = sum(test.outcome == "passed" for test in self.tests)
        total = len(self.tests)
        if passed == total:
            return f"{total} test passed" if total == 1 else f"all {total} tests passed"
        return f"{passed} of {total} tests passed"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Verdict":
        tests = tuple(TestResult(**test) for test in data["tests"])
        return cls(**{**data, "tests": tests, "hints": tuple(data["hints"])})
