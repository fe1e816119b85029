"""The files for people outside of this machine: a hosting's CI, a class repository, citations."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner
from jupyter_server.utils import origin_matches_pat

import course_lib
from course_lib.paths import ROOT

FILES = {
    ".github/workflows/test.yml": "vendor.github-workflows",
    ".github/workflows/site.yml": "vendor.github-workflows",
    "docs/class/exercises.yml": "vendor.github-workflows",
    "CITATION.cff": "vendor.citation-file-format",
}


def checked(schema, *files):
    """What `check-jsonschema` makes of files of this checkout, with a schema that it brings."""
    from check_jsonschema import main as check_jsonschema  # half a second, for whoever runs these

    arguments = ["--builtin-schema", schema]
    if files[0].endswith(".cff"):
        arguments += ["--force-filetype", "yaml"]
    return CliRunner().invoke(check_jsonschema, [*arguments, *(str(ROOT / it) for it in files)])


@pytest.mark.parametrize("file", FILES)
def test_the_file_keeps_to_its_schema(file):
    done = checked(FILES[file], file)
    assert done.exit_code == 0, done.output


def test_a_workflow_with_a_fault_would_be_found(tmp_path):
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("runs-on:", "run-on:"), "utf-8")
    done = checked("vendor.github-workflows", str(broken))
    assert done.exit_code == 1
    assert "'run-on'" in done.output


def test_every_job_has_a_time_limit():
    workflows = [name for name in FILES if name.endswith(".yml")]
    done = checked("custom.github-workflows-require-timeout", *workflows)
    assert done.exit_code == 0, done.output


def test_the_workflow_runs_the_command_of_the_readme_on_the_pythons_of_the_project():
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    assert "course.py test" in text
    assert "course.py test" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    pythons = re.findall(r'"(3\.\d+)"', text)
    with (ROOT / "pyproject.toml").open("rb") as file:
        required = tomllib.load(file)["project"]["requires-python"]
    first, beyond = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", required).groups()
    assert pythons == [f"3.{minor}" for minor in range(int(first), int(beyond))]


def test_binder_installs_the_lock_and_gives_each_reader_a_desk(tmp_path):
    requirements = (ROOT / ".binder/requirements.txt").read_text("utf-8")
    [listed] = re.findall(r"(?m)^-r (.+)$", requirements)
    assert (ROOT / ".binder" / listed).resolve() == ROOT / "requirements.lock"
    version = (ROOT / ".binder/runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    assert f'"{version}"' in (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    build = ROOT / ".binder/postBuild"
    assert os.name == "nt" or os.access(build, os.X_OK)
    [desk] = re.findall(r'(?m)^python -c "(.+)"$', build.read_text("utf-8"))
    environment = os.environ | {"COURSE_DESK": str(tmp_path)}
    subprocess.run([sys.executable, "-c", desk], cwd=ROOT, env=environment, check=True)
    assert (tmp_path / "notebooks/00_start_here.ipynb").exists()


def test_the_container_starts_the_lab_at_the_port_that_it_forwards():
    text = (ROOT / ".devcontainer/devcontainer.json").read_text("utf-8")
    container = json.loads(re.sub(r"(?m)^//.*$", "", text))
    [port] = container["forwardPorts"]
    assert container["portsAttributes"][str(port)]["onAutoForward"] == "openBrowser"
    start = shlex.split(container["postAttachCommand"])
    assert start[:-1] == ["python", "course.py", "lab", "--no-browser", "--port", str(port)]
    origins = start[-1].removeprefix("--ServerApp.allow_origin_pat=")
    assert origin_matches_pat(origins, f"https://fluffy-train-7x9-{port}.app.github.dev")
    assert not origin_matches_pat(origins, "https://github.dev")
    assert container["postCreateCommand"].startswith("python course.py ")
    python = container["image"].rpartition(":")[2]
    assert f'"{python}"' in (ROOT / ".github/workflows/test.yml").read_text("utf-8")


def test_both_bring_the_same_proxy():
    files = (".binder/postBuild", ".devcontainer/devcontainer.json")
    proxies = {
        re.search(r"jupyter-server-proxy[^'\"]*", (ROOT / file).read_text("utf-8"))[0]
        for file in files
    }
    assert proxies == {"jupyter-server-proxy>=4.6,<5"}


def test_the_citation_has_the_version_of_the_course():
    assert f"version: {course_lib.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
