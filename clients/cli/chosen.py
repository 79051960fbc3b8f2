"""A stored portfolio seen against the frontier: what its holdings promise by the frontier's own estimate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qpo.ml.v1.ml_service_pb2 import CovarianceForm, DatasetInput, EstimateMomentsRequest
from qpo.optimizer.v1.optimizer_service_pb2 import DatasetUniverse
from qpo.portfolio.v1.portfolio_pb2 import Portfolio
from qpo.portfolio.v1.portfolio_service_pb2 import GetPortfolioRequest
from qpo.types.v1.moments_pb2 import Moments

from clients.cli.connection import Edge
from clients.cli.problem import Problem


@dataclass(frozen=True)
class Chosen:
    """A portfolio as a point of the picture: volatility and expected return per year."""

    name: str
    volatility: float
    expected_return: float


def stored(edge: Edge, portfolio_id: str) -> Portfolio:
    """The portfolio of an id; one in which nothing is set without an id."""
    if not portfolio_id:
        return Portfolio()
    found: Portfolio = edge.portfolios.GetPortfolio(GetPortfolioRequest(portfolio_id=portfolio_id)).portfolio
    return found


def where_it_stands(edge: Edge, it: Portfolio, universe: DatasetUniverse) -> Chosen:
    """What the portfolio's stored weights promise; cash earns nothing and varies in nothing.

    Raises Problem if it holds what the frontier's universe lacks.
    """
    request = EstimateMomentsRequest(
        dataset=DatasetInput(dataset=universe.dataset, symbols=universe.symbols),
        estimation=universe.estimation,
        form=CovarianceForm.COVARIANCE_FORM_DENSE,
    )
    moments = edge.ml.EstimateMoments(request).moments
    weights = {held.symbol: float(held.weight.value or 0) for held in it.holdings}
    if strangers := sorted(set(weights) - set(moments.symbols)):
        raise Problem(f"{it.name} holds {', '.join(strangers)}", [("--symbols", "name what it holds as well")])
    return Chosen(it.name, *promise(moments, weights))


def promise(moments: Moments, weights: Mapping[str, float]) -> tuple[float, float]:
    """√(wᵀΣw) and μᵀw, per year, of weights by symbol; Σ is dense, N × N in row-major order."""
    w = [weights.get(symbol, 0.0) for symbol in moments.symbols]
    rows = _rows(moments.dense.doubles.values, len(w))
    variance = sum(x * _dot(row, w) for x, row in zip(w, rows, strict=True) if x)
    return math.sqrt(max(variance, 0.0)), _dot(moments.expected_returns, w)


def _rows(values: Sequence[float], width: int) -> list[Sequence[float]]:
    return [values[start : start + width] for start in range(0, len(values), width)]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))
