"""Exercises are made from solutions, and nobody's work is lost."""

import json
import shutil

import pytest

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.exercises import catalogue, cells
from course_lib.exercises.catalogue import exercise
from course_lib.paths import NOTEBOOKS, SOLUTIONS
from tests.notebooks import build, signposts


def changed_solution(tmp_path, monkeypatch, change):
    notebook = cells.read(exercise("02").solution)
    change(notebook["cells"])
    folder = tmp_path / "solutions"
    shutil.copytree(SOLUTIONS, folder)
    (folder / "02_handshake.ipynb").write_text(cells.text_of(notebook), "utf-8")
    monkeypatch.setattr(catalogue, "SOLUTIONS", folder)


def answer_cell(all_cells, name):
    for cell in all_cells:
        answer = cells.split_answer(cells.source_of(cell))
        if answer and answer.name == name:
            return cell
    raise LookupError(name)


def test_build_twice_gives_the_same_bytes(desk):
    path = exercise("02").path
    before = path.read_bytes()
    path.unlink()
    assert main(["build"]) == 0
    assert path.read_bytes() == before
    assert main(["build", "--check"]) == 0


def test_build_keeps_cell_ids(desk):
    ids = [cell["id"] for cell in cells.read(exercise("02").solution)["cells"]]
    *before, points, last = [cell["id"] for cell in cells.read(exercise("02").path)["cells"]]
    assert [*before, last] == ids
    assert points == "points"


def test_an_exercise_ends_with_its_points_and_leads_on(desk):
    *_, points, last = map(cells.source_of, cells.read(exercise("02").path)["cells"])
    assert points == "%points 02"
    assert "[Lesson 03 · Frames →](../notebooks/03_frames.ipynb)" in last.split("\n\n")[-1]


def test_a_head_or_a_foot_that_is_out_of_date_is_named_and_made(
    desk, tmp_path, monkeypatch, capsys
):
    lesson = tmp_path / "02_handshake.ipynb"
    notebook = cells.read(NOTEBOOKS / lesson.name)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = cells.source_of(cell).replace("About ", "More or less ")
    notebook["cells"][-1]["source"] = "## The end"
    lesson.write_text(cells.text_of(notebook), "utf-8")
    monkeypatch.setattr(signposts, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(build, "in_place", lambda: [lesson])
    assert main(["build", "--check"]) == 1
    assert "02_handshake.ipynb differs in cell 1" in capsys.readouterr().out
    main(["build"])
    first, *_, last = map(cells.source_of, cells.read(lesson)["cells"])
    ways = "[Exercise 02](../exercises/02_handshake.ipynb) · [Contents](contents.ipynb)"
    assert first.endswith(f"About 40 minutes · {ways}")
    assert last == f"## The end\n\n{ways}"


def test_check_names_what_differs(desk, answer_with, capsys):
    path = answer_with(wants_websocket="changed")
    before = path.read_bytes()
    assert main(["build", "--check"]) == 1
    out = capsys.readouterr().out
    assert "02_handshake.ipynb differs in cell" in out
    assert "answer 'wants_websocket'" in out
    assert path.read_bytes() == before
    path.unlink()
    assert main(["build", "--check"]) == 1
    assert "is missing" in capsys.readouterr().out
    path.write_text("{}")
    assert main(["build", "--check"]) == 1
    assert "is not a notebook" in capsys.readouterr().out
    path.with_name("03_unknown.ipynb").write_text("{}")
    assert main(["build", "--check"]) == 1
    assert "has no solutions/03_unknown_tests.py" in capsys.readouterr().out


def test_a_learners_work_is_backed_up(desk, state, answer_with, capsys):
    path = answer_with(accept_key="my own work")
    mine = path.read_bytes()
    assert main(["build"]) == 0
    [backup] = (state / "backups").iterdir()
    assert backup.name.startswith("02_handshake-")
    assert backup.read_bytes() == mine
    assert backup.name in capsys.readouterr().out
    assert main(["build", "--check"]) == 0


def test_an_exercise_that_was_only_run_is_not_backed_up(desk, state):
    path = exercise("02").path
    notebook = cells.read(path)
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    path.write_text(cells.text_of(notebook), "utf-8")
    assert main(["build"]) == 0
    assert not (state / "backups").exists()


def test_an_exercise_of_an_earlier_build_is_not_backed_up(desk, state, tmp_path, monkeypatch):
    def reword(all_cells):
        all_cells[0]["source"] = ["# Exercise 02 · Another title\n\n**Afterwards you can** rest."]

    changed_solution(tmp_path, monkeypatch, reword)
    assert main(["build"]) == 0
    assert "Another title" in exercise("02").path.read_text("utf-8")
    assert not (state / "backups").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda all_cells: answer_cell(all_cells, "respond").update(
                source="%%answer respond\n# BEGIN SOLUTION"
            ),
            "answer 'respond': '# BEGIN SOLUTION' without '# END SOLUTION'",
        ),
        (
            lambda all_cells: all_cells.append(answer_cell(all_cells, "respond")),
            "there are 2 answers 'respond'",
        ),
        (
            lambda all_cells: answer_cell(all_cells, "respond").update(source="%%answer other\n1"),
            "has no question 'other'",
        ),
        (
            lambda all_cells: all_cells.remove(answer_cell(all_cells, "respond")),
            "the answer 'respond' is missing",
        ),
        (lambda all_cells: all_cells.reverse(), "not in the order"),
    ],
)
def test_a_faulty_solution_is_one_sentence(tmp_path, monkeypatch, capsys, change, says):
    changed_solution(tmp_path, monkeypatch, change)
    with pytest.raises(CourseError, match="02_handshake") as caught:
        build.check(exercise("02"))
    assert says in str(caught.value)
    assert main(["build", "--check"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def a_notebook(path, *sources):
    code = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    notebook = {"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))
    return path


def test_run_saves_stable_outputs(tmp_path, state):
    source = f"import os\nprint(os.environ['COURSE_STATE'] != {str(state)!r})"
    path = a_notebook(tmp_path / "n.ipynb", source, "1 + 1", "open('n.ipynb').close()")
    assert main(["run", str(path)]) == 0
    first = path.read_bytes()
    notebook = json.loads(first)
    assert notebook["cells"][0]["outputs"][0]["text"] == ["True\n"]
    assert [cell["execution_count"] for cell in notebook["cells"]] == [1, 2, 3]
    assert [cell["id"] for cell in notebook["cells"]] == ["c0", "c1", "c2"]
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert main(["run", str(path)]) == 0
    assert path.read_bytes() == first


def test_run_names_the_cell_that_fails_and_leaves_the_file(tmp_path, capfd):
    path = a_notebook(tmp_path / "n.ipynb", "1", "1 / 0")
    before = path.read_bytes()
    assert main(["run", str(path)]) == 1
    assert "n.ipynb, cell 2: ZeroDivisionError" in capfd.readouterr().err
    assert path.read_bytes() == before


def test_run_of_what_is_no_notebook_is_one_sentence(tmp_path, capsys):
    assert main(["run", str(tmp_path / "none.ipynb")]) == 2
    assert "There is no notebook" in capsys.readouterr().err
    (tmp_path / "bad.ipynb").write_text("{")
    assert main(["run", str(tmp_path / "bad.ipynb")]) == 2
    assert "is not a notebook" in capsys.readouterr().err
