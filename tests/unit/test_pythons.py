"""`course test` on other Pythons: which are found, and what is said of one that is not there."""

import os
import subprocess
import sys

import pytest

from course_lib import cli
from course_lib.errors import CourseError
from tests import pythons

OTHER = "3.12" if pythons.HERE != "3.12" else "3.13"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine without any Python; returns what makes one of a version that says another."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(pythons.Path, "home", lambda: tmp_path)

    def install(folder, says):
        python = tmp_path / folder
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\necho {says}\n" if says else "#!/bin/sh\nexit 127\n")
        python.chmod(0o755)
        return str(python)

    return install


posix = pytest.mark.skipif(sys.platform == "win32", reason="installs shell scripts as Pythons")


@posix
def test_a_python_is_found_on_path_or_with_pyenv_or_uv(home):
    assert pythons.chosen([], everyone=True) == {"3.11": None, "3.12": None, "3.13": None}
    home("bin/python3.11", says="3.11")
    shim = home("pyenv/shims/python3.12", says=None)
    mine = home("pyenv/versions/3.12.1/bin/python", says="3.12")
    assert pythons.find("3.11") == "python3.11"
    assert pythons.find("3.12") == mine != shim
    assert pythons.chosen(["newest"], everyone=False) == {"3.12": mine}
    uv = home(".local/share/uv/python/cpython-3.13.0-linux/bin/python", says="3.13")
    assert pythons.chosen(["3.11", "newest"], everyone=False) == {"3.11": "python3.11", "3.13": uv}


@posix
def test_what_can_not_be_is_one_sentence(home):
    with pytest.raises(CourseError, match=r"^There is no Python 3\.12 on this machine\.$"):
        pythons.chosen(["3.12"], everyone=False)
    with pytest.raises(CourseError, match=r"runs on Python 3\.11, 3\.12, 3\.13, not on 3\.10"):
        pythons.chosen(["3.10"], everyone=False)


def test_each_python_has_an_environment_of_its_own(tmp_path, monkeypatch, capfd):
    (tmp_path / "course.py").write_text(
        "import os, sys; print(os.environ['COURSE_VENV'], sys.argv[1:]); sys.exit(3)"
    )
    monkeypatch.setattr(pythons, "ROOT", tmp_path)
    monkeypatch.setattr(pythons, "find", lambda name: sys.executable if name == OTHER else None)
    arguments = ["test", "--long", "--only", "tests", "--python", OTHER, "-x"]
    assert cli.main(arguments) == 1
    output = capfd.readouterr().out
    assert f".venv-{OTHER} ['test', '--long', '--only', 'tests', '-x']" in output
    assert output.endswith(f"Python {OTHER}: FAILED\n")


@pytest.mark.parametrize(("required", "code"), [(True, 1), (False, 0)])
def test_a_python_that_is_missing_is_said(required, code, capsys):
    assert pythons.run({"3.12": None}, [], required) == code
    said = "FAILED" if required else "left out, not installed"
    assert capsys.readouterr().out.endswith(f"Python 3.12: {said}\n")


def test_the_variable_that_names_the_environment_is_not_handed_on():
    program = "import os, launcher.environment as it; print(it.VENV.name, it.RECORD.name, "
    program += "os.environ.get('COURSE_VENV'))"
    for name, record in {".venv-3.12": "environment-3.12", ".venv": "environment"}.items():
        found = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"COURSE_VENV": name},
            capture_output=True,
            text=True,
        )
        assert found.stdout == f"{name} {record} None\n"
