"""Marks as other systems take them in, and the page about a class."""

import csv
import json
from html.parser import HTMLParser

import pytest

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.exercises.catalogue import exercise
from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.marks import exports, report
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.rows import Entry, Judged

ROSTER = [("ada", "=Ada", "A"), ("bob", "Bob B", "A"), ("eve", "Eve", "B")]


def judged(question, points, status="passed", title=""):
    outcome = "failed" if status == "failed" else "passed"
    tests = (TestResult(title or "works", outcome, message="no"),)
    return Judged(Verdict(question, points, status, tests), 1, 0.5, "1", "t")


@pytest.fixture
def folder(tmp_path):
    with Gradebook.open(tmp_path, new=True) as book:
        book.enrol(ROSTER)
        for student, status, penalty in [("ada", "passed", 0), ("bob", "failed", 10)]:
            both = (judged("one", 5), judged("two", 3, status, "<b>the mask</b>"))
            entry = Entry(f"{student}.json", student=student, exercise="02_handshake", judged=both)
            book.add(entry)
            book.choose([Entry(**{**vars(entry), "chosen": True, "penalty": penalty})])
        book.add(Entry("old.json", student="ada", exercise="03_frames", judged=(judged("x", 9),)))
    return tmp_path


def marks(folder):
    with Gradebook.open(folder) as book:
        return exports.Marks.of(book.rows(), book.students())


def read(text, delimiter=","):
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def test_a_row_for_each_student_and_no_cell_is_a_formula(folder):
    ada, bob, eve = read(exports.as_table(marks(folder)))
    assert ada == {
        "student": "ada", "name": "'=Ada", "section": "A", "02_handshake": "8", "total": "8", "of": "8",
    }  # fmt: skip
    assert (bob["02_handshake"], bob["total"]) == ("4.5", "4.5")
    assert (eve["02_handshake"], eve["total"]) == ("", "0")


def test_canvas_finds_its_columns(folder):
    worth, _, bob, _ = read(exports.for_canvas(marks(folder)))
    assert list(worth) == ["Student", "ID", "SIS Login ID", "Section", "02_handshake"]
    assert (worth["Student"], worth["02_handshake"]) == ("Points Possible", "8")
    assert (bob["Student"], bob["SIS Login ID"], bob["02_handshake"]) == ("Bob B", "bob", "4.5")


def template(folder, points="8.00", separator=",", head="02_handshake (77)"):
    lines = [
        ["\ufeffStudent", "ID", "SIS User ID", "SIS Login ID", "Section", head, "Final Score"],
        ["    Points Possible", "", "", "", "", points, "(read only)"],
        ["B, Bob", "12", "s1", "BOB", "A", "1.00", "-"],
        ["Eve", "13", "s2", "eve", "B", "7.00", ""],
    ]
    path = folder / "canvas.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(lines)
    return path


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("head", ["02_handshake (77)", f"{exercise('02').title} (77)"])
def test_a_gradebook_of_canvas_is_filled_in(folder, separator, head):
    path = template(folder, separator=separator, head=head)
    text, unknown = exports.into_canvas(marks(folder), path)
    _, bob, eve = read(text, separator)
    assert bob == {
        "Student": "B, Bob", "ID": "12", "SIS User ID": "s1", "SIS Login ID": "BOB", "Section": "A",
        head: "4.5", "Final Score": "-",
    }  # fmt: skip
    assert eve[head] == "7.00"  # has handed nothing in: stays as it was
    assert unknown == ["ada"]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"points": "100"}, "worth 8 points here and 100"), ({"head": "Essay (77)"}, "no assignment")],
)
def test_a_gradebook_that_does_not_fit_is_refused(folder, change, says):
    with pytest.raises(CourseError, match=says):
        exports.into_canvas(marks(folder), template(folder, **change))


@pytest.mark.parametrize("content", [b"", b"\xff", b"a,b\n1,2\n", b'ID,Section\n"\x00'])
def test_what_is_no_gradebook_is_refused(folder, content):
    path = folder / "x.csv"
    path.write_bytes(content)
    with pytest.raises(CourseError):
        exports.into_canvas(marks(folder), path)


def test_moodle_gets_one_column_for_the_person(folder):
    assert list(read(exports.for_moodle(marks(folder)))[0]) == ["ID number", "02_handshake"]


def test_results_of_gradescope(folder, capsys):
    assert main(["export", str(folder), "--format", "gradescope"]) == 0
    found = sorted((folder / "gradescope").glob("*/results.json"))
    assert [it.parent.name for it in found] == ["ada-02_handshake", "bob-02_handshake"]
    bob = json.loads(found[1].read_text("utf-8"))
    assert bob["score"] == sum(test["score"] for test in bob["tests"]) == 4.5
    assert [test["max_score"] for test in bob["tests"]] == [5, 3]
    assert "the mask" in bob["tests"][1]["output"]
    assert {test["status"] for test in bob["tests"]} <= {"passed", "failed"}


def test_the_command_says_who_is_missing(folder, capsys):
    path = template(folder)
    asked = ["export", str(folder), "--format", "canvas", "--to", str(folder / "out.csv")]
    assert main([*asked, "--template", str(path)]) == 1
    said = capsys.readouterr()
    assert "not in the template: ada" in said.err
    assert said.out.startswith("1 student: ")  # eve has no mark
    assert (folder / "out.csv").is_file()
    assert main(["export", str(folder), "--format", "csv", "--template", str(path)]) == 2


def test_the_report_names_what_went_wrong_and_how_often(folder, capsys):
    assert main(["report", str(folder)]) == 0
    html = (folder / report.FILE).read_text("utf-8")
    assert "2 students, 2 submissions" in html
    assert "50 %, 1 of 2" in html
    assert "&lt;b&gt;the mask" in html
    assert "50–60 %: 1" in html
    assert "90–100 %: 1" in html
    assert "<script" not in html
    HTMLParser().feed(html)


def test_a_report_of_nobody(tmp_path):
    assert "0 students" in report.page([])
