"""What a notebook shows beside pictures: header fields without secrets, and how far a cell is."""

import json
import os
import subprocess
import sys

import pytest

from course_lib.notebook import header_fields, progress
from course_lib.notebook.display import without_secret

COOKIE = "username-127-0-0-1-8888=2|1:0|10:1700000000|23:username|deadbeef; _xsrf=2|abc"


@pytest.mark.parametrize(
    "name",
    ["Cookie", "set-cookie", "Authorization", "Proxy-Authorization", "X-XSRFToken", "X-Api-Key"],
)
def test_a_secret_is_said_to_be_there_and_not_shown(name):
    rich = header_fields([("Host", "127.0.0.1"), (name, COOKIE)])
    for form in (repr(rich), rich._repr_html_()):
        assert f"present ({len(COOKIE)} characters, not shown)" in form
        assert "username" not in form
        assert "127.0.0.1" in form


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://127.0.0.1/lab?token=abc123", "http://127.0.0.1/lab?token=(not shown)"),
        ("/x?a=1&access_token=abc&b=2", "/x?a=1&access_token=(not shown)&b=2"),
    ],
)
def test_a_token_in_an_address_is_not_shown(value, shown):
    assert without_secret("Referer", value) == shown


@pytest.mark.parametrize("name", ["Sec-WebSocket-Key", "Origin", "Host"])
def test_what_is_no_secret_is_shown(name):
    assert without_secret(name, "dGhlIHNhbXBsZSBub25jZQ==") == "dGhlIHNhbXBsZSBub25jZQ=="


def test_markup_in_a_field_is_no_markup():
    assert "<b>" not in header_fields([("X", "<b>")])._repr_html_()


KERNEL = """
import json
import os
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
InteractiveShell.instance()
from course_lib.notebook import progress
with capture_output() as shown:
    with progress("Counting") as report:
        report(0.25)
        report(0.5, "to ten")
    try:
        with progress("Failing", total=10):
            1 / 0
    except ZeroDivisionError:
        pass
print(json.dumps([out.data["text/plain"] for out in shown.outputs] + [shown.stdout, shown.stderr]))
"""


def said(environment):
    done = subprocess.run(
        [sys.executable, "-c", KERNEL], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_a_front_end_sees_how_far_it_is():
    lines = said({**os.environ, "JPY_SESSION_NAME": "lesson.ipynb"})
    assert lines[0] == "Counting"
    assert lines[1].startswith("Counting, ")
    assert lines[1].endswith(" s (25%)")
    assert lines[2].startswith("Counting, to ten, ")
    assert lines[3].startswith("Counting: done in ")
    assert lines[5].startswith("Failing: stopped after ")
    assert lines[6:] == ["", ""]


def test_a_program_sees_nothing():
    environment = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    assert said(environment) == ["", ""]


def test_an_error_is_passed_on():
    with pytest.raises(KeyError), progress("Failing"):
        raise KeyError


def test_what_is_meant_for_a_person_has_no_traceback_in_a_notebook(tmp_path):
    cell = "from course_lib.errors import CourseError; raise CourseError('Run the first cell.')"
    command = [sys.executable, "-m", "IPython", "--colors=NoColor", "-c", cell]
    environment = os.environ | {"IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.stdout + done.stderr).strip() == "Run the first cell."
