"""The `course` command: its table of commands, and `course test` on small projects."""

import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import course_lib
from course_lib import cli
from course_lib.cli.command import Command
from course_lib.errors import CourseError
from course_lib.exercises.catalogue import exercises
from tests import chromium, suite


def course(*arguments):
    command = [sys.executable, "-m", "course_lib.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_help_lists_the_commands(arguments):
    result = course(*arguments)
    assert result.returncode == 0
    for name in cli.COMMANDS:
        assert f"\n  {name} " in result.stdout


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: course {name}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["lba"],
        ["lock", "--nothing"],
        ["lock", "extra"],
        ["bench", "speed"],
        ["bench", "protocol", "--nothing"],
        ["measure", "--link", "moon"],
        ["measure", "extra"],
        ["demo", "chess"],
        ["check", "02", "--seed", "some"],
        ["check"],
        ["check", "02", "--all"],
        ["check", "9" * 5000],
        ["check", "--all", "--watch"],
        ["conform"],
        ["conform", "--server", "false", "--max-size", "1"],
        ["conform", "--url", "http://127.0.0.1/"],
        ["conform", "--server", "false", "--patience", "nan"],
    ],
)
def test_bad_input_is_a_sentence(arguments):
    result = course(*arguments)
    assert result.returncode == 2
    assert re.fullmatch(r"[A-Z].*[.?]\n", result.stderr)
    assert arguments[-1] in result.stderr


@pytest.mark.parametrize(
    ("typed", "said"),
    [("lba", "did you mean `course lab`?"), ("chekc", "did you mean `course check`?")],
)
def test_a_mistyped_command_names_the_nearest(typed, said, capsys):
    assert cli.main([typed]) == 2
    assert capsys.readouterr().err == f"There is no command {typed!r}: {said}\n"
    assert cli.main(["zzz"]) == 2
    assert "`course --help` lists them all." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["check", "02", "--seed", "x"],
            "Argument --seed takes a whole number, not 'x'; see `course",
        ),
        (
            ["measure", "--rate", "x"],
            "Argument --rate takes a number, not 'x'; see `course ",
        ),
        (
            ["mark", "ann", "02", "echo", "x", "--out", "."],
            "POINTS takes a number, or the word judge,",
        ),
    ],
)
def test_what_is_no_number_is_named_without_pythons_words(arguments, said, capsys):
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.startswith(said)


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"course {course_lib.__version__}\n"


def test_listing_imports_nothing_that_is_slow():
    program = "import sys, course_lib.cli; print('rich' in sys.modules, 'asyncio' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "False False\n"


@pytest.mark.parametrize("bench", ["protocol", "transports"])
def test_each_bench_has_help_of_its_own(bench, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["bench", bench, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: course bench {bench} ")


def test_what_needs_the_tools_of_maintainers_brings_them_and_has_help_without():
    assert {name for name, it in cli.COMMANDS.items() if it.dev} == {
        "test", "coverage", "mutants", "site", "bench",
    }  # fmt: skip
    tools = "nbval", "xdist", "coverage", "pyperf", "hypothesis", "playwright", "jupytext"
    program = (
        "import sys; from course_lib import cli\n"
        f"sys.modules |= dict.fromkeys({tools})  # as if they were not there\n"
        "for name, it in cli.COMMANDS.items():\n"
        "    for add_to in it.arguments: add_to(cli.Parser())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == ""


def test_course_error_is_printed_and_exits_with_2(monkeypatch, capsys):
    def run(args):
        raise CourseError("There is no exercise 99.")

    monkeypatch.setitem(
        cli.COMMANDS, "lock", Command("for maintainers", "-", (), False, False, run)
    )
    assert cli.main(["lock"]) == 2
    assert capsys.readouterr().err == "There is no exercise 99.\n"


def test_unknown_arguments_are_passed_on_in_order(monkeypatch):
    seen = []
    monkeypatch.setattr(suite, "run_here", lambda *args: seen.append(args) or 0)
    passed_on = ["-k", "a or b", "tests/unit", "-x", "--lon", "-n", "0"]
    assert cli.main(["test", *passed_on[:3], "--long", *passed_on[3:]]) == 0
    assert seen == [(True, False, [], passed_on)]


def executable(path):
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(os.name == "nt", reason="looks for files with the execute bit")
def test_chromium_is_found_by_variable_then_on_path(tmp_path):
    named, on_path = executable(tmp_path / "mine"), executable(tmp_path / "chromium-browser")
    assert chromium.find_chromium({"COURSE_CHROMIUM": named, "PATH": str(tmp_path)}) == named
    assert chromium.find_chromium({"PATH": str(tmp_path)}) == on_path
    gone = str(tmp_path / "gone")
    assert chromium.find_chromium({"COURSE_CHROMIUM": gone, "PATH": str(tmp_path)}) is None


def test_chromium_in_the_folders_of_windows(tmp_path):
    program = tmp_path / chromium.WINDOWS[0]
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()
    environment = {"PATH": str(tmp_path), "PROGRAMFILES": str(tmp_path)}
    assert chromium.find_chromium(environment) in (str(program), *chromium.MACOS)


PASSES = "def test_one():\n    assert True\n"
MARKED = """import pytest


@pytest.mark.long
def test_long():
    assert not True


@pytest.mark.browser
def test_browser():
    assert not True


"""


SETTINGS = """
[tool.importlinter]
root_package = "course_lib"
[[tool.importlinter.contracts]]
name = "Errors know nothing"
type = "forbidden"
source_modules = ["course_lib.errors"]
forbidden_modules = ["course_lib.cli"]
[tool.mypy]
files = ["tests"]
[tool.pytest.ini_options]
testpaths = ["tests"]
markers = ["long: -", "browser: -"]
"""


def lesson(stored):
    output = new_output("stream", text=stored)
    return new_notebook(cells=[new_code_cell('print("1")', execution_count=1, outputs=[output])])


@pytest.fixture
def project(tmp_path, monkeypatch, capfd):
    """Run `course test` on a small project; return its exit code and all that it printed."""
    monkeypatch.setattr(suite, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    for folder in ("tests", "notebooks"):
        (tmp_path / folder).mkdir()

    def run(*arguments, tests=PASSES, stored="1\n", missing=()):
        (tmp_path / "tests" / "test_one.py").write_text(tests)
        nbformat.write(lesson(stored), tmp_path / "notebooks" / "00_start_here.ipynb")
        monkeypatch.setattr(suite, "find_missing", lambda: list(missing))
        code = cli.main(["test", "-n", "0", *arguments])
        return code, capfd.readouterr().out

    return run


@pytest.mark.long
def test_all_steps_pass_and_what_is_missing_is_said(project):
    code, output = project(tests=MARKED + PASSES, missing=["Chromium", "bubblewrap"])
    assert code == 0, output
    assert "left out what needs Chromium; to get it: sudo apt install chromium\n" in output
    assert "left out what needs bubblewrap; to get it: sudo apt install bubblewrap\n" in output
    assert output.endswith("6 passed, 0 failed\n")


@pytest.mark.long
def test_every_step_runs_and_is_counted_though_others_fail(project):
    code, output = project("--long", "-k", "long", tests=MARKED + "\n\n" + PASSES, stored="2\n")
    assert code == 1
    for title in ("ruff format", "tests", "notebooks"):
        assert f"FAILED  {title}\n" in output
    assert output.endswith("3 passed, 3 failed\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "code"),
    [([], {}, 0), (["--require-all"], {}, 1), ([], {"CI": "true"}, 1), ([], {"CI": "false"}, 0)],
)
def test_what_is_missing_fails_where_all_is_required(
    project, monkeypatch, arguments, environment, code
):
    monkeypatch.setattr(suite, "run_step", lambda title, command: True)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result, output = project(*arguments, missing=["Chromium"])
    assert result == code
    assert output.endswith(f"6 passed, {code} failed\n")
    assert project(*arguments)[0] == 0


def test_every_exercise_is_checked_and_written_as_json(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DESK", str(tmp_path / "desk"))
    result = course("check", "--all", "--json", str(tmp_path / "all.json"))
    assert result.returncode == 1, result.stderr  # nothing is solved yet
    data = json.loads((tmp_path / "all.json").read_text("utf-8"))
    there = exercises()
    assert [each["exercise"] for each in data["exercises"]] == [each.name for each in there]
    assert (data["earned"], data["points"]) == (0, sum(each.points for each in there))
    assert len(result.stdout.splitlines()) == len(there)
    statuses = {question["status"] for each in data["exercises"] for question in each["questions"]}
    assert statuses == {"unanswered"}


def test_a_report_card_is_written_in_every_form(tmp_path):
    echo = f"{sys.executable} -m tests.conformance.echo server --port {{port}}"
    page, data = tmp_path / "card.html", tmp_path / "card.json"
    result = course("conform", "--server", echo, "--html", str(page), "--json", str(data))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("A server held against RFC 6455 (seed 0)")
    assert json.loads(data.read_text("utf-8"))["sections"]["frames"] == "passed"
    assert page.read_text("utf-8").startswith("<!doctype html>")
