"""Every notebook as it is stored."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_lib.desk import copies
from course_lib.exercises import cells
from tests.notebooks import checks, signposts

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PAGES = [ROOT / "notebooks" / name for name in copies.PAGES]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", LESSONS + PAGES + SOLUTIONS, ids=label)
def test_stored_as_it_ran(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    complaints = [
        *checks.unexecuted(notebook),
        *checks.errors(notebook),
        *checks.exempt_without_reason(notebook),
    ]
    assert complaints == []


@pytest.mark.parametrize("path", LESSONS + PAGES + SOLUTIONS + EXERCISES, ids=label)
def test_stored_for_every_reader(path):
    notebook = nbformat.read(path, as_version=4)
    complaints = [
        *checks.cell_ids(notebook),
        *checks.long_cells(notebook),
        *checks.taken_names(notebook),
        *checks.machine_paths(notebook, ROOT),
        *checks.secrets(notebook),
        *checks.broken_links(notebook, path),
        *checks.pictures_without_words(notebook),
    ]
    assert complaints == []


@pytest.mark.parametrize("path", LESSONS, ids=label)
def test_lesson_links_to_its_neighbours(path):
    notebook = nbformat.read(path, as_version=4)
    assert checks.missing_neighbours(notebook, path, LESSONS) == []


@pytest.mark.parametrize("path", LESSONS + EXERCISES, ids=label)
def test_head_and_foot(path):
    notebook = cells.read(path)
    assert signposts.head_problems(notebook) == []
    assert cells.text_of(signposts.with_signposts(cells.read(path), path)) == path.read_text(
        "utf-8"
    )


def test_the_contents_list_every_lesson_and_nothing_else_lies_there():
    contents = nbformat.read(signposts.CONTENTS, as_version=4)
    targets = [link for link in checks.links(contents) if re.match(r"\d\d_", link)]
    assert targets == [path.name for path in LESSONS]
    assert sorted((ROOT / "notebooks").glob("*.ipynb")) == sorted(LESSONS + PAGES)


def test_each_term_of_the_glossary_is_linked_where_it_is_first_used():
    glossary, *lessons = (nbformat.read(path, as_version=4) for path in (PAGES[1], *LESSONS))
    assert checks.unsorted_terms(glossary) == []
    assert checks.unlinked_terms(glossary, lessons) == []


def test_each_number_on_the_last_lesson_s_one_page_stands_in_the_lesson_that_it_is_from():
    lessons = {path.name[:2]: nbformat.read(path, as_version=4) for path in LESSONS}
    assert checks.unfounded_numbers(lessons["12"], lessons) == []


def test_the_packages_that_lesson_12_installs_are_those_of_its_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    first = nbformat.read(LESSONS[-1], as_version=4).cells[0].source
    command = " ".join(f"'{each}'" for each in project["optional-dependencies"]["next"])
    assert f"pip install {command}\n" in first


@pytest.mark.parametrize("path", EXERCISES, ids=label)
def test_untouched_exercise_runs(path):
    notebook = nbformat.read(path, as_version=4)
    assert checks.outputs_left(notebook) == []
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}})
    client.execute()


@pytest.mark.parametrize("path", SOLUTIONS, ids=label)
def test_an_exercise_ends_with_where_to_go(path):
    """In a cell of text: the link to the next lesson is added to it."""
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    assert last.source.startswith("## ")
