"""Clients that come back together, and clients that do not."""

import asyncio
import sys
from collections import Counter

import pytest

from course_lib.errors import CourseError
from course_lib.measure.child import Child
from course_lib.measure.herd import Attempt, Herd, Outcome, _Client, _listen, _serve, herd
from course_lib.resilience.backoff import STRATEGIES


def test_peak_is_the_most_in_any_window():
    moments = (0.0, 0.05, 0.09, 0.5, 0.55, 0.58, 0.61, 2.0)
    found = Herd("none", tuple(Attempt(0, due, Outcome.AWAY) for due in moments), 0.0)
    assert found.peak() == 3
    assert found.peak(0.15) == 4
    assert found.peak(10) == 8


def test_without_jitter_they_come_again_and_again():
    found = asyncio.run(herd("none", 20, base=0.1, cap=0.2, outage=0.25, limit=5), debug=True)
    waves = Counter((round(each.due, 3), each.outcome) for each in found.timeline)
    assert waves == {
        (0.1, Outcome.AWAY): 20,
        (0.3, Outcome.OPEN): 5,
        (0.3, Outcome.REFUSED): 15,
        (0.5, Outcome.OPEN): 5,
        (0.5, Outcome.REFUSED): 10,
        (0.7, Outcome.OPEN): 5,
        (0.7, Outcome.REFUSED): 5,
        (0.9, Outcome.OPEN): 5,
    }
    assert (found.peak(), found.refused, found.back) == (20, 30, 0.25)


def test_who_is_late_takes_nobodys_place():
    """An attempt that was due while the server was away may find one on a busy machine."""

    async def main():
        async with Child(_serve) as server:
            port = await _listen(server, opens=0.25, limit=1)

            async def outcome(due):
                client = _Client(0, f"ws://127.0.0.1:{port}/", asyncio.Event(), 0.25)
                found = await client._try(due)
                await client.leave()
                return found

            found = [await outcome(due) for due in (0.21, 0.24, 0.25, 0.29, 0.31)]
            away, refused, let_in = Outcome.AWAY, Outcome.REFUSED, Outcome.OPEN
            assert found == [away, away, let_in, refused, let_in]

    asyncio.run(main())


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_every_client_comes_back_at_the_moments_that_were_drawn(strategy):
    def run():
        work = herd(strategy, 20, base=0.1, cap=0.2, outage=0.25, limit=20, seed=1)
        return asyncio.run(work, debug=True)

    found = run()
    assert found == run()
    assert found.strategy == strategy
    assert found.attempts == sorted(found.attempts)
    assert len(found.opened) == 20
    for each in found.timeline:
        assert (each.due < found.back) == (each.outcome is Outcome.AWAY)
    last = {each.client: each.outcome for each in found.timeline}
    assert last == dict.fromkeys(range(20), Outcome.OPEN)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts no open files")
def test_too_many_connections_are_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr("resource.getrlimit", lambda _: (50, 100))
    with pytest.raises(CourseError, match="allows 100 open files"):
        asyncio.run(herd("none", 500))


@pytest.mark.long
def test_jitter_spreads_500_clients_and_spares_the_server():
    found = {
        name: asyncio.run(herd(name, seed=1)) for name in ("none", "equal", "full", "decorrelated")
    }
    together = found.pop("none")
    assert (len(together.opened), together.peak(), together.refused) == (500, 500, 1000)
    for spread in found.values():
        assert len(spread.opened) == 500
        assert spread.peak() < together.peak() / 2
        assert spread.refused < together.refused / 4
        assert spread.opened[-1] < together.opened[-1] / 2
