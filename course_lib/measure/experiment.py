"""What to measure, and what came of it: plain data."""

from dataclasses import dataclass
from functools import cached_property
from math import inf
from statistics import fmean

from course_lib.measure.schedule import Schedule, event_times
from course_lib.network import PROFILES, Profile
from course_lib.transports import Transport


@dataclass(frozen=True, slots=True)
class Experiment:
    """Every transport over every link, all at the same time and with the same events.

    Args:
        transports: Which transports.
        links: Over which links; each client has a link of its own.
        schedule: How the events are spread over time.
        rate: Events per second, on average.
        seconds: How long events are published.
        clients: How many clients each transport has.
        interval: Seconds that a polling client waits between an answer and its next request.
        payload_size: Characters of an event's payload.
        cuts: How often each link is cut, evenly over the time.
        seed: Of the schedule and of the links' jitter.

    Raises:
        ValueError: A number that makes no sense, or nothing to measure.
    """

    transports: tuple[Transport, ...] = tuple(Transport)
    links: tuple[Profile, ...] = (PROFILES["mobile_4g"],)
    schedule: Schedule = Schedule.REGULAR
    rate: float = 2.0
    seconds: float = 20.0
    clients: int = 1
    interval: float = 1.0
    payload_size: int = 20
    cuts: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.transports or not self.links:
            raise ValueError("An experiment needs at least one transport and one link.")
        names = [*self.transports, *(link.name for link in self.links)]
        if len(set(names)) < len(names):
            raise ValueError("An experiment cannot have a transport or a link more than once.")
        for name in ("rate", "seconds", "clients"):
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"An experiment's {name} must be above zero.")
        for name in ("interval", "payload_size", "cuts"):
            if not 0 <= getattr(self, name) < inf:
                raise ValueError(f"An experiment's {name} cannot be below zero.")
        if not self.times():
            raise ValueError("No event falls into that time: raise the rate or the seconds.")

    def times(self) -> list[float]:
        """When events are published, in seconds from the start."""
        return event_times(self.schedule, self.rate, self.seconds, self.seed)


@dataclass(frozen=True)
class Delivery:
    """What one transport over one link did, all its clients together.

    Attributes:
        transport, link: which one; the link by its name.
        samples: for each event received by each client: when it was published, in seconds from
            the start, and its latency, the seconds from there until the client had it.
        published: how many events there were.
        payload_bytes: bytes of the events themselves, as they were received.
        requests: HTTP requests sent; a WebSocket's opening handshake is one.
        connections: TCP connections opened.
        bytes_up, bytes_down: TCP payload that entered the links, opening included.
        cpu_seconds: what the server's process computed.
        missed, repeated: events that a client never got, or got again.
        duration: seconds from the first connection to the last event.
    """

    transport: Transport
    link: str
    samples: tuple[tuple[float, float], ...]
    published: int
    payload_bytes: int
    requests: int
    connections: int
    bytes_up: int
    bytes_down: int
    cpu_seconds: float
    missed: int
    repeated: int
    duration: float

    @cached_property
    def latencies(self) -> list[float]:
        """Every latency in seconds, smallest first."""
        return sorted(latency for _, latency in self.samples)

    @property
    def mean_latency(self) -> float:
        """Seconds."""
        return fmean(self.latencies)

    def percentile(self, percent: float) -> float:
        """The latency in seconds that `percent` of the events stay within."""
        return percentile(self.latencies, percent)

    @property
    def bytes(self) -> int:
        """Both ways together."""
        return self.bytes_up + self.bytes_down


@dataclass(frozen=True, slots=True)
class Results:
    """An experiment and its deliveries, in the order of its links and transports.

    Attributes:
        lag: how late the measuring process itself was, in seconds: 95 of 100 times it was this
            punctual or better. With many clients it is their receiving that takes the time, and
            latencies below this say little.
    """

    experiment: Experiment
    deliveries: tuple[Delivery, ...]
    lag: float

    def of(self, transport: Transport, link: str | None = None) -> Delivery:
        """The delivery of that transport (over that link, where there are several)."""
        return next(
            each
            for each in self.deliveries
            if each.transport is transport and link in (None, each.link)
        )


def percentile(ordered: list[float], percent: float) -> float:
    """The value below which `percent` of the ordered values lie, interpolated linearly.

    Raises:
        ValueError: There are no values.
    """
    if not ordered:
        raise ValueError("There is no percentile of nothing.")
    position = percent / 100 * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
