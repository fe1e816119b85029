"""The race: the four transports as four real clients in one page, on the same events.

To each page a race of its own: a feed, four links, a control channel.

The control channel is a WebSocket that does not cross a link. On it the server tells what
happened and what its links have counted, and the page asks for the time and says when to go.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from course_lib.demos.stage import heard, tell
from course_lib.measure.style import LOOKS
from course_lib.network import PROFILES, Link, Profile, profile_named
from course_lib.transports import Feed, FeedServer, Transport
from course_lib.web import HERE, asked, file_response, page_files, serve_page

RATES = (0.1, 20.0)  # events per second that a page may ask for
INTERVALS = (0.1, 60.0)  # seconds between its polls
_PAGE = Path(__file__).parent / "page"
_LANES = "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*"
_COUNTING = 0.2  # seconds between two reports of what the links have counted


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[str]:
    """Serve the race on loopback; gives the URL of its page.

    Args:
        port: TCP port of the page; 0 for a free one.

    Raises:
        OSError: The port is taken.
    """
    files = page_files(_PAGE, policy=_LANES)
    style = (_PAGE / "race.css").read_bytes()
    files["/race.css"] = file_response(".css", _colours().encode() + style)
    async with serve_page(files, {"/control": _control}, port=port) as taken:
        yield HERE.url(taken)


async def _control(channel: ServerConnection) -> None:
    try:
        settings = _settings(channel.request)
    except ValueError as error:
        # A script sees no status of a handshake, so what is wrong is said on the channel.
        await tell(channel, refused=str(error))
    else:
        await _race(channel, *settings)


async def _race(channel: ServerConnection, profile: Profile, rate: float) -> None:
    feed = Feed(history=1000)
    running = asyncio.Event()

    async def publish() -> None:
        while True:
            await running.wait()
            event = feed.publish("x" * 20)
            await tell(channel, event=event.id, created=event.created)
            # Even gaps would keep step with the polls, and then every poll would be as late.
            await asyncio.sleep(random.uniform(0.5, 1.5) / rate)

    async def report() -> None:
        while True:
            await tell(channel, counts={each: _counted(links[each]) for each in links})
            await asyncio.sleep(_COUNTING)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(FeedServer(feed, any_origin=True))
        links = {
            each: await stack.enter_async_context(Link(server.host, server.port(each), profile))
            for each in Transport
        }
        await tell(channel, **_opening(links, profile, rate))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(publish()), group.create_task(report())]
            async for said in heard(channel):
                match said:
                    case {"clock": sent}:
                        await tell(channel, clock=sent, now=time.perf_counter())
                    case {"running": True}:
                        running.set()
                    case {"running": False}:
                        running.clear()
            for task in tasks:
                task.cancel()


def _opening(links: dict[Transport, Link], profile: Profile, rate: float) -> dict[str, Any]:
    return {
        "lanes": [
            {"transport": each, "label": each.label, "url": each.url(link.host, link.port)}
            for each, link in links.items()
        ],
        "links": {name: each.mean_delay for name, each in PROFILES.items()},
        "link": profile.name,
        "rate": rate,
    }


def _counted(link: Link) -> dict[str, int]:
    counts = link.counts
    return {"connections": counts.connections, "bytes": counts.bytes_up + counts.bytes_down}


def _settings(request: Request | None) -> tuple[Profile, float]:
    """What the page asks for.

    Raises:
        ValueError: It makes no sense; the message is for whoever looks at the page.
    """
    profile = profile_named(asked(request, "link") or "mobile_4g")
    rate = _number(request, "rate", "2", RATES)
    _number(request, "interval", "1", INTERVALS)  # the page's own clients need it
    return profile, rate


def _number(request: Request | None, name: str, default: str, limits: tuple[float, float]) -> float:
    text = asked(request, name) or default
    with suppress(ValueError):
        if limits[0] <= float(text) <= limits[1]:
            return float(text)
    raise ValueError(f"The {name} must be from {limits[0]:g} to {limits[1]:g}, not {text!r}.")


def _colours() -> str:
    """The colours of the figures, as variables for the page."""
    colours = (f"  --{transport}: {look.color};\n" for transport, look in LOOKS.items())
    return f":root {{\n{''.join(colours)}}}\n"
