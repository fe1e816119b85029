"""A batch that is killed, repeated, regraded, marked by hand: no mark is lost or changes silently."""

import functools
import os
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks import grade as bench
from benchmarks.grade_class import make_class
from course_lib.cli import main
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.exercises.verdict import TestResult, Verdict
from course_lib.judge import bench_process, watch
from course_lib.marks import batch as batches
from course_lib.marks import executors, judging
from course_lib.marks.batch import Batch
from course_lib.marks.gradebook import MIGRATIONS, Gradebook
from course_lib.marks.judging import PRIVATE, Task, discreet, judge
from course_lib.marks.policy import Policy
from course_lib.marks.rows import Judged
from course_lib.marks.submission import Submission

THERE = exercise("02")
CALLS = []


def fake(task):
    """A judge that lets pass what says "right"."""
    CALLS.append(task.file)
    return tuple(
        Judged(
            Verdict(
                it.name,
                it.points,
                "passed" if "right" in task.answers.get(it.name, "") else "failed",
            ),
            task.seed,
            0.0,
            batches.__version__,
            judging.tests_digest(THERE, task.private),
        )
        for it in THERE.questions
        if task.only in ("", it.name)
    )


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    CALLS.clear()
    return folder


def put(inbox, student, answer="right", file=None):
    answers = {question.name: answer for question in THERE.questions}
    text = Submission(THERE.name, student, answers, "0.1.0", "2026-11-01T10:00:00Z").text()
    (inbox / f"{file or student}.json").write_text(text)


def batch(inbox, **options):
    options = {"work": fake, **options}
    return Batch(inbox.parent / "out", lambda: ThreadPoolExecutor(2), 2, **options)


def rows(inbox, **options):
    with Gradebook.open(inbox.parent / "out") as book:
        return book.rows(**options)


def entries(inbox):
    with Gradebook.open(inbox.parent / "out") as book:
        return book.entries()


def test_resume_judges_only_what_is_new_changed_or_failed(inbox):
    for student in ("ann", "bob", "cid"):
        put(inbox, student)
    failing = lambda task: 1 / 0 if task.file == "cid.json" else fake(task)  # noqa: E731
    assert len(list(batch(inbox, work=failing).grade(inbox))) == 3
    assert sorted(CALLS) == ["ann.json", "bob.json"]
    CALLS.clear()
    put(inbox, "bob", "wrong")
    put(inbox, "dan")
    told = []
    assert len(list(batch(inbox).grade(inbox, resume=True, begin=told.append))) == 3
    assert told == [4, 3]
    assert sorted(CALLS) == ["bob.json", "cid.json", "dan.json"]
    points = {row.student: row.points for row in rows(inbox) if row.question == "accept_key"}
    assert points["bob"] == 0 < points["ann"] == points["cid"]


def test_a_resumed_run_with_nothing_left_has_no_rate(inbox, capsys):
    put(inbox, "ann")
    arguments = ["grade", str(inbox), "--out", str(inbox.parent / "out")]
    assert main(arguments) == main([*arguments, "--resume"]) == 0
    said = capsys.readouterr()
    assert "0 graded, 0 not, the rest as before" in said.out
    assert "0/0" in said.err.splitlines()[-1]
    assert "a minute" not in said.err.splitlines()[-1]


def test_a_seed_is_the_same_on_every_run_and_another_for_another_file(inbox):
    put(inbox, "ann")
    put(inbox, "bob")
    list(batch(inbox, seed=7).grade(inbox))
    first = {it.file: {each.seed for each in it.judged} for it in entries(inbox)}
    list(batch(inbox).grade(inbox))
    assert {it.file: {each.seed for each in it.judged} for it in entries(inbox)} == first
    (ann,), (bob,) = first["ann.json"], first["bob.json"]
    assert ann != bob


def test_a_mark_by_hand_outlives_a_regrade(inbox, capsys):
    put(inbox, "ann", "wrong")
    list(batch(inbox).grade(inbox))
    out = ["--out", str(inbox.parent / "out")]
    assert main(["mark", "ANN", "2", "accept_key", "1.5", "--comment", "Nearly.", *out]) == 0
    assert "ann has 1.5 of" in capsys.readouterr().out
    list(batch(inbox).grade(inbox))
    list(batch(inbox).regrade("accept_key"))
    (row,) = [row for row in rows(inbox) if row.question == "accept_key"]
    assert (row.mark, row.points, row.comment) == (1.5, 0, "Nearly.")
    assert "1.5" in (inbox.parent / "out" / "grades.csv").read_text()
    for bad in (
        ["eve", "2", "accept_key", "1"],
        ["ann", "2", "nothing", "1"],
        ["ann", "2", "accept_key", "99"],
    ):
        assert main(["mark", *bad, *out]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_one_question_is_judged_again_for_all(inbox):
    put(inbox, "ann")
    put(inbox, "bob")
    list(batch(inbox).grade(inbox))
    none = lambda task: tuple(  # noqa: E731
        Judged(Verdict(it.verdict.question, it.verdict.points, "failed"), 1, 0.0, "2", "new")
        for it in fake(task)
    )
    assert len(list(batch(inbox, work=none).regrade("accept_key"))) == 2
    now = {
        (it.student, each.verdict.question): (each.verdict.status, each.tests)
        for it in entries(inbox)
        for each in it.judged
    }
    assert now["ann", "accept_key"] == now["bob", "accept_key"] == ("failed", "new")
    assert [row.question for row in rows(inbox)][: len(THERE.questions)] == [
        question.name for question in THERE.questions
    ]
    assert now["ann", "respond"][0] == "passed"


def test_lateness_costs_by_the_day_that_has_begun(inbox):
    for student, hours in (("ann", -1), ("bob", 1), ("cid", 25), ("dan", 2000)):
        put(inbox, student)
        time = 1_780_000_000 + 3600 * hours
        os.utime(inbox / f"{student}.json", (time, time))
    deadline = "2026-05-28T20:26:40Z"
    list(batch(inbox, policy=Policy(deadline, 10)).grade(inbox))
    found = {row.student: (row.late, row.mark / row.of) for row in rows(inbox)}
    assert found == {"ann": (False, 1), "bob": (True, 0.9), "cid": (True, 0.8), "dan": (True, 0)}
    list(batch(inbox).regrade("accept_key"))  # says nothing of lateness: it stays as it was
    assert {row.student: (row.late, row.mark / row.of) for row in rows(inbox)} == found


def test_a_process_that_dies_takes_only_its_own_submission_along(inbox):
    for student in ("ann", "bob", "cid", "eve"):
        put(inbox, student, "die" if student == "bob" else "right")
    done = batch(inbox, work=dies)
    done = Batch(done.out, functools.partial(executors.local, 2), 2, work=dies)
    entries = {entry.file: entry for entry in done.grade(inbox)}
    assert "the grader failed" in entries.pop("bob.json").note
    assert all(entry.judged for entry in entries.values())


def dies(task):
    if "die" in task.answers["accept_key"]:
        os._exit(9)
    return fake(task)


INTERRUPTED = """
import os, signal
from course_lib.marks import executors

if __name__ == "__main__":
    with executors.local(1) as pool:
        print(pool.submit(int, "7").result())
else:  # as when somebody presses Ctrl-C while the processes start
    os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.skipif(os.name != "posix", reason="other systems have other signals")
def test_ctrl_c_while_a_process_starts_ends_it_without_a_traceback(tmp_path):
    program = tmp_path / "interrupted.py"
    program.write_text(INTERRUPTED)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("7\n", "")


def test_a_newer_gradebook_and_a_file_that_is_none(tmp_path, capsys):
    with Gradebook.open(tmp_path, new=True) as book:
        path = book.path
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    mark = ["mark", "a", "2", "accept_key", "1", "--out"]
    assert main([*mark, str(tmp_path)]) == 2
    assert "newer course" in capsys.readouterr().err
    path.write_text("no database " * 100)
    assert main([*mark, str(tmp_path)]) == 2
    assert main([*mark, str(tmp_path / "none")]) == 2


def test_private_tests_show_their_titles_only():
    secret = TestResult("A title", "failed", "secret", "secret", "secret", "secret", "secret", 1)
    shown = discreet(Verdict("q", 2, "failed", (secret,), ("secret",), "secret"))
    assert "secret" not in str(shown)
    assert (shown.question, shown.tests[0].title) == ("q" + PRIVATE, "A title")


PRIVATE_TESTS = '''
from course_lib.exercises.question import Question

accept_key = Question("accept_key", 5, hints=())
QUESTIONS = (accept_key,)


@accept_key
def test_secret(answer):
    """A key of the instructor's."""
    assert answer.accept_key("AAAAAAAAAAAAAAAAAAAAAA==") == "ICX+Yqv66kxgM0FcWaLWlFLwTAI="
'''


def test_private_tests_add_their_points(inbox, capsys):
    planned = make_class(inbox, 1)
    tests = inbox.parent / "private"
    tests.mkdir()
    grade = ["grade", str(inbox), "--out", str(inbox.parent / "out"), "--jobs", "1"]
    assert main([*grade, "--tests", str(tests)]) == 2
    assert "has no tests" in capsys.readouterr().err
    (tests / f"{THERE.name}_tests.py").write_text(PRIVATE_TESTS)
    assert main([*grade, "--tests", str(tests)]) == 0
    assert sum(row.mark for row in rows(inbox)) == planned[0].points + 5
    assert sum(row.of for row in rows(inbox)) == THERE.points + 5


@pytest.mark.parametrize(
    "bad",
    [["--jobs", "-1"], ["--jobs", "0"], ["--timeout", "0"], ["--timeout", "nan"],
     ["--late-penalty", "10"], ["--deadline", "soon"], ["--deadline", "2026-11-22"],
     ["--late-penalty", "200"], ["--roster", "none.csv"], ["--only", "nothing"]],
)  # fmt: skip
def test_options_that_can_not_be_are_a_sentence(inbox, bad, capsys):
    put(inbox, "ann")
    assert main(["grade", str(inbox), "--out", str(inbox.parent / "out"), *bad]) == 2
    assert capsys.readouterr().err.strip().count("\n") == 0


@pytest.mark.parametrize(
    "size", [10, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
def test_a_class_gets_its_planned_marks_although_the_grader_is_killed(inbox, size):
    planned = make_class(inbox, size)
    bench.grade("after kill -9", inbox, inbox.parent / "out", size, kill=True)
    assert bench.differences(inbox.parent / "out", planned) == []


def test_a_submission_that_runs_out_of_time_says_so_in_its_row(inbox):
    put(inbox, "ann")
    (entry,) = batch(inbox, work=judge, timeout=1e-9).grade(inbox)
    assert re.fullmatch(
        r"it took \d+ s, more than it may: parse_request and later not judged", entry.note
    )
    assert {it.verdict.status for it in entry.judged} == {"failed"}


def test_what_a_submission_waits_for_a_processor_is_not_counted(inbox, monkeypatch):
    solution = cells.answers(cells.read(THERE.solution))
    task = Task("ann.json", THERE.name, solution, 1, timeout=0.1)
    seconds = iter(range(10**6))  # each look at the clock finds a second of waiting
    monkeypatch.setattr(watch.Clock, "waiting", lambda self: float(next(seconds)))
    monkeypatch.setattr(bench_process, "PATIENCE_IN_ALL", 10**6)
    monkeypatch.setattr(watch, "AT_ONCE", 0.0)
    assert {it.verdict.status for it in judge(task)} == {"passed"}
