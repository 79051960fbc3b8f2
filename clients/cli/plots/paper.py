"""What all PNG pictures have in common: the sheet, its colours, its title, its axes.

The colours are Okabe and Ito's (2008), which readers with any of the common colour deficiencies can tell apart.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

INK, MUTED, GRID = "#1f2933", "#5f6f7f", "#e4e7eb"
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072b2", "#d55e00", "#009e73", "#aa4499", "#e69f00", "#56b4e9"
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
LEFT = 0.085
_WIDTH = 10.0
_DPI = 160


def sheet(title: str, subtitle: str, source_note: str, *, height: float = 6.6) -> Figure:
    """A white sheet, 10 inches wide, with its title, what the eye should take from it, and where it comes from."""
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(LEFT, 1 - 0.43 / height, title, fontsize=16, fontweight="bold", color=INK)
    figure.text(LEFT, 1 - 0.71 / height, subtitle, fontsize=9.5, color=MUTED)
    figure.text(LEFT, 0.145 / height, source_note, fontsize=7.5, color=MUTED)
    return figure


def dress(axes: Axes, *, across: str, upwards: str) -> None:
    """Names the axes, and leaves of the frame only a quiet grid."""
    axes.set_xlabel(across, color=INK, fontsize=10)
    axes.set_ylabel(upwards, color=INK, fontsize=10)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0, labelsize=9)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def in_percent(*axes: Axis) -> None:
    """Writes 0.125 as 12.5 % along these axes."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:.4g} %".replace("-", "−")))


def save(figure: Figure, to: Path) -> None:
    """Writes the file, making its folder."""
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to)
