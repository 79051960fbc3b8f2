"""`qpo frontier`: what return costs in risk, as a table and as a picture."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from qpo.optimizer.v1.optimization_pb2 import FrontierPoint
from qpo.optimizer.v1.optimizer_service_pb2 import (
    DatasetUniverse,
    MomentsSource,
    SolveFrontierRequest,
    SolveFrontierResponse,
)
from qpo.types.v1.moments_pb2 import EstimationSpec
from rich.console import RenderableType

from clients.cli.mandate import NO_ESTIMATE, NO_LIMITS, EstimateOptions, LimitOptions, symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import grid, note, percent, show

_ROWS = 12
_HEAVIEST = 4


def frontier(
    *,
    dataset: str,
    symbols: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    points: int = 50,
    risk_free_rate: float = 0.0,
    limits: LimitOptions = NO_LIMITS,
    estimate: EstimateOptions = NO_ESTIMATE,
    png: Path | None = None,
    options: Options = DEFAULTS,
) -> None:
    """Show the efficient frontier: the least volatility for each expected return.

    ```
    qpo frontier --dataset mine --png frontier.png
    qpo frontier --dataset mine --symbols AAPL,MSFT,JNJ,XOM --max-weight 0.4
    ```

    Parameters
    ----------
    dataset
        The dataset to take prices from.
    symbols
        The assets, e.g. AAPL,MSFT; without it all of the dataset.
    points
        Number of portfolios on the frontier, 2 to 500, at equal steps of expected return; without it 50.
    risk_free_rate
        Risk-free rate per year, for the Sharpe ratios; without it 0.
    png
        Draw the frontier to this file.
    """
    request = SolveFrontierRequest(
        source=source(dataset, symbols_of(symbols), estimate.message()),
        constraints=limits.message(),
        points=points,
        risk_free_rate=risk_free_rate,
    )
    with options.open() as edge:
        answer = edge.optimizer.SolveFrontier(request)
    if png is not None:
        from clients.cli.picture import draw

        draw(answer, png, source_note=f"Prices: dataset {dataset}", risk_free_rate=risk_free_rate)
        note(f"[green]✓[/] drawn to {png}")
    show(answer, options.output, table)


def source(dataset: str, symbols: list[str], estimation: EstimationSpec | None) -> MomentsSource:
    """Moments estimated from a dataset."""
    return MomentsSource(universe=DatasetUniverse(dataset=dataset, symbols=symbols, estimation=estimation))


def landmarks(answer: SolveFrontierResponse) -> tuple[int, int]:
    """Places of the minimum-variance and of the best Sharpe portfolio among the points."""
    at = range(len(answer.points))
    safest = min(at, key=lambda i: answer.points[i].volatility)
    return safest, max(at, key=lambda i: answer.points[i].sharpe_ratio)


def table(answer: SolveFrontierResponse) -> RenderableType:
    """About a dozen of the points, always with the two landmarks."""
    if not answer.points:
        return "the frontier has no points"
    safest, best = landmarks(answer)
    step = max(1, (len(answer.points) - 1) // (_ROWS - 1))
    chosen = sorted({*range(0, len(answer.points), step), safest, best, len(answer.points) - 1})
    marks = {safest: "minimum variance"}
    marks[best] = "best Sharpe" if best != safest else "minimum variance, best Sharpe"
    rows = [_row(i, answer.points[i], marks.get(i, "")) for i in chosen]
    columns = (">#", ">return", ">volatility", ">Sharpe", "", "heaviest")
    shown = f"{len(chosen)} of {len(answer.points)} points; -o json has them all"
    return grid(columns, rows, title="Efficient frontier, per year", note=shown)


def _row(place: int, point: FrontierPoint, mark: str) -> tuple[str, ...]:
    heaviest = sorted(point.weights.items(), key=lambda item: -item[1])[:_HEAVIEST]
    weights = ", ".join(f"{symbol} {weight * 100:.0f} %" for symbol, weight in heaviest if weight >= 0.005)
    return (
        str(place + 1),
        percent(point.expected_return),
        percent(point.volatility),
        f"{point.sharpe_ratio:.3f}",
        mark,
        weights,
    )
