"""Tests are collected once in a process, and no submission finds anything of the one before."""

import random

import pytest

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, find_question
from course_lib.judge import judge as judge_module
from course_lib.judge.bench_process import BenchProcess
from course_lib.judge.judge import judge_all, judge_one

THERE, QUESTION = find_question("accept_key")
RIGHT = cells.answers(cells.read(THERE.solution))
WRONG = {"accept_key": "def accept_key(key): return 'wrong'"}
ENDLESS = {"accept_key": "def accept_key(key):\n    while True: pass"}


def verdict(answers):
    return judge_one(THERE, QUESTION, answers, {}, seed=3, seconds=1)


@pytest.fixture
def collections(monkeypatch):
    made = []

    class Tests(judge_module._Tests):
        def __init__(self, path):
            made.append(path)
            super().__init__(path)

    monkeypatch.setattr(judge_module, "_Tests", Tests)
    judge_module._collected.cache_clear()
    yield made
    judge_module._collected.cache_clear()


def test_a_verdict_is_the_same_whatever_was_judged_before(collections):
    kinds = {"right": RIGHT, "wrong": WRONG, "endless": ENDLESS, "broken": {"accept_key": "("}}
    first = {}
    for kind, answers in kinds.items():
        judge_module._collected.cache_clear()
        first[kind] = verdict(answers)
    assert {each.status for each in first.values()} == {"passed", "failed"}
    del collections[:]
    judge_module._collected.cache_clear()
    order = [*kinds] * 3
    random.Random(1).shuffle(order)
    for kind in order:
        assert verdict(kinds[kind]) == first[kind], (kind, order)
    assert len(collections) == 1


def test_a_whole_exercise_is_collected_once(collections):
    statuses = {each.status for _ in range(2) for each in judge_all(exercise("02"), RIGHT)}
    assert (statuses, len(collections)) == ({"passed"}, 1)


def test_a_judgement_after_an_interrupted_one_is_whole(collections, monkeypatch):
    def interrupted(self, what, **request):
        raise KeyboardInterrupt

    before = verdict(RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(BenchProcess, "load", lambda self, cells: {})
        patch.setattr(BenchProcess, "ask", interrupted)
        with pytest.raises(KeyboardInterrupt):
            verdict(RIGHT)
    assert verdict(RIGHT) == before


STATEFUL = '''
import pytest
from course_lib.exercises.question import Question

accept_key = Question("accept_key", 1, hints=())
QUESTIONS = (accept_key,)


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.fixture(scope="session")
def others():
    return []


@accept_key
def test_it(answer, seen, others):
    """Nothing is there yet."""
    seen.append(1)
    others.append(1)
    assert (len(seen), len(others)) == (1, 1)
'''


def test_fixtures_of_every_scope_are_made_anew(tmp_path):
    path = tmp_path / "stateful_tests.py"
    path.write_text(STATEFUL)
    with BenchProcess() as bench:
        for _ in range(3):
            answer = judge_module.Answer(bench)
            [result] = judge_module._run_tests(
                judge_module._prepared(path), "accept_key", answer, 1
            )
            assert result.outcome == "passed", result
        with pytest.raises(CourseError, match="'nothing' can't be run"):
            judge_module._run_tests(judge_module._prepared(path), "nothing", answer, 1)
