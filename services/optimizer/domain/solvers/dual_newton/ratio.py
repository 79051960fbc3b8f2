"""The compiled search for the program behind a ratio: its risk aversion q is that ratio of reward to risk,

    q wᵀΣw = aᵀw − costs(w) − r     where w is best for  aᵀw − costs(w) − ½ q wᵀΣw.

With θ = 1/q the path w(θ) is piecewise linear, and so are θν and θλ. Between two points of it the equation is quadratic
in θ, and where they belong to the same piece its root is the answer: as in the method of secants, but for a path
(Markowitz 1956, The optimization of a quadratic function subject to linear constraints).
"""

# Many arguments by position: of arrays in a tuple, numba counts the references at every use.
# ruff: noqa: PLR0917

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.kernel import certify, newton
from services.optimizer.domain.solvers.dual_newton.loops import objective, strict
from services.optimizer.domain.solvers.dual_newton.method import (
    BOLDER,
    CONVERGED,
    FARTHEST,
    MOST_TRIES,
    RISE,
    ROUGH,
    SURE,
)
from services.optimizer.domain.solvers.dual_newton.step import USED
from services.optimizer.domain.vectors import Index, Vector


@strict
def _root(constant: float, linear: float, square: float) -> float:
    """Of constant + linear u + square u² the root that is nearest to zero; NaN if there is none."""
    root: float = np.sqrt(linear * linear - 4.0 * square * constant)
    return -2.0 * constant / (linear + (root if linear > 0.0 else -root))


@strict
def newton_ratio(
    C: Vector, Ct: Vector, norms: Vector, D: Vector, mu: Vector, gamma: Vector, lower: Vector, upper: Vector,
    start: Vector, linear: Vector, impact: Vector, borrow: Vector, floor: Vector, cap: Vector, turnover: Vector,
    gross: Vector, kind: int, tolerance: float, most: int, rate: float, near: float, Z: Vector, W: Vector,
    terms: Vector, vectors: Vector, prices: Vector, active: Index, block: Vector, matrix: Vector, INFO: Vector,
) -> float:  # fmt: skip
    """Solve one program after another, first from z = Z[0] at γ: the aversion that is the ratio to within `near`.

    Arrays have one row, as for `newton_many`; Z, W and INFO become the answer to the last program, with all steps
    counted. Returns NaN where nothing was found.
    """
    z, w, info = Z[0], W[0], INFO[0]
    factors: int = C.shape[1] - floor.shape[1]
    here, last, away = np.empty(factors), np.empty(factors), np.empty(w.size)
    scaled, before, w_last = np.empty(z.size), np.empty(z.size), np.empty(w.size)
    theta, theta_last, gained_last, steps, off = 1.0 / gamma[0], 0.0, 0.0, 0.0, 1.0
    second, low, high = False, 0.0, np.inf
    for _ in range(MOST_TRIES):
        newton(
            C, Ct, D, mu[0], 1.0 / theta, lower[0], upper[0], start[0], linear[0], impact[0], borrow[0],
            floor[0], cap[0], turnover[0], gross[0], kind, max(tolerance, ROUGH * min(1.0, off * off)), most, z, w,
            terms, vectors, prices, active, block, matrix, info,
        )  # fmt: skip
        steps += info[1]
        here[:], away[:] = prices[USED, :factors], D * w
        variance = np.dot(here, here) + np.dot(away, w)
        if info[0] != CONVERGED or not variance > 0.0:
            return np.nan
        gained = 0.5 * variance / theta - objective(terms, mu[0], 1.0 / theta, factors, here, w) - rate
        info[1] = steps
        if not gained > 0.0:
            # So averse to risk that nothing is gained: look where it counts less.
            theta, second = BOLDER * theta, False
            continue
        ratio = theta * gained / variance
        off = abs(ratio - 1.0)
        if off <= near and info[2] <= tolerance:
            certify(C, Ct, norms, kind, terms, prices, factors, 1.0 / theta, mu[0], z, w, vectors, info)
            return float(1.0 / theta)
        scaled[:] = theta * z
        wide, more, along = theta_last - theta, gained_last - gained, np.nan
        if second:
            last -= here
            w_last -= w
            slope = 2.0 * (np.dot(here, last) + np.dot(away, w_last)) - theta * more - wide * gained
            square = np.dot(last, last) + np.dot(D * w_last, w_last) - wide * more
            along = _root(variance - theta * gained, slope, square)
        if off > SURE * info[2]:
            low, high = (max(low, theta), high) if ratio < 1.0 else (low, min(high, theta))
        following = theta + along * wide
        if low < following < high:
            z[:] = (scaled + along * (before - scaled)) / following
        else:
            # Not between what is known on either side: halfway, or farther on.
            jump = min(max(ratio**RISE, 1.0 / FARTHEST), FARTHEST)
            following = np.sqrt(low * high) if low > 0.0 and high < np.inf else theta / jump
            z[:factors] *= theta / following
        last[:], w_last[:], before[:], theta_last, gained_last = here, w, scaled, theta, gained
        theta, second = following, True
    return np.nan
