"""What the benches share: their statistics, and results that `python -m pyperf` can read."""

import argparse
import sys
from collections.abc import Iterable

import pyperf

Benchmark = pyperf.Benchmark


def benchmark(name: str, values: list[float], unit: str = "second") -> pyperf.Benchmark:
    """The values of one thing that was measured, each of a turn of its own.

    They are seconds, or of another `unit` that pyperf knows, "byte" or "integer".
    """
    # A clock that stood still during a turn says that it was shorter than a tick.
    run = pyperf.Run(
        [max(value, 1e-9) for value in values],
        metadata={"name": name, "unit": unit},
        collect_metadata=False,
    )
    return pyperf.Benchmark([run])


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json` to a bench's parser."""
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="save every value for `python -m pyperf stats` and `compare_to`; - prints them",
    )


def save(benchmarks: Iterable[pyperf.Benchmark], file: str) -> None:
    """Write them as pyperf does, over a file that is there."""
    suite = pyperf.BenchmarkSuite(list(benchmarks))
    suite.dump(sys.stdout if file == "-" else file, replace=True)
