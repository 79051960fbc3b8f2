"""The efficient frontier in the terminal: a chart, and about a dozen of its portfolios as rows."""

from qpo.optimizer.v1.optimization_pb2 import FrontierPoint
from qpo.optimizer.v1.optimizer_service_pb2 import SolveFrontierResponse
from rich.console import Group, RenderableType

from clients.cli.chosen import Chosen
from clients.cli.output import grid, percent
from clients.cli.plots.axes import Axes, Point, padded

_ROWS = 12
_HEAVIEST = 3
_SAME = 1e-6  # a risk that differs by more from the volatility is another measure


def look(answer: SolveFrontierResponse, chosen: Chosen | None = None) -> RenderableType:
    """The chart above the table."""
    if not answer.points:
        return "the frontier has no points"
    return Group(chart(answer, chosen), "", table(answer))


def landmarks(answer: SolveFrontierResponse) -> tuple[int, int]:
    """Places of the minimum-variance and of the best Sharpe portfolio among the points."""
    at = range(len(answer.points))
    safest = min(at, key=lambda i: answer.points[i].volatility)
    return safest, max(at, key=lambda i: answer.points[i].sharpe_ratio)


def chart(answer: SolveFrontierResponse, chosen: Chosen | None = None) -> RenderableType:
    """The frontier as a curve, its landmarks, every asset by itself, and the chosen portfolio."""
    curve = [(point.volatility, point.expected_return) for point in answer.points]
    assets = list(zip(answer.asset_volatilities, answer.asset_expected_returns, strict=True))
    own = [(chosen.volatility, chosen.expected_return)] if chosen else []
    everything: list[Point] = [*curve, *assets, *own]
    axes = Axes((0.0, max(x for x, _ in everything) * 1.08), padded(y for _, y in everything))
    axes.curve(curve, "cyan")
    safest, best = landmarks(answer)
    for point in assets:
        axes.mark(point, "•", "dim")
    axes.mark(curve[safest], "●", "bold green")
    axes.mark(curve[best], "★", "bold yellow")
    for point in own:
        axes.mark(point, "◆", "bold magenta")
    for symbol, point in zip(answer.symbols, assets, strict=True):
        axes.name(point, symbol, "dim")
    return axes.drawn(
        title="Efficient frontier: expected return against volatility, per year",
        below=_legend(chosen),
    )


def table(answer: SolveFrontierResponse) -> RenderableType:
    """About a dozen of the points, always with the two landmarks."""
    safest, best = landmarks(answer)
    step = max(1, (len(answer.points) - 1) // (_ROWS - 1))
    chosen = sorted({*range(0, len(answer.points), step), safest, best, len(answer.points) - 1})
    marks = {safest: "●", best: "★"}
    other = any(point.risk and abs(point.risk - point.volatility) > _SAME for point in answer.points)
    few = any(point.HasField("selection") for point in answer.points)
    rows = [_row(i, answer.points[i], marks.get(i, ""), other=other, few=few) for i in chosen]
    choices = [">assets", ">gap"] if few else []
    columns = (">#", ">return", *([">risk"] if other else []), ">volatility", ">Sharpe", *choices, "", "heaviest")
    shown = f"{len(chosen)} of {len(answer.points)} points; -o json has them all"
    return grid(columns, rows, note=shown)


def _legend(chosen: Chosen | None) -> str:
    own = f" · ◆ {chosen.name}" if chosen else ""
    return f"● minimum variance · ★ best Sharpe{own} · • one asset"


def _row(place: int, point: FrontierPoint, mark: str, *, other: bool, few: bool) -> tuple[str, ...]:
    heaviest = sorted(point.weights.items(), key=lambda item: -item[1])[:_HEAVIEST]
    weights = ", ".join(f"{symbol} {weight * 100:.0f} %" for symbol, weight in heaviest if weight >= 0.005)
    return (
        str(place + 1),
        percent(point.expected_return),
        *([percent(point.risk)] if other else []),
        percent(point.volatility),
        f"{point.sharpe_ratio:.3f}",
        *([str(point.selection.assets), f"{point.gap:.0e}"] if few else []),
        mark,
        weights,
    )
