"""Weights as a bar chart."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from qpo.optimizer.v1.optimization_pb2 import OptimizationResult
from qpo.portfolio.v1.portfolio_service_pb2 import ListHoldingsResponse

from clients.cli.output import day, money, percent
from clients.cli.plots.paper import BLUE, GRID, INK, LEFT, MUTED, VERMILION, dress, in_percent, save, sheet
from clients.cli.plots.shares import CASH, held

_NOTHING = 5e-7
_MOST = 40
_BAR_INCHES = 0.27


def draw_result(it: OptimizationResult, to: Path) -> None:
    """Draws the weights that the optimizer found."""
    promise = f"{percent(it.expected_return, 1)} expected at {percent(it.volatility, 1)} volatility per year"
    promise += f", Sharpe {it.sharpe_ratio:.2f}"
    window = f"Estimated from {it.observations:,} returns, {day(it.start)} … {day(it.end)}. " if it.observations else ""
    weights = {**it.weights, CASH: it.cash}
    draw(weights, to, title="Optimal weights", subtitle=promise, source_note=f"{window}Solved by {it.engine}.")


def draw_holdings(answer: ListHoldingsResponse, to: Path) -> None:
    """Draws the weights that a portfolio holds."""
    priced = max((day(it.price_date) for it in answer.holdings), default="–")
    subtitle = f"{len(answer.holdings)} holdings and cash, net asset value {money(answer.nav.value)}"
    draw(held(answer), to, title="Holdings", subtitle=subtitle, source_note=f"Weights at the closes of {priced}.")


def draw(weights: Mapping[str, float], to: Path, *, title: str, subtitle: str, source_note: str) -> None:
    """Draws weights as bars, heaviest on top; those of nothing are counted, and so are those beyond 40."""
    kept = sorted(((w, name) for name, w in weights.items() if abs(w) > _NOTHING), key=lambda it: -abs(it[0]))
    idle = sum(name != CASH for name, w in weights.items() if abs(w) <= _NOTHING)
    shown, more = sorted(kept[:_MOST], reverse=True), len(kept) - _MOST
    left_out = [f"{idle} without weight"] * bool(idle) + [f"{more} lighter ones not shown"] * (more > 0)
    height = 1.75 + _BAR_INCHES * max(len(shown), 3)
    figure = sheet(title, " · ".join([subtitle, *left_out]), source_note, height=height)
    axes = figure.add_axes((LEFT, 0.72 / height, 0.885, 1 - 1.72 / height))
    dress(axes, across="Weight, share of the portfolio's value", upwards="")
    _bars(axes, shown)
    save(figure, to)


def _bars(axes: Axes, shown: list[tuple[float, str]]) -> None:
    places = range(len(shown))
    values = [w for w, _ in shown]
    colours = [MUTED if name == CASH else BLUE if w > 0 else VERMILION for w, name in shown]
    axes.barh(places, values, color=colours, height=0.68, zorder=3)
    axes.set_yticks(places, [name for _, name in shown], color=INK)
    axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.axvline(0, color=GRID, linewidth=1.2)
    in_percent(axes.xaxis)
    low, high = min([0.0, *values]), max([0.0, *values]) or 1.0
    room = 0.1 * (high - low)
    axes.set_xlim(low - room if low < 0 else 0.0, high + room)
    for place, value in zip(places, values, strict=True):
        offset, side = (4, "left") if value >= 0 else (-4, "right")
        text = percent(value)
        axes.annotate(text, (value, place), (offset, 0), textcoords="offset points", ha=side, va="center",
                      fontsize=8.5, color=INK)  # fmt: skip
