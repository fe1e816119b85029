"""Put every case to a server, or to a client, and write down what came of it.

A case has a connection of its own. Nothing is waited for longer than it takes to come; `patience`
is for endpoints that say nothing where they must say something.
"""

import asyncio
import contextlib
import functools
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from course_lib.conform import compression, frames
from course_lib.conform.card import Card, Result
from course_lib.conform.endpoints import Client, Endpoint, Refused, Server
from course_lib.conform.openings import check_requests
from course_lib.conform.peer import Heard, Peer
from course_lib.errors import CourseError
from course_lib.protocol import Opcode
from course_lib.protocol.deflate import Deflate
from course_lib.sockets.cases import Case, frame

AT_ONCE = 16
"""Connections that are tried at the same time."""

PATIENCE = 2.0
"""Seconds of silence after which nothing more is expected."""

ONLY_ME = b"only me?"
"""A message that comes back before any other, unless an endpoint speaks unasked."""

Ran = Callable[[int, int], object]
"""Told after each case how many are done, and how many there are."""

Trial = Callable[[Peer], Awaitable[Result | None]]


def _nobody(done: int, of: int) -> None:
    """Tell nobody."""


async def card_of_server(
    url: str,
    *,
    seed: int = 0,
    max_size: int | None = None,
    patience: float = PATIENCE,
    ran: Ran = _nobody,
) -> Card:
    """The card of a server that sends every message back.

    Args:
        url: where it listens, as in "ws://127.0.0.1:8000/".
        seed: makes the masking keys and the keys of the handshakes.
        max_size: bytes of the largest message that it takes; None leaves the limits out.
        patience: seconds of silence after which nothing more is expected.
        ran: told of the progress.

    Raises:
        CourseError: nobody listens there, or the URL is none, or it sends messages unasked.
    """
    server = Server(url, random.Random(seed), patience)
    results, heard = await _run(server, max_size, ran)
    return Card("server", seed, (*results, *frames.manners("server", heard)))


async def card_of_client(
    client: Callable[[str], Awaitable[object]],
    *,
    seed: int = 0,
    max_size: int | None = None,
    patience: float = PATIENCE,
    ran: Ran = _nobody,
    callers: int = AT_ONCE,
) -> Card:
    """The card of a client that sends every message back.

    Args:
        client: called with a URL again and again, several times at once: connects, sends back each
            message until the connection ends, and returns; what it raises does not matter.
        seed, max_size, patience, ran: as for `card_of_server`.
        callers: how many calls there are at the same time.

    Raises:
        CourseError: the client returned without having asked for a WebSocket, or sends messages unasked.
    """
    async with Client(random.Random(seed), patience) as endpoint:
        calls = [asyncio.create_task(endpoint.call(client)) for _ in range(callers)]
        try:
            results, heard = await _run(endpoint, max_size, ran)
        finally:
            await _end(calls)
    requests = check_requests(endpoint.requests)
    return Card("client", seed, (*requests, *results, *frames.manners("client", heard)))


async def _run(
    endpoint: Endpoint, max_size: int | None, ran: Ran
) -> tuple[list[Result], list[Heard]]:
    """The results of all cases in order, and what the endpoint said in those of the frames."""
    heard: list[Heard] = []
    trials = list(_trials(endpoint, max_size, heard))
    few, done = asyncio.Semaphore(AT_ONCE), itertools.count(1)

    async def put(trial: Trial) -> Result | None:
        async with few, endpoint.connection() as peer:
            result = await trial(peer)
        ran(next(done), len(trials))
        return result

    tasks = [asyncio.create_task(put(trial)) for trial in trials]
    try:
        return [result for result in await asyncio.gather(*tasks) if result], heard
    finally:
        await _end(tasks)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _trials(endpoint: Endpoint, max_size: int | None, heard: list[Heard]) -> Iterator[Trial]:
    for opening in endpoint.openings():
        yield functools.partial(endpoint.try_opening, opening)
    for case in frames.cases(max_size):
        yield functools.partial(_try_case, endpoint, case, heard)
    for compressed in compression.CASES:
        yield functools.partial(_try_compressed, endpoint, compressed)
    yield functools.partial(_look_for_an_echo, endpoint)


async def _try_case(endpoint: Endpoint, case: Case, heard: list[Heard], peer: Peer) -> Result:
    try:
        await endpoint.open(peer)
    except Refused as error:
        return frames.not_reached(case, str(error))
    heard.append(peer.heard)
    return await frames.try_case(case, peer, endpoint.masking_key())


async def _look_for_an_echo(endpoint: Endpoint, peer: Peer) -> None:
    """What speaks unasked can't be tried: none of its messages could be told from an echo."""
    with contextlib.suppress(Refused):
        await endpoint.open(peer)
        await peer.send(frame(Opcode.BINARY, ONLY_ME)(endpoint.masking_key()))
        await peer.until(lambda heard: heard.over or (Opcode.BINARY, ONLY_ME) in heard.messages)
        first, *others = [payload for _, payload in peer.heard.messages] or [ONLY_ME]
        if first != ONLY_ME and ONLY_ME in others:
            raise CourseError(
                f"A message of {len(first):,} bytes came that answers none. "
                "The card can only try what sends back each message that it gets, and nothing else."
            )


async def _try_compressed(
    endpoint: Endpoint, case: compression.Compressed, peer: Peer
) -> Result | None:
    try:
        agreed = await endpoint.open(peer, compress=True)
    except Refused:
        return None
    if agreed is None:
        return None
    ours, theirs = (Deflate(is_client=endpoint.we_are_client, agreed=agreed) for _ in range(2))
    return await compression.try_compressed(case, peer, endpoint.masking_key(), ours, theirs)
