"""What a learner predicted: which predictions a lesson has, what is remembered, and how it is said."""

import asyncio
import json
import os
import re
import subprocess
import sys

import pytest
from websockets.asyncio.client import connect

from course_lib import paths
from course_lib.cli import main
from course_lib.desk import copies
from course_lib.exercises import cells, predictions

LESSON = "09_test"
MARKDOWN = """A sentence before.

**Predict.** Is `a_b` *larger*
than c? Choose one, then open it.

<details><summary>Yes, by <code>1</code></summary>✗ <b>Not this one.</b> It
is not.</details>
<details><summary>No</summary>✓ <b>Right.</b></details>

And one after.

**Predict.** Why? Choose one, then open it.

<details><summary>Because</summary>✓ <b>Right.</b></details>
<details><summary>For no reason</summary>✗ <b>Not this one.</b></details>
"""
OTHER = "**1.** No prediction.\n\n<details><summary>Open</summary>✓ text</details>"
LARGER, WHY = "Is `a_b` *larger* than c?", "Why?"
YES = "Yes, by <code>1</code>"


def standing(lesson=LESSON):
    """What was chosen for each question, and whether it was a surprise."""
    there = predictions.predictions(lesson)
    return {it.question: (it.chosen, it.surprise) for it in there if it.chosen}


@pytest.fixture(autouse=True)
def lesson(tmp_path, monkeypatch):
    """A lesson with two predictions, and a learner who has made none."""
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(predictions, "NOTEBOOKS", tmp_path)
    markdown = [{"cell_type": "markdown", "source": text} for text in (MARKDOWN, OTHER)]
    code = {"cell_type": "code", "source": MARKDOWN, "outputs": []}
    path = tmp_path / f"{LESSON}.ipynb"
    path.write_text(cells.text_of({"cells": [*markdown, code]}), "utf-8")
    return path


def test_the_predictions_of_a_lesson_are_read_from_its_markdown():
    larger, why = predictions.predictions(LESSON)
    assert (larger.question, why.question) == (LARGER, WHY)
    assert larger.options == {YES: False, "No": True}
    assert why.options == {"Because": True, "For no reason": False}
    assert larger.key == "Isablargerthanc"
    assert predictions.predictions("10_not_there") == []


@pytest.mark.parametrize(
    "path", sorted(paths.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_every_prediction_of_the_course_is_understood(path, monkeypatch):
    monkeypatch.setattr(predictions, "NOTEBOOKS", paths.NOTEBOOKS)
    there = predictions.predictions(path.stem)
    sources = [cells.source_of(cell) for cell in cells.read(path)["cells"]]
    assert len(there) == sum(source.count("**Predict.**") for source in sources)
    assert len({it.key for it in there}) == len(there)
    for it in there:
        assert len(it.options) >= 3
        assert any(it.options.values()), f"no option of {it.question!r} is right"
    closing = [source for source in sources if "\nsurprises()" in source]
    assert len(closing) == bool(there), "a lesson with predictions ends with surprises()"


def test_the_first_choice_is_remembered_and_the_second_changes_nothing():
    assert standing() == {}
    predictions.choose(LESSON, LARGER, YES)
    predictions.choose(LESSON, LARGER, "No")
    predictions.choose(LESSON, WHY, "Because")
    assert standing() == {LARGER: (YES, True), WHY: ("Because", False)}
    predictions.forget(LESSON)
    predictions.forget(LESSON)
    assert standing() == {}


def test_what_the_lesson_no_longer_asks_does_not_count(lesson):
    predictions.choose(LESSON, LARGER, YES)
    predictions.choose(LESSON, WHY, "Because")
    lesson.write_text(lesson.read_text("utf-8").replace("Because", "Therefore"), "utf-8")
    assert standing() == {LARGER: (YES, True)}


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"Why?": 1}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_means_nothing_chosen(damaged, tmp_path):
    predictions.choose(LESSON, WHY, "Because")
    file = tmp_path / "state" / "predictions" / f"{LESSON}.json"
    file.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    assert standing() == {}
    predictions.choose(LESSON, WHY, "Because")
    assert standing() == {WHY: ("Because", False)}


def test_a_state_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    predictions.choose(LESSON, WHY, "Because")
    assert standing() == {}


def test_progress_shows_predictions_and_reset_forgets_them(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(predictions, "NOTEBOOKS", paths.NOTEBOOKS)
    monkeypatch.setenv("COURSE_DESK", str(tmp_path / "desk"))
    copies.lay_out()
    first = predictions.predictions("01_why_real_time")[0]
    predictions.choose("01_why_real_time", first.question, next(iter(first.options)))
    assert main(["progress"]) == 0
    assert re.search(r"Why real time\? +1 of 4 ", capsys.readouterr().out)
    assert main(["reset", "01"]) == 0
    assert standing("01_why_real_time") == {}


KERNEL = """
import json
import sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from course_lib.exercises import predictions
predictions.NOTEBOOKS = Path(sys.argv[1])
shell = InteractiveShell.instance()
with capture_output() as shown:
    shell.run_cell("from course_lib.notebook import surprises")
    shell.run_cell("1 + 1")
summary = shell.run_cell("surprises()").result
pages = [str(each.data["text/html"]) for each in shown.outputs if "html" in str(each.data.keys())]
print("\\n" + json.dumps([pages, repr(summary), summary._repr_html_()]), flush=True)
input()
"""


def kernel(tmp_path, session):
    """A kernel that Jupyter started for the notebook `session`, or that nobody's front end did."""
    environment = {name: it for name, it in os.environ.items() if name != "JPY_SESSION_NAME"}
    if session:
        environment["JPY_SESSION_NAME"] = session
    return subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def said(process):
    lines = iter(process.stdout.readline, "")
    return json.loads(next(line for line in lines if line.startswith("[[")))


@pytest.mark.parametrize(
    "session", ["", f"desk/exercises/{LESSON}.ipynb", "notebooks/10_not_there.ipynb"]
)
def test_where_nobody_predicts_no_script_is_shown_and_one_sentence_said(tmp_path, session):
    predictions.choose(LESSON, WHY, "Because")
    with kernel(tmp_path, session) as process:
        pages, text, html = said(process)
        process.stdin.close()
    assert pages == []
    assert text.startswith("Nothing to sum up yet")
    assert html == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("chosen", "sentence", "rest"),
    [
        ({}, "Nothing to sum up yet: in JupyterLab", []),
        ({WHY: "Because"}, "committed yourself to 1 of 2 predictions, and nothing", []),
        ({LARGER: YES}, "to 1 of 2 predictions, and one was a surprise.", [f"- {LARGER}"]),
        (
            {WHY: "For no reason", LARGER: YES},
            "to 2 of 2 predictions, and 2 were surprises.",
            [f"- {LARGER}", f"- {WHY}"],
        ),
    ],
)
def test_the_end_of_a_lesson_names_the_surprises(tmp_path, chosen, sentence, rest):
    for question, option in chosen.items():
        predictions.choose(LESSON, question, option)
    with kernel(tmp_path, f"/desk/notebooks/{LESSON}.ipynb") as process:
        _, text, html = said(process)
        process.stdin.close()
    first, *others = text.splitlines()
    assert sentence in first
    assert others == rest
    assert ("<code>a_b</code> <em>larger</em>" in html) == (LARGER in str(rest))


def test_a_page_is_told_what_was_chosen_and_tells_what_is(tmp_path):
    predictions.choose(LESSON, WHY, "For no reason")

    async def talk(url):
        async with connect(url, proxy=None) as page:
            assert json.loads(await page.recv()) == {"Why": 1}
            for message in (
                {"question": "Isablargerthanc", "option": 2},
                {"question": "Isablargerthanc", "option": -1},
                {"question": "Isablargerthanc"},
                {"question": "Unknown", "option": 0},
                [],
                {"question": "Why", "option": 0},
                {"question": "Isablargerthanc", "option": 0},
            ):
                await page.send(json.dumps(message))
        async with connect(url, proxy=None) as page:
            assert json.loads(await page.recv()) == {"Why": 1, "Isablargerthanc": 0}

    with kernel(tmp_path, f"notebooks/{LESSON}.ipynb") as process:
        [page], *_ = said(process)  # once, although two cells were run
        url = next(part for part in page.split('"') if part.startswith("ws://"))
        asyncio.run(talk(url))
        process.stdin.close()
    assert standing() == {WHY: ("For no reason", True), LARGER: (YES, True)}
