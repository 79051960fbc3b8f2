"""A rebalance as a picture: every weight before and after."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from qpo.portfolio.v1.portfolio_service_pb2 import RebalancePortfolioResponse

from clients.cli.output import day, money, percent
from clients.cli.plots.paper import BLUE, INK, LEFT, MUTED, VERMILION, dress, in_percent, save, sheet
from clients.cli.plots.shares import CASH, Move, moves

_ROW_INCHES = 0.3


def draw(answer: RebalancePortfolioResponse, to: Path) -> None:
    """Draws where each weight came from and went to: an open dot before, a full one after."""
    found = moves(answer)
    height = 1.95 + _ROW_INCHES * max(len(found), 3)
    said = "would be traded" if answer.validate_only else "traded"
    name = answer.portfolio.name
    subtitle = (
        f"{len(answer.trades)} instruments {said}, net asset value {money(answer.nav.value, 'USD')} · now "
        f"{percent(answer.expected_return, 1)} expected at {percent(answer.volatility, 1)} volatility per year"
    )
    figure = sheet(f"Rebalance of {name}", subtitle, f"At the closes of {day(answer.price_date)}.", height=height)
    axes = figure.add_axes((LEFT, 0.72 / height, 0.885, 1 - 1.95 / height))
    dress(axes, across="Weight, share of the portfolio's value", upwards="")
    _rows(axes, found)
    save(figure, to)


def _rows(axes: Axes, found: Sequence[Move]) -> None:
    places = range(len(found))
    for place, it in zip(places, found, strict=True):
        colour = MUTED if it.name == CASH else BLUE if it.after >= it.before else VERMILION
        axes.plot((it.before, it.after), (place, place), color=colour, linewidth=2.2, alpha=0.55, zorder=2)
        axes.scatter(it.after, place, s=62, color=colour, zorder=4)
        side = 7 if it.after >= it.before else -7
        axes.annotate(percent(it.after, 1), (it.after, place), (side, 0), textcoords="offset points",
                      ha="left" if side > 0 else "right", va="center", fontsize=8.5, color=INK)  # fmt: skip
    axes.scatter([it.before for it in found], places, s=48, color="white", edgecolor=MUTED, linewidth=1.4, zorder=3)
    axes.set_yticks(places, [it.name for it in found], color=INK)
    axes.set_ylim(len(found) - 0.4, -0.6)
    in_percent(axes.xaxis)
    ends = [end for it in found for end in (it.before, it.after)]
    room = 0.09 * (max(ends) - min(0.0, *ends))
    axes.set_xlim(min(0.0, *ends) - room, max(ends) + room)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Signs and words above the plot, in the signs' own look."""
    signs = [
        axes.scatter([], [], s=48, color="white", edgecolor=MUTED, linewidth=1.4, label="before"),
        axes.scatter([], [], s=62, color=BLUE, label="after, bought"),
        axes.scatter([], [], s=62, color=VERMILION, label="after, sold"),
    ]
    axes.legend(handles=signs, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, frameon=False, fontsize=9,
                labelcolor=INK, handletextpad=0.2, columnspacing=1.4)  # fmt: skip
