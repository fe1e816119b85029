"""Every bench runs as a command, with a table and with values that pyperf reads."""

import json

import pyperf
import pytest

from course_lib import cli

QUICK = {
    "protocol": ["--rounds", "1"],
    "transports": ["--clients", "5", "--rounds", "2"],
    "link": ["--messages", "5"],
    "chat": ["--clients", "5", "--rounds", "2"],
}


@pytest.mark.parametrize("name", QUICK)
def test_a_bench_prints_its_table_and_saves_its_values(name, tmp_path, capsys):
    file = tmp_path / "values.json"
    file.write_text("of an earlier run")
    assert cli.main(["bench", name, *QUICK[name], "--json", str(file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 4
    suite = pyperf.BenchmarkSuite.load(str(file))
    for each in suite.get_benchmarks():
        assert name == "protocol" or each.get_name().startswith(name)
        assert each.get_nvalue() == int(QUICK[name][-1])
        assert each.median() > 0


def test_values_are_printed_alone(capsys):
    assert cli.main(["bench", "link", "--messages", "2", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["benchmarks"]


@pytest.mark.parametrize("name", QUICK)
def test_a_bench_has_help(name, capsys):
    with pytest.raises(SystemExit) as done:
        cli.main(["bench", name, "--help"])
    assert done.value.code == 0
    assert "--json FILE" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["link", "--messages", "0"], ["protocol", "--rounds", "0"], ["pigeon"]]
)
def test_bad_input_is_a_sentence(arguments, capsys):
    assert cli.main(["bench", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
