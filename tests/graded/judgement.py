"""What a process judges for the tests of the exercises. It imports no more than that needs."""

from typing import NamedTuple

from course_lib.exercises.catalogue import exercise
from course_lib.exercises.verdict import Verdict
from course_lib.judge.judge import judge_all, judge_one


class Judgement(NamedTuple):
    """Answers to an exercise, to be judged as a whole or for one question alone."""

    exercise: str
    answers: dict[str, str]
    question: str = ""

    def verdicts(self) -> list[Verdict]:
        there = exercise(self.exercise)
        if not self.question:
            return list(judge_all(there, self.answers))
        # The solution stands in for the earlier answers.
        return [judge_one(there, there.question(self.question), self.answers, {})]
