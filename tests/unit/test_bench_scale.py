"""`course bench scale` with a few clients: what it counts, saves and says."""

import json

import pytest

from benchmarks import scale
from course_lib.errors import CourseError


@pytest.mark.redis
def test_it_measures_saves_and_draws(tmp_path, capsys):
    numbers, figure = tmp_path / "scale.json", tmp_path / "scale.png"
    sizes = ["--clients", "3", "5", "--workers", "1", "2", "--messages", "2"]
    assert scale.main([*sizes, "--json", str(numbers), "--figure", str(figure)]) == 0
    points = json.loads(numbers.read_text())
    assert [(each["workers"], each["clients"]) for each in points] == [
        (1, 3), (1, 5), (2, 3), (2, 5)
    ]  # fmt: skip
    assert all(each["fan_out"] > 0 and each["connect"] > 0 for each in points)
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_without_redis_server_it_says_where_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CourseError, match="apt install redis-server"):
        scale.main(["--clients", "1", "--workers", "1"])


def test_sizes_are_numbers_from_1():
    with pytest.raises(CourseError, match="numbers from 1"):
        scale.main(["--clients", "0"])
