"""Bars in the terminal as candles: a thin line from low to high, a thick one between open and close."""

from collections.abc import Sequence

from qpo.marketdata.v1.prices_pb2 import TickBar
from rich.console import Group, RenderableType

from clients.cli.output import moment
from clients.cli.plots.axes import COLUMNS, Axes, padded

ROSE, FELL = "green", "red"


def chart(bars: Sequence[TickBar], title: str) -> RenderableType:
    """The last bars that have room, a column each."""
    shown = bars[-COLUMNS:]
    if not shown:
        return "no closed bars in this window"
    axes = Axes((-0.5, len(shown) - 0.5), padded(value for bar in shown for value in (bar.low, bar.high)))
    for place, bar in enumerate(shown):
        style = ROSE if bar.close >= bar.open else FELL
        axes.curve([(place, bar.low), (place, bar.high)], style)
        axes.curve([(place + _BODY, bar.open), (place + _BODY, bar.close)], style)
        axes.curve([(place, bar.open), (place, bar.close)], style)
    ends = [(0.0, f"{shown[0].start.ToDatetime():%H:%M}"), (len(shown) - 1.0, f"{shown[-1].start.ToDatetime():%H:%M}")]
    first, last = shown[0], shown[-1]
    span = f"{moment(first.start)} … {moment(last.start)}"
    picture = axes.drawn(title=f"{title}, {span}", below="time, UTC →", tick=lambda value: f"{value:.6g}", bottom=ends)
    return Group(
        picture,
        "",
        f"{len(shown):,} bars, {sum(bar.ticks for bar in shown):,} ticks: "
        f"{first.open:,.4f} → {last.close:,.4f}, between {min(bar.low for bar in shown):,.4f} "
        f"and {max(bar.high for bar in shown):,.4f}",
    )


_BODY = 0.4  # of a bar's place, beside the line from low to high
