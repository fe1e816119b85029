"""The autograder zip, unpacked and run in a folder laid out as Gradescope's /autograder."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.submission import Submission

HANDSHAKE = exercise("02")
RIGHT = cells.answers(cells.read(HANDSHAKE.solution))
FIRST = HANDSHAKE.questions[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What Gradescope makes of the zip: source/, run_autograder, and what setup.sh installs."""
    out, root = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("autograder")
    assert main(["export", str(out), "--format", "gradescope"]) == 0
    with zipfile.ZipFile(out / "gradescope" / "autograder.zip") as bundle:
        assert bundle.getinfo("run_autograder").external_attr >> 16 & stat.S_IXUSR
        assert bundle.testzip() is None
        bundle.extractall(root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "run_autograder").chmod(0o755)
    (root / "venv").symlink_to(sys.prefix)
    return root


def started(image: Path, files: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """What comes of one submission, by the course in the zip."""
    for name in ("submission", "results"):
        shutil.rmtree(image / name, ignore_errors=True)
        (image / name).mkdir()
    for name, text in files.items():
        (image / "submission" / name).write_text(text, "utf-8")
    environment = {
        **os.environ,
        "AUTOGRADER_ROOT": str(image),
        "PYTHONPATH": str(image / "source" / "course"),
        **more,
    }
    return subprocess.run(
        [image / "run_autograder"],
        cwd=image, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def run(image: Path, files: dict[str, str]) -> dict:
    """The results of one submission."""
    done = started(image, files)
    assert done.returncode == 0, done.stderr
    return json.loads((image / "results" / "results.json").read_text("utf-8"))


def work(answers: dict[str, str], student: str = "ada") -> str:
    return Submission(HANDSHAKE.name, student, answers, "1", "2026-11-01T10:00:00Z").text()


def test_it_gives_the_marks_of_course_grade(image, tmp_path):
    text = work({**RIGHT, FIRST.name: "import os\nos._exit(0)"})
    found = run(image, {"work.json": text})
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "work.json").write_text(text)
    assert main(["grade", str(inbox), "--out", str(tmp_path), "--jobs", "1"]) == 0
    with Gradebook.open(tmp_path) as book:
        ours = {row.question: row.mark for row in book.rows(chosen=True)}
    assert {test["name"]: test["score"] for test in found["tests"]} == ours
    assert found["score"] == sum(ours.values()) == HANDSHAKE.points - FIRST.points
    assert sum(test["max_score"] for test in found["tests"]) == HANDSHAKE.points
    assert {test["status"] for test in found["tests"]} == {"passed", "failed"}
    assert "ada" in found["output"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "Nothing was handed in"),
        ({"a.json": "{"}, "damaged"),
        ({"a.json": work(RIGHT), "b.json": work(RIGHT, "bob")}, "different people: ada, bob"),
    ],
    ids=["nothing", "damaged", "two people"],
)
def test_what_can_not_be_marked_says_why(image, files, says):
    found = run(image, files)
    assert found["score"] == 0
    assert says in found["output"]


def test_where_the_grader_fails_there_is_no_mark(image, tmp_path):
    (tmp_path / "bash").symlink_to(shutil.which("bash"))
    without_walls = {"PATH": str(tmp_path), "COURSE_REQUIRE_ISOLATION": "1"}
    done = started(image, {"a.json": work(RIGHT)}, **without_walls)
    assert done.returncode == 1
    assert "without isolation" in done.stderr
    assert list((image / "results").iterdir()) == []


def test_the_scripts_are_shell(image):
    for name in ("setup.sh", "run_autograder"):
        path = image / "source" / name
        assert path.read_text().startswith("#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n", path], check=True)
    course = image / "source" / "course"
    for needed in ("pyproject.toml", "requirements.lock", "course_lib/__init__.py"):
        assert (course / needed).is_file()
