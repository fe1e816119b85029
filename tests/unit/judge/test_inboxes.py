"""Downloads as the platforms make them: each file is its sender's, and a slip can be put right."""

import csv
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.exercises.verdict import Verdict
from course_lib.marks import roster as rosters
from course_lib.marks.batch import Batch, mark_by_hand
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.judging import Task, check_private, judge
from course_lib.marks.policy import Policy
from course_lib.marks.roster import Roster, Sender
from course_lib.marks.rows import Judged
from course_lib.marks.submission import Submission
from course_lib.paths import ROOT

CLASS = Roster(
    (("ann", "Ann Núñez", "A"), ("bob", "בוב כהן", "A"), ("zoe", "Zoe O'Neil, Jr.", "B"))
)
NOTEBOOK = cells.text_of(cells.read(exercise("02").path))


def fake(task):
    return tuple(
        Judged(Verdict(it.name, it.points, "passed"), task.seed, 0.0, "1", "")
        for it in exercise(task.exercise).questions
    )


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(inbox, name, text=NOTEBOOK):
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (1_780_000_000, 1_780_000_000))


def signed(student, there="02_handshake"):
    answers = {exercise(there).questions[0].name: "1"}
    return Submission(there, student, answers, "1", "2026-05-01T10:00:00Z").text()


def grade(inbox, roster=CLASS, **options):
    out = inbox.parent / "out"
    batch = Batch(out, lambda: ThreadPoolExecutor(1), 1, roster, work=fake, **options)
    list(batch.grade(inbox))
    text = (out / "grades.csv").read_bytes().decode()
    return {row["file"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.mark.parametrize(
    ("bob", "zoe"),
    [
        ("כהןבוב_12_70_02_handshake.ipynb", "oneiljrzoe_LATE_13_71_02_handshake-1.ipynb"),
        ("02/כהןבוב_12_70_02_handshake.ipynb", "02/oneiljrzoe_13_71_my work/02_handshake.ipynb"),
        (
            "בוב כהן_12_assignsubmission_file_/02_handshake.ipynb",
            "Zoe ONeil, Jr._13_assignsubmission_file/02_handshake.ipynb",
        ),
        ("bob/02_handshake/02_handshake.ipynb", "zoe/02_handshake/02_handshake.ipynb"),
        ("02_handshake/bob.ipynb", "02_handshake/zoe.ipynb"),
        ("group A/bob/02_handshake (1).ipynb", "group A/zoe/02_handshake-1.ipynb"),
    ],
)
def test_a_plain_notebook_is_its_senders(inbox, bob, zoe):
    put(inbox, bob)
    put(inbox, zoe)
    rows = grade(inbox)
    assert [(rows[name]["student"], rows[name]["counts"]) for name in (bob, zoe)] == [
        ("bob", "yes"),
        ("zoe", "yes"),
    ]


def test_an_export_of_gradescope_is_in_a_folder_of_its_own(inbox):
    top = "assignment_9_export"
    put(inbox, f"{top}/submission_1/02_handshake.ipynb")
    put(inbox, f"{top}/submission_1/submission_metadata.yml", "submission_2:\n  - :sid: ann\n")
    put(inbox, f"{top}/submission_2/work.json", signed("ann"))
    put(
        inbox,
        f"{top}/submission_metadata.yml",
        "---\nsubmission_1:\n  :submitters:\n  - :name: Zoe\n    :sid: 'zoe'\n"
        "  :created_at: 2026-10-01 10:00:00.123456000 Z\n  :history:\n  - :id: 3\n"
        "    :created_at: 2026-09-01 10:00:00.000000000 Z\n"
        "submission_2:\n  :submitters:\n  - :name: Bob\n    :sid: bob\n",
    )
    zoe, bob = (
        grade(inbox)[f"{top}/submission_{it}"] for it in ("1/02_handshake.ipynb", "2/work.json")
    )
    assert (zoe["student"], zoe["arrived"], zoe["counts"]) == ("zoe", "2026-10-01T10:00:00Z", "yes")
    assert bob["check"] == "handed in by bob, but says that it is ann's"


def test_what_nbgrader_has_collected_says_who_and_when(inbox):
    put(inbox, "submitted/bob/02_handshake/02_handshake.json", signed("ann"))
    put(inbox, "submitted/bob/02_handshake/timestamp.txt", "2026-11-22 17:00:00.250000 UTC")
    put(inbox, "submitted/ann/02_handshake/02_handshake.ipynb")
    (row, other) = (rows := grade(inbox)).values()
    assert len(rows) == 2
    assert (row["student"], row["counts"]) == ("ann", "yes")
    assert other["check"] == "handed in by bob, but says that it is ann's"
    assert other["arrived"] == "2026-11-22T17:00:00Z"


def test_the_time_of_a_download_makes_nobody_late(inbox):
    """Canvas and Moodle put the time of the download on every file in their zip."""
    put(inbox, "núñezann_11_70_02.json", signed("ann"))
    put(inbox, "oneiljrzoe_LATE_13_71_02.json", signed("zoe"))
    put(inbox, "bob.json", signed("bob"))
    rows = grade(inbox, policy=Policy("2026-01-01T00:00:00Z", 10)).values()
    assert {row["student"]: (row["late"], row["penalty"], row["arrived"][:4]) for row in rows} == {
        "ann": ("", "", ""),
        "zoe": ("yes", "", ""),
        "bob": ("yes", "100", "2026"),
    }


def test_of_files_that_arrive_together_the_last_copy_counts(inbox):
    names = ("02-ann.json", "02-ann-2.json", "02-ann-10.json")
    for name in names:
        put(inbox, f"Ann Núñez_11_assignsubmission_file_/{name}", signed("ann"))
    counts = {file.rpartition("/")[2]: row["counts"] for file, row in grade(inbox).items()}
    assert [counts[name] for name in names] == ["no", "no", "yes"]


def test_a_mistyped_id_that_is_accepted_counts_for_its_sender(inbox):
    file, other = "núñezann_11_70_02.json", "oneiljrzoe_13_71_02.json"
    put(inbox, file, signed("amn"))
    put(inbox, other, signed("ann"))
    rows = grade(inbox)
    assert rows[file]["check"] == (
        "handed in by ann, but says that it is amn's, who is not on the roster"
    )
    rows = grade(inbox, accept=(str(inbox / file),))
    assert (rows[file]["student"], rows[file]["name"], rows[file]["counts"]) == (
        "ann", "Ann Núñez", "yes",
    )  # fmt: skip
    assert rows[other]["status"] == "check"
    rows = grade(inbox, accept=(other,))  # both are accepted now, and the id in it is somebody's
    assert (rows[other]["student"], rows[other]["counts"]) == ("ann", "yes")
    assert rows[file]["counts"] == "no"
    with pytest.raises(CourseError, match=r"There is no file 'none\.json' in "):
        grade(inbox, accept=("none.json",))


def test_what_a_person_has_accepted_comes_before_what_is_only_later_in_the_alphabet(inbox):
    hers, accepted = "núñezann_11_70_02.json", "knuthdon_13_71_02.json"
    put(inbox, hers, signed("ann"))
    put(inbox, accepted, signed("ann"))
    assert grade(inbox)[hers]["counts"] == "yes"
    rows = grade(inbox, accept=(accepted,))
    assert (rows[accepted]["counts"], rows[hers]["counts"]) == ("yes", "no")


def test_a_class_of_thousands_is_found_by_name_without_comparing_each_with_each(monkeypatch):
    count = 300
    students = tuple((f"id{n}", f"Ada {n} Lovelace", "") for n in range(count))
    calls = []
    monkeypatch.setattr(rosters, "_squashed", lambda name: calls.append(name) or {name})
    everybody = Roster(students)
    for student, name, _ in students:
        assert everybody.find(Sender(name, ("77",))) == {student}
    assert len(calls) == 2 * count


def test_who_is_not_graded_or_not_known_has_the_platforms_name(inbox, capsys):
    put(inbox, "coleann_11_70_02.json", signed("ann.cole"))
    put(inbox, "oneiljrzoe_13_71_02.py", "print()")
    put(inbox, "bob.json", signed("bob"))
    path = inbox.parent / "class.csv"
    path.write_text("id\nbob\n")
    assert (
        main(["grade", str(inbox), "--out", str(inbox.parent / "out"), "--roster", str(path)]) == 0
    )
    said = capsys.readouterr().out
    assert "\n  oneiljrzoe_13_71_02.py: is neither a submission" in said
    assert said.endswith("\n1 to check there before they count: whose are they?\n")
    text = (inbox.parent / "out" / "grades.csv").read_text("utf-8")
    assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == [
        "",
        "coleann",
        "oneiljrzoe",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\ufeffID;Name;Section\r\nann;Núñez, Ann;A\r\n;;\r\n\r\nbob;Bob;B\r\n", ""),
        ("name, id\nAnn,ann\nBob,bob\n", ""),
        ("name\nann\n", "needs a first line with the columns id,name,section."),
        ("", "needs a first line with the columns id,name,section."),
        ("id\nann\nANN\n", "has the id 'ann' twice."),
        ("id,name\nann,A\n,B\n", "'' can't be a student id"),
    ],
)
def test_a_roster_as_spreadsheets_save_it(tmp_path, text, says):
    path = tmp_path / "class.csv"
    path.write_text(text, "utf-8", newline="")
    if says:
        with pytest.raises(CourseError) as caught:
            Roster.read(path)
        assert says in str(caught.value)
    else:
        assert [student for student, _, _ in Roster.read(path).students] == ["ann", "bob"]
    path.write_bytes("id\nJosé\n".encode("latin-1"))
    with pytest.raises(CourseError, match=r"class\.csv: it is no CSV file in UTF-8\.$"):
        Roster.read(path)


def test_the_guides_example_of_private_tests_is_one(tmp_path):
    code = (ROOT / "docs" / "instructor.md").read_text("utf-8").split("```python\n")[1]
    (tmp_path / "02_handshake_tests.py").write_text(code.partition("```")[0], "utf-8")
    check_private(tmp_path)
    answers = cells.answers(cells.read(exercise("02").solution))
    task = Task("a", "02_handshake", answers, 1, str(tmp_path), "accept_key")
    shown = [(it.verdict.question, it.verdict.status, it.verdict.earned) for it in judge(task)]
    assert shown == [("accept_key", "passed", 2), ("accept_key (private)", "passed", 1)]
    own = list(judge(task))[1].verdict.tests  # and not the course's tests once more
    assert [test.title for test in own] == ["A key of zeros is answered, too"]


def test_each_exercise_keeps_its_own_deadline(inbox):
    put(inbox, "two.json", signed("ann"))
    soon, later = Policy("2026-01-01T00:00:00Z", 10), Policy("2027-01-01T00:00:00Z", 10)
    assert grade(inbox, policy=soon)["two.json"]["penalty"] == "100"
    (inbox / "two.json").rename(inbox / "three.json")
    put(inbox, "three.json", signed("ann", "03_frames"))
    rows = grade(inbox, policy=later)
    assert [
        (rows[f"{it}.json"]["late"], rows[f"{it}.json"]["penalty"]) for it in ("two", "three")
    ] == [
        ("yes", "100"),
        ("", ""),
    ]
    assert grade(inbox, policy=soon)["three.json"]["late"] == "yes"
    assert grade(inbox, policy=later)["three.json"]["late"] == ""  # a deadline put right


def test_a_comment_leaves_the_points_and_a_mark_can_be_taken_back(inbox, capsys):
    put(inbox, "ann.json", signed("ann"))
    grade(inbox)
    name, out = exercise("02").questions[0].name, inbox.parent / "out"

    def kept():
        with Gradebook.open(out) as book:
            row = next(row for row in book.rows() if row.question == name)
        return row.mark, row.comment

    assert "2 of 2 points" in mark_by_hand(out, "ann", "02", name, None, "Well done.")
    assert kept() == (2, "Well done.")
    assert "Well done." in (out / "feedback" / "ann.html").read_text("utf-8")
    command = ["mark", "ann", "02", name, "--out", str(out)]
    assert main([*command, "0.5"]) == 0
    assert kept() == (0.5, "Well done.")
    assert main([*command, "--comment", ""]) == 0
    assert kept() == (0.5, "")
    assert main([*command, "judge"]) == 0
    assert kept() == (2, "")
    for bad in ([], ["-1"], ["nan"], ["much"]):
        assert main([*command, *bad]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_mark_by_hand_is_a_persons_however_they_write_their_id(inbox):
    put(inbox, "one.json", signed("ann"))
    grade(inbox, Roster())
    name, out = exercise("02").questions[0].name, inbox.parent / "out"
    mark_by_hand(out, "ann", "02", name, 0.5, "By hand.")
    put(inbox, "two.json", signed("Ann"))
    assert grade(inbox, Roster())["two.json"]["counts"] == "yes"
    with Gradebook.open(out) as book:
        marks = {row.file: row.mark for row in book.rows() if row.question == name}
    assert marks == {"one.json": 0.5, "two.json": 0.5}
    assert "Ann has 2 of 2" in mark_by_hand(out, "ANN", "02", name, "judge", None)


def test_a_mark_by_hand_speaks_of_the_attempt_that_counts(inbox):
    put(inbox, "a/02_handshake-ann.json", signed("ann"))
    put(inbox, "b/02_handshake-ann-2.json", signed("ann"))

    def better_at_first(task):
        passed = "passed" if task.file.startswith("a") else "failed"
        questions = exercise(task.exercise).questions
        verdicts = (Verdict(it.name, it.points, passed) for it in questions)
        return tuple(Judged(verdict, task.seed, 0.0, "1", "") for verdict in verdicts)

    out, name = inbox.parent / "out", exercise("02").questions[0].name
    list(Batch(out, lambda: ThreadPoolExecutor(1), 1, work=better_at_first).grade(inbox))
    assert (
        mark_by_hand(out, "ann", "02", name, None, "Why?") == f"ann has 0 of 2 points for {name}."
    )


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such pipes")
def test_who_reads_may_have_enough(tmp_path):
    command = f"{sys.executable} -m course_lib.cli --help"
    done = subprocess.run(
        ["sh", "-c", f"{{ sleep 0.2; {command}; }} | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
