"""`qpo moments`: what the past says of returns and of how they move together."""

import math
from collections.abc import Sequence
from typing import Literal

from qpo.ml.v1.ml_service_pb2 import (
    DatasetInput,
    EstimateMomentsRequest,
    EstimateMomentsResponse,
    MomentsQuality,
)
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.arguments import Dataset, Symbols
from clients.cli.mandate import NO_ESTIMATE, EstimateOptions, symbols_of
from clients.cli.options import DEFAULTS, Options
from clients.cli.output import day, grid, percent, show

_WIDEST = 12


def moments(
    dataset: Dataset = "",
    /,
    *,
    symbols: Symbols = (),
    estimate: EstimateOptions = NO_ESTIMATE,
    form: Literal["dense", "factors"] = "dense",
    options: Options = DEFAULTS,
) -> None:
    """Estimate expected returns and covariance, and say what the estimate rests on.

    ```
    qpo moments mine --symbols AAPL,JNJ,XOM --lookback 1260
    qpo moments mine --covariance pca-factors --factors 3 --form factors -o json
    ```

    Needs the scope `read:marketdata`, and 30 sessions in which every symbol has a return. Prints a row per symbol with
    its correlations, then the quality of the estimate; -o json has the covariance itself.

    Parameters
    ----------
    form
        How the covariance is written: dense, which correlations are shown from, or as factors plus a diagonal.
    """
    request = EstimateMomentsRequest(
        dataset=DatasetInput(dataset=options.dataset(dataset), symbols=symbols_of(symbols)),
        estimation=estimate.message(),
        form=f"COVARIANCE_FORM_{form.upper()}",
    )
    with options.open() as edge:
        answer = edge.ml.EstimateMoments(request)
    show(answer, options.format, table)


def table(answer: EstimateMomentsResponse) -> RenderableType:
    """Expected return and volatility per year, and, of the first dozen, how they move together."""
    of = answer.moments
    volatilities = _volatilities(answer)
    rows = [
        (symbol, percent(of.expected_returns[at]), percent(volatilities[at]), *_correlations(answer, at, volatilities))
        for at, symbol in enumerate(of.symbols)
    ]
    title = f"Per year, from {of.observations:,} returns, {day(of.start)} … {day(of.end)}"
    columns = ("", ">expected", ">volatility", *(f">{symbol}" for symbol in _shown(answer)))
    return Group(grid(columns, rows, title=title), Text(_quality(answer.quality), "dim"))


def _shown(answer: EstimateMomentsResponse) -> Sequence[str]:
    """The symbols that get a column of correlations: all of them, where they fit beside each other."""
    few = len(answer.moments.symbols) <= _WIDEST and answer.moments.WhichOneof("covariance") == "dense"
    return answer.moments.symbols if few else ()


def _volatilities(answer: EstimateMomentsResponse) -> list[float]:
    """√Σᵢᵢ, from either form of Σ."""
    of, count = answer.moments, len(answer.moments.symbols)
    if of.WhichOneof("covariance") == "dense":
        return [math.sqrt(of.dense.doubles.values[at * count + at]) for at in range(count)]
    loadings, width = of.factors.loadings.doubles.values, of.factors.loadings.cols
    own = of.factors.specific_variances.doubles.values
    return [math.sqrt(sum(x * x for x in loadings[at * width : (at + 1) * width]) + own[at]) for at in range(count)]


def _correlations(answer: EstimateMomentsResponse, at: int, volatilities: Sequence[float]) -> list[str]:
    count = len(volatilities)
    values = answer.moments.dense.doubles.values
    return [
        f"{values[at * count + other] / ((volatilities[at] * volatilities[other]) or 1.0):.2f}"
        for other, _ in enumerate(_shown(answer))
    ]


def _quality(it: MomentsQuality) -> str:
    facts = [
        f"{it.sessions_used:,} of {it.sessions_asked:,} sessions used",
        f"condition number {it.condition_number:.3g}",
    ]
    if it.covariance_shrinkage:
        facts.append(f"covariance shrunk by {percent(it.covariance_shrinkage)}")
    if it.expected_return_shrinkage:
        facts.append(f"expected returns shrunk by {percent(it.expected_return_shrinkage)}")
    if it.explained_variance:
        facts.append(f"factors explain {percent(it.explained_variance)} of the variance")
    short = [history.symbol for history in it.histories if history.short]
    return " · ".join([*facts, *([f"short history: {', '.join(short)}"] if short else [])])
