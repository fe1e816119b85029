"""How long to wait before the next attempt.

A strategy is an endless generator of delays in seconds. Without jitter, clients that were cut off
together come back together, again and again; jitter spreads them.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator

Delays = Iterator[float]


def constant(seconds: float) -> Delays:
    """The same delay each time."""
    while True:
        yield seconds


def exponential(base: float, cap: float, factor: float = 2.0) -> Delays:
    """`base`, then each delay `factor` times the one before, never more than `cap`."""
    delay = base
    while True:
        yield min(cap, delay)
        delay = min(cap, delay * factor)


def full_jitter(delays: Iterable[float], source: random.Random) -> Delays:
    """Anything from no delay to the whole one: spreads best, and may come back at once."""
    for delay in delays:
        yield source.uniform(0, delay)


def equal_jitter(delays: Iterable[float], source: random.Random) -> Delays:
    """At least half of each delay."""
    for delay in delays:
        yield delay / 2 + source.uniform(0, delay / 2)


def decorrelated_jitter(base: float, cap: float, source: random.Random) -> Delays:
    """Each delay drawn from `base` to three times the one before, never more than `cap`."""
    delay = base
    while True:
        delay = min(cap, source.uniform(base, 3 * delay))
        yield delay


STRATEGIES: dict[str, Callable[[float, float, random.Random], Delays]] = {
    "constant": lambda base, cap, source: constant(base),
    "none": lambda base, cap, source: exponential(base, cap),
    "full": lambda base, cap, source: full_jitter(exponential(base, cap), source),
    "equal": lambda base, cap, source: equal_jitter(exponential(base, cap), source),
    "decorrelated": decorrelated_jitter,
}
"""What to compare: a strategy from its base and cap in seconds and a source of randomness."""


class Backoff:
    """The delays of one client, which start over only after a connection that was stable.

    A server that accepts a connection and drops it at once would otherwise be asked again at the
    shortest delay for ever.

    Args:
        delays: Begins a strategy anew.
        stable: Seconds that a connection must have lasted to start over.
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        delays: Callable[[], Delays],
        *,
        stable: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._begin = delays
        self._delays = delays()
        self._stable = stable
        self._clock = clock
        self._opened: float | None = None

    def opened(self) -> None:
        """Tell that a connection has opened."""
        self._opened = self._clock()

    def next_delay(self) -> float:
        """Seconds to wait now that a connection has ended, or an attempt has failed."""
        if self._opened is not None and self._clock() - self._opened >= self._stable:
            self._delays = self._begin()
        self._opened = None
        return next(self._delays)


def full_jitter_backoff(
    base: float = 0.5,
    cap: float = 30.0,
    *,
    stable: float = 10.0,
    source: random.Random | None = None,
) -> Backoff:
    """What a client should use when nothing speaks against it: exponential with full jitter."""
    source = source or random.Random()
    return Backoff(lambda: full_jitter(exponential(base, cap), source), stable=stable)
