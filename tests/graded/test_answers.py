"""What every exercise owes: its tests tell right answers from wrong ones, and say why."""

import os
import re
from collections import Counter

import pytest

from course_lib.exercises import cells
from course_lib.exercises.catalogue import exercise, exercises, stubs
from course_lib.marks import executors
from course_lib.paths import SOLUTIONS
from tests.graded.answers import read_examples
from tests.graded.judgement import Judgement

AT_ONCE = 8 * min(os.cpu_count() or 1, 4)
"""How many answers are judged at once: a judgement waits more than it computes, for what a server
never says, for instance."""

NAMES = [each.name for each in exercises()]
each_exercise = pytest.mark.parametrize("name", NAMES)


def solution_of(name):
    return cells.answers(cells.read(exercise(name).solution))


EXAMPLES = {
    name: read_examples(SOLUTIONS / f"{name}_answers.py", solution_of(name)) for name in NAMES
}


@pytest.fixture(scope="session")
def judgements(request):
    """Each test's judgement, begun with the first: by its test's name."""
    if "PYTEST_XDIST_WORKER" in os.environ:  # which has its share of the tests only
        yield {}
        return
    calls = {item.nodeid: getattr(item, "callspec", None) for item in request.session.items}
    wanted = {
        test: call.params["judgement"]
        for test, call in calls.items()
        if call and "judgement" in call.params
    }
    with executors.local(AT_ONCE) as pool:
        yield {test: pool.submit(wanted[test].verdicts) for test in in_turn(wanted)}


def in_turn(wanted):
    """The tests, with the whole exercises spread over the first three quarters of the others.

    They take longest: at the end each would be waited for, and all at once they'd mostly wait.
    """
    places = {}
    for whole, part in ((True, 0.75), (False, 1.0)):
        tests = [test for test, judgement in wanted.items() if (not judgement.question) is whole]
        places |= {test: part * number / len(tests) for number, test in enumerate(tests)}
    return sorted(wanted, key=places.get)


@pytest.fixture
def verdicts(request, judgement, judgements):
    begun = judgements.get(request.node.nodeid)
    return begun.result() if begun else judgement.verdicts()


def of_kind(kind):
    """The examples of a kind; of all exercises by turns, since some compute and others wait."""
    placed = []
    for name in NAMES:
        chosen = [example for example in EXAMPLES[name] if example.kind == kind]
        for number, example in enumerate(chosen):
            judgement = Judgement(name, {example.question: example.source}, example.question)
            param = pytest.param(judgement, example, id=f"{name[:2]} {example}".replace(" ", "-"))
            placed.append((number / len(chosen), param))
    params = [param for _, param in sorted(placed, key=lambda it: it[0])]
    return pytest.mark.parametrize(("judgement", "example"), params)


def each_judged(answers_to):
    params = [pytest.param(Judgement(name, answers_to(name)), id=name) for name in NAMES]
    return pytest.mark.parametrize("judgement", params)


def one_wrong_of_each():
    """A wrong answer to every question; beyond exercise 02 and the first of each, for long runs."""
    chosen = []
    for name in NAMES:
        first = {}
        for example in EXAMPLES[name]:
            if example.kind == "wrong":
                first.setdefault(example.question, example)
        for number, (question, example) in enumerate(first.items()):
            marks = [] if number == 0 or name == "02_handshake" else [pytest.mark.long]
            judgement = Judgement(name, solution_of(name) | {question: example.source})
            chosen.append(
                pytest.param(judgement, question, id=f"{name[:2]}-{question}", marks=marks)
            )
    return chosen


@of_kind("wrong")
def test_a_wrong_answer_is_told_why(verdicts, example):
    [verdict] = verdicts
    messages = [test.message for test in verdict.tests if test.outcome == "failed"]
    assert verdict.status == "failed"
    assert verdict.earned == 0
    assert any(example.says in message for message in messages), messages


@of_kind("right")
def test_a_right_answer_passes(verdicts, example):
    [verdict] = verdicts
    assert verdict.status == "passed", [test for test in verdict.tests if test.outcome != "passed"]
    assert verdict.earned == verdict.points


@each_exercise
def test_every_question_has_its_examples_and_hints(name):
    count = Counter((example.question, example.kind) for example in EXAMPLES[name])
    known = {question.name for question in exercise(name).questions}
    assert {question for question, _ in count} == known
    for question in exercise(name).questions:
        assert count[question.name, "wrong"] >= 3, question.name
        assert count[question.name, "right"] >= 1, question.name
        assert len(question.hints) == 3, question.name
    solution = solution_of(name)
    for example in EXAMPLES[name]:
        assert not cells.same_code(example.source, solution[example.question]), str(example)


@each_judged(lambda name: stubs(exercise(name)))
def test_the_untouched_exercise_earns_nothing(verdicts):
    assert {verdict.status for verdict in verdicts} == {"unanswered"}
    assert sum(verdict.earned for verdict in verdicts) == 0


@each_judged(solution_of)
def test_the_solution_earns_everything(verdicts, judgement):
    assert [verdict for verdict in verdicts if verdict.status != "passed"] == []
    assert sum(verdict.earned for verdict in verdicts) == exercise(judgement.exercise).points


@pytest.mark.parametrize(("judgement", "question"), one_wrong_of_each())
def test_a_wrong_answer_costs_its_own_points_only(verdicts, question):
    lost = [verdict.question for verdict in verdicts if verdict.status != "passed"]
    assert lost == [question]


@each_exercise
def test_the_notebook_agrees_with_the_tests(name):
    """Each answer cell comes after a heading that gives its points, in the tests' order."""
    points, found = None, []
    for cell in cells.read(exercise(name).solution)["cells"]:
        source = cells.source_of(cell)
        if heading := re.search(r"^## .*\((\d+) points?\)$", source, re.MULTILINE):
            points = int(heading[1])
        elif answer := cells.split_answer(source):
            found.append((answer.name, points))
            points = None
    assert found == [(question.name, question.points) for question in exercise(name).questions]


def test_question_names_are_unique():
    names = Counter(question.name for each in exercises() for question in each.questions)
    assert [name for name, count in names.items() if count > 1] == []
