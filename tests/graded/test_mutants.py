"""The small faults of the solutions: each kind is made, and one that nobody notices is found."""

from argparse import Namespace

import pytest

from course_lib.errors import CourseError
from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, exercises
from tests.graded import mutants
from tests.graded.answers import read_examples
from tests.graded.faults import Fault, faults, same
from tests.graded.mutants import edit_of, mutants_of

NAMES = [each.name for each in exercises()]
KINDS = [
    ("if a < b: x = 1", "comparison", "if a <= b: x = 1"),
    ("x = a in (1, 2)", "comparison", "x = a not in (1, 2)"),
    ("x = a is not None", "comparison", "x = a is None"),
    ("x = a in ('b', 'c')", "element dropped", "x = a in ('b',)"),
    ("x = {'b': 1, 'c': 2}", "element dropped", "x = {'c': 2}"),
    ("x = {'b': 1, 'c': 2}", "element dropped", "x = {'b': 1}"),
    ("x = 125", "constant changed", "x = 126"),
    ("x = 125", "constant changed", "x = 124"),
    ("x = 0x7F", "constant changed", "x = 0x80"),
    ("x = 0.5", "constant changed", "x = 1.0"),
    ("x = 'é' + 'b'", "constant changed", "x = 'é' + 'bx'"),
    ("x = f'{a}b'", "constant changed", "x = f'{a}bx'"),
    ("def f(a=True): return a", "constant changed", "def f(a=False): return a"),
    ("x = data[start:]", "border by one", "x = data[start + 1:]"),
    ("x = range(n)", "border by one", "x = range(n + 1)"),
    ("x = a + b", "arithmetic", "x = a - b"),
    ("x = (a) >> (b)", "arithmetic", "x = (a) << (b)"),
    ("x += 1", "arithmetic", "x = 1"),
    ("x = a and b", "and/or", "x = a or b"),
    ("x = a and b", "condition dropped", "x = b"),
    ("x = not a", "sign or `not` dropped", "x = a"),
    ("if a: x = 1", "condition negated", "if not a: x = 1"),
    ("if a: x = 1", "condition always True", "if True: x = 1"),
    ("if a: x = 1\nelse: x = 2", "condition always False", "if False: x = 1\nelse: x = 2"),
    ("x = 1 if a else 2", "condition always True", "x = 1 if True else 2"),
    ("x = [a for a in b if a]", "condition always True", "x = [a for a in b if True]"),
    ("x = min(a, b)", "another function", "x = max(a, b)"),
    ("x = a.split(',', 1)", "argument dropped", "x = a.split(',')"),
    ("x = f(a, key=b)", "argument dropped", "x = f(a)"),
    ("f(a)\ng(b)", "statement dropped", "pass\ng(b)"),
    ("f(a)\ng(b)", "statements swapped", "g(b)\nf(a)"),
    ("x = None\nf()\nx = 1", "statement dropped", "x = None\nf()\npass"),
    ("def f():\n if a:\n  g()\n  return 1\n return 2", "statement dropped", None),
    ("def f(): return 1", "returns nothing", "def f(): return"),
    ("raise ValueError('no')", "another exception", "raise Exception('no')"),
    ("for a in b: f(a)", "statement dropped", "pass"),
    ("for a in b:\n f(a)", "one round of the loop only", "for a in b:\n f(a)\n break"),
    ("for a in b:\n if a: break\n f(a)", "`continue` for `break`", None),
    ("for a in b:\n if a: continue\n f(a)", "`break` for `continue`", None),
    ("async def f(): await g()", "`await` forgotten", "async def f(): g()"),
    ("with a:\n  f()", "`with` forgotten", "if True:\n  f()"),
    ("try: f()\nexcept E: x = 1", "exception not caught", "try: f()\nexcept E: raise"),
    ("try: f()\nexcept (E, F): raise", "exception not caught", "try: f()\nexcept (F): raise"),
    ("def f():\n x = []\n return x", "shared by all calls", None),
    (
        "class A:\n def __init__(self):\n  self.x = []",
        "shared by all objects",
        "class A:\n x = []\n def __init__(self):\n  pass",
    ),
]


@pytest.mark.parametrize(("source", "kind", "changed"), KINDS)
def test_every_kind_of_fault_is_made(source, kind, changed):
    found = [fault.source for fault in faults(source) if fault.kind == kind]
    assert found
    assert changed is None or same(changed) in map(same, found)


@pytest.mark.parametrize(
    "source",
    [
        '"""What it is."""',
        "def f(a: int | None) -> int | None: ...",
        "import asyncio",
        "raise ValueError",
        "self.a = b\nself.c = d",
    ],
)
def test_what_says_nothing_is_left_alone(source):
    kinds = {fault.kind for fault in faults(source)}
    assert kinds <= {"another exception", "statement dropped", "one round of the loop only"}


def test_the_rest_keeps_its_form_and_no_fault_comes_twice():
    source = "# é\nx = (a  # why\n     < b)\ny = 1\n"
    found = faults(source)
    assert Fault("comparison", 2, source.replace("<", "<=")) in found
    assert len({same(fault.source) for fault in found}) == len(found)


@pytest.mark.parametrize("name", NAMES)
def test_the_difference_that_is_shown_can_be_listed_as_it_is(name, tmp_path):
    there = exercise(name)
    solution = cells.answers(cells.read(there.solution))
    found = [(question, fault) for question in solution for fault in faults(solution[question])]
    assert len(found) > 10
    file = tmp_path / "answers.py"
    for question, fault in found:
        edit = edit_of(solution[question], fault.source)
        file.write_text(f"# %% same {question}: x\n{edit}\n", "utf-8")
        [example] = read_examples(file, solution)
        assert same(example.source) == same(fault.source)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_to_make_no_difference_is_a_mutant(name):
    assert mutants_of(exercise(name))


def test_a_fault_that_no_test_notices_is_found(monkeypatch, capsys, tmp_path):
    def planted(source):
        if not source.startswith("def message_size"):
            return []
        wrong = Fault("wrong", 1, "def message_size(text):\n    return 6455\n")
        return [wrong, Fault("planted", 1, source + "\nunused = True\n")]

    monkeypatch.setattr(mutants, "faults", planted)
    report = tmp_path / "report.json"
    args = Namespace(exercise="00", question=None, json=report, jobs=2)
    assert mutants.run(args) == 1
    output = capsys.readouterr().out
    assert "planted" in output
    assert "# + unused = True" in output
    assert "1 of 2      50.0%" in output
    assert "unused = True" in report.read_text("utf-8")

    edit = output[output.index("# %% same") : output.index("\n\nmessage_size")]
    listed = (mutants.SOLUTIONS / "00_start_here_answers.py").read_text("utf-8")
    listed += edit.replace("message_size: ", "message_size: nobody reads it") + "\n"
    (tmp_path / "00_start_here_answers.py").write_text(listed, "utf-8")
    monkeypatch.setattr(mutants, "SOLUTIONS", tmp_path)
    assert mutants.run(args) == 0
    assert "1 that make no difference" in capsys.readouterr().out

    monkeypatch.setattr(mutants, "faults", lambda source: planted(source)[:1])
    with pytest.raises(CourseError, match="explains what is no mutant: nobody reads it"):
        mutants.run(args)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NAMES)
def test_the_tests_notice_nearly_every_small_fault(name):
    tried = [mutant for mutant in mutants_of(exercise(name)) if mutant.reason is None]
    alive = mutants.survivors(tried, 1, lambda: None)
    killed = 1 - len(alive) / len(tried)
    assert killed >= 0.95, [(mutant.question, mutant.edit) for mutant in alive]
