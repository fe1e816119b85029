"""Each check finds what it is there for, in a notebook made to be wrong."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.notebook import header_fields
from tests.notebooks import checks


def code(source, count=1, *, tags=(), outputs=(), **metadata):
    return new_code_cell(
        source,
        execution_count=count,
        outputs=list(outputs),
        metadata={"tags": list(tags), **metadata},
    )


def shown(text):
    return new_output("stream", text=text)


def notebook(*cells):
    return new_notebook(cells=list(cells))


def test_cells_executed_in_order_are_accepted():
    assert checks.unexecuted(notebook(code("1"), new_markdown_cell("why"), code("2", 2))) == []


@pytest.mark.parametrize("counts", [[None], [1, None], [2], [1, 3], [2, 1]])
def test_cells_not_executed_or_out_of_order(counts):
    assert checks.unexecuted(notebook(*(code("x = 1", count) for count in counts)))


def test_stored_error():
    error = new_output("error", ename="ValueError", evalue="no", traceback=[])
    assert "ValueError" in checks.errors(notebook(code("fail()", outputs=[error])))[0]
    meant = code("fail()", outputs=[error], tags=["raises-exception"])
    assert checks.errors(notebook(meant)) == []


WHY = {"varies": "a measured duration"}


def exempt(tag="nbval-ignore-output", **metadata):
    return code("measure()", tags=[tag], **metadata)


def test_exempt_cell_with_reason_and_conclusion():
    good = notebook(exempt(course=WHY), new_markdown_cell("so"), code("assert a < b"))
    assert checks.exempt_without_reason(good) == []
    shows = notebook(exempt(course=WHY), code("a < b", outputs=[shown("True")]))
    assert checks.exempt_without_reason(shows) == []


@pytest.mark.parametrize("tag", ["nbval-ignore-output", "nbval-skip"])
@pytest.mark.parametrize("metadata", [{}, {"course": {}}, {"course": {"varies": " "}}])
def test_exempt_cell_without_reason(tag, metadata):
    bad = notebook(exempt(tag, **metadata), code("assert a < b"))
    assert len(checks.exempt_without_reason(bad)) == 1


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([], id="nothing"),
        pytest.param([code("x = 1  # assert nothing")], id="no conclusion"),
        pytest.param([exempt(course=WHY), code("assert x")], id="exempt, too"),
    ],
)
def test_exempt_cell_without_conclusion(after):
    assert len(checks.exempt_without_reason(notebook(exempt(course=WHY), *after))) == 1


def test_cell_ids():
    stored = notebook(code("1"), code("2"))
    assert checks.cell_ids(stored) == []
    stored.cells[1]["id"] = stored.cells[0]["id"]
    assert "twice" in checks.cell_ids(stored)[0]
    del stored.cells[0]["id"]
    assert "no id" in checks.cell_ids(stored)[0]


def test_taken_names():
    poll = code("async def poll():\n    x = 1")
    assert checks.taken_names(notebook(poll, code("x, y = 1, 2\nawait poll()"))) == []
    complaint = "'a, poll = 1, 2' takes the name of the function `poll`"
    assert checks.taken_names(notebook(poll, code("a, poll = 1, 2"))) == [complaint]


def test_long_cells():
    lines = "\n".join(["x = 1"] * 26)
    assert "26 lines" in checks.long_cells(notebook(code(lines)))[0]
    assert checks.long_cells(notebook(code("x = 1\n" * 25), code(f"%%answer key\n{lines}"))) == []


@pytest.mark.parametrize(
    "path",
    [
        "/home/ada/course/x.py",
        "/Users/ada/x.py",
        "/root/x.py",
        "/tmp/x.py",
        "C:\\Users\\ada",
        "/srv/checkout/course_lib/protocol/handshake.py",
    ],
)
def test_machine_paths(path):
    here = Path("/srv/checkout")
    html = new_output("display_data", data={"text/html": f"<p>{path}</p>"})
    trace = new_output("error", ename="E", evalue="", traceback=["line", f"File {path}"])
    for bad in (
        new_markdown_cell(f"see {path}"),
        code(f"open({path!r})"),
        code("x", outputs=[shown(path)]),
        code("x", outputs=[html]),
        code("x", outputs=[trace]),
    ):
        assert checks.machine_paths(notebook(bad), here), bad


def test_addresses_and_pictures_are_no_machine_paths():
    picture = new_output("display_data", data={"image/png": "iVBOR/tmp/x", "text/plain": "Figure"})
    good = notebook(
        code("connect('ws://127.0.0.1:80/tmp/')", outputs=[picture]),
        new_markdown_cell("GET /chat HTTP/1.1, https://example.org/home/page"),
    )
    assert checks.machine_paths(good, Path("/srv/checkout")) == []


COOKIE = 'username-127-0-0-1-8888="2|1:0|10:1795571539|24:username|deadbeef"; _xsrf=2|7b93ff27'


@pytest.mark.parametrize(
    "text",
    [
        f"Host: 127.0.0.1\nCookie: {COOKIE}\n",
        "Set-Cookie: session=0123456789abcdef; HttpOnly",
        "Authorization: Bearer 0123456789abcdef",
        "authorization: Basic dXNlcjpwYXNzd29yZA==",
        "Referer: http://127.0.0.1:8888/lab?token=0123456789abcdef0123",
        f"<td>Cookie</td><td>{COOKIE}</td>",
    ],
)
def test_secrets(text):
    html = new_output("display_data", data={"text/html": f"<p>{text}</p>"})
    for output in (shown(text), html):
        assert len(checks.secrets(notebook(code("headers", outputs=[output])))) == 1


def test_what_is_said_to_be_there_is_no_secret():
    headers = [("Cookie", COOKIE), ("Sec-WebSocket-Key", "hvdgZn68DU4fpCeqOVH5QQ==")]
    said = header_fields([*headers, ("Referer", "/lab?token=0123456789abcdef0123")])
    html = new_output("display_data", data={"text/html": said._repr_html_()})
    good = notebook(code("headers", outputs=[shown(repr(said)), html]))
    assert checks.secrets(good) == []


def displayed(**data):
    return code("draw()", outputs=[new_output("display_data", data=data)])


@pytest.mark.parametrize(
    "cell",
    [
        displayed(**{"image/png": "iVBOR", "text/plain": "<Figure>"}),
        displayed(**{"text/html": '<img src="data:image/png;base64,iVBOR">'}),
        displayed(**{"text/html": '<img alt="">'}),
        displayed(**{"text/html": "<p><svg viewBox='0 0 1 1'></svg></p>"}),
        new_markdown_cell("See ![](picture.png)."),
        new_markdown_cell('<img src="picture.png">'),
    ],
)
def test_pictures_without_words(cell):
    assert len(checks.pictures_without_words(notebook(cell))) == 1


def test_pictures_with_words():
    good = [
        displayed(**{"text/html": '<img style="width: 1px" alt="A line" src="data:">'}),
        displayed(**{"text/html": '<svg aria-label="A line"></svg><svg aria-hidden="true"></svg>'}),
        new_markdown_cell("![A line](line.png)"),
    ]
    assert checks.pictures_without_words(notebook(*good)) == []


@pytest.fixture
def lesson(tmp_path):
    other = notebook(new_markdown_cell("# Frames\n\n## The `FIN` bit"))
    nbformat.write(other, tmp_path / "03_frames.ipynb")
    (tmp_path / "README.md").write_text("# The course\n\n## What's in it?\n")
    path = tmp_path / "02_handshake.ipynb"
    nbformat.write(notebook(), path)
    return path


@pytest.mark.parametrize(
    "link",
    [
        "03_frames.ipynb",
        "./03_frames.ipynb#The-FIN-bit",
        "README.md#whats-in-it",
        "https://example.org/nowhere.ipynb",
        "#My-heading",
    ],
)
def test_links_that_lead_somewhere(lesson, link):
    here = notebook(new_markdown_cell(f"# My heading\n\nsee [there]({link})"))
    assert checks.broken_links(here, lesson) == []


@pytest.mark.parametrize(
    "text",
    [
        "[x](04_messages.ipynb)",
        "[x](../03_frames.ipynb)",
        "[x](03_frames.ipynb#Nowhere)",
        "[x](README.md#nowhere)",
        "[x](#nowhere)",
        "![picture](picture.png)",
        "<img src='picture.png'>",
        '<a href="gone.md">x</a>',
        '[x](gone.md "with a title")',
    ],
)
def test_links_that_lead_nowhere(lesson, text):
    assert len(checks.broken_links(notebook(new_markdown_cell(text)), lesson)) == 1


def test_links_in_code_are_text():
    here = notebook(new_markdown_cell("`[x](gone.md)`\n```\n[y](gone.md)\n```"))
    assert checks.links(here) == []


def test_missing_neighbours():
    lessons = [Path("00_a.ipynb"), Path("02_b.ipynb"), Path("03_c.ipynb")]
    both = notebook(new_markdown_cell("[before](00_a.ipynb), [after](./03_c.ipynb#Top)"))
    none = notebook(new_markdown_cell("nothing"))
    assert checks.missing_neighbours(both, lessons[1], lessons) == []
    assert checks.missing_neighbours(none, lessons[1], lessons) == [
        "no link to 00_a.ipynb",
        "no link to 03_c.ipynb",
    ]
    assert checks.missing_neighbours(none, lessons[0], lessons) == ["no link to 02_b.ipynb"]
    assert checks.missing_neighbours(none, lessons[2], lessons) == ["no link to 02_b.ipynb"]


GLOSSARY = notebook(new_markdown_cell("## close code"), new_markdown_cell("## frame"))
FRAME, CODE = "[frames](glossary.ipynb#frame)", "[close\ncode](glossary.ipynb#close-code)"


def used(*texts):
    return [notebook(new_markdown_cell("# 02 · Frames"), *map(new_markdown_cell, texts))]


@pytest.mark.parametrize(
    "texts",
    [
        [f"Here come {FRAME} with a {CODE}."],
        [f"`frame` and\n```\nframe\n```\n{FRAME}, a {CODE}, another frame"],
        [
            "**Predict.** What is a frame?\n<details><summary>A frame</summary></details>",
            FRAME + CODE,
        ],
        ["## The frame", "a frameset, time-frame", FRAME + CODE],
    ],
)
def test_terms_that_are_linked_where_they_are_first_used(texts):
    assert checks.unlinked_terms(GLOSSARY, used(*texts)) == []


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ([CODE], "no lesson uses 'frame'"),
        ([f"One Frame is short. {FRAME} {CODE}"], "'frame' is no link where it is first used"),
        (["Frames!", FRAME + CODE], "'frame' is no link where it is first used"),
        ([FRAME, "the close\ncode 1000", CODE], "'close code' is no link where it is first used"),
    ],
)
def test_terms_that_are_not(texts, complaint):
    (found,) = checks.unlinked_terms(GLOSSARY, used(*texts))
    assert found.startswith(complaint)


def test_terms_in_order_and_in_small_letters():
    assert checks.unsorted_terms(GLOSSARY) == []
    bad = notebook(new_markdown_cell("## frame"), new_markdown_cell("## TLS"))
    assert len(checks.unsorted_terms(bad)) == 2


def test_numbers_that_stand_in_the_lesson_that_is_named():
    lesson = notebook(new_markdown_cell("it took 1,250 ms, or 3.5 times as long"))
    page = "| a | [02](02_a.ipynb) | {} |"
    for good in ("1,250 ms", "3.5 times", "nothing", "1,250, 3.5."):
        told = notebook(new_markdown_cell(page.format(good)))
        assert checks.unfounded_numbers(told, {"02": lesson}) == []
    for bad in ("250 ms", "3 times", "1,2", "50"):
        told = notebook(new_markdown_cell(page.format(bad)))
        assert len(checks.unfounded_numbers(told, {"02": lesson})) == 1


def test_outputs_left():
    assert checks.outputs_left(notebook(code("x", None))) == []
    assert checks.outputs_left(notebook(code("x", 1)))
    assert checks.outputs_left(notebook(code("x", None, outputs=[shown("1")])))
