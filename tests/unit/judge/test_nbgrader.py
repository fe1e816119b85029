"""Exercises in nbgrader's format, and the kernel that marks them there.

With `NBGRADER` in the environment (the Python of an environment that has nbgrader 0.9.6, e.g. by
`uv venv NB && uv pip install --python NB/bin/python nbgrader==0.9.6`), nbgrader itself grades.
"""

import contextlib
import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from course_lib.cli import main
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, exercises, stubs
from course_lib.marks import nbgrader
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Entry
from course_lib.marks.submission import Submission

HANDSHAKE = exercise("02")
RIGHT = cells.answers(cells.read(HANDSHAKE.solution))
NAMES = [question.name for question in HANDSHAKE.questions]


def notebook(answers=None, there=HANDSHAKE):
    return nbformat.reads(cells.text_of(nbgrader.assignment(there, answers)), 4)


@pytest.mark.parametrize("there", exercises(), ids=lambda it: it.name)
def test_the_published_format(there):
    """https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html, version 3."""
    found = notebook(there=there)
    nbformat.validate(found)
    marks = [cell.metadata.nbgrader for cell in found.cells if "nbgrader" in cell.metadata]
    assert len({it.grade_id for it in marks}) == len(marks) == 2 * len(there.questions)
    for it in marks:
        assert it.schema_version == 3
        assert (it.grade, it.solution, it.locked, it.task) in (
            (True, False, True, False),
            (False, True, False, False),
        )
        assert ("points" in it) == it.grade
    assert sum(it.get("points", 0) for it in marks) == there.points
    sources = [
        cell.source for cell in found.cells if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert [cells.split_answer(it).source for it in sources] == list(stubs(there).values())


@pytest.fixture
def course(tmp_path):
    """An nbgrader folder of a class, and its marks by our own grading."""
    part = {**RIGHT, NAMES[0]: f"{NAMES[0]} = None"}
    hostile = {**RIGHT, NAMES[1]: "import os\nos._exit(0)", NAMES[2]: "raise SystemExit"}
    people = {"right": RIGHT, "part": part, "hostile": hostile, "none": stubs(HANDSHAKE)}
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for student, answers in people.items():
        work = Submission(HANDSHAKE.name, student, answers, "1", "2026-11-01T10:00:00Z")
        (inbox / f"{student}.json").write_text(work.text())
    assert main(["grade", str(inbox), "--out", str(tmp_path), "--jobs", "1"]) == 0
    assert main(["export", str(tmp_path), "--format", "nbgrader"]) == 0
    with Gradebook.open(tmp_path) as book:
        rows = book.rows(chosen=True)
    marks = {name: sum(row.mark for row in rows if row.student == name) for name in people}
    assert (
        marks["right"] == HANDSHAKE.points > marks["part"] > marks["hostile"] > marks["none"] == 0
    )
    return tmp_path / "nbgrader", marks


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a notebook in the kernel of an exported folder; returns what each graded cell earns."""
    folder = tmp_path_factory.mktemp("nbgrader")
    nbgrader.write(folder, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        manager, client = start_new_kernel(kernel_name=nbgrader.KERNEL)

        def earned(book):
            points = {}
            for cell in book.cells:
                if cell.cell_type != "code":
                    continue
                with contextlib.redirect_stdout(io.StringIO()):
                    reply = client.execute_interactive(cell.source, timeout=240)
                marks = cell.metadata.get("nbgrader", {})
                if marks.get("grade"):
                    passed = reply["content"]["status"] == "ok"
                    points[marks.grade_id] = marks.points if passed else 0
            return points

        yield earned
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_kernel_marks_as_the_judge_does(run):
    wrong = {**RIGHT, NAMES[0]: f"{NAMES[0]} = None"}
    assert sum(run(notebook(RIGHT)).values()) == HANDSHAKE.points
    points = run(notebook(wrong))
    assert points.pop(f"marks_{NAMES[0]}") == 0
    assert sum(points.values()) == HANDSHAKE.points - HANDSHAKE.questions[0].points


def test_code_beside_the_answers_is_not_run(run, tmp_path):
    book = notebook(stubs(HANDSHAKE))
    forged = f"open({str(tmp_path / 'was_here')!r}, 'w')\nimport os\nos._exit(0)"
    book.cells.insert(0, nbformat.v4.new_code_cell(forged))
    book.cells.insert(0, nbformat.v4.new_code_cell(f"{nbgrader.JUDGE} no_such_question"))
    assert sum(run(book).values()) == 0
    assert not (tmp_path / "was_here").exists()


def test_in_an_ordinary_kernel_nothing_is_earned(tmp_path):
    source = notebook(RIGHT).cells[-1].source
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert nbgrader.KERNEL in done.stderr


def test_only_what_counts_is_handed_over(tmp_path):
    entries = [
        Entry("a.json", student="ada", exercise="02_handshake", chosen=True, answers=RIGHT),
        Entry("b.json", student="bob", exercise="02_handshake", answers=RIGHT),
    ]
    assert nbgrader.write(tmp_path, entries) == 1
    assert [it.name for it in (tmp_path / "submitted").iterdir()] == ["ada"]
    assert len(list((tmp_path / "source").glob("*/*.ipynb"))) == len(exercises())


def test_before_anything_is_graded(tmp_path, capsys):
    assert main(["export", str(tmp_path), "--format", "nbgrader"]) == 0
    assert "0 submissions" in capsys.readouterr().out
    assert not (tmp_path / "nbgrader" / "submitted").exists()


@pytest.mark.long
@pytest.mark.skipif("NBGRADER" not in os.environ, reason="NBGRADER names no Python that has it")
def test_nbgrader_itself_gives_the_same_marks(course):
    folder, marks = course
    forged = notebook(stubs(HANDSHAKE))
    forged.cells.insert(0, nbformat.v4.new_code_cell("import os\nos._exit(0)"))
    for cell in forged.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source, cell.metadata.nbgrader.points = "pass", 99
    forged.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    path = folder / "submitted" / "forger" / HANDSHAKE.name / f"{HANDSHAKE.name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(forged, path)
    python = Path(os.environ["NBGRADER"]).absolute()
    programs = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    for command in (["generate_assignment"], ["autograde"], ["export"]):
        named = [] if command == ["export"] else ["02_handshake", "--create"]
        done = subprocess.run(
            [str(python), "-m", "nbgrader", *command, *named],
            cwd=folder, env={**os.environ, "PATH": programs}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
    with (folder / "grades.csv").open(newline="") as file:
        theirs = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert theirs == marks | {"forger": 0}
