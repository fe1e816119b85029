"""A class's inbox: every file gets a row, and a bad one holds up nothing."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.errors import CourseError
from course_lib.exercises.catalogue import exercise
from course_lib.judge import warm
from course_lib.marks import executors, tables
from course_lib.marks.submission import Submission

SOLVED = Submission(
    "02_handshake",
    "ann",
    {"first_reply_ms": "first_reply_ms = 320"},
    "0.1.0",
    "2026-11-01T10:00:00Z",
)


def changed(**changes):
    content = json.loads(SOLVED.text())
    return json.dumps(content | changes)


def signed(**changes):
    return Submission(**{**vars(SOLVED), **changes}).text()


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def grade(inbox):
    out = inbox.parent / "out"
    assert main(["grade", str(inbox), "--out", str(out)]) == 0
    return {row["file"]: row for row in rows(out / "grades.csv")}, out


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def test_a_submission_and_a_notebook(inbox, answer_with, capsys):
    (inbox / "one.json").write_text(SOLVED.text())
    path = answer_with(first_reply_ms="first_reply_ms = 80  # </code><script>")
    path.rename(inbox / "bob.ipynb")
    graded, out = grade(inbox)
    one, bob = graded["one.json"], graded["bob.ipynb"]
    assert (one["student"], one["points"], one["of"], one["percent"]) == ("ann", "1", "15", "6.7")
    assert (bob["student"], bob["exercise"], bob["points"]) == ("bob", "02_handshake", "0")
    assert one["status"] == bob["status"] == "graded"
    page = (out / bob["feedback"]).read_text("utf-8")
    assert "that is one round trip" in page
    assert "first_reply_ms = 80  # &lt;/code&gt;&lt;script&gt;" in page
    assert "<script" not in page
    assert "Hint 1 of 3" in page
    assert " UTC" in (out / one["feedback"]).read_text("utf-8")
    questions = rows(out / "questions.csv")
    assert {row["question"]: row["points"] for row in questions if row["student"] == "ann"}[
        "first_reply_ms"
    ] == "1"
    assert "2 graded, 0 not" in capsys.readouterr().out


BAD = [
    ("empty.json", "", "is empty"),
    ("cut.json", SOLVED.text()[:200], "damaged or cut short"),
    ("deep.json", "[" * 100_000, "damaged or cut short"),
    ("foreign.json", '{"a": 1}', "not a submission of this course"),
    ("list.json", "[]", "not a submission of this course"),
    ("version.json", changed(version=2), "version 2 of the format"),
    ("student.json", changed(student="eve"), "changed after it was made"),
    ("answers.json", changed(answers={"f": "1"}), "changed after it was made"),
    ("checksum.json", changed(checksum="0" * 64), "changed after it was made"),
    ("part.json", changed(answers=None), "lacks a part"),
    ("types.json", changed(answers={"f": 1}), "lacks a part"),
    ("time.json", signed(created="yesterday"), "when it was made"),
    ("unknown.json", signed(exercise="99_none"), "There is no exercise '99_none'"),
    ("evil.json", signed(student="../../evil"), "can't be a student id"),
    ("formula.json", signed(student="=1+1"), "can't be a student id"),
    ("large.json", " " * (5 * 2**20 + 1), "larger than 5 MiB"),
    ("empty.ipynb", "", "is empty"),
    ("cut.ipynb", '{"cells": [', "damaged or cut short"),
    ("none.ipynb", '{"cells": []}', "has no answer to any exercise"),
    ("readme.txt", "hello", "neither a submission"),
]


def test_a_bad_file_gets_a_row_and_the_rest_is_graded(inbox):
    for name, text, _ in BAD:
        (inbox / name).write_text(text)
    (inbox / "zoe.json").write_text(SOLVED.text())
    graded, out = grade(inbox)
    assert graded.pop("zoe.json")["status"] == "graded"
    assert graded.keys() == {name for name, _, _ in BAD}
    for name, _, says in BAD:
        assert graded[name]["status"] == "not graded", name
        assert says in graded[name]["note"]
        assert graded[name]["points"] == ""
    assert len(list((out / "feedback").iterdir())) == 1


def test_binary_noise_folders_links_and_pipes(inbox, tmp_path):
    (inbox / "noise.json").write_bytes(bytes(range(256)))
    (inbox / "folder.json").mkdir()
    (inbox / ".DS_Store").write_text("left out")
    (tmp_path / "secret.json").write_text(SOLVED.text())
    says = {"noise.json": "damaged", "folder.json": "is a folder"}
    if os.name == "posix":
        (inbox / "link.json").symlink_to(tmp_path / "secret.json")
        os.mkfifo(inbox / "pipe.json")
        (inbox / "ann" / "02_handshake").mkdir(parents=True)
        os.mkfifo(inbox / "ann" / "02_handshake" / "timestamp.txt")
        says |= {"link.json": "symbolic link", "pipe.json": "not a plain file"}
    graded, _ = grade(inbox)
    assert graded.keys() == says.keys()
    for name, words in says.items():
        assert words in graded[name]["note"]


def test_a_folder_that_can_not_be_read_holds_up_nobody(inbox, monkeypatch):
    (inbox / "secret").mkdir()
    (inbox / "secret" / "a.json").write_text(SOLVED.text())
    (inbox / "b.json").write_text(SOLVED.text())
    listed = Path.iterdir

    def refused(folder):  # as the system does it, though not to root
        if folder.name == "secret":
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    graded, _ = grade(inbox)
    assert graded["b.json"]["status"] == "graded"
    assert "can't be read" in graded["secret"]["note"]


def test_names_of_files_do_no_harm(inbox, desk):
    text = exercise("02").path.read_text("utf-8")
    for stem in ("=cmd()", "+1", "-1", "@a", "..evil", "a b", "…"):
        (inbox / f"{stem}.ipynb").write_text(text, "utf-8")
    graded, out = grade(inbox)
    assert {row["student"] for row in graded.values()} == {
        "cmd__", "1", "a", "evil", "a_b", "unnamed",
    }  # fmt: skip
    for path in (out / "grades.csv", out / "questions.csv"):
        for row in csv.reader(io.StringIO(path.read_text("utf-8"))):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    pages = [path.stem for path in (out / "feedback").iterdir()]
    assert sorted(pages) == ["1", "a", "a_b", "cmd__", "evil", "unnamed"]
    assert sorted(path.name for path in out.iterdir()) == [
        "feedback",
        "gradebook.sqlite",
        "grades.csv",
        "questions.csv",
        "report.html",
    ]


def test_the_last_to_arrive_counts_whatever_time_a_file_claims(inbox):
    (inbox / "a.json").write_text(signed(created="2026-11-01T10:00:00Z"))
    (inbox / "b.json").write_text(signed(created="9999-11-02T10:00:00Z", answers={}))
    os.utime(inbox / "a.json", (2e9 - 4e8, 1.6e9))
    os.utime(inbox / "b.json", (2e9 - 4e8, 1.5e9))
    graded, _ = grade(inbox)
    assert (graded["a.json"]["counts"], graded["a.json"]["note"]) == ("yes", "newest of 2")
    assert (graded["b.json"]["counts"], graded["b.json"]["note"]) == ("no", "a.json counts")
    assert graded["a.json"]["points"] == "1"
    assert (graded["a.json"]["feedback"], graded["b.json"]["feedback"]) == ("feedback/ann.html", "")


def test_an_interrupted_batch_keeps_what_it_has(inbox, monkeypatch, capsys):
    for name in ("a", "b", "c"):
        (inbox / f"{name}.json").write_text(signed(student=name))

    def interrupted(tasks, *others):
        yield next(iter(tasks)), ()
        raise KeyboardInterrupt

    monkeypatch.setattr(executors, "run", interrupted)
    out = inbox.parent / "out"
    assert main(["grade", str(inbox), "--out", str(out)]) == 130
    assert "Stopped: 0 were graded and are kept; `--resume` goes on" in capsys.readouterr().err


def test_an_inbox_or_a_place_for_results_that_can_not_be(inbox, capsys):
    assert main(["grade", str(inbox), "--out", str(inbox / "out")]) == 2
    assert "There is nothing to grade in " in capsys.readouterr().err
    (inbox / "file").write_text("")
    (inbox / "other").write_text("")
    assert main(["grade", str(inbox / "file"), "--out", str(inbox / "out")]) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert main(["grade", str(inbox), "--out", str(inbox / "file")]) == 2
    assert "Can't write" in capsys.readouterr().err


def test_results_inside_the_inbox_are_no_submission(inbox):
    (inbox / "a.json").write_text(SOLVED.text())
    for _ in range(2):
        assert main(["grade", str(inbox), "--out", str(inbox / "out")]) == 0
    assert len(rows(inbox / "out" / "grades.csv")) == 1


def test_where_there_are_no_walls_it_says_so_or_refuses(inbox, monkeypatch, capsys):
    monkeypatch.setattr(warm, "lacking", lambda judge: "this system is not Linux")
    monkeypatch.setenv(warm.REQUIRED, "")  # so that it is as before afterwards
    (inbox / "none.json").write_text("")
    grade(inbox)
    assert "no walls around answers, since this system is not Linux." in capsys.readouterr().err
    command = ["grade", str(inbox), "--out", str(inbox.parent / "other"), "--require-isolation"]
    assert main(command) == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith(
            "Nothing was graded: --require-isolation needs walls, and this system is not Linux."
        )
    )
    assert main([*command, "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "holds for this machine only" in capsys.readouterr().err
    with pytest.raises(CourseError, match="without isolation, and this system is not Linux"):
        warm.start_bench()


def test_csv_has_no_formulas():
    text = tables.as_csv(["a"], [["=1"], ["\tx"], ['a,"b"\nc'], [-1]])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a"], ["'=1"], ["'\tx"], ['a,"b"\nc'], ["-1"],
    ]  # fmt: skip
