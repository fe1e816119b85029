"""A small hostile run: the chat goes on serving, and keeps its memory."""

import asyncio

from benchmarks.hostile import MOST_MEMORY, hostile
from benchmarks.hostile_corpus import corpus


def test_the_corpus_is_made_from_its_seed():
    assert corpus(1, 500) == corpus(1, 500) != corpus(2, 500)
    assert len(set(corpus(1, 500))) == 500


def test_the_chat_outlives_hostile_clients():
    found = asyncio.run(hostile(count=60, rounds=1, clients=3, least=2, rate=200))
    assert found.sent == {"malformed": 60, "bomb": 5, "flood": 5, "half-open": 50}
    assert len(found.attack) >= 3  # each honest client was heard while it lasted
    assert found.grown < MOST_MEMORY
