"""What can be bought, from the contract, and what is bought, to it."""

from __future__ import annotations

import numpy as np
from qpo.optimizer.v1 import optimization_pb2 as pb

from services.optimizer.domain.problem import Lots
from services.optimizer.domain.result import Optimum


def from_lots(of: pb.Lots) -> Lots:
    """What a lot is."""
    return Lots(of.portfolio_value, dict(sorted(of.prices.items())), dict(sorted(of.sizes.items())))


def to_in_lots(found: Optimum) -> pb.InLots | None:
    """Whole lots, of what is held."""
    it = found.in_lots
    if it is None:
        return None
    held = np.flatnonzero(it.shares)
    return pb.InLots(
        shares={found.symbols[asset]: float(it.shares[asset]) for asset in held},
        weights={found.symbols[asset]: float(it.weights[asset]) for asset in held},
        cash=it.cash,
        objective=it.objective,
        gap=it.gap,
        tracking_error=it.tracking_error,
    )
