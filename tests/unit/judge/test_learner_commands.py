"""check, hint, progress, reset and submit."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from course_lib import paths
from course_lib.cli import COMMANDS, main
from course_lib.desk import copies
from course_lib.exercises import cells, progress
from course_lib.exercises.catalogue import exercise, exercises
from course_lib.exercises.verdict import Verdict
from course_lib.files import write_text
from course_lib.marks import submission


def test_help_lists_every_command_in_its_group(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^  {name} +\S", out, re.MULTILINE)
    for group in ("for learners", "for instructors", "for maintainers"):
        assert group in out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: course {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "99"],
        ["check", "x"],
        ["check", "²"],
        ["hint", "unheard_of"],
        ["reset", "99"],
        ["submit", "99", "--student", "ann"],
        ["submit", "02", "--student", "a/b"],
        ["submit", "02", "--student", ""],
        ["submit", "02", "--student", ".."],
        ["submit", "02", "--student", "=1+1"],
        ["grade", "no-such-folder", "--out", "out"],
    ],
)
def test_what_is_impossible_is_one_sentence(desk, monkeypatch, capsys, arguments):
    monkeypatch.chdir(desk)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r".+\n", err)
    assert not (desk / "out").exists()


@pytest.mark.parametrize("command", [["check", "02"], ["submit", "02", "--student", "ann"]])
def test_a_notebook_that_can_not_be_read_is_one_sentence(desk, capsys, command):
    exercise("02").path.write_text("{")
    assert main(command) == 2
    assert "it is damaged or cut short" in capsys.readouterr().err
    exercise("02").path.unlink()
    assert main(command) == 2
    assert "Can't read" in capsys.readouterr().err


def test_check_shows_each_verdict_and_records_it(answer_with, solution, capsys):
    answer_with(accept_key=solution["accept_key"], first_reply_ms="first_reply_ms = 80")
    assert main(["check", "2", "--seed", "1"]) == 1
    out = capsys.readouterr().out
    assert "✓ accept_key: passed, 2 of 2 points" in out
    assert "✗ first_reply_ms: not yet" in out
    assert "that is one round trip" in out
    assert "○ respond: not answered yet" in out
    assert "02_handshake: 2 of 15 points" in out
    assert progress.load("accept_key").status == "passed"
    assert progress.load("first_reply_ms").status == "failed"


def test_check_of_everything_right_is_0(answer_with, solution):
    answer_with(**solution)
    assert main(["check", "02"]) == 0


def test_hint_gives_one_more_each_time(capsys):
    for number, more in ((1, True), (2, True), (3, True), (3, False)):
        assert main(["hint", "respond"]) == 0
        out = capsys.readouterr().out
        assert f"Hint {number} of 3: " in out
        assert ("There are no more hints" in out) != more
    assert main(["hint", "respnd"]) == 2
    assert "did you mean 'respond'?" in capsys.readouterr().err


def test_progress_says_how_to_go_on(desk, capsys):
    assert main(["progress"]) == 0
    out = capsys.readouterr().out
    assert "The opening handshake" in out
    assert "0/15" in out
    assert f"Go on with {exercises()[0].questions[0].name}" in out
    for each in exercises():
        for question in each.questions:
            progress.record(Verdict(question.name, question.points, "passed"))
    assert main(["progress"]) == 0
    out = capsys.readouterr().out
    assert "15/15" in out
    assert "✓✓✓✓✓✓" in out
    assert "All done" in out


def test_progress_goes_on_where_the_learner_is(desk, capsys):
    def going_on():
        assert main(["progress"]) == 0
        return re.search(r"Go on with (\w+) in .*/(\d\d)_", capsys.readouterr().out).groups()

    there = exercise("03")
    first, second, *_ = there.questions
    progress.record(Verdict(first.name, first.points, "passed"))
    assert going_on() == (second.name, "03")
    for each in there.questions:
        progress.record(Verdict(each.name, each.points, "passed"))
    assert going_on() == (exercise("04").questions[0].name, "04")
    last = exercises()[-1]
    for each in last.questions:
        progress.record(Verdict(each.name, each.points, "passed"))
    assert going_on() == (exercises()[0].questions[0].name, "00")


def test_progress_shows_lessons_without_an_exercise(desk, capsys):
    assert main(["progress"]) == 0
    assert re.search(r"(?m)^01  Why real time\? +0 of 4 +– *$", capsys.readouterr().out)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a process")
def test_watching_judges_at_every_save_until_it_is_interrupted(desk):
    copies.lay_out()
    there = exercise("00")
    path = copies.notebook_of(there)
    command = [sys.executable, "-u", "-m", "course_lib.cli", "check", "00", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:

        def heard():
            lines = list(iter(it.stdout.readline, "Waiting for the next save; Ctrl-C ends it.\n"))
            it.stdout.readline()
            return "".join(lines)

        assert "0 of 3 points" in heard()
        write_text(path, "{")
        assert "is damaged or cut short." in heard()
        write_text(path, there.solution.read_text("utf-8"))
        assert "3 of 3 points" in heard()
        it.send_signal(signal.SIGINT)
        out, err = it.communicate()
    assert (it.returncode, out, err) == (0, "\n", "")


def test_reset_starts_anew_and_keeps_the_old(answer_with, state, capsys):
    answer_with(accept_key="mine")
    assert copies.lay_out() == []
    path = copies.notebook_of(exercise("02"))
    assert "mine" in path.read_text("utf-8")
    progress.record(Verdict("accept_key", 2, "failed"))
    assert main(["reset", "02"]) == 0
    [backup] = (state / "backups").iterdir()
    assert backup.name in capsys.readouterr().out
    assert "mine" in backup.read_text("utf-8")
    assert not cells.touched(cells.read(path))
    assert progress.load("accept_key").status == "unanswered"
    assert main(["reset", "02"]) == 0
    assert len(list((state / "backups").iterdir())) == 1


def test_a_damaged_notebook_can_be_reset(desk, state):
    copies.lay_out()
    path = copies.notebook_of(exercise("02"))
    path.write_text("{")
    assert main(["reset", "02"]) == 0
    assert not cells.touched(cells.read(path))
    assert len(list((state / "backups").iterdir())) == 1


def test_submit_prints_a_receipt(answer_with, solution, capsys):
    answer_with(accept_key=solution["accept_key"])
    assert main(["submit", "02", "--student", "ann@x.org"]) == 0
    out = capsys.readouterr().out
    [file] = (paths.desk() / "submissions").iterdir()
    assert file.name == "02_handshake-ann@x.org.json"
    assert file.name in out
    assert "1 of 6 questions answered" in out
    assert "missing   parse_request, connection_target" in out
    assert json.loads(file.read_text())["checksum"][:12] in out
    assert "Nothing was sent anywhere" in out


def test_a_receipt_says_when_the_notebook_was_saved(answer_with, capsys):
    answer_with(accept_key="one")
    os.utime(copies.notebook_of(exercise("02")), (0, 86_400 * 365))
    assert main(["submit", "02", "--student", "ann"]) == 0
    assert "saved     1971-01-01T00:00:00Z, and what you" in capsys.readouterr().out


def test_submit_never_writes_over_a_submission(answer_with, capsys):
    command = ["submit", "02", "--student", "ann"]

    def names():
        return sorted(path.name for path in (paths.desk() / "submissions").iterdir())

    answer_with(accept_key="one")
    assert main(command) == main(command) == 0
    assert names() == ["02_handshake-ann.json"]
    first = ((paths.desk() / "submissions") / names()[0]).read_bytes()
    answer_with(accept_key="two")
    assert main(command) == main(command) == 0
    assert names() == ["02_handshake-ann-2.json", "02_handshake-ann.json"]
    answer_with(accept_key="one")
    assert main(command) == 0
    assert "02_handshake-ann-3.json" in names()
    assert ((paths.desk() / "submissions") / "02_handshake-ann.json").read_bytes() == first


def test_submit_to_a_place_of_ones_own(desk, capsys):
    (desk / "taken.json").write_text("something else")
    for out, name in (
        ("a.json", "a.json"),
        ("taken.json", "taken-2.json"),
        (".", "02_handshake-ann.json"),
    ):
        assert main(["submit", "02", "--student", "ann", "--out", str(desk / out)]) == 0
        assert submission.parse((desk / name).read_bytes(), name).student == "ann"
    assert (desk / "taken.json").read_text() == "something else"
    assert (
        main(["submit", "02", "--student", "ann", "--out", str(desk / "taken.json" / "b.json")])
        == 2
    )
    assert "Can't write" in capsys.readouterr().err
