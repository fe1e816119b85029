"""The one list of dependencies in pyproject.toml, and the two files that follow it."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course_lib.cli import maintainer
from course_lib.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PYTHONS = ["3.11", "3.12", "3.13"]


def pins():
    """Return each requirement of the lock with the number of its hashes."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK)
    pinned = [entry for entry in entries if not entry.startswith("#") and "==" in entry]
    return [(Requirement(e.split("\\")[0].strip()), e.count("--hash=sha256:")) for e in pinned]


def pinned_version(name, python):
    """Return the version that the lock gives for CPython of that version on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    versions = [
        next(iter(requirement.specifier)).version
        for requirement, _ in pins()
        if canonicalize_name(requirement.name) == canonicalize_name(name)
        and (requirement.marker is None or requirement.marker.evaluate(environment))
    ]
    assert len(versions) == 1, f"{name} is pinned {len(versions)} times for Python {python}"
    return versions[0]


def test_every_pin_is_exact_and_has_hashes():
    assert len(pins()) == len(re.findall(r"(?m)^[A-Za-z0-9].*==", LOCK))
    for requirement, hashes in pins():
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert hashes > 0, requirement


def test_lock_names_no_host():
    assert not re.search(r"://|(?m:^--?[a-z])|@", LOCK)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_in_its_range(python):
    needed = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(pinned_version(requirement.name, python)), requirement


def test_conda_environment_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *from_conda, from_pip = environment["dependencies"]
    assert from_pip == {"pip": ["-e ."]}
    python, pip = map(Requirement, from_conda)
    assert (python.name, pip.name) == ("python", "pip")
    assert python.specifier == SpecifierSet(PROJECT["project"]["requires-python"])


def test_lock_without_uv_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="needs uv"):
        maintainer.lock(argparse.Namespace(upgrade=False))
