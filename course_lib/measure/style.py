"""The look of every figure in the course, and how a notebook shows one.

The colours are those of Okabe and Ito, which stay apart for people who are colour-blind; the amber
is a little darker than theirs. Each comes with a marker, a line style and a hatch of its own, so
that a figure reads in grey as well. The ground is transparent: all colours, that of the text too,
stand out from white at least as 3 to 1, and so they do from JupyterLab's dark theme.
"""

import base64
import html
import io
from dataclasses import dataclass

from course_lib.transports import Transport

INK = "#777777"
QUIET = "#8a8a8a"  # for what is secondary: axes, notes, reference lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#C28500", "#B8659A", "#2E96CC")


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn, whatever the kind of figure."""

    color: str
    marker: str
    line: str
    hatch: str


LOOKS: dict[Transport, Look] = {
    Transport.POLL: Look("#D55E00", "s", ":", ".."),
    Transport.LONG_POLL: Look("#C28500", "^", "-.", "//"),
    Transport.SSE: Look("#009E73", "o", "--", "\\\\"),
    Transport.WEBSOCKET: Look("#0072B2", "D", "-", ""),
}


def use_style() -> None:
    """Draw every figure from now on in the course's style."""
    import matplotlib as mpl
    from cycler import cycler

    lines = ["-", ":", "--", "-.", (0, (5, 1, 1, 1)), (0, (1, 1))]
    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": QUIET,
            "axes.facecolor": "none",
            "axes.grid": True,
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=lines),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.titlesize": 14,
            "axes.titleweight": "bold",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.facecolor": "none",
            "figure.figsize": (7.5, 4.2),
            "figure.titlesize": 15,
            "figure.titleweight": "bold",
            "font.size": 12,
            "grid.alpha": 0.35,
            "grid.color": QUIET,
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


def show(alt: str) -> None:
    """Show the figure below the cell, on the page's own ground, and close it.

    `plt.show()` puts a transparent figure on white, and leaves those without a picture who hear a
    page instead of seeing it.

    Args:
        alt: What the figure shows, in a sentence or two.
    """
    import matplotlib.pyplot as plt
    from IPython.display import HTML, display

    figure, picture = plt.gcf(), io.BytesIO()
    figure.savefig(picture, format="png", dpi=2 * figure.dpi)
    plt.close(figure)
    display(
        HTML(
            f'<img alt="{html.escape(alt)}" style="width: {100 * figure.get_figwidth():.0f}px"'
            f' src="data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}">'
        )
    )
