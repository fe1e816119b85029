"""The look of every figure in the course.

The colours are those of Okabe and Ito, which stay apart for people who are colour-blind. Each
comes with a marker, a line style and a hatch of its own, so that a figure reads in grey as well.
"""

from dataclasses import dataclass

import matplotlib as mpl
from cycler import cycler

from course_lib.transports import Transport

INK = "#222222"
QUIET = "#6e6e6e"  # for what is secondary: grids, notes, reference lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn, whatever the kind of figure."""

    color: str
    marker: str
    line: str
    hatch: str


LOOKS: dict[Transport, Look] = {
    Transport.POLL: Look("#D55E00", "s", ":", ".."),
    Transport.LONG_POLL: Look("#E69F00", "^", "-.", "//"),
    Transport.SSE: Look("#009E73", "o", "--", "\\\\"),
    Transport.WEBSOCKET: Look("#0072B2", "D", "-", ""),
}


def use_style() -> None:
    """Draw every figure from now on in the course's style."""
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": QUIET,
            "axes.grid": True,
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=PALETTE)
            + cycler(linestyle=["-", ":", "--", "-.", (0, (5, 1, 1, 1)), (0, (1, 1))]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (7.5, 4.2),
            "figure.titlesize": 14,
            "figure.titleweight": "bold",
            "font.size": 10,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.8,
            "hatch.linewidth": 0.6,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "lines.markersize": 5,
            "savefig.dpi": 150,
            "text.color": INK,
            "xtick.color": QUIET,
            "xtick.labelcolor": INK,
            "ytick.color": QUIET,
            "ytick.labelcolor": INK,
        }
    )
