"""The soak: it finds nothing wrong with what is right, and something with what is wrong."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from benchmarks.soak import Fault, SoakReport, soak
from course_lib import cli
from course_lib.resilience import EventLog, ResilientClient


def test_a_short_soak_loses_and_repeats_nothing():
    done = []
    report = asyncio.run(
        soak(200, 10, clients=3, seed=4, on_progress=lambda part: done.append(part)), debug=True
    )
    assert report.passed
    assert (report.sent, report.received, report.lost) == (200, 600, 0)
    assert (report.repeated, report.out_of_order) == (0, 0)
    assert sum(report.faults.values()) == 10
    assert report.faults == {fault: report.faults[fault] for fault in Fault}
    assert report.reconnections > 0
    assert 0 < report.longest_outage < report.seconds
    assert 0 < report.longest_delay < report.seconds
    assert done == sorted(done)
    assert done[-1] == 1


def test_the_seed_decides_on_the_faults():
    def faults(seed):
        return asyncio.run(soak(20, 4, clients=1, seed=seed)).faults

    assert faults(1) == faults(1) != faults(3)


def test_a_server_that_takes_everything_again_is_found_out(monkeypatch):
    """It forgets the latest messages it took, and so asks for them again."""
    monkeypatch.setattr("benchmarks.soak._PATIENCE", 2.0)
    sent = Counter()

    def take(self, client, seq, data):
        self.publish(data)
        sent[client] = max(sent[client], seq)

    monkeypatch.setattr(EventLog, "take", take)
    monkeypatch.setattr(EventLog, "taken", lambda self, client: max(0, sent[client] - 5))
    report = asyncio.run(soak(300, 8, seed=1))
    assert report.repeated > 0
    assert not report.passed


def test_a_client_that_does_not_resume_is_found_out(monkeypatch):
    monkeypatch.setattr("benchmarks.soak._PATIENCE", 2.0)
    original = ResilientClient._talk

    async def talk(self, connection):
        self.log, self.last_id = "", 10**9  # from now on, whatever comes
        await original(self, connection)

    monkeypatch.setattr(ResilientClient, "_talk", talk)
    report = asyncio.run(soak(300, 8, seed=1))
    assert report.lost > 0
    assert not report.passed


def test_the_command_prints_json(capsys):
    assert cli.main(["soak", "--messages", "20", "--cuts", "1", "--seed", "1", "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["sent"], report["received"], report["lost"]) == (20, 80, 0)


def test_the_command_prints_a_table_and_fails_when_something_is_lost(monkeypatch, capsys, tmp_path):
    async def lossy(messages=0, cuts=0, *, clients=0, **options):
        return SoakReport(messages, 2, 15, 5, 0, 1, 3, 0.5, 1.25, {"cut": cuts, "crash": 0}, 9)

    monkeypatch.setattr("benchmarks.soak.soak", lossy)
    file = tmp_path / "soak.json"
    assert cli.main(["soak", "--messages", "10", "--cuts", "2", "--json", str(file)]) == 1
    out = capsys.readouterr().out
    assert "lost            5\n" in out
    assert "faults          2 × cut\n" in out
    assert "longest outage  0.50 s\n" in out
    assert json.loads(file.read_text())["lost"] == 5


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--messages", "0"], "A soak needs"),
        (["--cuts", "-1"], "A soak needs"),
        (["--chat", "--messages", "7"], "A soak needs"),
        (["--chat", "--cuts", "1"], "--cuts goes without --chat."),
        (["--workers", "1"], "--workers goes with --chat."),
        (["--json", "/no/such/folder/file"], "There is no folder"),
    ],
)
def test_bad_input_is_a_sentence(arguments, complaint, capsys):
    assert cli.main(["soak", *arguments]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(complaint)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a process")
def test_ctrl_c_ends_it_cleanly():
    program = [sys.executable, "-W", "always", "-m", "course_lib.cli"]
    process = subprocess.Popen(
        [*program, "soak", "--messages", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "FORCE_COLOR": "1"},  # show the progress bar in a pipe, too
    )
    with process:
        process.stderr.read(2000)  # about twenty pictures of the bar: it runs
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert out == b""
    for word in (b"Traceback", b"Warning", b"never"):
        assert word not in err


@pytest.mark.long
def test_10_000_messages_over_200_faults():
    report = asyncio.run(soak(10_000, 200, seed=1))
    assert report.passed
    assert report.received == 40_000
