"""What several figures have in common: bars in rows, moments, legends, logarithmic axes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from course_lib.measure.experiment import Delivery
from course_lib.measure.style import LOOKS, QUIET


def moment(axes: Axes, at: float, words: str, place: tuple[float, float]) -> None:
    """A quiet line at a moment on the x-axis, with words along it."""
    axes.axvline(at, color=QUIET, linewidth=1, zorder=1)
    axes.annotate(words, place, rotation=90, ha="center", va="center")


def bars(
    axes: Axes, deliveries: list[Delivery], first: Sequence[float], second: Sequence[float] = ()
) -> None:
    """A bar for each delivery, of one part or of two: full, and then an outlined one."""
    looks, rows = [LOOKS[each.transport] for each in deliveries], range(len(deliveries))
    colors, hatches = [look.color for look in looks], [look.hatch for look in looks]
    axes.barh(rows, first, 0.6, facecolor=colors, edgecolor="white", hatch=hatches, linewidth=0)
    if second:
        axes.barh(rows, second, 0.6, first, facecolor="none", edgecolor=colors, hatch="////")
    axes.set_yticks(rows, [each.transport.label for each in deliveries])
    axes.set_ylim(len(deliveries) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)


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
