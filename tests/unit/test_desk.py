"""The learner's copies: made once, renewed where nobody wrote, kept where somebody did."""

import json
import os

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from course_lib import paths
from course_lib.cli import main
from course_lib.desk import copies
from course_lib.exercises import cells


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    """A course of two lessons and one exercise, and an empty desk."""
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COURSE_DESK", str(tmp_path / "desk"))
    monkeypatch.chdir(tmp_path)
    folders = (tmp_path / "notebooks", tmp_path / "exercises")
    monkeypatch.setattr(copies, "FOLDERS", folders)
    for folder in folders:
        folder.mkdir()
    for name in ("notebooks/00_start_here", "notebooks/02_handshake", "exercises/02_handshake"):
        path = tmp_path / f"{name}.ipynb"
        path.write_bytes((paths.ROOT / f"{name}.ipynb").read_bytes())
    return tmp_path


def rewrite(path, source):
    """Write into the first code cell of a notebook what a person, or the course, writes there."""
    notebook = cells.read(path)
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["source"] = source
    if cells.MADE in notebook["metadata"] and path.parent.parent.name != "desk":
        notebook["metadata"][cells.MADE] = cells.digest(notebook)
    path.write_text(cells.text_of(notebook), "utf-8")


def first_code(path):
    notebook = cells.read(path)
    return next(cells.source_of(c) for c in notebook["cells"] if c["cell_type"] == "code")


LESSON, EXERCISE = "notebooks/02_handshake.ipynb", "exercises/02_handshake.ipynb"


def test_the_first_time_everything_is_copied(course):
    assert copies.lay_out() == []
    made = sorted(path.relative_to(course / "desk").as_posix() for path in course.glob("desk/*/*"))
    assert made == [EXERCISE, "notebooks/00_start_here.ipynb", LESSON]
    for name in made:
        copy, original = cells.read(course / "desk" / name), cells.read(course / name)
        assert cells.digest(copy) == cells.digest(original)
        assert not cells.touched(copy)
        nbformat.validate(nbformat.from_dict(copy))


def test_a_copy_gives_no_outcome_away_and_is_trusted(course):
    copies.lay_out()
    notary = NotebookNotary(data_dir=str(course / "state" / "jupyter" / "data"))
    for path in course.glob("desk/*/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
        assert notary.check_signature(notebook)
    notary.store.close()


def test_the_contents_come_with_their_marks_and_anew_at_each_start(course):
    original = course / "notebooks" / "contents.ipynb"
    original.write_bytes((paths.NOTEBOOKS / original.name).read_bytes())
    copy = course / "desk" / "notebooks" / original.name
    assert copies.lay_out() == []
    assert cells.read(copy)["cells"] == cells.read(original)["cells"]
    assert cells.read(copy)["cells"][-1]["outputs"]

    newer = cells.read(original)
    newer["cells"][-1]["outputs"] = []
    original.write_text(cells.text_of(newer), "utf-8")
    copy.write_text("{")
    assert copies.lay_out() == []
    assert cells.read(copy)["cells"][-1]["outputs"] == []

    rewrite(copy, "mine = 1")
    assert copies.lay_out() == []
    assert first_code(copy) == "mine = 1"


def test_a_second_time_changes_nothing(course):
    copies.lay_out()
    before = {path: path.stat().st_mtime_ns for path in course.glob("desk/*/*")}
    assert copies.lay_out() == []
    assert {path: path.stat().st_mtime_ns for path in course.glob("desk/*/*")} == before


def test_an_update_renews_what_is_untouched_and_keeps_what_is_not(course):
    copies.lay_out()
    rewrite(course / "desk" / EXERCISE, "mine = 1")
    for name in (LESSON, EXERCISE):
        rewrite(course / name, "newer = 1")
    [remark] = copies.lay_out()
    assert remark.startswith(f"desk/{EXERCISE} is yours and stays")
    assert "`course reset 02`" in remark
    assert first_code(course / "desk" / EXERCISE) == "mine = 1"
    assert first_code(course / "desk" / LESSON) == "newer = 1"


def test_what_the_learner_changed_is_kept_without_a_word_while_the_course_stays(course):
    copies.lay_out()
    rewrite(course / "desk" / LESSON, "mine = 1")
    assert copies.lay_out() == []
    assert first_code(course / "desk" / LESSON) == "mine = 1"


def test_only_running_cells_does_not_keep_a_lesson_from_being_renewed(course):
    copies.lay_out()
    copy = course / "desk" / LESSON
    notebook = nbformat.read(copy, as_version=4)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.execution_count, code.outputs = 1, [nbformat.v4.new_output("stream", text="1\n")]
    nbformat.write(notebook, copy)  # as JupyterLab saves it
    rewrite(course / LESSON, "newer = 1")
    assert copies.lay_out() == []
    assert first_code(copy) == "newer = 1"


def test_a_copy_that_was_deleted_comes_again_and_one_that_is_damaged_stays(course):
    copies.lay_out()
    (course / "desk" / LESSON).unlink()
    (course / "desk" / EXERCISE).write_text("{")
    [remark] = copies.lay_out()
    assert remark == f"desk/{EXERCISE} is not a notebook: it is damaged or cut short."
    assert (course / "desk" / LESSON).exists()
    assert (course / "desk" / EXERCISE).read_text() == "{"


def test_work_in_the_courses_own_exercise_comes_to_the_desk(course):
    notebook = cells.read(course / EXERCISE)
    notebook["cells"][-1]["source"] = "written before there was a desk"
    (course / EXERCISE).write_text(cells.text_of(notebook), "utf-8")
    copies.lay_out()
    copy = cells.read(course / "desk" / EXERCISE)
    assert copy["cells"][-1]["source"] == "written before there was a desk"
    assert cells.touched(copy)


def test_reset_brings_lesson_and_exercise_and_names_the_backups(course, capsys):
    copies.lay_out()
    for name in (LESSON, EXERCISE):
        rewrite(course / "desk" / name, f"mine = {name!r}")
    assert main(["reset", "2"]) == 0
    out = capsys.readouterr().out
    for name in (LESSON, EXERCISE):
        assert f"desk/{name} is as it was at the beginning." in out
        assert not cells.touched(cells.read(course / "desk" / name))
    backups = sorted((course / "state" / "backups").iterdir())
    assert len(backups) == 2
    assert all(f"state/backups/{backup.name}" in out for backup in backups)
    assert {first_code(backup) for backup in backups} == {
        f"mine = {LESSON!r}",
        f"mine = {EXERCISE!r}",
    }


def test_reset_of_a_lesson_without_exercise(course, capsys):
    copies.lay_out()
    rewrite(course / "desk" / copies.FIRST, "mine = 1")
    assert main(["reset", "00"]) == 0
    assert not cells.touched(cells.read(course / "desk" / copies.FIRST))
    assert main(["reset", "07"]) == 2
    assert capsys.readouterr().err == "There is no lesson '07'; there are 00, 02.\n"


def test_the_lab_opens_where_the_learner_was(course):
    copies.lay_out()
    assert copies.where_to_go_on() == copies.FIRST
    for age, name in ((20, LESSON), (10, EXERCISE)):
        rewrite(course / "desk" / name, "mine = 1")
        then = (course / "desk" / copies.FIRST).stat().st_mtime - age
        os.utime(course / "desk" / name, (then, then))
    assert copies.where_to_go_on() == EXERCISE


def test_a_desk_that_can_not_be_made_is_one_sentence(course, monkeypatch, capsys):
    (course / "desk").write_text("a file")
    assert main(["reset", "02"]) == 2
    assert capsys.readouterr().err.startswith("Can't write desk/notebooks/02_handshake.ipynb")


def test_stored_metadata_are_complete(course):
    copies.lay_out()
    metadata = json.loads((course / "desk" / LESSON).read_text("utf-8"))["metadata"]
    assert metadata["kernelspec"]["display_name"] == "Python 3 (ipykernel)"
    assert metadata["language_info"]["codemirror_mode"] == {"name": "ipython", "version": 3}
