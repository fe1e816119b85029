"""A short run of the fuzzer in every test run, and a long one on demand."""

import random

import pytest

from tests.conformance.fuzz import fuzz


def test_a_thousand_mutated_streams():
    assert fuzz(1_000, seed=random.randrange(10**6)) > 1_000


@pytest.mark.long
def test_many_mutated_streams():
    assert fuzz(50_000, seed=random.randrange(10**6)) > 50_000
