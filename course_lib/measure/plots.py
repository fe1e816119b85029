"""The figures of an experiment. Each draws on `axes` and returns them.

They are drawn in the style that is in force; see `course_lib.measure.style.use_style`. Where
`sizes` are given (see `measure_sizes`), what the formulas say is drawn over what was
measured.
"""

from collections.abc import Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from course_lib.measure import predict
from course_lib.measure.axes import at_the_ends, bars, legend_above, moment, plain_log
from course_lib.measure.experiment import Delivery, Experiment, Results
from course_lib.measure.sizes import WireSizes
from course_lib.measure.style import INK, LOOKS, Look
from course_lib.transports import Transport

Sizes = dict[Transport, WireSizes]


def latency_ecdf(results: Results, link: str | None = None, *, axes: Axes) -> Axes:
    """How large a part of the events had arrived within which time."""
    for below, delivery in enumerate(_of_link(results, link)):
        look = LOOKS[delivery.transport]
        milliseconds = [1000 * latency for latency in delivery.latencies]
        part = np.arange(1, len(milliseconds) + 1) / len(milliseconds)
        axes.step(
            [milliseconds[0], *milliseconds],
            [0, *part],
            where="post",
            **look.as_line,
            marker=look.marker,
            markevery=max(1, len(milliseconds) // 8),
            label=delivery.transport.label,
            zorder=3 - below / 10,  # dashes over a solid line, or they could not be seen
        )
    links = results.experiment.links
    profile = next(each for each in links if link in (None, each.name))
    if profile.delay:
        mean = 1000 * profile.mean_delay
        moment(axes, mean, f"one way: {mean:.3g} ms", (800 * profile.delay, 0.5))
        axes.set_xlim(left=600 * profile.delay)
    axes.set(xscale="log", xlabel="latency (ms)", ylabel="share of the events", ylim=(0, 1.03))
    plain_log(axes.xaxis)
    axes.set_title("How long until an event arrives", loc="left")
    legend_above(axes)
    return axes


def latency_over_time(results: Results, link: str | None = None, *, axes: Axes) -> Axes:
    """The latency of each event, at the moment it was published."""
    for delivery in _of_link(results, link):
        look, label = LOOKS[delivery.transport], delivery.transport.label
        when, latency = np.array(delivery.samples).T
        axes.plot(when, 1000 * latency, **look.as_marks, alpha=0.8, label=label)
    axes.set(yscale="log", xlabel="event published at (s)", ylabel="latency (ms)")
    plain_log(axes.yaxis)
    axes.set_title("The latency of each event", loc="left")
    legend_above(axes)
    return axes


def request_counts(
    results: Results, sizes: Sizes | None = None, link: str | None = None, *, axes: Axes
) -> Axes:
    """How many HTTP requests each transport made."""
    deliveries = _of_link(results, link)
    counts = [delivery.requests for delivery in deliveries]
    bars(axes, deliveries, counts)
    if sizes is not None:
        _mark(axes, [each.requests for each in _predictions(results, deliveries, sizes)])
    at_the_ends(axes, counts)
    axes.set_xlabel("requests (a WebSocket's handshake is one)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    events = deliveries[0].published * results.experiment.clients
    axes.set_title(f"Requests for {events} events", loc="left")
    if sizes is not None:
        legend_above(axes)
    return axes


def bytes_per_event(
    results: Results, sizes: Sizes | None = None, link: str | None = None, *, axes: Axes
) -> Axes:
    """Bytes on the wire for each event received: the event itself, and all the rest."""
    deliveries = _of_link(results, link)
    events = [len(each.samples) for each in deliveries]
    totals = [each.bytes / count for each, count in zip(deliveries, events, strict=True)]
    payloads = [each.payload_bytes / count for each, count in zip(deliveries, events, strict=True)]
    around = [total - payload for total, payload in zip(totals, payloads, strict=True)]
    bars(axes, deliveries, payloads, around)
    if sizes is not None:
        expected = _predictions(results, deliveries, sizes)
        _mark(axes, [each.bytes / count for each, count in zip(expected, events, strict=True)])
    at_the_ends(axes, totals)
    axes.set_xlabel("bytes per event (TCP payload, both ways, opening included)")
    axes.set_title("What an event costs", loc="left")
    full = Patch(facecolor=INK, edgecolor=INK, label="the event")
    outlined = Patch(facecolor="none", edgecolor=INK, hatch="////", label="around it")
    legend_above(axes, [full, outlined])
    return axes


def cost(
    runs: Sequence[Results], sizes: Sizes, over: Literal["rate", "interval"]
) -> tuple[Axes, Axes]:
    """Bytes per second and mean latency against the event rate or the polling interval.

    Args:
        runs: The results for several values of `over`, each over one link and with one client.
        over: Which field of the experiments varies. The curves are the formulas, for Poisson
            events; the markers are the measurements.
    """
    figure, (traffic, waiting) = plt.subplots(1, 2, figsize=(8, 3.8))
    first = runs[0].experiment
    values = [getattr(each.experiment, over) for each in runs]
    fine = np.geomspace(min(values), max(values), 60)
    settings = [
        (value, first.interval) if over == "rate" else (first.rate, value)
        for value in fine.tolist()
    ]
    for transport in first.transports:
        look = LOOKS[transport]
        curves = np.array([_expected(first, transport, sizes[transport], *at) for at in settings])
        found = [each.of(transport) for each in runs]
        dots = ([d.bytes / d.duration for d in found], [1000 * d.mean_latency for d in found])
        for axes, curve, dot in zip((traffic, waiting), curves.T, dots, strict=True):
            axes.plot(fine, curve, **look.as_line)
            axes.plot(values, dot, **look.as_marks, markersize=7)
            axes.plot([], **look.as_line, marker=look.marker, label=transport.label)
    name = {"rate": "events per second", "interval": "polling interval (s)"}[over]
    for axes in (traffic, waiting):
        axes.set(xscale="log", yscale="log", xlabel=name)
        plain_log(axes.xaxis)
        plain_log(axes.yaxis)
    traffic.set_ylabel("bytes per second, both ways")
    traffic.set_title("Traffic (lines: formula)", loc="left")
    waiting.set_ylabel("mean latency (ms)")
    waiting.set_title("Latency (lines: formula)", loc="left")
    figure.legend(*traffic.get_legend_handles_labels(), loc="outside upper left", ncols=4)
    return traffic, waiting


def _of_link(results: Results, link: str | None) -> list[Delivery]:
    name = link or results.experiment.links[0].name
    return [each for each in results.deliveries if each.link == name and each.samples]


def _predictions(
    results: Results, deliveries: list[Delivery], sizes: Sizes
) -> list[predict.Prediction]:
    return [predict.prediction_for(results.experiment, each, sizes) for each in deliveries]


def _mark(axes: Axes, expected: list[float]) -> None:
    """What the formula says, over bars in rows."""
    marks = Look(INK, "|", "", "").as_marks | {"markersize": 20, "markeredgewidth": 2}
    axes.plot(expected, range(len(expected)), **marks, label="formula")


def _expected(
    experiment: Experiment, transport: Transport, sizes: WireSizes, rate: float, interval: float
) -> tuple[float, float]:
    """Bytes per second, and the mean latency in milliseconds."""
    (link,), event = experiment.links, predict.event_bytes(experiment)
    cycle = predict.round_trip(link, sizes)
    traffic = predict.bytes_per_second(
        transport, rate, interval, cycle, sizes, event, experiment.seconds
    )
    return traffic, 1000 * predict.latency(transport, rate, interval, link)
