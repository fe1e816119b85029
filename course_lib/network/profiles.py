"""What a line is like, and the lines that everyone knows."""

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Profile:
    """What a line does to the bytes that cross it, the same in both directions.

    Args:
        name: What it is called in tables and figures.
        delay: Seconds that a byte is under way at least.
        jitter: Seconds that are added at most, drawn evenly from 0 to `jitter`; bytes of one
            connection keep their order all the same.
        bandwidth: Bytes per second, shared by all connections in the same direction.

    Raises:
        ValueError: A delay or jitter below zero, or a bandwidth that is not above zero.
    """

    name: str
    delay: float = 0.0
    jitter: float = 0.0
    bandwidth: float = inf

    def __post_init__(self) -> None:
        if self.delay < 0 or self.jitter < 0:
            raise ValueError("A link's delay and jitter cannot be below zero.")
        if not self.bandwidth > 0:
            raise ValueError("A link's bandwidth must be above zero.")

    @property
    def mean_delay(self) -> float:
        """Seconds one way for a small message, on average."""
        return self.delay + self.jitter / 2

    @property
    def longest_delay(self) -> float:
        """Seconds one way for a small message at most."""
        return self.delay + self.jitter

    @property
    def round_trip(self) -> float:
        """Seconds there and back for small messages, on average."""
        return 2 * self.mean_delay

    @property
    def capacity(self) -> float:
        """Bytes that can be under way one way: bandwidth times delay."""
        return self.bandwidth * self.longest_delay if self.longest_delay else 0.0


def megabits(per_second: float) -> float:
    """Bytes per second of a line that is sold in megabits per second."""
    return per_second * 1e6 / 8


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("loopback"),
        Profile("lan", delay=0.0005, jitter=0.0005, bandwidth=megabits(1000)),
        Profile("wifi", delay=0.003, jitter=0.006, bandwidth=megabits(100)),
        Profile("mobile_4g", delay=0.040, jitter=0.010, bandwidth=megabits(20)),
        Profile("satellite", delay=0.300, jitter=0.020, bandwidth=megabits(10)),
    )
}


def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        ValueError: There is none; the message lists those there are.
    """
    if name not in PROFILES:
        raise ValueError(f"There is no link called {name!r}; choose from {', '.join(PROFILES)}.")
    return PROFILES[name]
