"""How far a learner is in each exercise, and where to go on."""

from course_lib.exercises import progress
from course_lib.exercises.catalogue import Exercise

WIDTH = 12
"""Characters of the bar that shows how much of an exercise is done."""


class Standing:
    """How far a learner is in one exercise.

    Attributes:
        earned: the points of its questions that passed.
        answered: how many of its questions have an answer.
        following: the first question that has not passed, or None.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        status = {each.name: progress.load(each.name).status for each in exercise.questions}
        self.earned = sum(
            each.points for each in exercise.questions if status[each.name] == "passed"
        )
        self.answered = sum(each != "unanswered" for each in status.values())
        self.following = next((name for name in status if status[name] != "passed"), None)

    def columns(self) -> tuple[str, str, str, str]:
        full = round(WIDTH * self.earned / self.exercise.points)
        return (
            "█" * full + "░" * (WIDTH - full),
            f"{self.earned}/{self.exercise.points}",
            f"{self.answered} of {len(self.exercise.questions)}",
            self.following or "done",
        )


def next_up(standings: list[Standing]) -> Standing | None:
    """Where there is still something to do: where the learner was last, else from there on."""
    last = progress.latest()
    names = [[each.name for each in it.exercise.questions] for it in standings]
    here = next((index for index, questions in enumerate(names) if last in questions), 0)
    in_order = [*standings[here:], *standings[:here]]
    return next((it for it in in_order if it.following), None)
