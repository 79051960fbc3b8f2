"""The efficient frontier as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierResponse

from clients.cli.frontier import landmarks
from clients.cli.labels import Point, place

_INK, _MUTED, _GRID = "#1f2933", "#66788a", "#e4e7eb"
_CURVE, _SAFE, _BEST = "#0b6e99", "#2f855a", "#d9480f"
_SIZE_INCHES = (10.0, 6.6)
_DPI = 160
_STEPS = 40


def draw(
    answer: SolveFrontierResponse, to: Path, *, source_note: str, title: str = "", risk_free_rate: float = 0.0
) -> None:
    """Draws the frontier to a PNG file, with the two landmarks and every asset by itself.

    Volatility runs to the right and expected return upwards, both per year in percent.
    """
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.085, 0.12, 0.885, 0.735))
    _dress(axes)
    safest, best = landmarks(answer)
    curve = [(point.volatility, point.expected_return) for point in answer.points]
    _draw_curve(axes, curve, risk_free_rate, best)
    assets = list(zip(answer.asset_volatilities, answer.asset_expected_returns, strict=True))
    axes.scatter(*_columns(assets), s=26, color=_MUTED, alpha=0.85, linewidth=0, zorder=3)
    _draw_landmarks(axes, answer, safest, best)
    _limit(axes, [*curve, *assets])
    tangent = _tangent(curve[best], risk_free_rate)
    _name_landmarks(axes, answer, [*assets, *curve, *tangent], safest, best)
    place(axes, list(answer.symbols), assets, avoid=[*curve, *tangent], style={"color": _MUTED, "fontsize": 8})
    _write(figure, title or f"Efficient frontier of {len(answer.symbols)} assets", _subtitle(answer, safest, best))
    figure.text(0.085, 0.022, source_note, fontsize=7.5, color=_MUTED)
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(to)


def _dress(axes: Axes) -> None:
    axes.set_xlabel("Volatility per year", color=_INK, fontsize=10)
    axes.set_ylabel("Expected return per year", color=_INK, fontsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_MUTED, length=0, labelsize=9)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _draw_curve(axes: Axes, curve: Sequence[Point], risk_free_rate: float, best: int) -> None:
    axes.plot(*_columns(curve), color=_CURVE, linewidth=2.6, solid_capstyle="round", zorder=4)
    axes.scatter(*_columns(curve), s=9, color="white", edgecolor=_CURVE, linewidth=0.9, zorder=5)
    line = _tangent(curve[best], risk_free_rate)
    axes.plot(*_columns(line), color=_BEST, linewidth=1.0, linestyle=(0, (5, 4)), alpha=0.7, zorder=2)


def _tangent(best: Point, risk_free_rate: float) -> list[Point]:
    """The line from the risk-free rate through the best Sharpe portfolio and a little beyond: nothing lies above it."""
    volatility, expected = best
    slope = (expected - risk_free_rate) / volatility
    reach = [volatility * 1.15 * step / _STEPS for step in range(_STEPS + 1)]
    return [(x, risk_free_rate + slope * x) for x in reach]


def _draw_landmarks(axes: Axes, answer: SolveFrontierResponse, safest: int, best: int) -> None:
    for at, colour, marker, size in ((safest, _SAFE, "o", 95), (best, _BEST, "*", 260)):
        point = answer.points[at]
        where = (point.volatility, point.expected_return)
        axes.scatter(*where, s=size, color=colour, marker=marker, edgecolor="white", linewidth=1.1, zorder=6)


def _name_landmarks(axes: Axes, answer: SolveFrontierResponse, avoid: Sequence[Point], safest: int, best: int) -> None:
    for at, colour, name in ((safest, _SAFE, "minimum variance"), (best, _BEST, "best Sharpe")):
        point = answer.points[at]
        label = f"{name}\n{point.expected_return:.1%} at {point.volatility:.1%}"
        style = {"color": colour, "fontsize": 9, "fontweight": "bold"}
        place(axes, [label], [(point.volatility, point.expected_return)], avoid=avoid, gap=7.0, style=style)


def _limit(axes: Axes, points: Sequence[Point]) -> None:
    """Room on every side; volatility begins at 0, where the dashed line starts at the risk-free rate."""
    xs, ys = _columns(points)
    high = max(ys) - min(ys)
    axes.set_xlim(0.0, max(xs) * 1.06)
    axes.set_ylim(min(ys) - 0.08 * high, max(ys) + 0.10 * high)


def _columns(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _subtitle(answer: SolveFrontierResponse, safest: int, best: int) -> str:
    points = answer.points
    return (
        f"{len(points)} portfolios at equal steps of expected return, from {points[0].expected_return:.1%} to "
        f"{points[-1].expected_return:.1%} · Sharpe {points[safest].sharpe_ratio:.2f} at minimum variance, "
        f"{points[best].sharpe_ratio:.2f} at best (dashed)"
    )


def _write(figure: Figure, title: str, subtitle: str) -> None:
    figure.text(0.085, 0.935, title, fontsize=16, fontweight="bold", color=_INK)
    figure.text(0.085, 0.893, subtitle, fontsize=9.5, color=_MUTED)
