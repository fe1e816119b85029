"""`pytest --nbval NOTEBOOK`, as people type it, compares what the course means to compare."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def nbval(tmp_path):
    """Run one cell with its stored output under nbval with the course's settings."""

    def run(source, stored, environment=None):
        cell = new_code_cell(source, execution_count=1, outputs=[new_output("stream", text=stored)])
        path = tmp_path / "lesson.ipynb"
        nbformat.write(new_notebook(cells=[cell]), path)
        command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider"]
        command += ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", "-q"]
        command += ["-p", "conftest", str(path)]
        result = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        return result.returncode, result.stdout + result.stderr

    return run


def test_what_varies_is_sanitized(nbval):
    stored = (
        "ws://127.0.0.1:40001/ localhost:1 ('127.0.0.1', 55555)\n"
        "Date: Mon, 02 Nov 2026 10:00:00 GMT\nServer: Python/3.11 websockets/17.4\n"
    )
    now = (
        "ws://127.0.0.1:50002/ localhost:22 ('127.0.0.1', 6)\n"
        "Date: Tue, 03 Nov 2026 11:22:33 GMT\nServer: Python/3.13 websockets/18.0.1\n"
    )
    code, output = nbval(f"print({now!r}, end='')", stored)
    assert code == 0, output


def test_a_difference_fails(nbval):
    code, output = nbval("print('HTTP/1.1 101')", "HTTP/1.1 400\n")
    assert code == 1, output
    assert "HTTP/1.1 400" in output


def test_the_kernel_is_this_environment_and_not_the_learners_progress(nbval, tmp_path):
    source = (
        "import os, sys\n"
        f"print(sys.prefix == {sys.prefix!r}, os.environ['COURSE_STATE'] != {str(tmp_path)!r})"
    )
    code, output = nbval(source, "True True\n", {"COURSE_STATE": str(tmp_path)})
    assert code == 0, output
