"""Trades and what they cost, on the wire."""

from __future__ import annotations

import numpy as np
from qpo.optimizer.v1 import optimization_pb2 as pb

from services.optimizer.domain.result import Optimum
from services.optimizer.domain.trades import Trades

# A change below this is rounding: no order is so small.
NOTHING = 1e-9


def to_trades(found: Optimum) -> list[pb.Trade]:
    """What changes, largest first."""
    trades = found.trades
    if trades is None:
        return []
    weights = found.solved.weights
    moved = np.abs(weights - trades.start)
    order = [int(index) for index in np.argsort(-moved, kind="stable") if moved[index] > NOTHING]
    return [
        pb.Trade(
            symbol=found.symbols[index],
            **{"from": float(trades.start[index])},
            to=float(weights[index]),
            cost=_cost(trades, index),
        )
        for index in order
    ]


def to_cost(trades: Trades | None) -> pb.CostBreakdown | None:
    """What all trades cost together."""
    if trades is None:
        return None
    parts = [float(each.sum()) for each in (trades.commission, trades.spread, trades.impact, trades.borrow)]
    return _breakdown(*parts)


def _cost(trades: Trades, index: int) -> pb.CostBreakdown:
    parts = (trades.commission, trades.spread, trades.impact, trades.borrow)
    return _breakdown(*(float(each[index]) for each in parts))


def _breakdown(commission: float, spread: float, impact: float, borrow: float) -> pb.CostBreakdown:
    trading = commission + spread + impact
    return pb.CostBreakdown(commission=commission, spread=spread, impact=impact, borrow=borrow, trading=trading)
