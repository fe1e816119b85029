"""Code on the bench that is out for more than an answer: it gets no point."""

import json

import pytest

from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise
from course_lib.exercises.cells import Cell
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import AnswerError, BenchProcess
from course_lib.judge.judge import judge_one
from tests.hostile.world import BRAND

HANDSHAKE = exercise("02")
QUESTION = HANDSHAKE.question("accept_key")
RIGHT = cells.answers(cells.read(HANDSHAKE.solution))["accept_key"]


def verdict_on(source):
    return judge_one(HANDSHAKE, QUESTION, {QUESTION.name: BRAND + source}, {})


# --- no point that was not earned

CHEATS = {
    "equals everything": """
class Anything(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
def accept_key(key): return Anything("x")
""",
    "a type that claims to be text": """
class Anything:
    __class__ = str
    def __eq__(self, other): return True
def accept_key(key): return Anything()
""",
    "ends well": "import os\ndef accept_key(key): os._exit(0)",
    "ends while it loads": "import os\nos._exit(0)",
    "closes what is open": "import os\nos.closerange(0, 256)\ndef accept_key(key): return key",
    "says that it passed": """
import os
def accept_key(key):
    for fd in range(3, 20):
        try: os.write(fd, b'{"dict":[["value","passed"]]}\\n' * 3)
        except OSError: pass
    return key
""",
    "says what never ends": """
import os
def accept_key(key):
    for fd in range(3, 20):
        try: os.write(fd, b'"' + b'\\\\"' * 1_000_000 + b"\\n")
        except OSError: pass
    return key
""",
    "patches its own machinery": """
import json, sys
json.dumps = lambda *a, **k: '{"dict":[["value",true]]}'
def accept_key(key): return key
""",
    "exits from a thread": """
import os, threading
threading.Timer(0.05, os._exit, [0]).start()
def accept_key(key):
    while True: pass
""",
    "replaces the tests": """
import sys
def accept_key(key):
    sys.modules["pytest"] = sys.modules["builtins"].assertion = None
    return key
""",
    "an error that is long": "def accept_key(key): raise ValueError('<b>' * 10**7)",
    "an error with half a character": "def accept_key(key): raise ValueError('\\ud800 \\x1b[2J')",
    "an error that hides": """
class Hidden(Exception):
    def __str__(self): raise SystemExit
def accept_key(key): raise Hidden
""",
    "an object without end": "def accept_key(key):\n    x = []\n    x.append(x)\n    return x",
    "many empty lists": "def accept_key(key): return [[] for _ in range(1_000_000)]",
    "numbers with one hash": "def accept_key(key): return [n * (2**61 - 1) for n in range(200_000)]",
    "a number too long to write": "def accept_key(key): return 10**5000",
    "a flood of output": "def accept_key(key):\n    for _ in range(50): print('x' * 10**6)\n    return key",
    "all memory": "def accept_key(key): return len(bytearray(2**34))",
}


@pytest.mark.parametrize("source", CHEATS.values(), ids=CHEATS)
def test_no_point_that_was_not_earned(source):
    verdict = verdict_on(source)
    assert verdict.earned == 0
    assert verdict.status == "failed"
    assert (
        len(json.dumps(verdict.to_dict(), ensure_ascii=False).encode()) < 30_000
    )  # and it can be sent


# --- honest oddities

ODD = {
    "prints a lot": "print('x' * 10**6)",
    "warns": "import warnings; warnings.warn('old')",
    "leaves a thread": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
    "starts a process": "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
    "closes its standard output": "import sys; sys.stdout.close()",
    "many threads": "import threading\n"
    "for _ in range(20): (t := threading.Thread(target=print)).start(); t.join()",
}


@pytest.mark.parametrize("oddity", ODD.values(), ids=ODD)
def test_an_honest_oddity_gets_its_points(oddity):
    assert verdict_on(f"{oddity}\n{RIGHT}").status == "passed"


def test_a_bench_that_stops_reading_is_given_up():
    source = "import re\ndef f(x): re.match('(a+)+$', 'a' * 60 + 'b')"  # no other thread runs
    with BenchProcess(time_limit=0.3) as bench:
        bench.load([Cell("question", source)])
        for _ in range(2):
            with pytest.raises(AnswerError, match="longer than"):
                Answer(bench).f("x" * 2**20)
