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
    weights, start = found.solved.weights, trades.start
    moved = np.abs(weights - start)
    order = np.argsort(-moved, kind="stable")
    order = order[moved[order] > NOTHING]
    columns = (start, weights, trades.commission, trades.spread, trades.impact, trades.borrow)
    rows = zip(order.tolist(), *(column[order].tolist() for column in columns), strict=True)
    return [
        pb.Trade(symbol=found.symbols[index], **{"from": before}, to=after, cost=_breakdown(*parts))
        for index, before, after, *parts in rows
    ]


def to_cost(trades: Trades | None) -> pb.CostBreakdown | None:
    """What all trades cost together."""
    if trades is None:
        return None
    parts = [float(each.sum()) for each in (trades.commission, trades.spread, trades.impact, trades.borrow)]
    return _breakdown(*parts)


def _breakdown(commission: float, spread: float, impact: float, borrow: float) -> pb.CostBreakdown:
    trading = commission + spread + impact
    return pb.CostBreakdown(commission=commission, spread=spread, impact=impact, borrow=borrow, trading=trading)
