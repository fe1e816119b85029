"""The figures of head-of-line blocking. Each draws on a new figure and returns its axes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from course_lib.beyond.blocking import Sent, Way, late_share
from course_lib.measure.axes import legend_above, moment, plain_log
from course_lib.measure.style import PALETTE, Look
from course_lib.network import Profile

LOOKS = {
    Way.ONE_STREAM: Look(PALETTE[1], "s", "-", ".."),
    Way.STREAMS: Look(PALETTE[0], "D", "--", ""),
    Way.DATAGRAMS: Look(PALETTE[2], "o", "-.", "\\\\"),
}


def arrival_curves(runs: Sequence[Sent], link: Profile) -> Axes:
    """How large a share of all messages had arrived within which time."""
    axes = plt.subplots(figsize=(7.5, 3.6))[1]
    longest = 1000 * max(each.arrived[-1] for each in runs)
    for run in runs:
        look, share = LOOKS[run.way], np.arange(1, len(run.arrived) + 1) / len(run.latencies)
        axes.step(
            [1000 * run.arrived[0], *(1000 * each for each in run.arrived), longest],
            [0, *share, share[-1]],
            where="post",
            **look.as_line,
            label=run.way,
        )
    way, back = 1000 * link.mean_delay, 1000 * link.round_trip
    for at, words in ((way, "one way"), (way + back, "a round trip later")):
        moment(axes, at, words, (at - way / 12, 0.4))
    axes.set(xlabel="latency (ms)", ylabel="share of the messages", ylim=(0, 1.03))
    axes.set_xlim(left=way / 2)
    axes.set_title("How long until a message arrives", loc="left")
    legend_above(axes)
    return axes


def late_shares(runs: Sequence[Sent], link: Profile, interval: float) -> Axes:
    """The share of late messages over the loss: marks as measured, lines by the formula."""
    axes = plt.subplots(figsize=(7.5, 3.6))[1]
    fine = np.geomspace(0.5 * min(run.loss for run in runs), 1.3 * max(run.loss for run in runs))
    for way, look in LOOKS.items():
        ours = [run for run in runs if run.way is way]
        expected = [100 * late_share(way, float(loss), link, interval) for loss in fine]
        axes.plot(100 * fine, expected, **look.as_line)
        losses = [100 * run.loss for run in ours]
        late = [100 * run.late(link) for run in ours]
        axes.plot(losses, late, label=way, **look.as_marks, markersize=8)
        if way is Way.DATAGRAMS:
            missing = [100 * run.missing / len(run.latencies) for run in ours]
            hollow = look.as_marks | {"markersize": 8, "markerfacecolor": "none"}
            axes.plot(losses, missing, label="never came", **hollow)
    axes.set(xscale="log", xlabel="packets lost (%)", ylabel="messages late (%)")
    plain_log(axes.xaxis)
    axes.set_title("Messages that are late (lines: formula)", loc="left")
    axes.legend(loc="upper left")  # where both curves are low
    return axes
