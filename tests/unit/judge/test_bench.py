"""Whatever an answer does, the judge gets a value or a sentence, and no process is left."""

import asyncio
import os
import re
import subprocess
import sys
import time

import psutil
import pytest
from websockets.asyncio.client import connect

from course_lib.exercises.cells import Cell
from course_lib.judge import watch
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import AnswerRaised, AnswerStopped, BenchProcess
from course_lib.judge.expect import shown
from course_lib.judge.values import Opaque


def bench_with(source, **limits):
    bench = BenchProcess(**limits)
    errors = bench.load([Cell("question", source)])
    return bench, errors


@pytest.fixture
def ask():
    """Load one cell, call its `f`, and see to it that the process ends."""
    benches = []

    def load_and_call(source, *args, **limits):
        bench, errors = bench_with(source, **limits)
        benches.append(bench)
        assert errors == {}
        return Answer(bench).f(*args)

    yield load_and_call
    for bench in benches:
        bench.close()
        assert not psutil.pid_exists(bench.pid)


def test_values_go_there_and_back(ask):
    value = {"a": [1, b"\x00", None, ("t", 1.5)], 2: {"set"}}
    assert ask("def f(x): return x", value) == value


def test_what_an_answer_does_to_its_arguments_is_seen():
    bench, _ = bench_with("def f(items, more):\n    items.pop(0)\n    more['new'] = 1")
    with bench:
        assert Answer(bench).leaves("f", [1, 2], {}) == [[2], {"new": 1}]


def test_an_object_apart_lives_in_a_process_of_its_own():
    source = (
        "import os\nclass Box:\n    seen = []\n    def end(self): os._exit(0)\n"
        "    def add(self, x): self.seen.append(x); return self.seen"
    )
    bench, _ = bench_with(source)
    with bench:
        answer = Answer(bench, [Cell("question", source)])
        here = answer.make("Box")
        with answer.apart("Box") as one, answer.apart("Box") as two:
            assert [each.add(1) for each in (here, one, two)] == [[1]] * 3
            assert answer.last_call == "Box.add(1)"
            with pytest.raises(AnswerStopped):
                one.end()
            assert [each.add(2) for each in (here, two)] == [[1, 2]] * 2


def test_what_an_answer_keeps_is_measured_from_outside():
    keeps = "kept = []\ndef f(size, keep):\n    kept.append(b'x' * size) if keep else b'x' * size"
    bench, _ = bench_with(keeps)
    with bench:
        answer = Answer(bench)
        grown = []
        for keep in (False, False, True):  # at first its pages come in
            before = answer.memory()
            for _ in range(8):
                answer.f(2**20, keep)
            grown.append(answer.memory() - before)
    assert grown[1] < 2 * 2**20 < 8 * 2**20 <= grown[2] + 2**20
    assert answer.memory() == 0


def test_an_async_answer_is_awaited(ask):
    source = "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1"
    assert ask(source, 1) == 2


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import asyncio; return asyncio.sleep(60)",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",  # no other thread runs meanwhile
    ],
)
def test_an_answer_that_does_not_end_is_stopped(ask, body):
    with pytest.raises(AnswerStopped, match=r"ran longer than 0\.5 s in `f`"):
        ask(f"def f():\n    {body}", time_limit=0.5)


def test_waiting_for_a_processor_is_not_the_answers_time(ask, monkeypatch):
    monkeypatch.setattr(watch.Clock, "waiting", lambda self: time.monotonic())
    source = "import time\ndef f():\n    time.sleep(0.3)\n    return 1"
    assert ask(source, time_limit=0.1) == 1


def test_even_that_has_a_limit(ask, monkeypatch):
    monkeypatch.setattr(watch.Clock, "waiting", lambda self: time.monotonic())
    with pytest.raises(AnswerStopped, match=r"ran longer than 0\.1 s in `f`"):
        ask("import time\ndef f(): time.sleep(60)", time_limit=0.1)


only_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells how long a process waits"
)


@pytest.fixture
def busy_processor():
    """Others hold the first processor; whoever goes there has to wait."""
    burn = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    # In sessions of their own, among which a scheduler that groups by session shares evenly, too.
    others = [
        subprocess.Popen(burn, stdout=subprocess.PIPE, start_new_session=True) for _ in range(4)
    ]
    try:
        for other in others:
            other.stdout.readline()
            psutil.Process(other.pid).cpu_affinity([0])
        yield
    finally:
        for other in others:
            with other:
                other.kill()


@only_linux
@pytest.mark.usefixtures("busy_processor")
def test_a_busy_machine_is_no_fault_of_the_answer(ask):
    source = """
import os, time
def f():
    os.sched_setaffinity(0, [0])
    began, end = time.monotonic(), time.process_time() + 0.3
    while time.process_time() < end:
        pass
    return time.monotonic() - began
"""
    assert ask(source, time_limit=0.8) > 0.8


@only_linux
@pytest.mark.usefixtures("busy_processor")
def test_a_judge_that_has_to_wait_does_not_count_it_against_the_answer():
    bench, _ = bench_with("def f(): pass")
    allowed = os.sched_getaffinity(0)
    with bench:
        clock = watch.Clock(bench.pid)
        os.sched_setaffinity(0, [0])
        try:
            clock.start()
            began, end = time.monotonic(), time.thread_time() + 0.3
            while time.thread_time() < end:
                pass
            counted, took = clock.seconds(), time.monotonic() - began
        finally:
            os.sched_setaffinity(0, allowed)
    assert min(0.1, took / watch.PATIENCE) <= counted < 0.6 * took


def test_all_requests_together_have_a_limit():
    bench, _ = bench_with("import time\ndef f(): time.sleep(0.2)", total_limit=0.7)
    answer = Answer(bench)

    def ask_on():
        while True:
            answer.f()

    with bench, pytest.raises(AnswerStopped, match=r"longer than 0\.7 s in all its tests together"):
        ask_on()


@pytest.mark.parametrize(
    "body",
    [
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.close(3); os.close(4); os._exit(1)",
    ],
)
def test_an_answer_that_ends_its_process_is_told_so(ask, body):
    with pytest.raises(AnswerStopped, match="ended its own process in `f`"):
        ask(f"def f():\n    {body}")


@pytest.mark.parametrize(
    "body", ["exit()", "import sys; sys.exit(0)", "raise SystemExit", "quit()"]
)
def test_exit_is_an_exception(ask, body):
    with pytest.raises(AnswerRaised) as caught:
        ask(f"def f():\n    {body}")
    assert caught.value.kind in ("SystemExit", "NameError")


def test_after_a_stop_nothing_more_is_asked():
    bench, _ = bench_with("import os\ndef f(): os._exit(0)\ndef g(): return 1")
    with bench:
        for name in ("f", "g"):
            with pytest.raises(AnswerStopped, match="in `f`"):
                getattr(Answer(bench), name)()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_an_answer_that_eats_memory_is_told_so(ask):
    with pytest.raises(AnswerRaised, match="`f` ran out of memory"):
        ask("def f():\n    return len(bytearray(2**33))")


def test_a_hundred_megabytes_printed_do_no_harm():
    source = "def f():\n    for _ in range(100):\n        print('x' * 10**6)\n    return 1"
    bench, _ = bench_with(source)
    with bench:
        assert Answer(bench).f() == 1
    assert 4000 <= len(bench.printed) < 4100


def test_the_beginning_and_the_end_of_what_is_printed_are_kept(ask):
    source = """
def f():
    print("first")
    for n in range(10_000):
        print("line", n)
    raise ValueError("here")
def g():
    import traceback
    try:
        f()
    except ValueError:
        traceback.print_exc()
"""
    bench, _ = bench_with(source)
    with bench:
        Answer(bench).g()
    lines = bench.printed.splitlines()
    assert lines[0] == "first"
    assert lines[-1] == "ValueError: here"
    assert 'raise ValueError("here")' in lines[-2]
    assert 'File "<answer question>", line 7, in f' in lines[-3]
    place = next(at for at, line in enumerate(lines) if "what is between is left out …" in line)
    assert re.fullmatch(r"line \d+", lines[place - 1])
    assert re.fullmatch(r"line \d{4}", lines[place + 1])


def test_a_hundred_megabytes_returned_are_too_much(ask):
    with pytest.raises(AnswerRaised, match="`f` is too much"):
        ask("def f(): return 'x' * 10**8")


def test_an_object_that_equals_everything_is_only_described(ask):
    got = ask("class E:\n    def __eq__(self, other): return True\ndef f(): return E()")
    assert isinstance(got, Opaque)
    assert got != 1


def test_a_name_defined_elsewhere_is_explained(ask):
    with pytest.raises(AnswerRaised, match="`helper` is not defined in the answer cells"):
        ask("def f(): return helper()")


def test_a_missing_answer_is_named():
    bench, _ = bench_with("def other(): pass")
    with bench, pytest.raises(AnswerRaised, match="does not define `f`"):
        Answer(bench).f()


def test_the_courses_own_cells_are_not_the_learners():
    cells = [
        Cell("earlier", "def g(): return 1"),
        Cell("earlier", "def g(): return 1 / 0", ours=True),
        Cell("question", "def f():\n    return g()"),
    ]
    with BenchProcess() as bench:
        assert bench.load(cells) == {}
        with pytest.raises(AnswerRaised) as caught:
            Answer(bench).f()
    assert str(caught.value.place) == "line 3 of the cell `question`: return g()"


def test_a_cell_of_ours_that_does_not_run_is_no_error_of_the_learners():
    cells = [Cell("earlier", "1 / 0", ours=True), Cell("question", "def f(): return 1")]
    with BenchProcess() as bench:
        assert bench.load(cells) == {}
        assert Answer(bench).f() == 1


def test_a_cell_of_ours_that_is_held_up_says_so():
    cells = [
        Cell("earlier", "import time"),
        Cell("earlier", "time.sleep(60)", ours=True),
        Cell("question", "def f(): return 1"),
    ]
    with BenchProcess(time_limit=0.3) as bench:
        errors = bench.load(cells)
    assert str(errors["question"]).startswith(
        "the course's own answer to `earlier`, which stands in for yours, does not come to its end"
    )


def test_course_lib_is_not_to_be_had():
    bench, errors = bench_with("import course_lib.protocol")
    with bench:
        assert "without course_lib" in str(errors["question"])


def test_a_syntax_error_has_its_place():
    bench, errors = bench_with("def f(:\n    pass")
    with bench:
        assert errors["question"].kind == "SyntaxError"
        assert str(errors["question"].place) == "line 2 of the cell `question`: def f(:"


def test_an_exception_has_the_learners_own_line(ask):
    with pytest.raises(AnswerRaised) as caught:
        ask("import json\ndef f():\n    x = 1\n    return json.loads('{')")
    assert str(caught.value.place) == "line 5 of the cell `question`: return json.loads('{')"


@pytest.mark.parametrize(
    "line",
    [
        'b"[]\\n"',
        'b"garbage\\n"',
        'b"\\xff\\n"',
        'b\'{"dict": [["error", {"dict": [["place", [1, "x", 2]]]}]]}\\n\'',
        'b"[" * 100000 + b"\\n"',
        'b\'{"dict": [["error", {"dict": [["kind", "E"], ["bases", []], ["message", ""], \'\n'
        '        b\'["name", null], ["place", ["question", Infinity, "x"]]]}]]}\\n\'',
    ],
)
def test_noise_in_the_reply_channel_is_no_value(line):
    source = f"import os\ndef f():\n    for fd in range(3, 10):\n        try: os.write(fd, {line})\n        except OSError: pass"
    bench, _ = bench_with(source)
    with bench, pytest.raises(AnswerStopped, match="judge's own channel"):
        Answer(bench).f()


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("raise ValueError('a\\ud800b')", "ValueError", "a\ud800b"),
        ("raise ValueError('x' * 10**8)", "ValueError", "x" * 2000),
        ("raise type('E' * 10**6, (Exception,), {})('b')", "E" * 100, "b"),
        ("raise NameError('n', name='x' * 10**7)", "NameError", "n"),
        ("import binascii; raise binascii.Error('odd')", "binascii.Error", "odd"),
        (
            "raise SyntaxError('s', ('<answer question>', float('inf'), 1, 'x' * 10**7))",
            "SyntaxError",
            "s",
        ),
        (
            "raise SyntaxError('s', ('<answer question>', object(), 1, object()))",
            "SyntaxError",
            "s",
        ),
    ],
)
def test_what_an_exception_says_is_kept_short_and_can_be_sent(ask, body, kind, text):
    with pytest.raises(AnswerRaised) as caught:
        ask(f"def f():\n    {body}")
    error = caught.value
    assert (error.kind, error.text) == (kind, text)
    assert len(f"{error} {error.what_came}".encode()) < 10_000
    assert len(error.place.text) <= 300


def test_a_number_too_long_to_write_down_can_be_shown(ask):
    assert "too long to write" in shown(ask("def f(): return [10**5000]"))


def test_a_flood_in_the_reply_channel_is_not_kept():
    source = """
import os
def f():
    while True:
        for fd in range(3, 10):
            try: os.write(fd, b"1" * 1000 + b"\\n")
            except OSError: pass
"""
    bench, _ = bench_with(source)
    with bench:
        with pytest.raises(AnswerStopped):
            Answer(bench).f()
        assert bench.printed == ""


@pytest.mark.skipif(os.name != "posix", reason="process groups")
@pytest.mark.parametrize("own_group", [False, True])
def test_a_child_ends_with_the_bench(own_group):
    source = f"""
import subprocess, sys
def f():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    return subprocess.Popen(command, start_new_session={own_group}).pid
"""
    bench, _ = bench_with(source)
    with bench:
        Answer(bench).f()
        [child] = psutil.Process(bench.pid).children()
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_objects_live_on_the_bench():
    source = """
class Counter:
    def __init__(self, start): self.n = start
    def up(self, by=1):
        self.n += by
        return self.n
def naturals():
    n = 0
    while True:
        yield n
        n += 1
async def ticks():
    for n in range(5):
        yield n
PORT = 443
"""
    bench, _ = bench_with(source)
    with bench:
        answer = Answer(bench)
        counter = answer.make("Counter", 5)
        assert counter.up() == 6
        assert counter.up(by=4) == 10
        assert answer.take(3, "naturals") == [0, 1, 2]
        assert answer.take(2, "ticks") == [0, 1]
        assert answer.value("PORT") == 443


def test_a_bench_that_was_stopped_can_be_closed_again():
    bench, _ = bench_with("import time\ntime.sleep(60)", time_limit=0.3)
    assert isinstance(bench.stopped, AnswerStopped)
    bench.close()
    assert not psutil.pid_exists(bench.pid)


HANDLERS = """
import asyncio
async def greet(websocket, words, end):
    await websocket.send(words)
    await websocket.recv()
    if end == "raise":
        raise KeyError(end)
async def leave_a_task(websocket):
    global sleeping
    sleeping = asyncio.create_task(asyncio.sleep(60))
async def stubborn(websocket):
    await websocket.send("")
    while True:
        try:
            await asyncio.sleep(60)
        except BaseException:
            pass
"""


async def visit(port, *messages):
    """Hear the first message, send some, and wait for the end."""
    async with connect(f"ws://127.0.0.1:{port}", proxy=None) as client:
        heard = await client.recv()
        for message in messages:
            await client.send(message)
        await client.wait_closed()
    return heard


@pytest.mark.parametrize(("end", "ending"), [("return", "returned"), ("raise", "KeyError")])
def test_a_handler_is_served_with_arguments_and_its_ending_is_known(end, ending):
    bench, _ = bench_with(HANDLERS)
    with bench:
        answer = Answer(bench)
        port = answer.serve("greet", "welcome", end=end)
        assert answer.endings() == []
        assert asyncio.run(visit(port, "bye")) == "welcome"
        assert answer.endings() == [ending]


@pytest.mark.parametrize(
    ("name", "args", "ending"),
    [("greet", ["", ""], "cancelled"), ("stubborn", [], "running")],
)
def test_a_handler_can_be_cancelled(name, args, ending):
    bench, _ = bench_with(HANDLERS)
    with bench:
        answer = Answer(bench)
        port = answer.serve(name, *args)

        async def cancel():
            async with connect(f"ws://127.0.0.1:{port}", proxy=None, close_timeout=0.1) as client:
                await client.recv()
                assert await asyncio.to_thread(answer.endings) == ["running"]
                return await asyncio.to_thread(answer.endings, cancel=True)

        assert asyncio.run(cancel()) == [ending]


def test_a_task_that_is_left_behind_is_counted():
    bench, _ = bench_with(HANDLERS)
    with bench:
        answer = Answer(bench)
        assert answer.tasks() == 0
        port = answer.serve("leave_a_task")

        async def come_and_go():
            async with connect(f"ws://127.0.0.1:{port}", proxy=None) as client:
                await client.wait_closed()

        asyncio.run(come_and_go())
        assert answer.endings() == ["returned"]
        while answer.tasks() > 1:  # the connection's own end at once, the sleeping one does not
            pass
        assert answer.tasks() == 1
