"""The efficient frontier as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierResponse

from clients.cli.chosen import Chosen
from clients.cli.output import percent
from clients.cli.plots.frontier_chart import landmarks
from clients.cli.plots.labels import Point, place
from clients.cli.plots.paper import BLUE, GREEN, LEFT, MUTED, PURPLE, VERMILION, dress, in_percent, save, sheet

_STEPS = 40


def draw(
    answer: SolveFrontierResponse,
    to: Path,
    *,
    source_note: str,
    title: str = "",
    risk_free_rate: float = 0.0,
    chosen: Chosen | None = None,
) -> None:
    """Draws the frontier to a PNG file, with the two landmarks, every asset by itself, and the chosen portfolio.

    Volatility runs to the right and expected return upwards, both per year in percent.
    """
    safest, best = landmarks(answer)
    title = title or f"Efficient frontier of {len(answer.symbols)} assets"
    figure = sheet(title, _subtitle(answer, safest, best), source_note)
    axes = figure.add_axes((LEFT, 0.12, 0.885, 0.735))
    dress(axes, across="Volatility per year", upwards="Expected return per year")
    in_percent(axes.xaxis, axes.yaxis)
    curve = [(point.volatility, point.expected_return) for point in answer.points]
    _draw_curve(axes, curve, risk_free_rate, best)
    assets = list(zip(answer.asset_volatilities, answer.asset_expected_returns, strict=True))
    axes.scatter(*_columns(assets), s=26, color=MUTED, alpha=0.85, linewidth=0, zorder=3)
    marks = _landmarks(answer, safest, best) + ([_own(chosen)] if chosen else [])
    for _, point, colour, marker, size in marks:
        axes.scatter(*point, s=size, color=colour, marker=marker, edgecolor="white", linewidth=1.1, zorder=6)
    if chosen:  # a ring: what it lies on shines through
        axes.scatter(*marks[-1][1], s=210, facecolor="none", marker="D", edgecolor=PURPLE, linewidth=2.0, zorder=7)
    _limit(axes, [*curve, *assets, *(point for _, point, *_ in marks)])
    tangent = _tangent(curve[best], risk_free_rate)
    _name(axes, marks, [*assets, *curve, *tangent])
    avoid = [*curve, *tangent, *(point for _, point, *_ in marks)]
    place(axes, list(answer.symbols), assets, avoid=avoid, style={"color": MUTED, "fontsize": 8})
    save(figure, to)


Mark = tuple[str, Point, str, str, float]


def _landmarks(answer: SolveFrontierResponse, safest: int, best: int) -> list[Mark]:
    return [
        (name, (answer.points[at].volatility, answer.points[at].expected_return), colour, marker, size)
        for at, name, colour, marker, size in (
            (safest, "minimum variance", GREEN, "o", 95.0),
            (best, "best Sharpe", VERMILION, "*", 260.0),
        )
    ]


def _own(chosen: Chosen) -> Mark:
    return chosen.name, (chosen.volatility, chosen.expected_return), PURPLE, "D", 0.0


def _name(axes: Axes, marks: Sequence[Mark], avoid: Sequence[Point]) -> None:
    for name, point, colour, *_ in marks:
        label = f"{name}\n{percent(point[1], 1)} at {percent(point[0], 1)}"
        style = {"color": colour, "fontsize": 9, "fontweight": "bold"}
        place(axes, [label], [point], avoid=avoid, gap=7.0, style=style)


def _draw_curve(axes: Axes, curve: Sequence[Point], risk_free_rate: float, best: int) -> None:
    axes.plot(*_columns(curve), color=BLUE, linewidth=2.6, solid_capstyle="round", zorder=4)
    axes.scatter(*_columns(curve), s=9, color="white", edgecolor=BLUE, linewidth=0.9, zorder=5)
    line = _tangent(curve[best], risk_free_rate)
    axes.plot(*_columns(line), color=VERMILION, linewidth=1.0, linestyle=(0, (5, 4)), alpha=0.7, zorder=2)


def _tangent(best: Point, risk_free_rate: float) -> list[Point]:
    """The line from the risk-free rate through the best Sharpe portfolio and a little beyond: nothing lies above it."""
    volatility, expected = best
    slope = (expected - risk_free_rate) / volatility
    reach = [volatility * 1.15 * step / _STEPS for step in range(_STEPS + 1)]
    return [(x, risk_free_rate + slope * x) for x in reach]


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
        f"{len(points)} portfolios at equal steps of expected return, from {percent(points[0].expected_return, 1)} to "
        f"{percent(points[-1].expected_return, 1)} · Sharpe {points[safest].sharpe_ratio:.2f} at minimum variance, "
        f"{points[best].sharpe_ratio:.2f} at best (dashed)"
    )
