"""When the events of an experiment happen."""

import random
from enum import StrEnum

BURST_SIZE = 5  # events in a burst
BURST_GAP = 0.02  # seconds between them: less than a mobile link's round trip


class Schedule(StrEnum):
    """How events are spread over time, at the same mean rate.

    `regular` like a clock; `poisson` each on its own, as the acts of many people are; `bursts`
    of five events 20 ms apart.
    """

    REGULAR = "regular"
    POISSON = "poisson"
    BURSTS = "bursts"


def event_times(schedule: Schedule, rate: float, seconds: float, seed: int = 1) -> list[float]:
    """The moments, in seconds from the start, of `rate` events per second.

    The same seed gives the same moments.
    """
    match schedule:
        case Schedule.REGULAR:
            return _regular(rate, seconds)
        case Schedule.BURSTS:
            starts = _regular(rate / BURST_SIZE, seconds)
            return [start + BURST_GAP * n for start in starts for n in range(BURST_SIZE)]
        case Schedule.POISSON:
            draw = random.Random(seed)
            times: list[float] = []
            moment = draw.expovariate(rate)
            while moment < seconds:
                times.append(moment)
                moment += draw.expovariate(rate)
            return times


def _regular(rate: float, seconds: float) -> list[float]:
    # The first comes half a period in, so that `seconds` hold a whole number of periods.
    return [(n + 0.5) / rate for n in range(round(rate * seconds))]
