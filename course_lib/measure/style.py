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
from pathlib import Path
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
    Transport.POLL: Look(PALETTE[1], "s", ":", ".."),
    Transport.LONG_POLL: Look(PALETTE[3], "^", "-.", "//"),
    Transport.SSE: Look(PALETTE[2], "o", "--", "\\\\"),
    Transport.WEBSOCKET: Look(PALETTE[0], "D", "-", ""),
}


def use_style() -> None:
    """Draw every figure from now on in the course's style: `course.mplstyle`, and these colours."""
    import matplotlib.style
    from cycler import cycler

    lines = ["-", ":", "--", "-.", (0, (5, 1, 1, 1)), (0, (1, 1))]
    cycle = cycler(color=PALETTE) + cycler(linestyle=lines)
    ink = dict.fromkeys(
        ("axes.labelcolor", "text.color", "xtick.labelcolor", "ytick.labelcolor"), INK
    )
    quiet = dict.fromkeys(("axes.edgecolor", "grid.color", "xtick.color", "ytick.color"), QUIET)
    sizes = Path(__file__).with_name("course.mplstyle")
    matplotlib.style.use([sizes, {"axes.prop_cycle": cycle, **ink, **quiet}])


def show(alt: str) -> None:
    """Show the figure below the cell, on the page's own ground, and close it.

    `plt.show()` puts a transparent figure on white, and has no words for people who hear a page
    instead of seeing it.

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
