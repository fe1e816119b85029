"""Sequence diagrams of real captures: who sent what when, and when it arrived."""

import json
import math
import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from course_lib.measure.sizes import Exchange
from course_lib.measure.style import INK, LOOKS, QUIET
from course_lib.network import Direction, Transfer
from course_lib.transports import Transport

_CLIENT, _SERVER = 0.0, 1.0
_LABEL = 12  # points
_CLOSE = 20.0  # milliseconds, within which labels would overlap
Point = tuple[float, float]


def sequence(exchanges: Sequence[Exchange], height: float = 7.5) -> Sequence[Axes]:
    """Draw exchanges side by side, time running downwards.

    A star on the server's line is an event that happens; a dot on the client's line is the
    moment it knows, with the latency beside it.

    Args:
        exchanges: From `record`.
        height: Of the figure, in inches.
    """
    figure, panels = plt.subplots(
        1, len(exchanges), figsize=(5 * len(exchanges), height), sharey=True, squeeze=False
    )
    figure.set_layout_engine("constrained", w_pad=0.12)
    end = max(1000 * (max(each.received) - each.transfers[0].sent) for each in exchanges) + 25
    for axes, exchange in zip(panels[0], exchanges, strict=True):
        axes.vlines([_CLIENT, _SERVER], 0, end, color=INK, linewidth=1.5)
        _draw(axes, exchange)
    panels[0][0].set(ylabel="time (ms)", ylim=(end, -10))
    return panels[0]


def in_words(exchanges: Sequence[Exchange]) -> str:
    """What such a figure shows, for those who do not see it."""
    return " ".join(
        f"{exchange.transport.label}: "
        + "; ".join(
            f"at {1000 * (transfer.sent - exchange.transfers[0].sent):.0f} ms the "
            f"{'client' if transfer.direction is Direction.UP else 'server'} sends "
            f"{describe(transfer, exchange.transport)}"
            for transfer in _shown(exchange)
        )
        + "."
        for exchange in exchanges
    )


def describe(transfer: Transfer, transport: Transport) -> str:
    """What a piece of data is, in a few words."""
    data = transfer.data
    if data.startswith(b"GET "):
        return data.split(b" ", 2)[1].decode()
    ids = ", ".join(map(str, _event_ids(data)))
    if data.startswith(b"HTTP/1.1 101"):
        return "101 Switching Protocols"
    if data.startswith(b"HTTP/1.1 "):
        status = data[9:12].decode()
        if transport is Transport.SSE:
            return f"{status}, a stream begins"
        return f"{status}: {f'event {ids}' if ids else 'nothing'}"
    if ids:
        return f"{'frame' if transport is Transport.WEBSOCKET else 'chunk'}: event {ids}"
    return f"{len(data)} bytes"


def _event_ids(data: bytes) -> list[int]:
    return [json.loads(text) for text in re.findall(rb'\{"id":(\d+),', data)]


def _shown(exchange: Exchange) -> list[Transfer]:
    last = max(exchange.received)
    return [each for each in exchange.transfers if each.data and each.sent <= last]


def _draw(axes: Axes, exchange: Exchange) -> None:
    look = LOOKS[exchange.transport]
    zero = exchange.transfers[0].sent

    def ms(moment: float) -> float:
        return 1000 * (moment - zero)

    above = {Direction.UP: -math.inf, Direction.DOWN: -math.inf}
    for transfer in _shown(exchange):
        sent, arrived = ms(transfer.sent), ms(transfer.arrived)
        if up := transfer.direction is Direction.UP:
            _arrow(axes, (_CLIENT, sent), (_SERVER, arrived), QUIET, 1.1)
        else:
            _arrow(axes, (_SERVER, sent), (_CLIENT, arrived), look.color, 1.8)
        falls = arrived - sent if up else sent - arrived
        axes.text(
            (_CLIENT + _SERVER) / 2,
            (sent + arrived) / 2,
            describe(transfer, exchange.transport),
            ha="center",
            # Below the arrow where another is close above it.
            va="top" if sent - above[transfer.direction] < _CLOSE else "bottom",
            fontsize=_LABEL,
            rotation=math.degrees(math.atan2(falls, _SERVER - _CLIENT)),
            rotation_mode="anchor",
            transform_rotates_text=True,  # along its arrow, so that it needs no ground of its own
        )
        # What leaves in the same direction, and from where this one arrives.
        above = {
            direction: sent if direction is transfer.direction else arrived for direction in above
        }
    happened = [ms(event.created) for event in exchange.events]
    known = [ms(moment) for moment in exchange.received]
    axes.plot([_SERVER] * len(happened), happened, "*", markersize=12, color=look.color)
    axes.plot([_CLIENT] * len(known), known, "o", markersize=7, color=look.color)
    ids = [str(event.id) for event in exchange.events]
    latencies = [f"{end - start:+.0f}" for start, end in zip(happened, known, strict=True)]
    for moment, texts in _together(happened, ids):
        _beside(axes, _SERVER, moment, ", ".join(texts), 9)
    for moment, texts in _together(known, latencies):
        _beside(axes, _CLIENT, moment, "\n".join(texts) + " ms", -9)
    axes.set(xlim=(-0.42, 1.15))
    axes.set_xticks([_CLIENT, _SERVER], ["client", "server"])
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.spines[:].set_visible(False)
    axes.set_title(exchange.transport.label, loc="left", pad=14)


def _arrow(axes: Axes, start: Point, end: Point, color: str, width: float) -> None:
    look = {"arrowstyle": "-|>", "color": color, "linestyle": "-", "linewidth": width}
    axes.annotate("", end, start, arrowprops=look | {"shrinkA": 0, "shrinkB": 0})


def _together(moments: Sequence[float], texts: Sequence[str]) -> list[tuple[float, list[str]]]:
    """Texts that would overlap, joined at the first one's moment."""
    groups: list[tuple[float, list[str]]] = []
    for moment, text in zip(moments, texts, strict=True):
        if not groups or moment - groups[-1][0] > _CLOSE:
            groups.append((moment, []))
        groups[-1][1].append(text)
    return groups


def _beside(axes: Axes, x: float, y: float, text: str, points: int) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(points, 0),
        textcoords="offset points",
        ha="left" if points > 0 else "right",
        va="center",
        fontsize=_LABEL,
    )
