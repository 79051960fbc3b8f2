"""Trades and what they cost, on the wire."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.optimizer.domain.result import Optimum
from services.optimizer.domain.trades import Trades

# A change below this is rounding: no order is so small.
NOTHING = 1e-9


def to_trades(found: Optimum) -> list[dict[str, Any]]:
    """What changes, largest first, as the fields of messages: hundreds of messages would be made only to be copied."""
    trades = found.trades
    if trades is None:
        return []
    weights, start = found.solved.weights, trades.start
    moved = np.abs(weights - start)
    traded = np.flatnonzero(moved > NOTHING)
    order = traded[np.argsort(-moved[traded], kind="stable")]
    columns = (start, weights, trades.commission, trades.spread, trades.impact, trades.borrow)
    rows = zip(order.tolist(), *(column[order].tolist() for column in columns), strict=True)
    return [
        {"symbol": found.symbols[index], "from": before, "to": after, "cost": _breakdown(*parts)}
        for index, before, after, *parts in rows
    ]


def to_cost(trades: Trades | None) -> dict[str, float] | None:
    """What all trades cost together."""
    if trades is None:
        return None
    parts = [float(each.sum()) for each in (trades.commission, trades.spread, trades.impact, trades.borrow)]
    return _breakdown(*parts)


def _breakdown(commission: float, spread: float, impact: float, borrow: float) -> dict[str, float]:
    """The fields of a CostBreakdown."""
    trading = commission + spread + impact
    return {"commission": commission, "spread": spread, "impact": impact, "borrow": borrow, "trading": trading}
