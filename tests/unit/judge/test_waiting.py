"""Exercises whose tests wait: more of them at once than there are processors, and a program that computes."""

import os

import pyperf
import pytest

from benchmarks.grade import Run, report, suites
from course_lib.cli import main
from course_lib.marks import executors

LONG = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.mark.parametrize(
    ("number", "size"),
    [
        ("07", 3),
        pytest.param("07", 40, marks=LONG),
        pytest.param("08", 40, marks=LONG),
    ],
)
def test_a_class_whose_tests_wait_gets_its_planned_marks_twice(number, size, tmp_path, capsys):
    assert executors.window(os.cpu_count()) > 2 * os.cpu_count()
    file = tmp_path / "values.json"
    class_of = ["--exercise", number, "--class", str(size), "--twice"]
    assert main(["bench", "grade", *class_of, "--busy", "2", "--json", str(file)]) == 0
    said = capsys.readouterr()
    assert "as planned and the same" in said.err
    assert "peak MiB" in said.out
    found = {each.get_name(): each for each in pyperf.BenchmarkSuite.load(str(file))}
    for what, unit in {"seconds": "second", "CPU seconds": "second", "peak memory": "byte"}.items():
        values = [each for name, each in found.items() if name.endswith(f"{size} files: {what}")]
        assert [each.get_unit() for each in values] == [unit] * 2
        assert all(each.median() > 0 for each in values)


def test_a_run_with_nothing_left_to_do_has_no_rate(capsys):
    from rich.console import Console

    runs = [Run("all", 10, 60.0, 5.0, 2**20), Run("the rest", 0, 1.0, 1.0, 2**20)]
    report(runs, Console(width=100))
    rows = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert [cell.strip() for cell in rows[0]] == ["all", "10", "60.0", "10", "0.50", "1", ""]
    assert [cell.strip() for cell in rows[1]] == ["the rest", "0", "1.0", "", "", "1", ""]
    assert len(suites(runs)) == 6
