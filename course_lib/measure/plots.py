"""The figures of an experiment. Each draws on `axes`, or on a new figure, and returns the axes.

They are drawn in the style that is in force; see `course_lib.measure.style.use_style`. Where
`sizes` are given (see `measure_sizes`), what the formulas say is drawn over what was
measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib.measure import predict
from course_lib.measure.axes import at_the_ends, bars, legend_above, plain_log
from course_lib.measure.experiment import Delivery, Experiment, Results
from course_lib.measure.sizes import WireSizes
from course_lib.measure.style import INK, LOOKS, QUIET
from course_lib.network import Profile
from course_lib.transports import Transport

Sizes = dict[Transport, WireSizes]


def latency_ecdf(results: Results, link: str | None = None, *, axes: Axes | None = None) -> Axes:
    """How large a part of the events had arrived within which time."""
    axes = axes or plt.subplots()[1]
    for below, delivery in enumerate(_of_link(results, link)):
        look = LOOKS[delivery.transport]
        milliseconds = [1000 * latency for latency in delivery.latencies]
        part = np.arange(1, len(milliseconds) + 1) / len(milliseconds)
        axes.step(
            [milliseconds[0], *milliseconds],
            [0, *part],
            where="post",
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markevery=max(1, len(milliseconds) // 8),
            label=delivery.transport.label,
            zorder=3 - below / 10,  # dashes over a solid line, or they could not be seen
        )
    profile = _profile(results, link)
    if profile.delay:
        axes.axvline(1000 * profile.mean_delay, color=QUIET, linewidth=1, zorder=1)
        axes.set_xlim(left=600 * profile.delay)
        axes.annotate(
            f"one way: {1000 * profile.mean_delay:.3g} ms",
            (800 * profile.delay, 0.5),
            rotation=90,
            ha="center",
            va="center",
        )
    axes.set(xscale="log", xlabel="latency (ms)", ylabel="share of the events", ylim=(0, 1.03))
    plain_log(axes.xaxis)
    axes.set_title("How long until an event arrives", loc="left")
    legend_above(axes)
    return axes


def latency_over_time(
    results: Results, link: str | None = None, *, axes: Axes | None = None
) -> Axes:
    """The latency of each event, at the moment it was published."""
    axes = axes or plt.subplots()[1]
    for delivery in _of_link(results, link):
        look = LOOKS[delivery.transport]
        when, latency = zip(*delivery.samples, strict=True)
        axes.plot(
            when,
            [1000 * each for each in latency],
            linestyle="",
            marker=look.marker,
            color=look.color,
            alpha=0.8,
            label=delivery.transport.label,
        )
    axes.set(yscale="log", xlabel="event published at (s)", ylabel="latency (ms)")
    plain_log(axes.yaxis)
    axes.set_title("The latency of each event", loc="left")
    legend_above(axes)
    return axes


def request_counts(
    results: Results,
    sizes: Sizes | None = None,
    link: str | None = None,
    *,
    axes: Axes | None = None,
) -> Axes:
    """How many HTTP requests each transport made."""
    axes = axes or plt.subplots(figsize=(7.5, 3))[1]
    deliveries = _of_link(results, link)
    bars(axes, deliveries, [[each.requests] for each in deliveries])
    _mark_predictions(axes, results, deliveries, sizes, lambda expected, _: expected.requests)
    at_the_ends(axes, [delivery.requests for delivery in deliveries])
    axes.set_xlabel("requests (a WebSocket's handshake is one)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    events = deliveries[0].published * results.experiment.clients
    axes.set_title(f"Requests for {events} events", loc="left")
    if sizes is not None:
        legend_above(axes)
    return axes


def bytes_per_event(
    results: Results,
    sizes: Sizes | None = None,
    link: str | None = None,
    *,
    axes: Axes | None = None,
) -> Axes:
    """Bytes on the wire for each event received: the event itself, and all the rest."""
    axes = axes or plt.subplots(figsize=(7.5, 3))[1]
    deliveries = _of_link(results, link)
    totals = [each.bytes / len(each.samples) for each in deliveries]
    payloads = [each.payload_bytes / len(each.samples) for each in deliveries]
    parts = [[payload, total - payload] for payload, total in zip(payloads, totals, strict=True)]
    handles = bars(axes, deliveries, parts, ("the event", "around it"))
    _mark_predictions(
        axes, results, deliveries, sizes, lambda expected, got: expected.bytes / len(got.samples)
    )
    at_the_ends(axes, totals)
    axes.set_xlabel("bytes per event (TCP payload, both ways, opening included)")
    axes.set_title("What an event costs", loc="left")
    legend_above(axes, handles)
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
    for transport in first.transports:
        look = LOOKS[transport]
        curves = np.array(
            [_expected(_with(first, over, float(value)), transport, sizes) for value in fine]
        )
        found = [each.of(transport) for each in runs]
        dots = ([d.bytes / d.duration for d in found], [1000 * d.mean_latency for d in found])
        for axes, curve, dot in zip((traffic, waiting), curves.T, dots, strict=True):
            axes.plot(fine, curve, color=look.color, linestyle=look.line)
            axes.plot(values, dot, linestyle="", color=look.color, marker=look.marker, markersize=7)
            axes.plot(
                [],
                color=look.color,
                linestyle=look.line,
                marker=look.marker,
                label=transport.label,
            )
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


def _with(experiment: Experiment, field: Literal["rate", "interval"], value: float) -> Experiment:
    return (
        replace(experiment, rate=value) if field == "rate" else replace(experiment, interval=value)
    )


def _of_link(results: Results, link: str | None) -> list[Delivery]:
    name = link or results.experiment.links[0].name
    return [each for each in results.deliveries if each.link == name and each.samples]


def _profile(results: Results, link: str | None) -> Profile:
    links = results.experiment.links
    return next(each for each in links if link in (None, each.name))


def _mark_predictions(
    axes: Axes,
    results: Results,
    deliveries: list[Delivery],
    sizes: Sizes | None,
    value: Callable[[predict.Prediction, Delivery], float],
) -> None:
    if sizes is None:
        return
    expected = [
        value(predict.prediction_for(results.experiment, each, sizes), each) for each in deliveries
    ]
    axes.plot(
        expected,
        range(len(expected)),
        linestyle="",
        marker="|",
        markersize=20,
        markeredgewidth=2,
        color=INK,
        label="formula",
    )


def _expected(experiment: Experiment, transport: Transport, sizes: Sizes) -> tuple[float, float]:
    (link,) = experiment.links
    cycle = predict.round_trip(link, sizes[transport])
    traffic = predict.bytes_per_second(
        transport,
        experiment.rate,
        experiment.interval,
        cycle,
        sizes[transport],
        predict.event_bytes(experiment),
        experiment.seconds,
    )
    waiting = predict.latency(transport, experiment.rate, experiment.interval, link)
    return traffic, 1000 * waiting
