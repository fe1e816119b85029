"""Head-of-line blocking: the same messages over QUIC, in one stream, a stream each, as datagrams.

one_stream, streams, datagrams = await race(PROFILES["mobile_4g"], [0.02], seed=1)
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import DatagramFrameReceived, QuicEvent, StreamDataReceived

from course_lib.beyond.quic import believing, listening
from course_lib.network import Direction, Profile
from course_lib.network.datagrams import DatagramLink
from course_lib.network.pipe import sleep_until
from course_lib.security import LabAuthority

SIZE = 64  # bytes of a message
LATE = 0.03  # seconds over its time that make a message late
_ALPN = "course-messages"


class Way(StrEnum):
    """How messages share a connection."""

    ONE_STREAM = "one ordered stream"
    STREAMS = "a stream each"
    DATAGRAMS = "datagrams"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of messages that were sent at regular intervals.

    Attributes:
        way: how they shared the connection.
        loss: the share of the packets towards the receiver that the line lost.
        latencies: seconds from sending each message to having it; None if it never arrived.
    """

    way: Way
    loss: float
    latencies: tuple[float | None, ...]

    @property
    def arrived(self) -> list[float]:
        """The latencies of the messages that arrived, shortest first."""
        return sorted(each for each in self.latencies if each is not None)

    @property
    def missing(self) -> int:
        """How many messages never arrived."""
        return sum(each is None for each in self.latencies)

    def late(self, link: Profile) -> float:
        """The share of the messages that came `LATE` seconds or more after their time.

        What never arrived is missing, and not late.
        """
        limit = link.mean_delay + LATE
        return sum(each > limit for each in self.arrived) / len(self.latencies)


def late_share(way: Way, loss: float, link: Profile, interval: float) -> float:
    """The share of late messages that a rule of thumb expects, where losses are rare.

    A packet is known to be lost when a later one has been acknowledged, and when an eighth more
    than a round trip has passed (RFC 9002, section 6.1.2). So it comes again a round trip and an
    interval after its time; in one stream, what was sent meanwhile waits for it.

    Args:
        way: How the messages share the connection.
        loss: The probability that a packet is lost. A message fills one packet.
        link: What the line is like.
        interval: Seconds from one message to the next.
    """
    if way is Way.DATAGRAMS:
        return 0.0
    if way is Way.STREAMS:
        return loss
    held_up = link.round_trip + max(interval, link.round_trip / 8)
    return 1 - float((1 - loss) ** (1 + (held_up - LATE) / interval))


async def race(
    link: Profile,
    losses: Iterable[float],
    *,
    messages: int = 250,
    interval: float = 0.025,
    seed: int | None = None,
) -> list[Sent]:
    """Send the same messages from a client to a server in each way at each loss, all at once.

    Every run has a QUIC connection of its own, between two ports of this machine, and a line of its
    own that loses packets; all lines are alike. They start together when the last connection stands.

    Args:
        link: What the lines are like, but for their losses.
        losses: Probabilities that a packet is lost, either way.
        messages: How many, of 64 bytes each.
        interval: Seconds from one to the next.
        seed: Of the losses and the jitter.

    Returns:
        For each loss, what became of the messages in each way, in the order of `Way`.
    """
    lab, plans = LabAuthority(), [(way, loss) for loss in losses for way in Way]
    start = asyncio.Barrier(len(plans))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_run(lab, link, way, loss, (messages, interval), seed, start))
            for way, loss in plans
        ]
    return [task.result() for task in tasks]


async def _run(
    lab: LabAuthority,
    link: Profile,
    way: Way,
    loss: float,
    schedule: tuple[int, float],
    seed: int | None,
    start: asyncio.Barrier,
) -> Sent:
    messages, interval = schedule
    receiver = _Receiver(messages)
    async with (
        listening(lab, _ALPN, partial(_Connection, receiver)) as server,
        DatagramLink("127.0.0.1", server.port, link, seed=seed) as line,
        connect(line.host, line.port, configuration=believing(lab, _ALPN)) as client,
    ):
        place = await start.wait() / start.parties  # not all at the same moment
        line.loss = loss
        passed, lost = line.passed[Direction.UP], line.lost[Direction.UP]
        began = time.perf_counter() + place * interval
        sent = await _send(client, way, [began + n * interval for n in range(messages)])
        if way is Way.DATAGRAMS:
            await asyncio.sleep(2 * link.longest_delay)  # those still under way
        else:
            await receiver.complete.wait()
        line.loss = 0.0
        passed, lost = line.passed[Direction.UP] - passed, line.lost[Direction.UP] - lost
    arrivals = [receiver.arrivals.get(number) for number in range(messages)]
    latencies = [at and at - begun for at, begun in zip(arrivals, sent, strict=True)]
    return Sent(way, lost / (passed + lost), tuple(latencies))


async def _send(client: QuicConnectionProtocol, way: Way, moments: list[float]) -> list[float]:
    """Send a message at each moment, and return when each was handed over."""
    quic, sent, stream = client._quic, [], 0
    for number, moment in enumerate(moments):
        await sleep_until(moment)
        data = number.to_bytes(4).ljust(SIZE, b".")
        sent.append(time.perf_counter())
        if way is Way.DATAGRAMS:
            quic.send_datagram_frame(data)
        else:
            if way is Way.STREAMS or not number:
                stream = quic.get_next_available_stream_id(is_unidirectional=True)
            quic.send_stream_data(stream, data, end_stream=way is Way.STREAMS)
        client.transmit()
    return sent


class _Receiver:
    """Notes when each message has arrived."""

    def __init__(self, messages: int) -> None:
        self.arrivals: dict[int, float] = {}
        self.complete = asyncio.Event()
        self._messages = messages

    def take(self, message: bytes) -> None:
        self.arrivals[int.from_bytes(message[:4])] = time.perf_counter()
        if len(self.arrivals) == self._messages:
            self.complete.set()


class _Connection(QuicConnectionProtocol):
    def __init__(
        self, receiver: _Receiver, quic: QuicConnection, stream_handler: None = None
    ) -> None:
        super().__init__(quic)
        self._receiver = receiver
        self._parts: dict[int, bytes] = defaultdict(bytes)

    def quic_event_received(self, event: QuicEvent) -> None:
        match event:
            case DatagramFrameReceived(data=data):
                self._receiver.take(data)
            case StreamDataReceived(data=data, stream_id=stream):
                self._parts[stream] += data
                while len(self._parts[stream]) >= SIZE:
                    self._receiver.take(self._parts[stream][:SIZE])
                    self._parts[stream] = self._parts[stream][SIZE:]
