"""An experiment's results as JSON, and back."""

import json
from dataclasses import asdict
from math import inf
from typing import Any

from course_lib.measure.experiment import Delivery, Experiment, Results
from course_lib.measure.schedule import Schedule
from course_lib.network import Profile
from course_lib.transports import Transport


def to_json(results: Results) -> str:
    """All of it, samples included."""
    fields = asdict(results)
    for link in fields["experiment"]["links"]:
        # JSON knows no infinity.
        link["bandwidth"] = None if link["bandwidth"] == inf else link["bandwidth"]
    return json.dumps(fields)


def from_json(text: str) -> Results:
    """Read what `to_json` wrote.

    Raises:
        ValueError: The text is something else.
    """
    try:
        fields = json.loads(text)
        return Results(
            _experiment(**fields["experiment"]),
            tuple(_delivery(**each) for each in fields["deliveries"]),
            fields["lag"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError("This JSON does not hold the results of an experiment.") from error


def _experiment(
    transports: list[str],
    links: list[dict],
    schedule: str,
    **rest: Any,  # noqa: ANN401 - what JSON holds
) -> Experiment:
    return Experiment(
        tuple(map(Transport, transports)),
        tuple(Profile(**link | {"bandwidth": link["bandwidth"] or inf}) for link in links),
        Schedule(schedule),
        **rest,
    )


def _delivery(transport: str, samples: list[list[float]], **rest: Any) -> Delivery:  # noqa: ANN401
    pairs = tuple((when, latency) for when, latency in samples)
    return Delivery(transport=Transport(transport), samples=pairs, **rest)
