"""What each transport puts on the wire around an event, taken from a real exchange."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass

from course_lib.network import Direction, Link, Profile, Transfer
from course_lib.transports import CLIENTS, Feed, FeedEvent, FeedServer, Transport


@dataclass(frozen=True, slots=True)
class WireSizes:
    """Bytes of TCP payload that a transport adds to the events themselves.

    Attributes:
        request: one HTTP request of the client (a WebSocket's opening handshake is one).
        response: one response without an event in it.
        event: what is put around each event: a comma, a chunk with field names, a frame header.
    """

    request: int
    response: int
    event: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """What crossed the link from opening a connection to the first events.

    Attributes:
        transport: which one it was.
        transfers: what crossed, in the order of arrival.
        events: what happened meanwhile.
        received: when the client had each of them (seconds of `time.perf_counter`).
    """

    transport: Transport
    transfers: tuple[Transfer, ...]
    events: tuple[FeedEvent, ...]
    received: tuple[float, ...]


async def record(
    transport: Transport, link: Profile, times: tuple[float, ...] = (0.0,), *, interval: float = 1.0
) -> Exchange:
    """Capture a real exchange: a client connects, then events happen.

    Args:
        times: When they happen, in seconds after the server's first answer has arrived.
        interval: Of polling, in seconds.
    """
    feed = Feed()
    async with (
        FeedServer(feed) as server,
        Link(server.host, server.port(transport), link, seed=1, capture=True) as line,
    ):
        url = transport.url(line.host, line.port)
        client = CLIENTS[transport](url, interval=interval)

        async def publish() -> None:
            await client.ready.wait()
            start = time.perf_counter()
            for moment in times:
                await asyncio.sleep(start + moment - time.perf_counter())
                feed.publish("x" * 20)

        events, received = [], []
        async with aclosing(client), asyncio.TaskGroup() as group:
            group.create_task(publish())
            for _ in times:
                events.append(await anext(client))
                received.append(time.perf_counter())
            transfers = sorted(line.capture or [], key=lambda transfer: transfer.arrived)
    return Exchange(transport, tuple(transfers), tuple(events), tuple(received))


async def measure_sizes() -> dict[Transport, WireSizes]:
    """The sizes of every transport on this machine, with these versions; takes half a second."""
    # With a delay, what answers what is plain from the times.
    line = Profile("calibration", delay=0.02)
    exchanges = await asyncio.gather(
        *(record(transport, line, interval=0.1) for transport in Transport)
    )
    return {exchange.transport: _sizes(exchange) for exchange in exchanges}


def _sizes(exchange: Exchange) -> WireSizes:
    up, down = (
        [each for each in exchange.transfers if each.direction is direction]
        for direction in Direction
    )
    (event,) = exchange.events
    request = sum(len(each.data) for each in up if each.arrived <= down[0].sent)
    response = sum(len(each.data) for each in down if each.sent < event.created)
    news = next(each.data for each in down if each.sent >= event.created)
    around = len(news) - len(event.to_json())
    if exchange.transport in (Transport.POLL, Transport.LONG_POLL):
        around -= response
    return WireSizes(request, response, around)
