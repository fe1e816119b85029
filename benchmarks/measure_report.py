"""The results of an experiment: in a line, as tables for a terminal, and as figures on one page."""

from typing import TYPE_CHECKING

from rich.table import Table

from course_lib.measure.experiment import Delivery, Experiment, Results
from course_lib.measure.predict import Prediction, prediction_for
from course_lib.measure.schedule import Schedule
from course_lib.measure.sizes import WireSizes
from course_lib.transports import Transport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENOUGH_FOR_P99 = 100  # events; of fewer, the slowest one alone would be the 99th percentile
LATE = 0.010  # seconds; a lag of the measuring process that is worth a word


def describe(experiment: Experiment, link: str | None = None) -> str:
    """What is measured, in a line; of one link, or of all."""
    names = [link] if link else [each.name for each in experiment.links]
    rate, seconds = f"{experiment.rate:g} events/s", f"{experiment.seconds:g} s"
    parts = [f"{rate} ({experiment.schedule}) for {seconds} over {', '.join(names)}"]
    if experiment.clients > 1:
        parts.append(f"{experiment.clients} clients each")
    if Transport.POLL in experiment.transports:
        parts.append(f"polling every {experiment.interval:g} s")
    if experiment.cuts:
        parts.append("1 cut" if experiment.cuts == 1 else f"{experiment.cuts} cuts")
    parts.append(f"seed {experiment.seed}")
    return ", ".join(parts)


def overview(
    results: Results, sizes: dict[Transport, WireSizes], link: str | None = None
) -> "Figure":
    """Latency, requests and bytes of one link on one page."""
    import matplotlib.pyplot as plt

    from course_lib.measure import plots  # takes a second to import

    figure, ((one, two), (three, four)) = plt.subplots(
        2, 2, figsize=(12, 7.6), height_ratios=(1.35, 1)
    )
    plots.latency_ecdf(results, link, axes=one)
    plots.latency_over_time(results, link, axes=two)
    plots.request_counts(results, sizes, link, axes=three)
    plots.bytes_per_event(results, sizes, link, axes=four)
    name = link or results.experiment.links[0].name
    figure.suptitle(describe(results.experiment, name), x=0.01, ha="left")
    return figure


def notes(results: Results) -> list[str]:
    """What a reader of the tables has to know about these results."""
    experiment = results.experiment
    found = []
    if experiment.cuts:
        found.append(
            "The formula for latency knows of no cuts: what was under way when a link was cut came"
            " after the reconnection, and the measured means contain that."
        )
    if _in_step(experiment):
        found.append(
            "Polls and events keep step here, so polling shows the same few latencies again and"
            " again instead of all between none and a whole cycle; --schedule poisson mends that."
        )
    if (late := max(results.lag, _beyond_the_link(results))) > LATE:
        found.append(
            f"This computer was busy, up to {1000 * late:.0f} ms late at times, and the latencies"
            " contain that, p95 most of all: measure with fewer clients, or when it has less to do."
        )
    return found


def _beyond_the_link(results: Results) -> float:
    """Seconds by which pushed events were later at p95 than their link can make them."""
    if results.experiment.cuts:
        return 0.0
    links = {each.name: each for each in results.experiment.links}
    pushed = [
        each
        for each in results.deliveries
        if each.transport in (Transport.SSE, Transport.WEBSOCKET) and each.samples
    ]
    return max(
        (each.percentile(95) - links[each.link].longest_delay for each in pushed), default=0.0
    )


def _in_step(experiment: Experiment) -> bool:
    """Whether a whole number of events falls into each cycle of polling, nearly."""
    if Transport.POLL not in experiment.transports or experiment.schedule is not Schedule.REGULAR:
        return False
    cycles = [
        experiment.rate * (experiment.interval + each.round_trip) for each in experiment.links
    ]
    return any(round(each) >= 1 and abs(each - round(each)) < 0.02 for each in cycles)


def tables(results: Results, sizes: dict[Transport, WireSizes]) -> list[Table]:
    """Latency and cost of every delivery, each next to what the formula says."""
    rows = [
        (delivery, prediction_for(results.experiment, delivery, sizes))
        for delivery in results.deliveries
    ]
    several = len(results.experiment.links) > 1
    return [_latency(rows, several), _cost(rows, several)]


def _latency(rows: list[tuple[Delivery, Prediction]], several: bool) -> Table:
    table = _table(
        "Latency in ms", ["p50", "p95", "p99", "mean", "formula", "events", "missed", "repeated"]
    )
    for delivery, expected in rows:
        numbers = ["–"] * 4
        if delivery.samples:
            seconds = [*map(delivery.percentile, (50, 95, 99)), delivery.mean_latency]
            numbers = [f"{1000 * each:,.0f}" for each in seconds]
            if len(delivery.samples) < ENOUGH_FOR_P99:
                numbers[2] = "–"
        table.add_row(
            _name(delivery, several),
            *numbers,
            f"{1000 * expected.mean_latency:,.0f}",
            f"{len(delivery.samples):,}",
            _alarming(delivery.missed),
            _alarming(delivery.repeated),
        )
    return table


def _cost(rows: list[tuple[Delivery, Prediction]], several: bool) -> Table:
    table = _table(
        "Cost: requests, connections, bytes up and down, the server's CPU time in ms",
        ["req.", "formula", "conn.", "up", "formula", "down", "formula", "CPU"],
    )
    for delivery, expected in rows:
        table.add_row(
            _name(delivery, several),
            f"{delivery.requests:,}",
            f"{expected.requests:,.0f}",
            f"{delivery.connections:,}",
            f"{delivery.bytes_up:,}",
            f"{expected.bytes_up:,.0f}",
            f"{delivery.bytes_down:,}",
            f"{expected.bytes_down:,.0f}",
            f"{1000 * delivery.cpu_seconds:,.0f}",
        )
    return table


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", style="dim" if column == "formula" else None)
    return table


def _name(delivery: Delivery, several: bool) -> str:
    label = delivery.transport.label
    return f"{label}, {delivery.link}" if several else label


def _alarming(count: int) -> str:
    return f"[bold red]{count:,}[/]" if count else "0"
