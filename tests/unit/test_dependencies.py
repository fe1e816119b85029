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

from course_lib.errors import CourseError
from launcher import lock

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK, DEV_LOCK = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-dev.lock")
)
GROUPS = PROJECT["dependency-groups"]
PYTHONS = ["3.11", "3.12", "3.13"]


def pins(lock):
    """Return each requirement of a lock with the number of its hashes."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    pinned = [entry for entry in entries if not entry.startswith("#") and "==" in entry]
    return [(Requirement(e.split("\\")[0].strip()), e.count("--hash=sha256:")) for e in pinned]


def pinned_version(lock, name, python):
    """Return the version that a lock gives for CPython of that version on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    versions = [
        next(iter(requirement.specifier)).version
        for requirement, _ in pins(lock)
        if canonicalize_name(requirement.name) == canonicalize_name(name)
        and (requirement.marker is None or requirement.marker.evaluate(environment))
    ]
    assert len(versions) == 1, f"{name} is pinned {len(versions)} times for Python {python}"
    return versions[0]


@pytest.mark.parametrize("lock", [LOCK, DEV_LOCK], ids=["learner", "dev"])
def test_every_pin_is_exact_and_has_hashes(lock):
    assert len(pins(lock)) == len(re.findall(r"(?m)^[A-Za-z0-9].*==", lock))
    for requirement, hashes in pins(lock):
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert hashes > 0, requirement


def test_lock_names_no_host():
    assert not re.search(r"://|(?m:^--?[a-z])|@", LOCK + DEV_LOCK)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_in_its_range(python):
    needed = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(pinned_version(LOCK, requirement.name, python))
    for requirement in map(Requirement, GROUPS["dev"]):
        assert requirement.specifier.contains(pinned_version(DEV_LOCK, requirement.name, python))


def test_the_second_lock_holds_the_first():
    def texts(lock):
        return {str(requirement) for requirement, _ in pins(lock)}

    assert texts(LOCK) < texts(DEV_LOCK)


def test_a_learner_gets_no_tools_of_maintainers():
    names = {canonicalize_name(requirement.name) for requirement, _ in pins(LOCK)}
    assert not names & {canonicalize_name(Requirement(each).name) for each in GROUPS["dev"]}


def test_what_the_product_imports_is_what_a_learner_gets():
    files = [*(ROOT / "course_lib").rglob("*.py"), *(ROOT / "solutions").glob("*_tests.py")]
    found = re.findall(
        r"(?m)^\s*(?:import|from) (\w+)", "\n".join(file.read_text("utf-8") for file in files)
    )
    tools = {Requirement(each).name.replace("-", "_") for each in GROUPS["dev"]}
    # What an extra brings is imported where it is asked for, with a sentence for who hasn't got it.
    extras = {
        Requirement(each).name
        for extra in PROJECT["project"]["optional-dependencies"].values()
        for each in extra
    }
    assert not set(found) & (tools - extras)
    # The room of lesson 12 is made of what `next` brings, and nothing but the lesson imports it.
    others = [file for file in files if file.parent.name != "beyond"]
    at_the_top = re.findall(
        r"(?m)^(?:import|from) ([\w.]+)", "\n".join(file.read_text("utf-8") for file in others)
    )
    assert not {name.partition(".")[0] for name in at_the_top} & extras
    assert not [name for name in at_the_top if name.startswith("course_lib.beyond")]


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
        lock.run(argparse.Namespace(upgrade=False))
