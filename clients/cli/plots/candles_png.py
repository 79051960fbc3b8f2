"""Bars as a picture: candles above, and below them what was traded."""

from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from qpo.marketdata.v1.prices_pb2 import TickBar

from clients.cli.output import moment
from clients.cli.plots.paper import BLUE, LEFT, MUTED, VERMILION, dress, save, sheet
from clients.cli.problem import Problem

_WIDTH = 0.7  # of the time between two bars


def draw(bars: Sequence[TickBar], to: Path, title: str, *, source_note: str) -> None:
    """Draws bars to a PNG file. Raises Problem if there are none."""
    if not bars:
        raise Problem("no closed bars in this window", [("--start, --end", "widen it")])
    span = f"{moment(bars[0].start)} … {moment(bars[-1].start)}"
    subtitle = f"{span} · {len(bars):,} bars of {sum(bar.ticks for bar in bars):,} ticks · blue rose, red fell"
    figure = sheet(title, subtitle, source_note)
    above = figure.add_axes((LEFT, 0.33, 0.88, 0.53))
    below = figure.add_axes((LEFT, 0.1, 0.88, 0.16), sharex=above)
    dress(above, across="", upwards="Price")
    dress(below, across="", upwards="Ticks")
    at = [float(date2num(bar.start.ToDatetime(UTC))) for bar in bars]  # type: ignore[no-untyped-call]
    width = _WIDTH * min((later - earlier for earlier, later in pairwise(at)), default=1 / 1440)
    colors = [BLUE if bar.close >= bar.open else VERMILION for bar in bars]
    above.vlines(at, [bar.low for bar in bars], [bar.high for bar in bars], colors=colors, linewidth=1.0)
    bodies = [(min(bar.open, bar.close), abs(bar.close - bar.open)) for bar in bars]
    above.bar(at, [height for _, height in bodies], width, [bottom for bottom, _ in bodies], color=colors)
    below.bar(at, [bar.ticks for bar in bars], width, color=MUTED)
    _date(below)
    above.tick_params(labelbottom=False)
    save(figure, to)


def _date(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.margins(x=0.01)
