"""What each transport should cost: the formulas that the measurements are held against.

One formula for bytes serves all four, since transports differ only in how many requests they
make and in what they put around an event:

    bytes up   = requests × request
    bytes down = responses × response + events × (event + what is put around it)

For latency and requests, with `d` the mean way over the link, `r = 2d` its round trip, `i` the
interval of polling and `λ` the events per second:

    transport      mean latency           requests per second
    polling        (i + r) / 2 + d        1 / (i + r)
    long polling   d, and longer for events that come while the next request is under way
                                          min(λ, 1 / r) for regular events,
                                          1 / (r + e^(−λr) / λ) for Poisson events
    SSE            d                      none after the first
    WebSocket      d                      none after the first

A WebSocket's pings are counted as well, since they come however many events there are. What a
silence of more than ten seconds costs the others (comments, held requests given up) is not.

A polling client waits `i` after an answer, so it asks once in `i + r`. An event happens anywhere
in that cycle, waits half of it on average, and is then on its way back for `d`. (Anywhere: where
regular events and polls keep step, as at 2 events/s with `i = 1` and next to no `r`, the mean
depends on how they happened to start. Poisson events, or several clients, mend that.)
"""

from dataclasses import dataclass
from math import exp
from statistics import fmean

from websockets.frames import Frame, Opcode

from course_lib.measure.experiment import Delivery, Experiment
from course_lib.measure.sizes import WireSizes
from course_lib.network import Profile
from course_lib.transports import FeedEvent, Transport
from course_lib.transports.clients import PATIENCE
from course_lib.transports.http_server import KEEP_ALIVE

# A ping one way is a pong the other, with the same four bytes in it; a client masks its own.
_PING = len(Frame(Opcode.PING, bytes(4)).serialize(mask=False))
_PING_MASKED = len(Frame(Opcode.PING, bytes(4)).serialize(mask=True))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a delivery should come to, all its clients together; see `Delivery` for the units."""

    requests: float
    bytes_up: float
    bytes_down: float
    mean_latency: float

    @property
    def bytes(self) -> float:
        """Both ways together."""
        return self.bytes_up + self.bytes_down


def prediction_for(
    experiment: Experiment, delivery: Delivery, all_sizes: dict[Transport, WireSizes]
) -> Prediction:
    """The prediction to hold against a delivery, over the time that it took.

    A cut costs every transport but polling one request more, which is counted; the events that
    are late because of it are not.

    Args:
        all_sizes: From `measure_sizes`.
    """
    transport, duration, times = delivery.transport, delivery.duration, experiment.times()
    link = next(link for link in experiment.links if link.name == delivery.link)
    sizes, pings = all_sizes[transport], 0.0
    event = event_bytes(experiment)
    cycle = round_trip(link, sizes)
    match transport:
        case Transport.POLL:
            each_second = request_rate(transport, experiment.rate, experiment.interval, cycle)
            # The first at once, the last cycle cut short.
            requests = responses = 0.5 + duration * each_second
            latency = 0.5 / each_second + one_way(link, event)
        case Transport.LONG_POLL:
            waits, answers = held_answers(times, cycle)
            requests = 2 + answers + experiment.cuts  # the first is not held, the last is pending
            responses = 1 + answers
            latency = fmean(waits) + one_way(link, event + sizes.response)
        case _:
            requests = responses = 1 + experiment.cuts
            latency = one_way(link, event + sizes.event)
            if transport is Transport.WEBSOCKET:
                pings = duration // KEEP_ALIVE + duration // (PATIENCE / 2)  # either side's
    up = requests * sizes.request + pings * _PING_MASKED
    down = responses * sizes.response + len(times) * (event + sizes.event) + pings * _PING
    return Prediction(
        requests=experiment.clients * requests,
        bytes_up=experiment.clients * up,
        bytes_down=experiment.clients * down,
        mean_latency=latency,
    )


def held_answers(times: list[float], cycle: float) -> tuple[list[float], int]:
    """How long polling meets events at `times`: the seconds each waits, and the answers needed.

    An answer empties the server; the next request is there one round trip (`cycle`) later, and
    takes all that has come by then.
    """
    waits, answers, next_request = [], 0, float("-inf")
    answered_until = float("-inf")
    for moment in times:
        if moment > answered_until:
            answers += 1
            answered_until = max(moment, next_request)
            next_request = answered_until + cycle
        waits.append(answered_until - moment)
    return waits, answers


def request_rate(transport: Transport, rate: float, interval: float, cycle: float) -> float:
    """Requests per second at `rate` Poisson events per second, once connected."""
    match transport:
        case Transport.POLL:
            return 1 / (interval + cycle)
        case Transport.LONG_POLL:
            return 1 / (cycle + exp(-rate * cycle) / rate)
    return 0.0


def latency(transport: Transport, rate: float, interval: float, link: Profile) -> float:
    """Mean latency in seconds of small messages, at `rate` Poisson events per second."""
    cycle = link.round_trip
    match transport:
        case Transport.POLL:
            return (interval + cycle) / 2 + link.mean_delay
        case Transport.LONG_POLL:
            # Those that come during the round trip wait half of it on average.
            missed_it = cycle * request_rate(transport, rate, interval, cycle)
            return link.mean_delay + missed_it * cycle / 2
    return link.mean_delay


def bytes_per_second(
    transport: Transport,
    rate: float,
    interval: float,
    cycle: float,
    sizes: WireSizes,
    event: float,
    seconds: float,
) -> float:
    """Both ways together, for events of `event` bytes, over a connection of `seconds`."""
    requests = 1 / seconds + request_rate(transport, rate, interval, cycle)
    return requests * (sizes.request + sizes.response) + rate * (event + sizes.event)


def event_bytes(experiment: Experiment) -> int:
    """Bytes of one event of the experiment, as every transport carries it."""
    middle = max(1, len(experiment.times()) // 2)
    return len(FeedEvent(middle, 1234.567891, "x" * experiment.payload_size).to_json())


def one_way(link: Profile, size: float) -> float:
    """Seconds that `size` bytes are under way on average."""
    return link.mean_delay + size / link.bandwidth


def round_trip(link: Profile, sizes: WireSizes) -> float:
    """Seconds for a request and its answer on average."""
    return one_way(link, sizes.request) + one_way(link, sizes.response)
