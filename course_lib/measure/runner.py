"""Run an experiment over real sockets."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from course_lib.measure.child import Child, Lines, say
from course_lib.measure.experiment import Delivery, Experiment, Results, percentile
from course_lib.network import Link, Profile
from course_lib.network.pipe import sleep_until
from course_lib.transports import CLIENTS, Client, Feed, FeedEvent, FeedServer, Transport


async def run(
    experiment: Experiment, on_progress: Callable[[float], None] = lambda _: None
) -> Results:
    """Measure, in a little more than `experiment.seconds` seconds.

    The servers are processes of their own, one for each transport and link; links and clients
    run in this loop, so nothing else should be computing in it meanwhile.

    Args:
        experiment: What to measure.
        on_progress: Called now and then with the part that is done, from 0 to 1.
    """
    pairs = [(transport, link) for link in experiment.links for transport in experiment.transports]
    level = asyncio.Barrier(len(pairs) + 1)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_deliver(experiment, transport, link, level))
            for transport, link in pairs
        ]
        await level.wait()  # all servers are up
        await level.wait()  # all clients are connected
        started = time.perf_counter()
        lags = []
        while (passed := time.perf_counter() - started) < experiment.seconds:
            on_progress(passed / experiment.seconds)
            due = time.perf_counter() + min(0.1, experiment.seconds - passed)
            await sleep_until(due)
            lags.append(time.perf_counter() - due)
    on_progress(1.0)
    deliveries = tuple(task.result() for task in tasks)
    return Results(experiment, deliveries, lag=percentile(sorted(lags), 95))


async def _deliver(
    experiment: Experiment, transport: Transport, profile: Profile, level: asyncio.Barrier
) -> Delivery:
    times = experiment.times()
    async with Child(serve_feed) as server, AsyncExitStack() as stack:
        port = (await server.ask(times=times, size=experiment.payload_size))[transport]
        await level.wait()
        opened = time.perf_counter()
        receivers = []
        for number in range(experiment.clients):
            link = Link(FeedServer.host, port, profile, seed=experiment.seed + number)
            await stack.enter_async_context(link)
            url = transport.url(link.host, link.port)
            client = CLIENTS[transport](url, interval=experiment.interval)
            receivers.append(_Receiver(client, link))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        for number, receiver in enumerate(receivers):
            # Polling clients that started together would ask together for ever.
            phase = number / experiment.clients if transport is Transport.POLL else 0.0
            tasks.create_task(receiver.receive(len(times), phase * experiment.interval))
        for receiver in receivers:
            await receiver.client.ready.wait()
        await level.wait()
        server.tell("go")
        tasks.create_task(_cut(experiment, [receiver.link for receiver in receivers]))
        await asyncio.sleep(experiment.seconds)
        start, published = (await server.hear())["published"]
        with suppress(TimeoutError):  # what has not come by then is missed
            async with asyncio.timeout(5 + 2 * experiment.interval + 10 * profile.round_trip):
                await asyncio.gather(*(each.complete.wait() for each in receivers))
        duration = time.perf_counter() - opened
        counts = [receiver.link.counts for receiver in receivers]
        for receiver in receivers:
            await receiver.client.aclose()
        cpu_seconds = (await server.ask(stop=True))["cpu_seconds"]
    return Delivery(
        transport=transport,
        link=profile.name,
        samples=tuple((e.created - start, late) for each in receivers for e, late in each.events),
        published=published,
        payload_bytes=sum(len(e.to_json()) for each in receivers for e, _ in each.events),
        requests=sum(each.client.requests for each in receivers),
        connections=sum(each.connections for each in counts),
        bytes_up=sum(each.bytes_up for each in counts),
        bytes_down=sum(each.bytes_down for each in counts),
        cpu_seconds=cpu_seconds,
        missed=sum(published - each.different for each in receivers),
        repeated=sum(len(each.events) - each.different for each in receivers),
        duration=duration,
    )


class _Receiver:
    def __init__(self, client: Client, link: Link) -> None:
        self.client = client
        self.link = link
        self.events: list[tuple[FeedEvent, float]] = []
        self.complete = asyncio.Event()

    @property
    def different(self) -> int:
        return len({event.id for event, _ in self.events})

    async def receive(self, last_id: int, delay: float) -> None:
        await asyncio.sleep(delay)
        async for event in self.client:
            self.events.append((event, time.perf_counter() - event.created))
            if event.id == last_id:
                self.complete.set()


async def _cut(experiment: Experiment, links: list[Link]) -> None:
    for _ in range(experiment.cuts):
        await asyncio.sleep(experiment.seconds / (experiment.cuts + 1))
        for link in links:
            link.cut()


async def serve_feed(lines: Lines) -> None:
    """In a process of its own: serve a feed, publish when told so, and count."""
    plan = await lines.get()
    feed = Feed(history=len(plan["times"]))
    async with FeedServer(feed) as server:
        say(**{transport: server.port(transport) for transport in Transport})
        await lines.get()
        start, computed = time.perf_counter(), time.process_time()
        for moment in plan["times"]:
            await asyncio.sleep(start + moment - time.perf_counter())
            feed.publish("x" * plan["size"])
        say(published=[start, feed.last_id])
        await lines.get()
        say(cpu_seconds=time.process_time() - computed)
