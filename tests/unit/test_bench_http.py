"""A bench serves a learner's aiohttp handler, so that the judge can ask it over a real socket."""

from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from course_lib.exercises.cells import Cell
from course_lib.judge.answer import Answer
from course_lib.judge.bench_process import BenchProcess

CELL = Cell(
    "greet",
    """
from aiohttp import web

told = []

def tell(text):
    told.append(text)

async def greet(request):
    if request.path == "/gone":
        raise web.HTTPGone
    return web.json_response([request.query["name"], *told])
""",
)


@pytest.fixture
def answer():
    with BenchProcess() as bench:
        assert bench.load([CELL]) == {}
        yield Answer(bench)


def test_requests_and_calls_meet_in_one_module(answer):
    url = f"http://127.0.0.1:{answer.serve_http('greet')}"
    answer.tell("hello")
    with urlopen(f"{url}/?name=Ada") as response:
        assert response.read() == b'["Ada", "hello"]'


@pytest.mark.parametrize(
    ("path", "status", "text"), [("/", 500, "KeyError: 'name'"), ("/gone", 410, "410: Gone")]
)
def test_an_exception_becomes_an_answer(answer, path, status, text):
    port = answer.serve_http("greet")
    with pytest.raises(HTTPError) as caught:
        urlopen(f"http://127.0.0.1:{port}{path}")
    with caught.value as response:
        assert (response.code, response.read().decode()) == (status, text)
