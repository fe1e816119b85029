"""What an experiment looks like: figures, tables, and the two commands."""

import asyncio
import json
import signal
import subprocess
import sys
from dataclasses import replace
from inspect import signature

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.text import Text

from benchmarks.measure_json import from_json
from benchmarks.measure_report import describe as describe_experiment
from benchmarks.measure_report import notes, overview, tables
from benchmarks.transports import main as bench
from course_lib import cli
from course_lib.measure import (
    Delivery,
    Experiment,
    Results,
    Schedule,
    WireSizes,
    plots,
    predict,
    record,
)
from course_lib.measure.sequence import describe, in_words, sequence
from course_lib.measure.style import INK, LOOKS, PALETTE, QUIET, show, use_style
from course_lib.network import PROFILES, Direction, Profile, Transfer
from course_lib.transports import Transport

SIZES = {
    Transport.POLL: WireSizes(140, 180, 1),
    Transport.LONG_POLL: WireSizes(150, 180, 1),
    Transport.SSE: WireSizes(160, 190, 20),
    Transport.WEBSOCKET: WireSizes(200, 200, 2),
}


def made_up(transport: Transport, **changes) -> Delivery:
    values = {
        "transport": transport,
        "link": "mobile_4g",
        "samples": tuple((n / 2, 0.05 + n / 100) for n in range(40)),
        "published": 40,
        "payload_bytes": 40 * 63,
        "requests": 20,
        "connections": 1,
        "bytes_up": 2800,
        "bytes_down": 6300,
        "cpu_seconds": 0.01,
        "missed": 0,
        "repeated": 0,
        "duration": 20.2,
    }
    return Delivery(**values | changes)


@pytest.fixture
def results():
    return Results(Experiment(), tuple(made_up(transport) for transport in Transport), 0.0)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def new():
    return plt.subplots()[1]


def test_every_figure_has_a_title_units_and_every_transport(results):
    for draw in (plots.latency_ecdf, plots.latency_over_time):
        axes = draw(results, axes=new())
        assert axes.get_title(loc="left")
        assert "(ms)" in axes.get_xlabel() + axes.get_ylabel()
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        assert labels == [transport.label for transport in Transport]
    for draw in (plots.request_counts, plots.bytes_per_event):
        axes = draw(results, SIZES, axes=new())
        assert axes.get_title(loc="left")
        assert axes.get_xlabel()
        labels = [text.get_text() for text in axes.get_yticklabels()]
        assert labels == [transport.label for transport in Transport]


def test_the_bars_are_as_long_as_what_was_measured(results):
    axes = plots.request_counts(results, axes=new())
    assert [bar.get_width() for bar in axes.patches] == [20] * 4
    widths = [bar.get_width() for bar in plots.bytes_per_event(results, axes=new()).patches]
    assert widths == pytest.approx([63] * 4 + [9100 / 40 - 63] * 4)


def test_the_formula_is_drawn_where_it_says(results):
    axes = plots.request_counts(results, SIZES, axes=new())
    (marks,) = axes.get_lines()
    expected = [
        predict.prediction_for(results.experiment, each, SIZES).requests
        for each in results.deliveries
    ]
    assert list(marks.get_xdata()) == expected


@pytest.mark.parametrize("over", ["rate", "interval"])
def test_cost_is_drawn_with_its_formula(over):
    runs = [
        Results(
            Experiment(**{over: value}, schedule=Schedule.POISSON),
            tuple(made_up(transport) for transport in Transport),
            0.0,
        )
        for value in (1.0, 2.0, 4.0)
    ]
    traffic, waiting = plots.cost(runs, SIZES, over)
    for axes in (traffic, waiting):
        curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 3]
        dots = [line for line in axes.get_lines() if len(line.get_xdata()) == 3]
        assert len(curves) == len(dots) == 4
        assert all(list(line.get_xdata()) == [1.0, 2.0, 4.0] for line in dots)


def test_an_overview_is_of_one_link_and_says_which(results):
    links = (PROFILES["mobile_4g"], PROFILES["wifi"])
    both = replace(results, experiment=replace(results.experiment, links=links))
    assert "over mobile_4g, polling" in overview(both, SIZES).get_suptitle()


def test_an_overview_can_be_saved(results, tmp_path):
    for name in ("figure.png", "figure.svg"):
        overview(results, SIZES).savefig(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 10_000


def test_drawing_changes_nothing_for_anybody_else():
    program = (
        "import matplotlib\n"
        "before = dict(matplotlib.rcParams)\n"
        "import course_lib.measure.plots, course_lib.measure.sequence\n"
        "changed = {k for k, v in before.items() if matplotlib.rcParams[k] != v}\n"
        "assert not changed - {'backend', 'backend_fallback'}, changed\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def luminance(color):
    parts = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_every_colour_stands_out_on_light_and_on_dark(ground):
    def contrast(color):
        one, other = sorted([luminance(color), luminance(ground)])
        return (other + 0.05) / (one + 0.05)

    for color in (*PALETTE, QUIET, *(look.color for look in LOOKS.values())):
        assert contrast(color) >= 3, color
    assert contrast(INK) >= 4.3


@pytest.mark.parametrize(
    "draw",
    [plots.latency_ecdf, plots.latency_over_time, plots.request_counts, plots.bytes_per_event],
)
def test_text_in_a_figure_is_large_enough_and_in_ink(draw, results):
    use_style()
    sizes = [SIZES] if "sizes" in signature(draw).parameters else []
    axes = draw(results, *sizes, axes=new())
    axes.figure.canvas.draw()
    texts = [each for each in axes.figure.findobj(Text) if each.get_text().strip()]
    assert texts
    assert all(text.get_fontsize() >= 12 and text.get_color() == INK for text in texts)


def test_a_figure_is_shown_with_its_alternative_text(results, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    use_style()
    plots.latency_ecdf(results, axes=new())
    show('Polling is "late".')
    (picture,) = shown
    assert 'alt="Polling is &quot;late&quot;."' in picture.data
    assert 'src="data:image/png;base64,' in picture.data
    assert not plt.get_fignums()


@pytest.mark.parametrize("draw", [plots.latency_ecdf, plots.latency_over_time])
def test_a_legend_covers_no_data(results, draw):
    axes = draw(results, axes=new())
    axes.figure.canvas.draw()
    legend = axes.get_legend().get_window_extent()
    assert legend.y0 >= axes.get_window_extent().y1 - 1


def test_what_was_measured_is_said_in_a_line():
    assert describe_experiment(Experiment()) == (
        "2 events/s (regular) for 20 s over mobile_4g, polling every 1 s, seed 1"
    )
    links = (PROFILES["lan"], PROFILES["wifi"])
    assert describe_experiment(Experiment(links=links, clients=3, cuts=2, rate=0.5)) == (
        "0.5 events/s (regular) for 20 s over lan, wifi, 3 clients each, polling every 1 s,"
        " 2 cuts, seed 1"
    )
    assert "polling" not in describe_experiment(Experiment(transports=(Transport.SSE,)))


def test_the_notes_are_about_these_results(results):
    punctual = tuple((n / 2, 0.045) for n in range(40))
    deliveries = tuple(replace(each, samples=punctual) for each in results.deliveries)
    results = replace(results, deliveries=deliveries)

    def heard(deliveries=deliveries, lag=0.0, **changes):
        experiment = replace(results.experiment, **changes)
        return [note[:30] for note in notes(Results(experiment, deliveries, lag))]

    cut, step, busy = (
        text[:30]
        for text in (
            "The formula for latency knows of no cuts",
            "Polls and events keep step here, so",
            "This computer was busy, up to 50 ms",
        )
    )
    assert heard() == []
    assert heard(cuts=3) == [cut]
    assert heard(lag=0.05) == [busy]
    near = Profile("mobile_4g", delay=0.0, jitter=0.05)
    assert heard(links=(replace(near, jitter=0.0, delay=0.004),), interval=0.992) == [step, busy]
    assert heard(links=(replace(near, jitter=0.05),), interval=0.95) == [step]
    assert heard(links=(near,), interval=0.95, schedule=Schedule.POISSON) == []
    assert heard(links=(near,), interval=0.95, transports=(Transport.SSE,)) == []
    late = tuple(replace(each, samples=((0.0, 0.1),)) for each in deliveries)
    assert heard(late) == ["This computer was busy, up to "]
    assert heard(late[:2], transports=(Transport.POLL, Transport.LONG_POLL)) == []
    assert heard(late, cuts=1) == [cut]


def test_p99_needs_a_hundred_events(results):
    def p99(results):
        return list(tables(results, SIZES)[0].columns[3].cells)

    assert p99(results) == ["–"] * 4
    samples = tuple((n / 2, 0.05 + n / 100) for n in range(100))
    many = replace(results.deliveries[0], samples=samples, published=100)
    assert p99(replace(results, deliveries=(many,))) == ["1,030"]


def test_transports_differ_in_more_than_colour():
    for part in ("color", "marker", "line", "hatch"):
        assert len({getattr(look, part) for look in LOOKS.values()}) == len(Transport)


def test_a_sequence_diagram_tells_what_crossed_the_link():
    async def main():
        link = Profile("short", delay=0.01)
        return [await record(each, link, (0, 0.05), interval=0.03) for each in Transport]

    exchanges = asyncio.run(main())
    panels = sequence(exchanges)
    for panel, exchange in zip(panels, exchanges, strict=True):
        assert panel.get_title(loc="left") == exchange.transport.label
        texts = [text.get_text() for text in panel.texts]
        assert any("event" in text and text.endswith("2") for text in texts)
        assert any(text.startswith("+") and text.endswith("ms") for text in texts)
        assert all(text.get_fontsize() >= 10 for text in panel.texts if text.get_text())
    words = in_words(exchanges)
    for exchange in exchanges:
        assert f"{exchange.transport.label}: at 0 ms the client sends /" in words
    assert "the server sends frame: event 2." in words


@pytest.mark.parametrize(
    ("transport", "data", "text"),
    [
        (Transport.POLL, b"GET /poll?since=3 HTTP/1.1\r\n\r\n", "/poll?since=3"),
        (Transport.POLL, b"HTTP/1.1 200 OK\r\n\r\n[]", "200: nothing"),
        (Transport.POLL, b'HTTP/1.1 200 OK\r\n\r\n[{"id":4,"x":1},{"id":5,', "200: event 4, 5"),
        (Transport.SSE, b"HTTP/1.1 200 OK\r\n\r\n", "200, a stream begins"),
        (Transport.SSE, b'4d\r\nid: 7\ndata: {"id":7,"c":1}', "chunk: event 7"),
        (Transport.WEBSOCKET, b"HTTP/1.1 101 Switching Protocols\r\n", "101 Switching Protocols"),
        (Transport.WEBSOCKET, b'\x81\x0d{"id":7,"c":1}', "frame: event 7"),
        (Transport.WEBSOCKET, b"\x89\x00", "2 bytes"),
    ],
)
def test_a_transfer_is_described(transport, data, text):
    assert describe(Transfer(1, Direction.UP, 0.0, 1.0, data), transport) == text


def measure(*words: str) -> int:
    return cli.main(["measure", *words])


QUICK = ("--seconds", "1", "--rate", "5", "--link", "lan", "--transport", "sse,websocket")


def test_course_measure_prints_a_table_and_saves_what_it_is_told_to(capfd, tmp_path):
    data, figure = tmp_path / "results.json", tmp_path / "figure.png"
    assert measure(*QUICK, "--json", str(data), "--plot", str(figure)) == 0
    printed, complaints = capfd.readouterr()
    assert "Warning" not in complaints, "the children's as well"
    assert printed.startswith("5 events/s (regular) for 1 s over lan, seed 1.\n")
    assert "Latency in ms" in printed
    assert "WebSocket" in printed
    results = from_json(data.read_text())
    assert results.experiment.links == (PROFILES["lan"],)
    assert [each.published for each in results.deliveries] == [5, 5]
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_course_measure_prints_nothing_but_json_when_asked_to(capsys):
    assert measure(*QUICK, "--json", "-") == 0
    assert len(json.loads(capsys.readouterr().out)["deliveries"]) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--rate", "0"], "rate must be above zero"),
        (["--transport", "pigeon"], "choose from poll, long-poll, sse, websocket"),
        (["--link", "string"], "choose from loopback, lan"),
        (["--schedule", "never"], "choose from regular, poisson, bursts"),
        (["--plot", "figure.txt"], "must end in one of .png"),
        (["--json", "no/such/folder/x.json"], "There is no folder for"),
        (["--transport", "sse,sse"], "more than once"),
    ],
)
def test_course_measure_answers_bad_input_with_a_sentence(capsys, words, sentence):
    assert measure(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_course_measure_with_a_sentence():
    program = (
        "import argparse, sys\n"
        "from benchmarks import measure as command\n"
        "parser = argparse.ArgumentParser()\n"
        "command.add_arguments(parser)\n"
        "real = command.run_experiment\n"
        "def announce(*args):\n"
        "    print('running', flush=True)\n"
        "    return real(*args)\n"
        "command.run_experiment = announce\n"
        "sys.exit(command.run(parser.parse_args(['--seconds', '60'])))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == "Interrupted: nothing was saved."


def test_course_bench_transports_prints_a_table_of_ratios(capsys):
    assert bench(["--clients", "20", "--rounds", "3"]) == 0
    printed = capsys.readouterr().out
    assert "One event to 20 clients" in printed
    rows = [line.split() for line in printed.splitlines() if line.strip()]
    assert [row[0] for row in rows if row[0] in ("feed", "broadcast", "streams")] == [
        "feed",
        "broadcast",
        "streams",
    ]
    assert next(row for row in rows if row[0] == "streams")[-1] == "1.00"


def test_course_bench_transports_answers_bad_input_with_a_sentence(capsys):
    assert cli.main(["bench", "transports", "--clients", "0"]) == 2
    assert "at least one client" in capsys.readouterr().err
