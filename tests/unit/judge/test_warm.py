"""A bench from a warm parent is as good as one that was started, and sooner there."""

import os
import subprocess
import sys

import psutil
import pytest

from course_lib.exercises.cells import Cell
from course_lib.judge import bench_process, warm
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import BenchProcess
from course_lib.lines import start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere benches start cold")

SOURCE = """
import asyncio, contextlib, os, random, sys
def names(): return sorted(sys.modules)
def fds():
    def is_open(number):
        try: return os.fstat(number)
        except OSError: return None
    return [number for number in range(256) if is_open(number)]
def ids(): return [os.getpid(), os.getsid(0), os.getpgid(0), os.getppid()]
def limit():
    import resource
    return list(resource.getrlimit(resource.RLIMIT_AS))
def draw(): return random.random()
def kill_parent():
    import signal
    with contextlib.suppress(OSError): os.kill(os.getppid() or 1, signal.SIGKILL)
    return "done"
"""


@pytest.fixture
def answer():
    with BenchProcess() as bench:
        assert bench.load([Cell("question", SOURCE)]) == {}
        yield Answer(bench)


def cold(imports):
    return start("-I", "-m", "course_lib.judge.bench", collect=True)


def test_it_is_a_process_of_its_own(answer):
    pid, session, group, parent = answer.ids()
    assert pid == session == group
    assert parent != os.getpid()
    assert answer.limit() == [2**30, 2**30]


def test_it_has_its_own_pipes_and_nothing_else(answer, monkeypatch):
    fds = answer.fds()
    monkeypatch.setattr(bench_process, "start_bench", cold)
    with BenchProcess() as bench:
        bench.load([Cell("question", SOURCE)])
        assert Answer(bench).fds() == fds
    names = answer.names()
    assert not any(name.startswith("course_lib") for name in names)
    assert "pytest" not in names


def test_each_is_fresh(answer):
    with BenchProcess() as other:
        other.load([Cell("question", SOURCE)])
        assert Answer(other).draw() != answer.draw()
        assert other.pid != answer.ids()[0]


def test_an_answer_that_ends_the_parent_harms_no_other(answer):
    assert answer.kill_parent() == "done"
    for _ in range(2):
        with BenchProcess() as bench:
            assert bench.load([Cell("question", SOURCE)]) == {}
            assert len(Answer(bench).ids()) == 4


def test_a_bench_that_computes_in_c_ends_with_the_judge():
    program = """
import threading
from course_lib.exercises.cells import Cell
from course_lib.judge import warm
from course_lib.judge.bench_process import BenchProcess
import psutil, sys
bench = BenchProcess()
print(*[each.pid for each in psutil.Process().children(recursive=True)], flush=True)
threading.Thread(target=bench.load, args=([Cell("q", "10 ** 10 ** 9")],), daemon=True).start()
sys.stdin.read()
"""
    judge = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with judge:
        below = [psutil.Process(int(pid)) for pid in judge.stdout.readline().split()]
        judge.kill()
    _, alive = psutil.wait_procs(below, timeout=60)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def test_without_forks_a_bench_starts_cold(monkeypatch):
    monkeypatch.setattr(warm, "lacking", lambda judge: "nothing to fork with")
    monkeypatch.setattr(warm.sys, "platform", "darwin")
    with BenchProcess() as bench:
        assert bench.load([Cell("question", SOURCE)]) == {}
        assert Answer(bench).ids()[3] == os.getpid()
