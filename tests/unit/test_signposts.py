"""The head and the foot of lessons and exercises: made of what there is, and the same each time."""

import copy
import json

import pytest

from course_lib.exercises.catalogue import exercise
from tests.notebooks import signposts


def notebook(first, *others, code=()):
    cells = [
        {"id": str(n), "cell_type": "markdown", "source": s} for n, s in enumerate([first, *others])
    ]
    cells[1:1] = [{"id": f"c{n}", "cell_type": "code", "source": s} for n, s in enumerate(code)]
    return {"cells": cells, "metadata": {}}


FIRST = "# 02 · B\n\n**Why?**\n\n**Afterwards you can** say `a`,\nand b. It is easy."


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Three lessons, of which the second has an exercise; returns the path of each."""
    monkeypatch.setattr(signposts, "NOTEBOOKS", tmp_path)
    paths = [tmp_path / f"{name}.ipynb" for name in ("01_a", "02_handshake", "05_c")]
    for path, title in zip(paths, "ABC", strict=True):
        path.write_text(json.dumps(notebook(f"# {path.name[:2]} · {title}", "End")))
    return paths


def made(path, first=FIRST):
    it = signposts.with_signposts(notebook(first, "## The end"), path)
    return ["".join(cell["source"]) for cell in it["cells"]]


def test_a_lesson_leads_to_its_neighbours_its_exercise_and_the_contents(course):
    ways = (
        "[← 01 · A](01_a.ipynb) · [05 · C →](05_c.ipynb) · "
        "[Exercise 02](../exercises/02_handshake.ipynb) · [Contents](contents.ipynb)"
    )
    first, last = made(course[1])
    assert first == f"{FIRST}\n\nAbout 5 minutes · {ways}"
    assert last == f"## The end\n\n{ways}"


def test_the_first_and_the_last_lead_to_no_lesson_that_is_not_there(course):
    assert made(course[0])[-1] == (
        "## The end\n\n[02 · B →](02_handshake.ipynb) · [Contents](contents.ipynb)"
    )
    assert made(course[2])[-1] == (
        "## The end\n\n[← 02 · B](02_handshake.ipynb) · [Contents](contents.ipynb)"
    )


def test_an_exercise_says_its_points_and_leads_to_the_next_lesson_that_is_there(course):
    first, last = made(exercise("02").path)
    assert "minutes · 15 points · [← Lesson 02 · B](../notebooks/02_handshake.ipynb)" in first
    assert "[Lesson 05 · C →](../notebooks/05_c.ipynb)" in last
    after_the_last = made(exercise("11").path)[-1]
    assert after_the_last == "## The end\n\n[Contents](../notebooks/contents.ipynb)"


def test_what_was_made_is_made_anew_and_not_twice(course):
    once = signposts.with_signposts(notebook(FIRST, "## The end"), course[1])
    again = signposts.with_signposts(copy.deepcopy(once), course[1])
    assert again == once


def test_the_time_is_by_a_rule():
    words = notebook(FIRST, "word " * 1970)
    assert signposts.minutes(words) == 10
    assert signposts.minutes(words, points=15) == 40
    code = notebook(FIRST, code=["x = 1\n" * 20] * 10)
    assert signposts.minutes(code) == 15
    assert signposts.minutes(notebook(FIRST, "**Predict.** " * 10)) == 10


def test_what_one_can_do_is_a_sentence():
    assert signposts.able(notebook(FIRST)) == "say `a`, and b"
    assert signposts.head_problems(notebook(FIRST)) == []


@pytest.mark.parametrize(
    ("first", "lacks"),
    [
        (FIRST.replace("02 · ", ""), "heading"),
        (FIRST.replace("Afterwards", "Later"), "paragraph"),
        (FIRST.replace("**Afterwards", "And **Afterwards"), "paragraph"),
    ],
)
def test_a_head_that_lacks_something_is_named(first, lacks):
    (problem,) = signposts.head_problems(notebook(first))
    assert problem.startswith(f"its first cell has no {lacks}")
