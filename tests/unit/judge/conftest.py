"""A learner's place of their own: exercises, submissions and progress in a temporary folder."""

import pytest

from course_lib import paths
from course_lib.desk import copies
from course_lib.exercises import catalogue, cells
from tests.notebooks import build


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    monkeypatch.setenv("COURSE_STATE", str(folder))
    monkeypatch.setenv("COURSE_DESK", str(tmp_path / "desk"))
    return folder


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Folders as in a checkout, with the untouched exercises."""
    monkeypatch.setattr(catalogue, "EXERCISES", tmp_path / "exercises")
    monkeypatch.setattr(build, "EXERCISES", tmp_path / "exercises")
    monkeypatch.setattr(copies, "FOLDERS", (paths.NOTEBOOKS, tmp_path / "exercises"))
    monkeypatch.setattr(build, "in_place", list)  # the lessons are the checkout's own
    for there in catalogue.exercises():
        build.put(there.path, build.made(there))
    return tmp_path


@pytest.fixture
def answer_with(desk):
    """Write answers, by question, into the learner's notebook."""

    def write(**answers):
        path = catalogue.exercise("02").path
        notebook = cells.read(path)
        for cell in notebook["cells"]:
            answer = cells.split_answer(cells.source_of(cell))
            if answer and answer.name in answers:
                cell["source"] = f"%%answer {answer.name}\n{answers[answer.name]}"
        path.write_text(cells.text_of(notebook), "utf-8")
        return path

    return write


@pytest.fixture
def solution():
    """The solution's answers by question."""
    return cells.answers(cells.read(catalogue.exercise("02").solution))
