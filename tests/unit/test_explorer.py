"""The frame explorer of lesson 03."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from course_lib.notebook.explorer import Explorer
from course_lib.protocol import Frame, Opcode


@pytest.fixture
def explorer():
    explorer = Explorer("Hello")
    yield explorer
    explorer.close_all()


def shown(explorer):
    return explorer.children[-1].value


def test_it_starts_as_the_rfc_s_example(explorer):
    assert explorer.frame.encode().hex(" ") == "81 85 37 fa 21 3d 7f 9f 4d 51 58"
    assert "81 85 37 fa 21 3d 7f 9f 4d 51 58 (11 bytes on the wire)" in shown(explorer)
    assert "A receiver accepts this frame." in shown(explorer)


MENUS = """
from course_lib.notebook.explorer import Explorer
explorer = Explorer()
print(explorer.opcode.label, "and", explorer.length.label)
"""


@pytest.mark.parametrize("seed", ["1", "3", "6"])
def test_each_menu_has_a_choice_from_the_start_in_every_kernel(seed):
    done = subprocess.run(
        [sys.executable, "-c", MENUS],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0x1 TEXT and as long as the text\n"


def test_each_control_changes_the_bytes(explorer):
    for control, value, start in (
        (explorer.masked, False, "81 05 48"),
        (explorer.text, "é", "81 02 c3 a9"),
        (explorer.opcode, Opcode.BINARY, "82 02 c3 a9"),
        (explorer.fin, False, "02 02 c3 a9"),
        (explorer.length, 126, "02 7e 00 7e c3 a9 c3 a9"),
        (explorer.length, 0, "02 00 (2 bytes"),
    ):
        control.value = value
        assert start in shown(explorer)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_each_length_is_what_it_says(explorer, length):
    explorer.text.value = ""
    explorer.length.value = length
    frame = Frame.parse(explorer.frame.encode())
    assert len(frame.payload) == length
    assert f"({len(frame.encode()):,} bytes on the wire)" in shown(explorer)


@pytest.mark.parametrize(
    ("control", "value", "section"), [("length", 126, "5.5"), ("fin", False, "5.5")]
)
def test_what_a_receiver_refuses(explorer, control, value, section):
    explorer.opcode.value = Opcode.PING
    getattr(explorer, control).value = value
    assert "fails the connection with 1002" in shown(explorer)
    assert f"RFC 6455 section {section}" in shown(explorer)


def test_a_close_frame_has_a_code(explorer):
    explorer.opcode.value = Opcode.CLOSE
    assert explorer.frame.payload == b"\x03\xe8Hello"
    assert "accepts" in explorer.verdict


def test_a_front_end_without_widgets_shows_the_frame_as_it_stands(explorer):
    explorer.text.value = "<b>"
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"].startswith('TEXT, masked, 3 bytes: "<b>"')
    assert "(9 bytes on the wire)" in bundle["text/plain"]
    ElementTree.fromstring(bundle["text/html"])  # what is typed is no markup


def test_it_says_what_to_do_without_its_kernel(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "course_lib.notebook.explorer.display", lambda value, **_: shown.append(value)
    )
    explorer._ipython_display_()
    picture, note = shown
    assert picture["text/plain"] == str(explorer)
    assert "run the cell" in repr(note)
