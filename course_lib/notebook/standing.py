"""How far the learner is with each question, in a form that fills by itself as verdicts come."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from course_lib.exercises.catalogue import exercises
from course_lib.exercises.progress import MARKS, Standing, standing
from course_lib.exercises.question import Question
from course_lib.exercises.verdict import Status
from course_lib.judge.render import plural
from course_lib.notebook.display import Rich, as_script, html

_SCRIPT = (Path(__file__).parent / "standing.js").read_text(encoding="utf-8")


def contents() -> Rich:
    """Every question of the course with its mark, and the sums of the points."""
    there = [standing(exercise) for exercise in exercises()]
    earned, points = sum(it.earned for it in there), sum(it.exercise.points for it in there)
    lines = [
        f"{it.exercise.number}  {it.marks:<10}  {it.earned}/{it.exercise.points}" for it in there
    ]
    total = f'<p><strong data-sum="">{earned}</strong> of {plural(points, "point")}</p>'
    return Rich("\n".join([*lines, f"{earned} of {points} points"]), _live(there, total))


def sum_of_points(it: Standing) -> Rich:
    """The questions of one exercise with their marks, and the sum of their points."""
    return Rich(str(it), _live([it]))


def _live(there: Sequence[Standing], above: str = "") -> str:
    rows = "".join(_row(it) for it in there)
    script = f"<script>({_SCRIPT})(document.currentScript, {as_script(MARKS)});</script>"
    return f'<div class="course-standing">{above}<table><tbody>{rows}</tbody></table>{script}</div>'


def _row(it: Standing) -> str:
    return html(
        "standing_row",
        name=escape(f"{it.exercise.number} · {it.exercise.title}"),
        number=it.exercise.number,
        points=it.exercise.points,
        earned=it.earned,
        questions=" ".join(_mark(q, it.statuses[q.name]) for q in it.exercise.questions),
    )


def _mark(question: Question, status: Status) -> str:
    return html(
        "standing_mark",
        name=question.name,
        status=status,
        points=question.points,
        title=f"{plural(question.points, 'point')}: {status}",
        mark=MARKS[status],
    )
