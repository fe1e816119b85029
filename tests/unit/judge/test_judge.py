"""Verdicts: replayed by their seed, never given on half of the tests."""

import contextlib
import os
import signal
import threading
import time

import psutil
import pytest

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, find_question
from course_lib.exercises.cells import Cell
from course_lib.judge import judge as judge_module
from course_lib.judge.bench_process import BenchProcess
from course_lib.judge.judge import judge, judge_all, judge_one
from course_lib.judge.service import JudgeService


def verdict_on(name, source, **more):
    there, question = find_question(name)
    return judge_one(there, question, {name: source}, {}, **more)


def test_a_seed_repeats_the_inputs():
    # Right for the keys that are always tried, wrong for those that are drawn.
    right = cells.answers(cells.read(exercise("02").solution))["accept_key"]
    wrong = f"{right}\nright = accept_key\ndef accept_key(key):\n"
    wrong += "    return right(key) if key[1:3] in ('Gh', 'AA', '//', '++') else 'no'"
    first = verdict_on("accept_key", wrong)
    test = next(test for test in first.tests if test.outcome == "failed")
    again = verdict_on("accept_key", wrong, seed=test.seed)
    other = verdict_on("accept_key", wrong, seed=test.seed + 1)
    assert test in again.tests
    assert next(test for test in other.tests if test.outcome == "failed").call != test.call


def test_a_cell_that_does_not_run_is_one_failed_test():
    verdict = verdict_on("accept_key", "def accept_key(")
    assert not verdict.runs
    [test] = verdict.tests
    assert (test.title, test.outcome) == ("The cell runs", "failed")
    assert "SyntaxError" in test.message


def test_an_endless_answer_fails_once_and_the_rest_is_not_run(monkeypatch):
    monkeypatch.setattr(
        judge_module, "BenchProcess", lambda imports: BenchProcess(0.5, imports=imports)
    )
    verdict = verdict_on("accept_key", "def accept_key(key):\n    while True: pass")
    assert [test.outcome for test in verdict.tests] == ["failed", "not run"]
    assert "your code ran longer than 0.5 s in `accept_key`" in verdict.tests[0].message


def test_an_answer_that_equals_everything_fails():
    source = """
class Yes(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
def accept_key(key): return Yes("x")
"""
    assert verdict_on("accept_key", source).status == "failed"


def test_an_answer_may_use_an_earlier_one_that_is_wrong(solution):
    answers = solution | {"accept_key": "def accept_key(key): return 'wrong'"}
    verdicts = {each.question: each for each in judge_all(exercise("02"), answers)}
    assert verdicts["accept_key"].status == "failed"
    assert verdicts["respond"].status == "passed"


def test_an_interrupted_judgement_is_no_verdict(monkeypatch, solution):
    def interrupted(self, *args, **request):
        if request["op"] == "call":
            raise KeyboardInterrupt
        return None

    monkeypatch.setattr(BenchProcess, "ask", interrupted)
    there, question = find_question("accept_key")
    with pytest.raises(KeyboardInterrupt):
        judge(there, question, [Cell("accept_key", solution["accept_key"])])


def test_tests_that_can_not_be_run_are_no_verdict(monkeypatch, solution, tmp_path):
    there, question = find_question("accept_key")
    for name, text in (("torn", "syntax error here"), ("empty", "def test_of_none(): pass")):
        tests = tmp_path / f"test_{name}.py"
        tests.write_text(text)
        monkeypatch.setattr(type(there), "tests", tests)
        with pytest.raises(CourseError, match="can't be run"):
            judge(there, question, [Cell("accept_key", solution["accept_key"])])


def test_the_service_judges_in_a_process_of_its_own(solution):
    service = JudgeService()
    try:
        verdict = service.judge("accept_key", {"accept_key": solution["accept_key"]}, [])
        assert verdict.status == "passed"
        pid = service.pid
        answers = {"accept_key": "def accept_key(key): return key"}
        assert service.judge("accept_key", answers, []).status == "failed"
        assert service.pid == pid
        with pytest.raises(RuntimeError, match="no question"):
            service.judge("unheard_of", {}, [])
    finally:
        service.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.skipif(os.name != "posix", reason="a signal that wakes the reader")
@pytest.mark.parametrize("endless", ["while True: pass", "10 ** 10 ** 9"])
def test_an_interrupt_ends_the_service_and_all_below_it(solution, endless):
    def interrupt():
        while not any(map(computes, below())):
            time.sleep(0.02)
        processes.extend(below())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def below():
        return psutil.Process(service.pid).children(recursive=True) if service.pid else []

    def computes(process):
        with contextlib.suppress(psutil.Error):
            return process.cpu_times().user > 1.5  # more than any import takes

    processes = []
    service = JudgeService()
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            service.judge("accept_key", {"accept_key": endless}, [])
        thread.join()
        assert processes
        _, alive = psutil.wait_procs(processes, timeout=60)
        assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
        right = {"accept_key": solution["accept_key"]}
        assert service.judge("accept_key", right, []).status == "passed"
    finally:
        service.close()
