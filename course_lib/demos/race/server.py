"""Serves the page, and to each page a race of its own: a feed, four links, a control channel.

The control channel is a WebSocket that does not cross a link. On it the server tells what
happened and what its links have counted, and the page asks for the time and says when to go.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from course_lib.measure.style import LOOKS
from course_lib.network import PROFILES, Link, Profile, profile_named
from course_lib.transports import Feed, FeedServer, Transport

HOST = "127.0.0.1"
RATES = (0.1, 20.0)  # events per second that a page may ask for
INTERVALS = (0.1, 60.0)  # seconds between its polls
_PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_COUNTING = 0.2  # seconds between two reports of what the links have counted


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[str]:
    """Serve the race on loopback; gives the URL of its page.

    Args:
        port: TCP port of the page; 0 for a free one.

    Raises:
        OSError: The port is taken.
    """
    open_channels: set[web.WebSocketResponse] = set()

    async def control(request: web.Request) -> web.WebSocketResponse:
        _check_origin(request)
        channel = web.WebSocketResponse(heartbeat=20)
        await channel.prepare(request)
        open_channels.add(channel)
        try:
            await _race(channel, *_settings(request))
        except ValueError as error:
            # A script sees no status of a handshake, so what is wrong is said on the channel.
            await channel.send_json({"refused": str(error)})
            await channel.close()
        finally:
            open_channels.remove(channel)
        return channel

    async def close_channels(_app: web.Application) -> None:
        for channel in list(open_channels):
            await channel.close(code=WSCloseCode.GOING_AWAY)

    app = web.Application()
    app.on_shutdown.append(close_channels)
    app.router.add_get("/control", control)
    for path in _PAGE.iterdir():
        app.router.add_get("/" + path.name.removeprefix("index.html"), _file(path))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _race(channel: web.WebSocketResponse, profile: Profile, rate: float) -> None:
    feed = Feed(history=1000)
    running = asyncio.Event()

    async def publish() -> None:
        while True:
            await running.wait()
            event = feed.publish("x" * 20)
            await channel.send_json({"event": event.id, "created": event.created})
            # Even gaps would keep step with the polls, and then every poll would be as late.
            await asyncio.sleep(random.uniform(0.5, 1.5) / rate)

    async def report() -> None:
        while True:
            await channel.send_json({"counts": {each: _counted(links[each]) for each in links}})
            await asyncio.sleep(_COUNTING)

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(FeedServer(feed, any_origin=True))
        links = {
            each: await stack.enter_async_context(Link(server.host, server.port(each), profile))
            for each in Transport
        }
        await channel.send_json(_opening(links, profile, rate))
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(publish()), group.create_task(report())]
                async for message in channel:
                    await _obey(message.json(), channel, running)
                for task in tasks:
                    task.cancel()
        except* ConnectionResetError:
            pass  # the page has gone while something was said to it


async def _obey(
    said: dict[str, Any], channel: web.WebSocketResponse, running: asyncio.Event
) -> None:
    match said:
        case {"clock": sent}:
            await channel.send_json({"clock": sent, "now": time.perf_counter()})
        case {"running": True}:
            running.set()
        case {"running": False}:
            running.clear()


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


def _settings(request: web.Request) -> tuple[Profile, float]:
    """What the page asks for.

    Raises:
        ValueError: It makes no sense; the message is for who looks at the page.
    """
    profile = profile_named(request.query.get("link", "mobile_4g"))
    rate = _number(request, "rate", "2", RATES)
    _number(request, "interval", "1", INTERVALS)  # the page's own clients need it
    return profile, rate


def _number(request: web.Request, name: str, default: str, limits: tuple[float, float]) -> float:
    text = request.query.get(name, default)
    with suppress(ValueError):
        if limits[0] <= float(text) <= limits[1]:
            return float(text)
    raise ValueError(f"The {name} must be from {limits[0]:g} to {limits[1]:g}, not {text!r}.")


def _check_origin(request: web.Request) -> None:
    # A page of another site may not open a channel here. Its name may lead to this machine, but
    # then its origin has that name in it.
    port = request.get_extra_info("sockname")[1]
    if request.headers.get("Origin") not in (f"http://{HOST}:{port}", f"http://localhost:{port}"):
        raise web.HTTPForbidden(text="Only the page of the race may open this channel.")


def _colours() -> str:
    """The colours of the figures, as variables for the page."""
    colours = (f"  --{transport}: {look.color};\n" for transport, look in LOOKS.items())
    return f":root {{\n{''.join(colours)}}}\n"


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.Response]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        text = _colours() + text

    async def give(_request: web.Request) -> web.Response:
        headers = {"Cache-Control": "no-store"}
        return web.Response(
            text=text, content_type=_TYPES[path.suffix], charset="utf-8", headers=headers
        )

    return give
