"""Head-of-line blocking: what is late where a packet is lost."""

import asyncio

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from course_lib.beyond.blocking import Sent, Way, late_share, race
from course_lib.beyond.blocking_plots import arrival_curves, late_shares
from course_lib.network import PROFILES, Profile

MOBILE = PROFILES["mobile_4g"]


def test_what_was_lost_comes_again_in_streams_and_never_as_a_datagram():
    runs = asyncio.run(
        race(Profile("short", delay=0.01), [0.2], messages=80, interval=0.01, seed=1)
    )
    assert [run.way for run in runs] == list(Way)
    one, each, datagrams = runs
    assert one.missing == each.missing == 0
    assert 0 < datagrams.missing < 40
    assert len(datagrams.arrived) + datagrams.missing == 80
    assert all(run.loss > 0 for run in runs)


def test_without_losses_nothing_is_missing():
    runs = asyncio.run(race(Profile("short"), [0.0], messages=20, interval=0.005, seed=1))
    assert [run.missing for run in runs] == [0, 0, 0]
    assert all(run.loss == 0 for run in runs)


def test_late_is_what_came_too_late_and_missing_what_never_came():
    run = Sent(Way.DATAGRAMS, 0.25, (0.05, None, 0.2, 0.046))
    assert (run.late(MOBILE), run.missing, run.arrived) == (0.25, 1, [0.046, 0.05, 0.2])


@pytest.mark.parametrize(
    ("way", "share"), [(Way.DATAGRAMS, 0.0), (Way.STREAMS, 0.02), (Way.ONE_STREAM, 0.085)]
)
def test_the_rule_of_thumb(way, share):
    # In one stream, (90 + 25 - 30) / 25 = 3.4 messages wait for each that is lost: 1 - 0.98 ** 4.4.
    assert late_share(way, 0.02, MOBILE, 0.025) == pytest.approx(share, abs=5e-4)


def test_the_figures_name_every_way():
    runs = [Sent(way, 0.02, (0.05, 0.06, 0.3)) for way in Way]
    for axes in (arrival_curves(runs, MOBILE), late_shares(runs, MOBILE, 0.025)):
        labels = " ".join(text.get_text() for text in axes.get_legend().get_texts())
        assert all(way in labels for way in Way)
        assert axes.get_title(loc="left")
    plt.close("all")
