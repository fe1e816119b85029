"""Exercise notebooks: answers found, solutions taken out."""

import pytest

from course_lib.errors import CourseError
from course_lib.exercises import cells


def code(source):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [1], "id": "a"}


def test_a_solution_becomes_a_place_for_the_answer():
    source = "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\nprint(2)"
    assert cells.without_solution(source) == "def f():\n    ...  # your answer here\nprint(2)"


def test_what_stands_after_instead_comes_in_its_place():
    source = (
        "def f():\n    # BEGIN SOLUTION\n    return 1\n    # INSTEAD\n    # if x:\n    #     return 2\n"
        "    #\n    # END SOLUTION"
    )
    assert cells.without_solution(source) == "def f():\n    if x:\n        return 2\n"


@pytest.mark.parametrize(
    "source",
    [
        "# BEGIN SOLUTION",
        "# END SOLUTION",
        "# INSTEAD",
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
        "# BEGIN SOLUTION\n# END SOLUTION\n# END SOLUTION",
    ],
)
def test_markers_that_do_not_match_are_an_error(source):
    with pytest.raises(ValueError, match=r"SOLUTION|INSTEAD"):
        cells.without_solution(source)


def test_answers_are_found_wherever_they_are():
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": "%%answer no\n1"},
            code("%%answer one\nfirst"),
            code(["%%answer two\n", "a\n", "b"]),
            code("\n  %%answer one  \nlast"),
            code("x = 1\n%%answer not_at_the_top\n"),
            code("%%answer empty"),
            code(None),
            {"cell_type": "code"},
            "nonsense",
            code([1, "%%answer three\n", None, "3"]),
        ]
    }
    assert cells.answers(notebook) == {"two": "a\nb", "one": "last", "empty": "", "three": "3"}


def test_an_exercise_has_no_outputs_and_knows_whether_it_was_touched():
    solution = {"cells": [code("# BEGIN SOLUTION\n1\n# END SOLUTION")], "metadata": {}}
    exercise = cells.to_exercise(solution)
    assert exercise["cells"][0]["outputs"] == []
    assert exercise["cells"][0]["id"] == "a"
    assert not cells.touched(exercise)
    exercise["cells"][0]["outputs"] = ["anything"]
    assert not cells.touched(exercise)
    exercise["cells"][0]["source"] = "2"
    assert cells.touched(exercise)
    assert cells.touched({"cells": []})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"\xef\xbb\xbf[]", "has no cells"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "has no cells"),
        (b'{"cells": 1}', "has no cells"),
    ],
)
def test_a_file_that_is_no_notebook_is_named(data, says):
    with pytest.raises(CourseError, match=says):
        cells.parse(data, "x.ipynb")


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "MAX_NOTEBOOK", 10)
    (tmp_path / "x.ipynb").write_bytes(b"x" * 11)
    with pytest.raises(CourseError, match="larger than"):
        cells.read(tmp_path / "x.ipynb")
    with pytest.raises(CourseError, match="Can't read"):
        cells.read(tmp_path / "none.ipynb")


def test_white_space_at_the_ends_makes_no_difference():
    assert cells.same_code("a  \nb\n\n", "\na\nb")
    assert not cells.same_code("a\n b", "a\nb")
