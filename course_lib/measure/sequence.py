"""Sequence diagrams of real captures: who sent what when, and when it arrived."""

import json
import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from course_lib.measure.sizes import Exchange
from course_lib.measure.style import INK, LOOKS, QUIET, use_style
from course_lib.network import Direction, Transfer
from course_lib.transports import Transport

use_style()

_CLIENT, _SERVER = 0.0, 1.0
_LINE_HEIGHT = 8.0  # milliseconds; what arrives within it shares one label


def sequence(exchanges: Sequence[Exchange], height: float = 7.5) -> Sequence[Axes]:
    """Draw exchanges side by side, time running downwards.

    A star on the server's line is an event that happens; a dot on the client's line is the
    moment it knows, with the latency beside it.

    Args:
        exchanges: From `record`.
        height: Of the figure, in inches.
    """
    figure, panels = plt.subplots(
        1, len(exchanges), figsize=(3.6 * len(exchanges), height), sharey=True, squeeze=False
    )
    end = max(1000 * (max(each.received) - each.transfers[0].sent) for each in exchanges) + 25
    for axes, exchange in zip(panels[0], exchanges, strict=True):
        axes.vlines([_CLIENT, _SERVER], 0, end, color=INK, linewidth=1.5)
        _draw(axes, exchange)
    panels[0][0].set(ylabel="time (ms)", ylim=(end, -10))
    figure.get_layout_engine().set(w_pad=0.12)
    return panels[0]


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


def _draw(axes: Axes, exchange: Exchange) -> None:
    look = LOOKS[exchange.transport]
    zero = exchange.transfers[0].sent
    last = max(exchange.received)

    def ms(moment: float) -> float:
        return 1000 * (moment - zero)

    for transfer in exchange.transfers:
        if not transfer.data or transfer.sent > last:
            continue
        up = transfer.direction is Direction.UP
        start, end = (_CLIENT, _SERVER) if up else (_SERVER, _CLIENT)
        sent, arrived = ms(transfer.sent), ms(transfer.arrived)
        axes.annotate(
            "",
            (end, arrived),
            (start, sent),
            arrowprops={
                "arrowstyle": "-|>",
                "color": QUIET if up else look.color,
                "linestyle": "-",
                "linewidth": 1.1 if up else 1.8,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        axes.annotate(
            describe(transfer, exchange.transport),
            ((_CLIENT + _SERVER) / 2, (sent + arrived) / 2),
            ha="center",
            va="center",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )
    together: list[tuple[float, list[str]]] = []
    for event, received in zip(exchange.events, exchange.received, strict=True):
        happened, known = ms(event.created), ms(received)
        axes.plot(_SERVER, happened, marker="*", markersize=12, color=look.color)
        axes.plot(_CLIENT, known, marker="o", markersize=7, color=look.color)
        _beside(axes, _SERVER, happened, f"{event.id}", 9)
        if not together or known - together[-1][0] > _LINE_HEIGHT:
            together.append((known, []))
        together[-1][1].append(f"{known - happened:+.0f}")
    for known, latencies in together:
        _beside(axes, _CLIENT, known, "\n".join(latencies) + " ms", -9)
    axes.set(xlim=(-0.42, 1.15))
    axes.set_xticks([_CLIENT, _SERVER], ["client", "server"])
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.spines[:].set_visible(False)
    axes.set_title(exchange.transport.label, pad=14)


def _beside(axes: Axes, x: float, y: float, text: str, points: int) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(points, 0),
        textcoords="offset points",
        ha="left" if points > 0 else "right",
        va="center",
        fontsize=8,
    )
