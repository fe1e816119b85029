"""The results of an experiment as tables for a terminal."""

from rich.table import Table

from course_lib.measure.experiment import Delivery, Results
from course_lib.measure.predict import Prediction, prediction_for
from course_lib.measure.sizes import WireSizes
from course_lib.transports import Transport


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
