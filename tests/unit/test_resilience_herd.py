"""Clients that come back together, and clients that do not."""

import asyncio
import sys

import pytest

from course_lib.errors import CourseError
from course_lib.measure.herd import Herd, herd


def test_peak_is_the_most_in_any_window():
    attempts = (0.0, 0.05, 0.09, 0.5, 0.55, 0.58, 0.61, 2.0)
    assert Herd("none", attempts, (), 0.0).peak() == 3
    assert Herd("none", attempts, (), 0.0).peak(0.15) == 4
    assert Herd("none", attempts, (), 0.0).peak(10) == 8


@pytest.mark.parametrize("strategy", ["none", "full"])
def test_every_client_comes_back(strategy):
    found = asyncio.run(herd(strategy, 20, base=0.3, outage=0.1, seed=1), debug=True)
    assert found.strategy == strategy
    assert len(found.opened) == 20 <= len(found.attempts)
    assert found.back <= found.opened[0]
    assert all(moment > 0.3 for moment in found.attempts) == (strategy == "none")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts no open files")
def test_too_many_connections_are_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr("resource.getrlimit", lambda _: (50, 100))
    with pytest.raises(CourseError, match="allows 100 open files"):
        asyncio.run(herd("none", 500))


@pytest.mark.long
def test_full_jitter_of_500_clients_peaks_below_a_quarter():
    together, spread = (
        asyncio.run(herd(name, base=4, cap=40, seed=1)) for name in ("none", "full")
    )
    assert len(together.opened) == len(spread.opened) == 500
    assert spread.peak() < together.peak() / 4
