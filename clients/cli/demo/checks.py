"""The promises that a run of the demo must keep."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from qpo.optimizer.v1.optimization_pb2 import OptimizationResult

from clients.cli.problem import Problem

TOLERANCE = 1e-9


def furthest(one: OptimizationResult, other: OptimizationResult) -> float:
    """The greatest absolute difference between two results: weights, return, volatility, Sharpe ratio.

    Raises Problem if they hold different assets or differ by more than 1e-9.
    """
    if set(one.weights) != set(other.weights) or not one.weights:
        raise Problem("REST and gRPC answered for different assets")
    gaps = [abs(one.weights[symbol] - other.weights[symbol]) for symbol in one.weights]
    gaps += [abs(getattr(one, name) - getattr(other, name)) for name in ("expected_return", "volatility")]
    gaps.append(abs(one.sharpe_ratio - other.sharpe_ratio))
    worst = max(gaps)
    # Each for itself, since no comparison finds a NaN: it is neither the greatest nor within the tolerance.
    if not all(gap <= TOLERANCE for gap in gaps):
        raise Problem(f"REST and gRPC disagree by {worst:.3g}, more than {TOLERANCE:g}")
    return worst


def whole(weights: Iterable[str], cash_weight: str) -> Decimal:
    """The exact sum of stored weights and cash. Raises Problem if it is not exactly 1."""
    total = sum((Decimal(weight) for weight in weights), Decimal(cash_weight or "0"))
    if total != 1:
        raise Problem(f"stored weights and cash sum to {total}, not to 1")
    return total


def gone(pids: Mapping[str, int], alive: Iterable[int]) -> None:
    """Raises Problem if a process of the mesh is still alive after it was stopped."""
    left = [f"{name} ({pid})" for name, pid in pids.items() if pid in set(alive)]
    if left:
        raise Problem(f"still running: {', '.join(left)}", [("", "kill them by their process id")])
