"""Shares of a portfolio's value before and after a rebalance, and as they are held."""

from collections.abc import Mapping
from dataclasses import dataclass

from qpo.portfolio.v1.portfolio_service_pb2 import ListHoldingsResponse, RebalancePortfolioResponse

CASH = "cash"


@dataclass(frozen=True)
class Move:
    """One instrument's share of the net asset value, before and after, as fractions."""

    name: str
    before: float
    after: float


def moves(answer: RebalancePortfolioResponse) -> list[Move]:
    """Every holding before or after, heaviest after first, and cash last. What was held before is what is held after
    less what was traded, at the same closes; the net asset value is the same on both sides.
    """
    nav = float(answer.nav.value or 0) or 1.0
    traded = {trade.symbol: float(trade.value.value or 0) for trade in answer.trades}
    after = {held.symbol: float(held.value.value or 0) for held in answer.portfolio.holdings}
    names = sorted({*traded, *after}, key=lambda name: (-after.get(name, 0.0), name))
    found = [_move(name, after.get(name, 0.0), traded.get(name, 0.0), nav) for name in names]
    return [*found, _move(CASH, float(answer.portfolio.cash.value or 0), -sum(traded.values()), nav)]


def held(answer: ListHoldingsResponse) -> Mapping[str, float]:
    """The stored weights of holdings and cash, as fractions."""
    weights = {it.symbol: float(it.weight.value or 0) for it in answer.holdings}
    return {**weights, CASH: float(answer.cash_weight.value or 0)}


def _move(name: str, after: float, traded: float, nav: float) -> Move:
    return Move(name, (after - traded) / nav, after / nav)
