"""`course.py` as people start it: real processes, in a copy of the checkout.

Only the installers are stand-ins, since the real ones would fetch all packages each time.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from course_lib.errors import CourseError

fcntl = pytest.importorskip("fcntl", reason="the stand-ins are scripts for POSIX")

ROOT = Path(__file__).resolve().parents[2]

# Stands in for uv: makes a real venv, and "installs" by pointing it at the checkout.
UV = f"""#!{sys.executable}
import os, pathlib, subprocess, sys
here = pathlib.Path.cwd()
with (here / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
words = os.environ.get("UV_SAYS")
if sys.argv[1] == "venv":
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", here / ".venv"], check=True)
elif words:
    print(words)
    sys.exit(2)
else:
    site = next((here / ".venv").glob("lib/python*/site-packages"))
    (site / "checkout.pth").write_text(str(here))
"""

COMMAND = """
import os, sys
if sys.argv[1:2] == ["test"]:
    from launcher import environment
    environment.require_dev()
if sys.argv[1:] == ["fail"]:
    sys.exit(7)
print(sys.prefix, sys.argv[1:])
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout in which the course command prints its environment and arguments."""
    folder = tmp_path / "a course"
    (folder / "launcher").mkdir(parents=True)
    (folder / "course_lib" / "cli").mkdir(parents=True)
    for name in (
        "course.py",
        "pyproject.toml",
        "requirements.lock",
        "requirements-dev.lock",
        "course_lib/errors.py",
        "launcher/__init__.py",
        "launcher/environment.py",
        "launcher/installer.py",
    ):
        shutil.copy(ROOT / name, folder / name)
    (folder / "course_lib" / "__init__.py").touch()
    (folder / "course_lib" / "cli" / "__init__.py").touch()
    (folder / "course_lib" / "cli" / "__main__.py").write_text(COMMAND)
    (tmp_path / "bin").mkdir()
    uv = tmp_path / "bin" / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    return folder


def environment(checkout, *, uv=True, **more):
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON"))}
    path = f"{checkout.parent / 'bin'}:/usr/bin:/bin" if uv else "/nowhere"
    return {**keep, "PATH": path, **more}


def course(checkout, *arguments, python=(sys.executable,), uv=True, cwd=None, **more):
    command = [*python, str(checkout / "course.py"), *arguments]
    return subprocess.run(
        command,
        cwd=cwd or checkout,
        env=environment(checkout, uv=uv, **more),
        capture_output=True,
        text=True,
    )


def calls(checkout):
    path = checkout / "calls"
    return path.read_text().splitlines() if path.exists() else []


def assert_sentence(result, *words):
    """One sentence, exit code 2, no traceback; progress lines may stand before it."""
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert last.endswith(".")
    for word in words:
        assert word in last


def test_first_call_installs_and_hands_over(checkout):
    result = course(checkout, "lab", "--no-browser", "a b", "--", "-x", "")
    assert result.returncode == 0, result.stderr
    arguments = ["lab", "--no-browser", "a b", "--", "-x", ""]
    assert result.stdout == f"{checkout / '.venv'} {arguments}\n"
    steps = [call.split()[0:2] for call in calls(checkout)]
    assert steps == [["venv", "--allow-existing"], ["pip", "install"], ["pip", "install"]]
    assert "--require-hashes -r" in calls(checkout)[1]
    assert "--no-deps --no-build-isolation -e" in calls(checkout)[2]


def test_second_call_installs_nothing(checkout):
    course(checkout, "lab")
    done = calls(checkout)
    elsewhere = checkout.parent
    result = course(checkout, "fail", cwd=elsewhere)
    assert (result.returncode, result.stdout, result.stderr) == (7, "", "")
    assert calls(checkout) == done


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_dependencies_are_installed_into_the_same_environment(checkout, name):
    course(checkout, "lab")
    (checkout / ".venv" / "kept").touch()
    with (checkout / name).open("a") as file:
        file.write("\n# changed\n")
    before = len(calls(checkout))
    assert course(checkout, "lab").returncode == 0
    assert [call.split()[0] for call in calls(checkout)[before:]] == ["pip", "pip"]
    assert (checkout / ".venv" / "kept").exists()


def test_what_maintainers_need_is_installed_when_they_first_need_it(checkout):
    def locks():
        return [
            re.search(r"requirements\S*lock", call)[0] for call in calls(checkout) if " -r " in call
        ]

    course(checkout, "lab")
    assert locks() == ["requirements.lock"]
    with (checkout / "requirements-dev.lock").open("a") as file:
        file.write("\n# changed\n")
    course(checkout, "lab")
    assert locks() == ["requirements.lock"]
    assert course(checkout, "test").stdout == f"{checkout / '.venv'} ['test']\n"
    assert locks() == ["requirements.lock", "requirements-dev.lock"]
    course(checkout, "test")
    course(checkout, "lab")
    assert len(locks()) == 2
    with (checkout / "requirements-dev.lock").open("a") as file:
        file.write("\n# changed\n")
    course(checkout, "lab")  # once a maintainer's, the environment stays one
    assert locks()[2:] == ["requirements-dev.lock"]


def test_another_environment_is_told_what_it_lacks(monkeypatch):
    from launcher import environment

    environment.require_dev()  # this one has it
    monkeypatch.setattr(environment, "RUNS_IN", Path("/elsewhere"))
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="`pip install --group dev`"):
        environment.require_dev()


def test_an_unfinished_environment_is_not_mended_from_inside(monkeypatch, tmp_path):
    from launcher import environment

    monkeypatch.setattr(environment, "RECORD", tmp_path / "environment")
    monkeypatch.setattr(environment, "RUNS_IN", environment.VENV)
    environment.RECORD.write_text(environment.UNFINISHED)
    with pytest.raises(CourseError, match=r"unfinished: `python3 course\.py"):
        environment.require_dev()


def test_failed_installation_is_begun_anew(checkout):
    assert_sentence(course(checkout, "lab", UV_SAYS="error: it broke"), "error: it broke")
    (checkout / ".venv" / "half").touch()
    assert course(checkout, "lab").returncode == 0
    assert not (checkout / ".venv" / "half").exists()


def test_killed_installation_is_begun_anew(checkout):
    course(checkout, "lab")
    (checkout / ".course" / "environment").write_text("unfinished")
    (checkout / ".venv" / "half").touch()
    assert course(checkout, "lab").returncode == 0
    assert not (checkout / ".venv" / "half").exists()


def test_moved_checkout_gets_its_own_environment(checkout):
    course(checkout, "lab")
    moved = checkout.rename(checkout.parent / "moved")
    assert course(moved, "x").stdout == f"{moved / '.venv'} ['x']\n"
    assert any(call.startswith("venv") for call in calls(moved)[3:])


def test_environment_that_a_person_made_is_kept(checkout):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    (checkout / ".venv" / "kept").touch()
    assert course(checkout, "lab").returncode == 0
    assert (checkout / ".venv" / "kept").exists()


def test_environment_whose_python_is_gone_is_made_anew(checkout):
    course(checkout, "lab")
    for link in (checkout / ".venv" / "bin").glob("python*"):
        link.unlink()
    assert course(checkout, "x").stdout == f"{checkout / '.venv'} ['x']\n"


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_without_an_environment_installs_nothing(checkout, arguments):
    result = course(checkout, *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    assert "lab" in result.stdout
    assert re.search(r"about \d+ MB", result.stdout)
    assert not (checkout / ".venv").exists()
    assert not (checkout / ".course").exists()


def test_help_with_an_environment_is_the_course_commands(checkout):
    course(checkout, "lab")
    assert course(checkout, "--help").stdout == f"{checkout / '.venv'} ['--help']\n"


def pretend(version):
    """Return a command line that starts a script as if this Python were of that version."""
    run = (
        f"import runpy, sys; sys.version_info = {version}; "
        "sys.argv = sys.argv[1:]; sys.path.insert(0, sys.argv[0].rpartition('/')[0]); "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    return (sys.executable, "-c", run)


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0), (2, 7, 18), (4, 0, 0)])
def test_unsuitable_python(checkout, version, tmp_path):
    (tmp_path / "empty").mkdir()
    result = course(checkout, "lab", python=pretend(version), PATH=str(tmp_path / "empty"))
    assert_sentence(result, "3.11, 3.12 or 3.13", f"this is Python {version[0]}.{version[1]}")
    assert not (checkout / ".course").exists()


def test_unsuitable_python_finds_a_suitable_one(checkout):
    broken, works = checkout.parent / "bin" / "python3.13", checkout.parent / "bin" / "python3.12"
    broken.write_text("#!/bin/sh\nexit 127\n")
    works.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for file in (broken, works):
        file.chmod(0o755)
    result = course(checkout, "lab", "a b", python=pretend((3, 14, 0)))
    assert result.stdout == f"{checkout / '.venv'} ['lab', 'a b']\n", result.stderr


def test_course_py_is_read_by_old_pythons():
    import ast

    source = (ROOT / "course.py").read_text()
    ast.parse(source, feature_version=(3, 4))
    assert not re.search(r"\bf[\"']|:=|->|\bprint\b", source)


def test_course_py_names_the_versions_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    import course as module

    oldest, newest = module.OLDEST, module.NEWEST
    expected = f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
    assert project["requires-python"] == expected


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("error: failed to write\n  cause: No space left on device (os error 28)", "disk is full"),
        ("OSError: [Errno 28] No space left on device: '/x'", "disk is full"),
        ("error: Request failed\n  cause: dns error", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one"),
        ("x509: CERTIFICATE_VERIFY_FAILED", "certificate"),
        ("ERROR: No matching distribution found for aiohttp==3.14.5", "lacks a package"),
        ("[Errno 13] Permission denied: '/x'", "cannot be written"),
        ("The environment was not created because ensurepip is not\navailable.", "python3-venv"),
        ("a line\nsomething quite new\n", "something quite new"),
    ],
)
def test_failures_of_the_installer_are_explained(checkout, says, words):
    result = course(checkout, "lab", UV_SAYS=says)
    assert_sentence(result, words, str(Path(".course/install.log")))
    assert says.strip() in (checkout / ".course" / "install.log").read_text()


def test_no_network_with_pip(checkout):
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    result = course(checkout, "lab", uv=False, PIP_CONFIG_FILE=os.devnull, **index)
    assert_sentence(result, "cannot be reached", "network")


def test_missing_venv_module(checkout, tmp_path):
    (tmp_path / "modules").mkdir()
    # What Debian's Python says where python3-venv is not installed.
    said = "The virtual environment was not created because ensurepip is not\\navailable."
    (tmp_path / "modules" / "venv.py").write_text(f"raise SystemExit('{said}')")
    result = course(checkout, "lab", uv=False, PYTHONPATH=str(tmp_path / "modules"))
    assert_sentence(result, "python3-venv")


def test_folder_that_cannot_be_written(checkout):
    (checkout / ".course").touch()
    assert_sentence(course(checkout, "lab"), ".course")


def test_second_call_at_the_same_time_waits(checkout):
    (checkout / ".course").mkdir()
    with (checkout / ".course" / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "course.py", "x"],
            cwd=checkout,
            env=environment(checkout),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            said = process.stderr.readline()
            waited = calls(checkout) == []
            fcntl.flock(lock, fcntl.LOCK_UN)
            output, _ = process.communicate()
    assert said == "Another call is making the environment; waiting for it.\n"
    assert waited
    assert output == f"{checkout / '.venv'} ['x']\n"
