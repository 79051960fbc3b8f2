"""Long-only portfolios whose assets carry given shares of the risk; equal shares are risk parity.

With budgets b > 0, Σ b = 1, the portfolio is w = x / Σ x of the one minimum of a convex program (Spinu 2013, An
algorithm for computing risk parity weights),

    min ½ xᵀΣx − Σ b_i ln x_i,        whose gradient vanishes where x_i (Σx)_i = b_i.

The least along the ray through any x > 0 leaves ½ + ln σ(w) − Σ b_i ln w_i, the objective that is told here. The dual,
with Σ = BᵀB, is max −½|λ|² + 1 + Σ b_i ln((Bᵀλ)_i / b_i); at λ ∝ Bx, best scaled, it is below that by

    gap = Σ b_i ln(b_i / rc_i),       rc_i = w_i (Σw)_i / wᵀΣw,

the relative entropy of the budgets to the contributions found: for any w > 0 with Σw > 0 whatsoever, and zero at the
optimum alone. Bounds on weights and rows have no place in this; callers refuse them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.allocations.compiling import kernel
from services.optimizer.domain.allocations.riskless import NoRisk, without_risk
from services.optimizer.domain.allocations.spinu_newton import MET, NEAR, minimum
from services.optimizer.domain.covariance import Covariance, DenseCovariance
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.vectors import Index, Vector, compilable

# Of its variance without any hedging: a portfolio on its way to no risk has less.
_HEDGED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RiskBudgeting:
    """A portfolio by budgets of risk, and how near it comes to them."""

    weights: Vector
    """w, N fractions that sum to 1; 0 where the budget is."""
    contributions: Vector
    """w_i (Σw)_i / wᵀΣw, N fractions that sum to 1."""
    error: float
    """max |rc_i / b_i − 1| over the budgets above 0."""
    objective: float
    """½ + ln √(wᵀΣw) − Σ b_i ln w_i."""
    bound: float
    """What no long-only portfolio can be below, in the unit of the objective."""
    gap: float
    """objective − bound = Σ b_i ln(b_i / rc_i)."""
    iterations: int
    """Sweeps over all assets and steps of Newton's method."""


def risk_budgeting(covariance: Covariance, budgets: Vector | None = None, *, plain: bool = False) -> RiskBudgeting:
    """The long-only portfolio whose risk contributions are `budgets`, N shares ≥ 0 in any unit; None: equal shares.

    Cyclical coordinate descent (Griveau-Billion, Richard and Roncalli 2013, A fast algorithm for computing
    high-dimensional risk parity portfolios), finished by Newton's method if need be; Newton's method alone if `plain`
    or without numba. Raises ValueError if no budget is above 0, NoRisk if one is to be spent where there is no risk,
    SolverFailed if the gap stays above 1e-10. The error is at most 1e-10, but where assets all but hedge each other or
    have next to no budget, and rounding leaves more.
    """
    shares = _shares(covariance.assets, budgets)
    held = np.flatnonzero(shares)
    part = covariance if held.size == shares.size else covariance.submatrix(held)
    variances = part.variances
    riskless = without_risk(variances)
    if np.any(riskless):
        raise NoRisk(tuple(int(asset) for asset in held[riskless]))
    # The optimum of assets that have nothing in common.
    x, iterations = _solved(part, shares[held], np.sqrt(shares[held] / variances), plain)
    weights = np.zeros(shares.size)
    weights[held] = x / x.sum()
    return _told(part, shares[held], weights, held, iterations)


def group_budgets(assets: int, groups: Sequence[tuple[Sequence[int], float]]) -> Vector:
    """N budgets for groups of (members as indices, budget ≥ 0): each group's is split equally over its members.

    An asset in no group has a budget, and with it a weight, of 0. Raises ValueError if an asset is in two groups, as
    neither could then be held to its own, or if a group with a budget has no members.
    """
    budgets, taken = np.zeros(assets), np.zeros(assets, dtype=np.int64)
    for members, budget in groups:
        indices = np.unique(np.asarray(members, dtype=np.int64))
        if indices.size == 0 and budget > 0:
            raise ValueError("a group with a budget needs members: name some, or give it a budget of 0")
        taken[indices] += 1
        budgets[indices] = budget / max(1, indices.size)
    if np.any(taken > 1):
        raise ValueError(f"asset {int(np.argmax(taken))} is in two groups: leave it out of one")
    return budgets


def _shares(assets: int, budgets: Vector | None) -> Vector:
    if budgets is None:
        return np.full(assets, 1.0 / assets)
    total = float(budgets.sum())
    if not total > 0 or np.any(budgets < 0):
        raise ValueError("budgets must not be negative, and one must be above 0")
    return budgets / total


def _solved(covariance: Covariance, b: Vector, x: Vector, plain: bool) -> tuple[Vector, int]:
    """x from its start, which is written over, and the iterations; Newton's method does what the sweeps leave over."""
    compiled = None if plain else kernel()
    if compiled is None:
        return minimum(covariance, b, x)
    if isinstance(covariance, DenseCovariance):
        sweeps = compiled.descend_dense(compilable(covariance.matrix), b, x)
    else:
        loadings, specific = compilable(covariance.loadings), compilable(covariance.specific)
        sweeps = compiled.descend_factors(loadings, specific, b, x)
    x, steps = minimum(covariance, b, x, enough=MET)
    return x, sweeps + steps


def _told(covariance: Covariance, b: Vector, weights: Vector, held: Index, iterations: int) -> RiskBudgeting:
    w = weights[held]
    parts = w * covariance.times(w)
    variance = float(parts.sum())
    if not variance > 0:
        raise NoRisk(())
    rc = parts / variance
    miss = rc / b - 1.0
    error = float(np.abs(miss).max())
    if not (error < 0.5 and float(b @ (miss * miss)) <= NEAR):
        raise _failure(variance / float(np.sqrt(covariance.variances) @ w) ** 2, error)
    # Σ b_i miss_i = 0, which leaves terms that are none below 0.
    gap = max(0.0, float(b @ (miss - np.log1p(miss))))
    objective = 0.5 + 0.5 * math.log(variance) - float(b @ np.log(w))
    contributions = np.zeros(weights.size)
    contributions[held] = rc
    return RiskBudgeting(weights, contributions, error, objective, objective - gap, gap, iterations)


def _failure(variance: float, error: float) -> Exception:
    """Why: if the portfolio's variance is next to none of what it would be without any hedging, there is no optimum."""
    if variance < _HEDGED:
        return NoRisk(())
    return SolverFailed("risk_budgeting", f"risk contributions are off their budgets by a share of {error:.1e}")
