"""Sliders for the formulas of `course_lib.measure.predict`: in the page, with or without a kernel."""

from dataclasses import asdict
from pathlib import Path

from course_lib.measure import Results, WireSizes, predict
from course_lib.measure.style import LOOKS
from course_lib.network import Profile
from course_lib.notebook.display import Rich, as_script, table
from course_lib.transports import Transport

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_NOTE = "Run this cell in JupyterLab, and the table has knobs to turn."
_HEADINGS = ("", "mean latency (ms)", "requests a second", "bytes a second")


def knobs(runs: dict[str, Results], sizes: dict[Transport, WireSizes]) -> Rich:
    """What the formulas say of latency, requests and bytes, with sliders, beside what was measured.

    Each run is a button that sets the sliders to what it was measured with. Where no script runs,
    a table shows what the formulas say of the first run.

    Args:
        runs: Of one client each, over one link; by their names. The sliders begin at the first.
        sizes: From `measure_sizes`.
    """
    settings = {name: settings_of(run) for name, run in runs.items()}
    name, start = next(iter(settings.items()))
    seconds = runs[name].experiment.seconds
    rows = [
        [each.label, *map(_rounded, costs(each, start, seconds, size))]
        for each, size in sizes.items()
    ]
    shown = table(_HEADINGS, rows, f"Formulas: {name}")
    measured = [
        {"transport": got.transport, "run": name, "ms": 1000 * got.mean_latency,
         "bytes": got.bytes / got.duration}
        for name, run in runs.items() for got in run.deliveries
    ]  # fmt: skip
    given = {
        "seconds": seconds,
        "start": start,
        "sizes": {each: asdict(size) for each, size in sizes.items()},
        "transports": {each: asdict(LOOKS[each]) | {"label": each.label} for each in sizes},
        "measured": measured,
        "runs": settings,
    }
    script = f"({_SCRIPT})(document.currentScript, {as_script(given)});"
    html = (
        f'<div class="course-knobs"><div role="note" style="font-style: italic">{_NOTE}</div>'
        f"{shown.html}<script>{script}</script></div>"
    )
    return Rich(shown.text, html)


def settings_of(run: Results) -> dict[str, float]:
    """Where the sliders stand for a run: in seconds, events a second, milliseconds, and bytes."""
    experiment = run.experiment
    return {
        "interval": experiment.interval,
        "rate": experiment.rate,
        "round_trip": 1000 * experiment.links[0].round_trip,
        "event": predict.event_bytes(experiment),
    }


def costs(
    transport: Transport, at: dict[str, float], seconds: float, sizes: WireSizes
) -> tuple[float, float, float]:
    """Mean latency in milliseconds, requests a second, and bytes a second, both ways.

    Args:
        at: The settings, as `settings_of` gives them.
        seconds: How long a connection is used; its opening counts among the bytes.
        sizes: Of this transport.
    """
    line = Profile("", delay=at["round_trip"] / 2000)
    rate, interval, cycle = at["rate"], at["interval"], line.round_trip
    return (
        1000 * predict.latency(transport, rate, interval, line),
        predict.request_rate(transport, rate, interval, cycle),
        predict.bytes_per_second(transport, rate, interval, cycle, sizes, at["event"], seconds),
    )


def _rounded(value: float) -> float:
    """Three digits of it, like the page's."""
    short = float(f"{value:.3g}")
    return int(short) if short.is_integer() else short
