"""Price histories as a picture: what 1 became, and below it how far each stood under its peak."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from clients.cli.output import percent
from clients.cli.plots.history import History
from clients.cli.plots.paper import LEFT, LINES, dress, in_percent, save, sheet
from clients.cli.problem import Problem

_HEIGHT = 7.4
_LEAST_GAP = 0.035  # of the axis: closer names at the lines' ends would cover each other


def draw(drawn: Sequence[History], to: Path, *, source_note: str) -> None:
    """Draws the histories to a PNG file."""
    if not drawn or not drawn[0].sessions:
        raise Problem("no sessions in this window", [("--end, --lookback", "widen it")])
    days = drawn[0].sessions
    worst = min((min(it.drawdowns), it.symbol) for it in drawn)
    subtitle = f"{days[0]} … {days[-1]}, {len(days):,} sessions · worst drawdown {percent(-worst[0], 1)}, {worst[1]}"
    figure = sheet("What 1 became", subtitle, source_note, height=_HEIGHT)
    above = figure.add_axes((LEFT, 0.385, 0.8, 0.475))
    below = figure.add_axes((LEFT, 0.085, 0.8, 0.225), sharex=above)
    dress(above, across="", upwards="Worth, start = 1")
    dress(below, across="", upwards="Below its peak")
    in_percent(below.yaxis)
    at = [float(date2num(day)) for day in days]  # type: ignore[no-untyped-call]
    for place, it in enumerate(drawn):
        above.plot(at, it.worth, color=LINES[place], linewidth=1.6)
        below.plot(at, it.drawdowns, color=LINES[place], linewidth=1.0)
    _name_ends(above, drawn)
    _date(below)
    below.set_ylim(top=0.02)
    save(figure, to)


def _name_ends(axes: Axes, drawn: Sequence[History]) -> None:
    """Names at the lines' ends, moved apart where they would touch: no legend to look up."""
    low, high = axes.get_ylim()
    floor = low
    for place, it in sorted(enumerate(drawn), key=lambda pair: pair[1].worth[-1]):
        height = max(it.worth[-1], floor)
        floor = height + _LEAST_GAP * (high - low)
        end = (1.01, (height - low) / (high - low))
        text = f"{it.symbol}  {it.worth[-1]:.2f}"
        axes.annotate(text, end, xycoords="axes fraction", color=LINES[place], fontsize=9.5, fontweight="bold",
                      va="center")  # fmt: skip


def _date(axes: Axes) -> None:
    locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.margins(x=0.005)
