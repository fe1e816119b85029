"""Experiments over real sockets, their data, and the formulas they are held against."""

import asyncio
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import fields, replace
from statistics import fmean

import psutil
import pytest

from benchmarks.measure_json import from_json, to_json
from course_lib.measure import (
    Delivery,
    Experiment,
    Schedule,
    event_times,
    measure_sizes,
    percentile,
    predict,
    record,
    run,
)
from course_lib.measure.predict import held_answers, latency, request_rate
from course_lib.network import PROFILES, Direction, Profile
from course_lib.transports import Transport

MOBILE = PROFILES["mobile_4g"]


def measure(experiment: Experiment):
    async def main():
        return await run(experiment), await measure_sizes()

    return asyncio.run(main())


@pytest.fixture(scope="module")
def regular():
    return measure(Experiment(rate=4, seconds=5, interval=0.4))


@pytest.mark.parametrize("transport", list(Transport))
def test_requests_and_bytes_agree_with_the_formulas(regular, transport):
    results, sizes = regular
    delivery = results.of(transport)
    expected = predict.prediction_for(results.experiment, delivery, sizes)
    assert delivery.requests == pytest.approx(expected.requests, rel=0.15)
    assert delivery.bytes_up == pytest.approx(expected.bytes_up, rel=0.15)
    assert delivery.bytes_down == pytest.approx(expected.bytes_down, rel=0.15)


@pytest.mark.parametrize("transport", list(Transport))
def test_everything_arrives_once_and_never_before_the_link_allows(regular, transport):
    results, _ = regular
    delivery = results.of(transport)
    assert (delivery.missed, delivery.repeated) == (0, 0)
    assert delivery.published == len(delivery.samples) == 20
    assert delivery.connections == 1
    assert delivery.latencies[0] >= MOBILE.delay
    assert [when for when, _ in delivery.samples] == sorted(when for when, _ in delivery.samples)
    assert delivery.cpu_seconds > 0


def test_polling_is_the_slowest_and_a_websocket_the_smallest(regular):
    results, _ = regular
    poll, long_poll, sse, websocket = (results.of(transport) for transport in Transport)
    assert poll.mean_latency > max(each.mean_latency for each in (long_poll, sse, websocket))
    assert websocket.bytes < sse.bytes < long_poll.bytes
    assert websocket.bytes_up < sse.bytes_up * 2 < long_poll.bytes_up


def test_results_survive_json(regular):
    results, _ = regular
    infinite = replace(results, experiment=replace(results.experiment, links=(Profile("free"),)))
    for each in (results, infinite):
        assert from_json(to_json(each)) == each
    assert "Infinity" not in to_json(infinite)
    for text in ("{}", "[]", '{"experiment": {}, "deliveries": []}', "not JSON"):
        with pytest.raises(ValueError):
            from_json(text)


def test_nothing_is_missed_over_ten_cuts_by_several_clients_on_two_links():
    links = (PROFILES["lan"], Profile("slow", delay=0.02))
    experiment = Experiment(
        links=links, rate=20, seconds=3, clients=2, cuts=10, interval=0.1, schedule=Schedule.POISSON
    )
    progress = []
    results = asyncio.run(run(experiment, progress.append))
    assert len(results.deliveries) == 8
    for delivery in results.deliveries:
        assert (delivery.missed, delivery.repeated) == (0, 0)
        assert len(delivery.samples) == 2 * delivery.published
    assert results.of(Transport.SSE, "slow").latencies[0] >= 0.02
    assert results.of(Transport.SSE, "slow").connections > 2
    assert progress[-1] == 1.0
    assert progress == sorted(progress)


def test_the_server_goes_when_its_parent_is_killed():
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio\n"
            "from course_lib.measure.child import Child\n"
            "from course_lib.measure.runner import serve_feed\n"
            "async def main():\n"
            "    async with Child(serve_feed) as server:\n"
            "        print(server.pid, flush=True)\n"
            "        await asyncio.sleep(60)\n"
            "asyncio.run(main())\n",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    # It is nobody's child any more, so that its end can only be looked for.
    with suppress(psutil.NoSuchProcess):
        while psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def test_schedules_have_the_rate_they_promise():
    assert event_times(Schedule.REGULAR, 2, 2) == [0.25, 0.75, 1.25, 1.75]
    bursts = event_times(Schedule.BURSTS, 5, 2)
    assert bursts == pytest.approx([0.5, 0.52, 0.54, 0.56, 0.58, 1.5, 1.52, 1.54, 1.56, 1.58])
    poisson = event_times(Schedule.POISSON, 50, 100, seed=7)
    assert poisson == event_times(Schedule.POISSON, 50, 100, seed=7) == sorted(poisson)
    assert poisson != event_times(Schedule.POISSON, 50, 100, seed=8)
    assert len(poisson) == pytest.approx(5000, rel=0.05)
    assert 0 < poisson[0] < poisson[-1] < 100


def test_percentiles():
    assert percentile([1.0, 2.0, 3.0, 4.0], 50) == 2.5
    assert percentile([1.0, 2.0, 3.0], 0) == 1.0
    assert percentile([1.0, 2.0, 3.0], 100) == 3.0
    assert percentile([5.0], 99) == 5.0
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_an_event_that_comes_between_two_long_polls_waits():
    waits, answers = held_answers([1.0, 1.02, 1.04, 2.0], cycle=0.1)
    assert waits == pytest.approx([0, 0.08, 0.06, 0])
    assert answers == 3


def test_the_closed_forms_agree_with_the_walk_through_the_events():
    rate, seconds = 10.0, 2000
    times = event_times(Schedule.POISSON, rate, seconds)
    waits, answers = held_answers(times, MOBILE.round_trip)
    expected = request_rate(Transport.LONG_POLL, rate, 1.0, MOBILE.round_trip)
    assert answers / seconds == pytest.approx(expected, rel=0.02)
    assert fmean(waits) + MOBILE.mean_delay == pytest.approx(
        latency(Transport.LONG_POLL, rate, 1.0, MOBILE), rel=0.02
    )


def test_polling_waits_half_its_cycle_and_the_way_back():
    sizes = asyncio.run(measure_sizes())
    slow = Profile("slow", delay=0.1)
    for interval, expected in ((0, 0.2), (1, 0.7), (4, 2.2)):
        experiment = Experiment(links=(slow,), interval=interval)
        nothing = dict.fromkeys((field.name for field in fields(Delivery)), 0)
        delivery = Delivery(**nothing | {"transport": Transport.POLL, "link": "slow"})
        found = predict.prediction_for(experiment, delivery, sizes)
        assert found.mean_latency == pytest.approx(expected)


def test_the_sizes_are_those_of_the_real_text():
    exchange = asyncio.run(record(Transport.WEBSOCKET, Profile("short", delay=0.005), (0, 0.1)))
    sizes = asyncio.run(measure_sizes())
    request, *_ = (each for each in exchange.transfers if each.direction is Direction.UP)
    assert request.data.startswith(b"GET /?since=0 HTTP/1.1\r\n")
    assert sizes[Transport.WEBSOCKET].request == len(request.data)
    assert sizes[Transport.WEBSOCKET].event == 2
    assert [event.id for event in exchange.events] == [1, 2]
    assert all(
        received - event.created >= 0.005
        for event, received in zip(exchange.events, exchange.received, strict=True)
    )


@pytest.mark.parametrize(
    "nonsense",
    [
        {"rate": 0},
        {"rate": float("nan")},
        {"seconds": float("inf")},
        {"clients": -1},
        {"interval": -1},
        {"cuts": -1},
        {"transports": ()},
        {"rate": 0.1, "seconds": 1},
    ],
)
def test_an_experiment_that_makes_no_sense_is_refused(nonsense):
    with pytest.raises(ValueError):
        Experiment(**nonsense)
