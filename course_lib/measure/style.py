"""The look of every figure in the course, and how a notebook shows one.

The colours are those of Okabe and Ito, which stay apart for people who are colour-blind; the amber
is a little darker than theirs. Each comes with a marker, a line style and a hatch of its own, so
that a figure reads in grey as well. The ground is transparent, so every colour must stand out from
white and from the #111111 of JupyterLab's dark theme: all do at least as 3 to 1 (WCAG 2.2, section
1.4.11), and the ink of all text by 4.3, which is the most that one colour can have from both.
"""

import base64
import html
import io
from dataclasses import dataclass
from typing import Any

from course_lib.transports import Transport

INK = "#797979"  # 4.35 from white, 4.34 from #111111
QUIET = "#8a8a8a"  # for lines that are secondary: axes, grids, references
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#C28500", "#B8659A", "#2E96CC")


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn, whatever the kind of figure."""

    color: str
    marker: str
    line: str
    hatch: str

    @property
    def as_line(self) -> dict[str, Any]:
        """What `Axes.plot` takes for a line without marks."""
        return {"color": self.color, "linestyle": self.line}

    @property
    def as_marks(self) -> dict[str, Any]:
        """What `Axes.plot` takes for marks without a line."""
        return {"color": self.color, "marker": self.marker, "linestyle": ""}


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
    mpl.rc("axes", axisbelow=True, edgecolor=QUIET, facecolor="none", grid=True, labelcolor=INK)
    mpl.rc("axes", prop_cycle=cycler(color=PALETTE) + cycler(linestyle=lines))
    mpl.rc("axes", titlelocation="left", titlepad=10, titlesize=15, titleweight="bold")
    mpl.rc("axes.spines", right=False, top=False)
    mpl.rc("figure", dpi=100, facecolor="none", figsize=(7.5, 4.2))
    mpl.rc("figure", titlesize=16, titleweight="bold")
    mpl.rc("figure.constrained_layout", use=True)
    mpl.rc("font", size=13)
    mpl.rc("grid", alpha=0.35, color=QUIET, linewidth=0.8)
    mpl.rc("hatch", linewidth=0.6)
    mpl.rc("legend", frameon=False)
    mpl.rc("lines", linewidth=2, markersize=5)
    mpl.rc("savefig", dpi=150)
    mpl.rc("text", color=INK)
    mpl.rc("xtick", color=QUIET, labelcolor=INK)
    mpl.rc("ytick", color=QUIET, labelcolor=INK)


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
            f'<img alt="{html.escape(alt)}" '
            f'style="width: {100 * figure.get_figwidth():.0f}px; max-width: 100%"'
            f' src="data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}">'
        )
    )
