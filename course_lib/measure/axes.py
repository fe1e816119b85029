"""What several figures have in common: bars in rows, legends, logarithmic axes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from course_lib.measure.experiment import Delivery
from course_lib.measure.style import INK, LOOKS


def bars(
    axes: Axes, deliveries: list[Delivery], parts: list[list[float]], labels: Sequence[str] = ()
) -> list[Patch]:
    """A bar for each delivery, of one or two parts: full, and then an outlined one.

    Returns:
        What explains the parts in a legend, by their `labels`.
    """
    for row, (delivery, widths) in enumerate(zip(deliveries, parts, strict=True)):
        look, left = LOOKS[delivery.transport], 0.0
        for part, width in enumerate(widths):
            fill, hatch = (look.color, look.hatch) if part == 0 else ("none", "////")
            axes.barh(
                row,
                width,
                0.6,
                left,
                facecolor=fill,
                edgecolor="white" if part == 0 else look.color,
                hatch=hatch,
                linewidth=part,
            )
            left += width
    axes.set_yticks(range(len(deliveries)), [each.transport.label for each in deliveries])
    axes.set_ylim(len(deliveries) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    fills = ((INK, ""), ("none", "////"))
    return [
        Patch(facecolor=fill, edgecolor=INK, hatch=hatch, label=label)
        for label, (fill, hatch) in zip(labels, fills, strict=False)
    ]


def at_the_ends(axes: Axes, values: Sequence[float]) -> None:
    """Write each row's value behind its bar, and behind the formula's mark."""
    marks = [np.asarray(line.get_xdata(), dtype=float) for line in axes.lines]
    for row, value in enumerate(values):
        end = max([value, *(float(mark[row]) for mark in marks)])
        axes.annotate(f"{value:,.0f}", (end, row), (8, 0), textcoords="offset points", va="center")


def legend_above(axes: Axes, first: Sequence[Patch] = ()) -> None:
    """Put the legend between the title and the data, where it covers nothing."""
    axes.legend(
        handles=[*first, *axes.get_legend_handles_labels()[0]],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=4,
        columnspacing=1.2,
        markerscale=0.8,
        borderaxespad=0.2,
        handletextpad=0.4,
        fontsize=12,
    )
    axes.set_title(axes.get_title(loc="left"), loc="left", pad=30)


def plain_log(axis: Axis) -> None:
    """Plain numbers on a logarithmic axis."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 500 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
