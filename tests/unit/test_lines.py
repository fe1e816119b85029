"""Processes that speak in lines: told, heard, and ended with all that they have started."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from course_lib.lines import UNHEARD, Ended, Worker, start

CHILD = """
import queue, subprocess, sys, time
from course_lib.lines import Parent
told = queue.Queue()
parent = Parent(told.put)
"""
SLEEPER = '[sys.executable, "-c", "import time; time.sleep(60)"]'


@pytest.fixture
def child():
    """Start a child that does what `code` says once it has the channel."""
    workers = []

    def run(code):
        workers.append(Worker(start("-c", CHILD + code)))
        return workers[-1]

    yield run
    for worker in workers:
        worker.end()
        worker.end()  # a second time does nothing
        assert not psutil.pid_exists(worker.pid)


def gone(pid):
    try:
        process = psutil.Process(pid)
        psutil.wait_procs([process], timeout=60)
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


ECHO = "while True: parent.tell(told.get().rstrip())"


def test_what_is_told_is_heard(child):
    worker = child(ECHO)
    for line in ("one", "", "ä ☂ 🙂", "x" * 300_000):
        worker.tell(line, 60)
        assert worker.hear(60).decode() == f"{line}\n"


def test_what_is_printed_is_no_line(child, capfd):
    worker = child("print('noise', flush=True); print('more', file=sys.stderr)\n" + ECHO)
    worker.tell("line")
    assert worker.hear() == b"line\n"
    assert "noise" in capfd.readouterr().err


def test_standard_input_is_empty(child):
    worker = child("parent.tell(repr(sys.stdin.read()))\n" + ECHO)
    assert worker.hear() == b"''\n"


def test_silence_has_a_deadline(child):
    worker = child(ECHO)
    with pytest.raises(TimeoutError):
        worker.hear(0.05)
    worker.tell("late")
    assert worker.hear(60) == b"late\n"


@pytest.mark.skipif(os.name != "posix", reason="Windows can't wait for room in a pipe")
def test_a_child_that_does_not_read_has_a_deadline():
    worker = Worker(start("-c", "import time; print(flush=True); time.sleep(60)"))
    try:
        worker.hear()
        with pytest.raises(TimeoutError):
            worker.tell("x" * 10**6, 0.05)
    finally:
        worker.end()


def test_the_end_of_a_child_is_known(child):
    worker = child("parent.tell('last')")
    assert worker.hear() == b"last\n"
    for _ in range(2):
        with pytest.raises(Ended):
            worker.hear()
    worker.end()
    with pytest.raises(Ended):
        worker.tell("more")


def test_a_torn_line_is_an_end(child):
    worker = child("import os; os.write(4, b'torn'); os._exit(0)")
    with pytest.raises(Ended):
        worker.hear(60)


def test_a_line_without_end_is_not_kept():
    worker = Worker(start("-c", CHILD + "parent.tell('x' * 10**6)\n" + ECHO), longest=1000)
    with pytest.raises(Ended):
        worker.hear(60)
    worker.end()


@pytest.mark.skipif(os.name != "posix", reason="Windows can't wait for room in a pipe")
def test_a_child_that_does_not_listen_is_given_up(child):
    worker = child("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    while psutil.Process(worker.pid).status() != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    with pytest.raises(TimeoutError):
        worker.tell("x" * 2**21, 0.5)


def test_a_flood_is_not_kept(child):
    worker = child("for n in range(10**9): parent.tell('x' * 1000)")
    worker.hear()
    assert worker._said.qsize() <= UNHEARD


@pytest.mark.parametrize("busy", ["while True: pass", "time.sleep(60)"])
def test_a_child_ends_with_its_parent(busy):
    program = f"""
import subprocess, sys
from course_lib.lines import Worker, start
worker = Worker(start("-c", {CHILD + "parent.tell('ready')" + chr(10) + busy!r}))
worker.hear()
print(worker.pid, flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    assert gone(pid)


@pytest.mark.parametrize("own_session", [False, True])
def test_what_a_child_has_started_ends_with_it(child, own_session):
    worker = child(
        f"below = subprocess.Popen({SLEEPER}, start_new_session={own_session})\n"
        f"parent.tell(str(below.pid))\n{ECHO}"
    )
    pid = int(worker.hear())
    worker.end()
    assert gone(pid)
