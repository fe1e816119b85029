"""Files that lie, overflow or are no files: each gets a row, and touches nobody else's mark."""

import csv
import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from course_lib.exercises.catalogue import exercise
from course_lib.exercises.verdict import Verdict
from course_lib.marks.batch import Batch
from course_lib.marks.gradebook import Gradebook
from course_lib.marks.judging import Task
from course_lib.marks.roster import Roster
from course_lib.marks.rows import Judged
from course_lib.marks.submission import Submission

HONEST = Submission(
    "02_handshake", "zoe", {"first_reply_ms": "x = 1"}, "0.1.0", "2026-11-01T10:00:00Z"
)


def judge(task: Task) -> tuple[Judged, ...]:
    """A judge that lets everything pass."""
    return tuple(
        Judged(Verdict(it.name, it.points, "passed"), task.seed, 0.0, "1", "t")
        for it in exercise(task.exercise).questions
    )


def signed(**changes):
    return Submission(**{**vars(HONEST), **changes}).text()


def raw(text):
    """A submission with something put in front of its first key."""
    return signed().replace("{", "{" + text, 1)


DEEP = "[" * 400 + "]" * 400
FILES = {
    "nothing": "",
    "blanks": " \n\t ",
    "cut short": signed()[:150],
    "no object": "[]",
    "a number": "1e400",
    "a string": '"submission"',
    "a key twice": raw('"student": "eve", '),
    "NaN": raw('"x": NaN, '),
    "minus infinity": raw('"x": -Infinity, '),
    "5,000 digits": raw('"x": ' + "9" * 5000 + ", "),
    "5,000 digits for a version": signed().replace('"version": 1', '"version": ' + "9" * 5000),
    "a surrogate for a version": signed().replace('"version": 1', '"version": "\\ud800\\n"'),
    "100,000 deep": "[" * 100_000,
    "100,000 objects deep": '{"a":' * 100_000,
    "400 deep where answers are": signed().replace('"x = 1"', DEEP),
    "UTF-16": signed().encode("utf-16"),
    "no UTF-8": b'{"format": "\xff\xfe"}',
    "NUL": b"\x00" * 1000,
    "a zip": None,
    "an exercise of 300 characters": signed(exercise="2" * 300),
    "an exercise of 4,000,000 characters": signed(exercise="0" * 4_000_000),
    "an exercise with a path": signed(exercise="../02_handshake"),
    "a superscript exercise": signed(exercise="²"),
    "an exercise with a line in it": signed(exercise="02\n03"),
    "a student of 300 characters": signed(student="a" * 300),
    "a student of 4,000,000 characters": signed(student="a" * 4_000_000),
    "a student with a path": signed(student="../zoe"),
    "a student with a NUL": signed(student="zoe\0"),
    "a student as a formula": signed(student="=cmd|' /C calc'!A0"),
    "a student of other letters": signed(student="ζoe"),
    "a student with a tag": signed(student="<script>"),
    "a surrogate": signed(student="\ud800"),
    "200 answers": signed(answers={f"q{number}": "" for number in range(200)}),
    "an answer of 300,000 characters": signed(answers={"first_reply_ms": "x" * 300_000}),
    "a question of 1,000 characters": signed(answers={"q" * 1000: ""}),
    "a question with a path": signed(answers={"../../q": ""}),
    "a question of no text": signed(answers={"first_reply_ms": {"a": 1}}),
    "a time that can't be": signed(created="2026-13-45T99:99:99Z"),
    "a time of 4,000,000 characters": signed(created="2" * 4_000_000),
    "a version of 4,000,000 characters": signed(course="1" * 4_000_000),
    "6 MiB": " " * (6 * 2**20),
    "a checksum of a list": signed().replace('"checksum": "', '"checksum": ["a"], "was": "'),
}


def grade(inbox, roster=Roster(), resume=False, **options):  # noqa: B008 - it is a value
    opens = lambda: ThreadPoolExecutor(2)  # noqa: E731
    batch = Batch(inbox.parent / "out", opens, 2, roster, work=judge, **options)
    list(batch.grade(inbox, resume=resume))
    with Gradebook.open(batch.out) as book:
        entries = {entry.file: entry for entry in book.entries()}
    text = (batch.out / "grades.csv").read_bytes().decode()
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert rows.keys() == entries.keys()
    return rows


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "zoe.json").write_text(signed())
    return folder


def test_every_file_gets_a_row_and_a_sentence_and_the_honest_one_its_mark(inbox):
    for name, text in FILES.items():
        path = inbox / f"{name.replace('/', ' ')}.json"
        if text is None:
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("zoe.json", signed())
        elif isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, "utf-8", "surrogatepass")
    rows = grade(inbox)
    assert len(rows) == len(FILES) + 1
    assert rows.pop("zoe.json")["counts"] == "yes"
    for row in rows.values():
        assert (row["status"], row["points"], row["counts"]) == ("not graded", "", "no")
        assert row["note"].endswith(".")
        assert len(row["note"]) < 400
        assert row["note"].isprintable()


@pytest.mark.parametrize("written", ["2", "02", "002", "٢", "２", " 02 ", "02_handshake", "2\t"])
def test_an_exercise_has_one_name(inbox, written):
    (inbox / "again.json").write_text(signed(exercise=written))
    rows = grade(inbox)
    assert {row["exercise"] for row in rows.values()} == {"02_handshake"}
    assert sorted(row["counts"] for row in rows.values()) == ["no", "yes"]


def test_a_byte_order_mark_is_no_damage(inbox):
    (inbox / "zoe.json").write_bytes(b"\xef\xbb\xbf" + signed().encode())
    assert grade(inbox)["zoe.json"]["status"] == "graded"


@pytest.mark.parametrize("seconds", [-1e10, -1, 0, 4e9, 3.9e12])
def test_a_file_time_that_can_not_be_displaces_nothing(inbox, seconds):
    (inbox / "bad.json").write_text(signed())
    try:
        os.utime(inbox / "bad.json", (seconds, seconds))
    except (OSError, OverflowError):
        pytest.skip("this file system has no such time")
    rows = grade(inbox)
    assert (rows["bad.json"]["status"], rows["bad.json"]["counts"]) == ("graded", "no")
    assert rows["zoe.json"]["counts"] == "yes"


def test_long_names_of_files_and_students(inbox):
    (inbox / f"{'a' * 250}.json").write_text(signed(student="b" * 64))
    (inbox / ("\x1b[2J" + "é" * 100 + "\n.json")).write_text(signed(student="c" * 64))
    rows = grade(inbox)
    assert all(row["status"] == "graded" for row in rows.values())
    assert all(name.isprintable() for name in rows)


CLASS = Roster((("ann", "Ann Archer", "A"), ("bob", "Bob Baker", "A"), ("zoe", "Zoe Zander", "B")))


def put(inbox, name, **changes):
    path = inbox / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(signed(**changes))


def test_a_file_of_a_platform_in_somebody_elses_name_is_to_be_checked(inbox):
    (inbox / "zoe.json").unlink()
    put(inbox, "zanderzoe_1_10_02.json")
    put(inbox, "bakerbob_LATE_2_11_02.json")
    put(inbox, "Ann Archer_77_assignsubmission_file_/02.json", student="ann")
    rows = grade(inbox, CLASS)
    assert rows["zanderzoe_1_10_02.json"]["counts"] == "yes"
    bob = rows["bakerbob_LATE_2_11_02.json"]
    assert (bob["status"], bob["counts"], bob["late"]) == ("check", "no", "yes")
    assert "handed in by bob" in bob["check"]
    ann = rows["Ann Archer_77_assignsubmission_file_/02.json"]
    assert (ann["name"], ann["section"], ann["counts"]) == ("Ann Archer", "A", "yes")


def test_gradescope_says_who_and_when(inbox):
    (inbox / "zoe.json").unlink()
    put(inbox, "submission_1/02.json")
    put(inbox, "submission_2/02.json")
    put(inbox, "submission_3/02.json", student="eve")
    (inbox / "submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :name: Z. Z.\n    :sid: 'zoe'\n    :email: z@x\n"
        "  :created_at: 2026-10-01 10:00:00.000000000 Z\n"
        "submission_2:\n  :submitters:\n  - :name: Zoe Zander\n    :sid: zoe\n"
        "  :created_at: 2026-10-02 10:00:00.5 -07:00\n"
        "submission_3:\n  :submitters:\n  - :name: Eve <zoe>\n    :sid: '9'\n"
    )
    rows = grade(inbox, CLASS)
    assert rows["submission_1/02.json"]["arrived"] == "2026-10-01T10:00:00Z"
    assert rows["submission_2/02.json"]["arrived"] == "2026-10-02T17:00:00Z"
    assert rows["submission_2/02.json"]["counts"] == "yes"
    assert "not on the roster" in rows["submission_3/02.json"]["check"]


def test_without_a_roster_two_people_with_one_id_are_both_to_be_checked(inbox):
    (inbox / "zoe.json").unlink()
    put(inbox, "zanderzoe_1_10_02.json")
    put(inbox, "bakerbob_2_11_02.json")
    rows = grade(inbox)
    assert {(row["status"], row["counts"]) for row in rows.values()} == {("check", "no")}
    assert {row["points"] for row in rows.values()} == {"15"}
    rows = grade(inbox, accept=("zanderzoe_1_10_02.json",), resume=True)
    assert rows["zanderzoe_1_10_02.json"]["counts"] == "yes"
    assert grade(inbox)["zanderzoe_1_10_02.json"]["counts"] == "yes"


def test_a_file_can_not_be_named_into_another_persons_hands(inbox):
    put(inbox, "bakerbob_2_11_Zoe Zander_77_assignsubmission_file_.json")
    put(inbox, "submission_7/zanderzoe_1_10_02.json")
    (inbox / "submission_metadata.yml").write_text("submission_7:\n  :submitters:\n  - :sid: bob\n")
    checks = {row["check"] for row in grade(inbox, CLASS).values()}
    assert checks == {"", "handed in by bob, but says that it is zoe's"}


def test_metadata_and_a_roster_that_mean_harm(inbox, tmp_path):
    (inbox / "submission_metadata.yml").write_bytes(
        b"submission_1:\n" + b"  - :sid: !!x &a *a\xff\n" * 1000
    )
    put(inbox, "submission_1/02.json")
    assert len(grade(inbox)) == 2
    assert json.loads(signed())["student"] == "zoe"
