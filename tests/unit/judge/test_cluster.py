"""The same batch on a cluster: a real scheduler and two workers, one of which is killed."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest

from benchmarks.grade import differences
from benchmarks.grade_class import make_class
from course_lib.cli import main
from course_lib.marks import executors
from course_lib.marks.batch import Batch

pytestmark = pytest.mark.skipif(not find_spec("distributed"), reason="needs distributed")


@contextlib.contextmanager
def process(*arguments):
    command = [sys.executable, "-W", "ignore", "-m", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def line_with(started, words):
    for line in started.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended without {words!r}")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_costs_no_mark(tmp_path):
    planned = make_class(tmp_path / "inbox", 10)
    scheduler = [
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    worker = ["distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1", "--no-dashboard"]
    with contextlib.ExitStack() as stack:
        started = stack.enter_context(process(*scheduler))
        address = line_with(started, "Scheduler at:").split()[-1]
        workers = [stack.enter_context(process(*worker, address)) for _ in range(2)]
        for each in workers:
            line_with(each, "Registered to")
        opens = functools.partial(executors.cluster, address)
        killed = False
        for entry in Batch(tmp_path / "out", opens, 64).grade(tmp_path / "inbox"):
            if entry.judged and not killed:
                os.kill(workers[0].pid, signal.SIGKILL)
                killed = True
        assert killed
        assert differences(tmp_path / "out", planned) == []


def test_no_scheduler_and_no_package_are_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    make_class(tmp_path / "inbox", 1)
    grade = ["grade", str(tmp_path / "inbox"), "--out", str(tmp_path / "out")]
    assert main([*grade, "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "needs the package distributed" in capsys.readouterr().err
