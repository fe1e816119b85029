"""The files for people outside of this machine: a hosting's CI, a class repository, citations."""

import re
import subprocess
import sys
import tomllib

import pytest

import course_lib
from course_lib.paths import ROOT

FILES = {
    ".github/workflows/test.yml": "vendor.github-workflows",
    "docs/class/exercises.yml": "vendor.github-workflows",
    "CITATION.cff": "vendor.citation-file-format",
}


def checked(*arguments):
    """`check-jsonschema`, with the schemas that it brings."""
    command = [sys.executable, "-m", "check_jsonschema", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("file", FILES)
def test_the_file_keeps_to_its_schema(file):
    arguments = ["--builtin-schema", FILES[file]]
    if file.endswith(".cff"):
        arguments += ["--force-filetype", "yaml"]
    done = checked(*arguments, file)
    assert done.returncode == 0, done.stdout


def test_a_workflow_with_a_fault_would_be_found(tmp_path):
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("runs-on:", "run-on:"), "utf-8")
    assert checked("--builtin-schema", "vendor.github-workflows", str(broken)).returncode == 1


def test_every_job_has_a_time_limit():
    for file in (name for name in FILES if name.endswith(".yml")):
        done = checked("--builtin-schema", "custom.github-workflows-require-timeout", file)
        assert done.returncode == 0, done.stdout


def test_the_workflow_runs_the_command_of_the_readme_on_the_pythons_of_the_project():
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    assert "course.py test" in text
    assert "course.py test" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    pythons = re.findall(r'"(3\.\d+)"', text)
    with (ROOT / "pyproject.toml").open("rb") as file:
        required = tomllib.load(file)["project"]["requires-python"]
    first, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", required).groups()
    assert pythons == [f"3.{minor}" for minor in range(int(first), int(beyond))]


def test_the_citation_has_the_version_of_the_course():
    assert f"version: {course_lib.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
