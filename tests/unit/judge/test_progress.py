"""What is stored of a learner's progress."""

import json

import pytest

from course_lib.exercises import progress
from course_lib.exercises.catalogue import exercise
from course_lib.exercises.progress import Progress
from course_lib.exercises.verdict import Verdict


def test_a_verdict_and_hints_are_kept(state):
    assert progress.load("f") == Progress()
    progress.record(Verdict("f", 2, "failed"))
    assert progress.next_hint("f", ("a", "b")) == (1, "a")
    assert progress.next_hint("f", ("a", "b")) == (2, "b")
    assert progress.next_hint("f", ("a", "b")) == (2, "b")
    progress.record(Verdict("f", 2, "passed"))
    assert progress.load("f") == Progress("passed", 2)
    assert [path.name for path in (state / "progress").iterdir()] == ["f.json"]
    progress.forget("f")
    progress.forget("f")
    assert progress.load("f") == Progress()


def test_how_far_a_learner_is(state):
    there = exercise("02")
    assert str(progress.standing(there)) == "Exercise 02: 0 of 15 points; next: accept_key."
    progress.record(Verdict("accept_key", 2, "passed"))
    progress.record(Verdict("respond", 4, "failed"))
    standing = progress.standing(there)
    assert (standing.earned, standing.marks, standing.following) == (2, "✓○○○✗○", "parse_request")
    for question in there.questions:
        progress.record(Verdict(question.name, question.points, "passed"))
    assert str(progress.standing(there)) == "Exercise 02: 15 of 15 points: all of them."


def test_a_page_is_told_what_there_is(state):
    def told():
        return json.loads((progress.static() / "course" / "progress.json").read_text("utf-8"))

    progress.publish()
    assert told() == {}
    progress.record(Verdict("accept_key", 2, "passed"))
    progress.record(Verdict("respond", 4, "failed"))
    assert told() == {"accept_key": "passed", "respond": "failed"}
    progress.forget("respond")
    assert told() == {"accept_key": "passed"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"status": "passed"}', '{"status": [], "hints": 0}', "null"]
)
def test_a_damaged_file_means_nothing_yet(state, text):
    file = state / "progress" / "f.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert progress.load("f") == Progress()


def test_a_folder_that_can_not_be_written_costs_no_verdict(state):
    state.write_text("a file where the folder should be")
    progress.record(Verdict("f", 2, "passed"))
    assert progress.load("f") == Progress()
