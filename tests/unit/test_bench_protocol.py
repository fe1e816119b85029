"""The bench of the protocol measures what it says it does."""

import pytest
import websockets.frames

from benchmarks.protocol import bench, has_c_part, main, steps
from course_lib.errors import CourseError


@pytest.mark.parametrize("masked", [True, False])
def test_all_write_the_same_message_and_read_it(masked):
    both = steps("Hello", masked=masked)
    for name, step in both["encode"].items():
        wire = step()
        wire = b"".join(wire) if isinstance(wire, list) else wire
        assert len(wire) == (11 if masked else 7), name
    ours, theirs, *by_websockets = (step() for step in both["decode"].values())
    assert ours[0].text == theirs[0].data == "Hello"
    assert all(texts == ["Hello"] for texts in by_websockets)


def test_a_row_for_each_size_direction_and_masking():
    chosen = websockets.frames.apply_mask
    rows = list(bench(rounds=1))
    assert len({row.name for row in rows}) == 8
    for row in rows:
        assert len(row.microseconds) == 3 + has_c_part()
        assert all(time >= 0 for time in row.microseconds.values())
    assert websockets.frames.apply_mask is chosen


def test_the_table_is_printed(capsys):
    assert main(["--rounds", "1"]) == 0
    assert "decode 64 KiB" in capsys.readouterr().out
    with pytest.raises(CourseError, match="at least one round"):
        main(["--rounds", "0"])
