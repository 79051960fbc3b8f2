"""The compiled method: one program on scratch of the caller's, and many that share F, D and A.

Arrays come one by one, not in tuples: that is what numba unpacks fastest at the door.
"""

# Many arguments by position: of arrays in a tuple, numba counts the references at every use.
# ruff: noqa: PLR0917

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.loops import (
    BORROW_COST,
    IMPACT_COST,
    INVERSE,
    LINEAR_COST,
    LOWER,
    START,
    UPPER,
    A,
    dearest,
    meet,
    minimize,
    objective,
    project,
    respond,
    rounding,
    strict,
    subtract,
    weigh,
)
from services.optimizer.domain.solvers.dual_newton.method import (
    CONVERGED,
    EMPTY,
    EPSILON,
    IMPATIENCE,
    LEAST_DAMPING,
    LEAST_LIFT,
    MOST_DAMPING,
    NO_GAP,
    OUT_OF_STEPS,
    PATIENCE,
    SLACK,
    STALLED,
    SUSPICION,
    TINY_STEP,
    TREND,
)
from services.optimizer.domain.solvers.dual_newton.step import (
    CAP,
    FLOOR,
    GRADIENT,
    MOVING,
    PAST,
    STEP,
    TRIAL,
    USED,
    constant,
    differentiate,
    direct,
    follow,
    search,
    wall_of,
    without_outward,
)
from services.optimizer.domain.vectors import Index, Vector

VECTORS = 5
"""How many vectors of N are scratch."""


@strict
def _prepare(
    D: Vector, gamma: float, floor: Vector, cap: Vector, turnover: float, gross: float, factors: int, terms: Vector,
    prices: Vector, z: Vector,
) -> tuple[float, bool]:  # fmt: skip
    """Fill in curvatures and limits, drop impossible prices; what one free asset responds, and whether limits fit."""
    n = factors + floor.size
    prices[FLOOR, factors:n], prices[CAP, factors:n] = floor, cap
    prices[FLOOR, n:], prices[CAP, n], prices[CAP, n + 1] = -np.inf, turnover, gross
    sound = True
    for k in range(factors, n + 2):
        unlimited = (z[k] > 0.0 and prices[CAP, k] == np.inf) or (z[k] < 0.0 and prices[FLOOR, k] == -np.inf)
        z[k] = 0.0 if unlimited else z[k]
        sound = sound and prices[FLOOR, k] <= prices[CAP, k]
    one = np.inf
    for i in range(D.size):
        terms[A, i] = gamma * D[i]
        terms[INVERSE, i] = 1.0 / terms[A, i]
        one = min(one, terms[INVERSE, i])
        sound = sound and terms[LOWER, i] <= terms[UPPER, i]
    return one, sound


@strict
def _at_prices(
    Ct: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float, mu: Vector, z: Vector,
    at: Vector, along: Vector, w: Vector,
) -> tuple[float, float, float, float]:  # fmt: skip
    """r and w at z; the dual's value, its size, Σ|w − w₀| and Σ|w| there."""
    n: int = Ct.shape[0]
    project(Ct, z, at)
    subtract(mu, at, 1.0, at)
    value, _, moved, held = minimize(kind, terms, at, along, 0.0, z[n], z[n + 1], w)
    more, size = constant(prices, factors, gamma, z)
    return value + more, size + abs(value), moved, held


@strict
def _guess(
    C: Vector, Ct: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float, z: Vector, mu: Vector,
    at: Vector, w: Vector,
) -> None:  # fmt: skip
    """z ← the factors' prices γ Fᵀw of likely weights, and the price at which the first equation then holds.

    Likely are first those at prices of zero, which w is, in the amount that the equation asks for; then the mean of
    them and of what comes of their prices. z stays zero where no equation asks for an amount.
    """
    n, used = C.shape[1], prices[USED, : C.shape[1]]
    row = factors
    while row < n and prices[FLOOR, row] != prices[CAP, row]:
        row += 1
    weigh(C, Ct, w, used)
    if row == n or not prices[CAP, row] * used[row] > 0.0:
        return
    z[:factors] = gamma * prices[CAP, row] / used[row] * used[:factors]
    for turn in range(2):
        if turn > 0:
            weigh(C, Ct, w, used)
            z[:factors] = 0.5 * (z[:factors] + gamma * used[:factors])
        z[row] = 0.0
        project(Ct, z, at)
        subtract(mu, at, 1.0, at)
        z[row] = meet(kind, terms, at, Ct[row], prices[CAP, row], w)


@strict
def _begin(
    C: Vector, Ct: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float, mu: Vector, z: Vector,
    at: Vector, along: Vector, w: Vector,
) -> tuple[float, float, float, float]:  # fmt: skip
    """The start that was given, or a guess, or prices of zero: the first that is not worth less than the last.

    r and w there; value, its size, Σ|w − w₀| and Σ|w|.
    """
    at[:], along[:] = mu, 0.0
    none, _, moved, held = minimize(kind, terms, at, along, 0.0, 0.0, 0.0, w)
    if np.any(z != 0.0):
        value, size, moved, held = _at_prices(Ct, kind, terms, prices, factors, gamma, mu, z, at, along, w)
        if value >= none:
            return value, size, moved, held
        z[:], at[:] = 0.0, mu
        minimize(kind, terms, at, along, 0.0, 0.0, 0.0, w)
    _guess(C, Ct, kind, terms, prices, factors, gamma, z, mu, at, w)
    value, size, moved, held = _at_prices(Ct, kind, terms, prices, factors, gamma, mu, z, at, along, w)
    if value >= none:
        return value, size, moved, held
    z[:], at[:] = 0.0, mu
    none, _, moved, held = minimize(kind, terms, at, along, 0.0, 0.0, 0.0, w)
    return none, abs(none), moved, held


@strict
def _climb(  # noqa: PLR0912, PLR0915 — one loop, read top to bottom
    C: Vector, Ct: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float, mu: Vector,
    one: float, tolerance: float, most: int, z: Vector, w: Vector,
    vectors: Vector, active: Index, block: Vector, matrix: Vector,
) -> tuple[int, int, float]:  # fmt: skip
    """Newton's steps from z: how they ended, how many they were, and the residual."""
    n: int = C.shape[1]
    at, along, base, tilt, response = vectors[0], vectors[1], vectors[2], vectors[3], vectors[4]
    used, d = prices[USED, :n], prices[STEP]
    value, size, moved, held = _begin(C, Ct, kind, terms, prices, factors, gamma, mu, z, at, along, w)
    residual, best, ceiling, extra, lift, waited, cautious, caution = np.inf, np.inf, np.inf, 0.0, 1.0, 0, 0, 2
    polished = False
    for step in range(most + 1):
        weigh(C, Ct, w, used)
        prices[USED, n], prices[USED, n + 1] = 0.5 * moved, held
        count, residual = differentiate(prices, factors, gamma, z, active)
        if residual <= tolerance:
            # Prices may be so high that the gap, −zᵀ∇q, is still seen: then one more step.
            if polished or step == most or abs(np.dot(z, prices[GRADIENT])) <= NO_GAP * size:
                return CONVERGED, step, residual
            polished = True
        if step == SUSPICION:
            ceiling = dearest(C, factors, terms, mu, gamma, prices[CAP, n], prices[CAP, n + 1])
        if value - 1e-9 * size > ceiling:
            return EMPTY, step, residual
        if residual < 0.5 * best:
            best, waited = residual, 0
        elif waited > PATIENCE or not np.isfinite(residual):
            return STALLED, step, residual
        if step == most:
            break
        respond(kind, terms, z[n], z[n + 1], w, response)
        damping = (max(LEAST_DAMPING, min(MOST_DAMPING, 0.1 * residual * residual) * lift) + extra) * one
        shift, low = extra * one, lift * one
        slope = direct(C, terms, prices, factors, gamma, w, response, active, count, block, matrix, low, damping, shift)
        wall = np.inf
        if cautious > 0:
            # A straight step to where the first price reaches zero: by concavity it cannot fail, only be short.
            cautious -= 1
            stay = without_outward(prices, z, active, count)
            while stay < count:
                count = stay
                slope = direct(
                    C, terms, prices, factors, gamma, w, response, active, count, block, matrix, low, damping, shift
                )
                stay = without_outward(prices, z, active, count)
            wall = wall_of(prices, factors, z)
        if step % TREND == 0:
            ahead = follow(prices, z) if step > IMPATIENCE else 0.0
            if ahead > 0.0:
                # Steps that swing to and fro have a common direction: try that, for once.
                slope, wall = ahead, np.inf
            prices[PAST] = z
        if not slope > 0.0 or not np.isfinite(slope):
            return STALLED, step, residual
        project(Ct, d, along)
        base[:], tilt[:], prices[MOVING] = at, along, d
        good, t, found, found_size, moved, held = search(
            Ct, kind, terms, prices, factors, gamma, z, w, base, tilt, slope, value, size, wall
        )
        if not good:
            # The path is bent too much, or rounding hides what is gained: go back and be cautious.
            _, _, moved, held = minimize(kind, terms, at, along, 0.0, z[n], z[n + 1], w)
            waited += 1 if wall == np.inf else 4
            extra = max(1.0, 100.0 * extra) if cautious > 0 else 0.0
            caution *= 2
            cautious = caution
            continue
        if cautious == 0 and t < 0.1 and wall_of(prices, factors, z) < 4.0 * t:
            cautious = caution
        # Where a longer step paid, prices with nothing free behind them wanted more: let them, and them alone.
        lift = max(lift / t, LEAST_LIFT) if t > 1.0 else (min(1.0, 10.0 * lift) if t < 0.3 else lift)
        if waited > 2 or (step >= IMPATIENCE and t < TINY_STEP):
            extra = max(0.1, 10.0 * extra)
        else:
            extra = 0.1 * extra if extra > 1e-3 else 0.0
        waited = 0 if found - value > 10.0 * SLACK * size else waited + 1
        # r is moved, not computed anew: its digits, not those of Cz, are the weights' digits.
        subtract(base, tilt, t, at)
        z[:] = prices[TRIAL]
        value, size = found, found_size
    return OUT_OF_STEPS, most, residual


@strict
def certify(
    C: Vector, Ct: Vector, norms: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float,
    mu: Vector, z: Vector, w: Vector, vectors: Vector, info: Vector,
) -> None:  # fmt: skip
    """info ← the objective of w, and a bound from z that rounding cannot lift above the optimum."""
    n: int = C.shape[1]
    at, along, taken, used = vectors[0], vectors[1], vectors[2], prices[USED, :n]
    along[:] = 0.0
    value, size, _, _ = _at_prices(Ct, kind, terms, prices, factors, gamma, mu, z, at, along, taken)
    square = 0.0
    for k in range(n):
        square += z[k] * z[k]
    off = rounding(norms, n, mu, np.sqrt(square), terms, taken)
    weigh(C, Ct, w, used)
    info[3] = objective(terms, mu, gamma, factors, used, w)
    info[4] = value - off - EPSILON * (w.size + n) * size


@strict
def newton(
    C: Vector, Ct: Vector, D: Vector, mu: Vector, gamma: float, lower: Vector, upper: Vector,
    start: Vector, linear: Vector, impact: Vector, borrow: Vector, floor: Vector, cap: Vector, turnover: float,
    gross: float, kind: int, tolerance: float, most: int, z: Vector, w: Vector,
    terms: Vector, vectors: Vector, prices: Vector, active: Index, block: Vector, matrix: Vector, info: Vector,
) -> None:  # fmt: skip
    """Solve one program from z: z and w become the answer, and of info its end, steps and residual; USED is of w.

    Scratch: `terms` (8, N), `vectors` (5, N), `prices` (8, p), `active` (p,), `block` (N p,), `matrix` (p p + 2 p,).
    """
    factors = C.shape[1] - floor.size
    terms[LOWER], terms[UPPER], terms[START] = lower, upper, start
    terms[LINEAR_COST], terms[IMPACT_COST], terms[BORROW_COST] = linear, impact, borrow
    one, sound = _prepare(D, gamma, floor, cap, turnover, gross, factors, terms, prices, z)
    if sound:
        end, step, residual = _climb(
            C, Ct, kind, terms, prices, factors, gamma, mu, one, tolerance, most, z, w, vectors, active, block, matrix
        )
    else:
        end, step, residual = EMPTY, 0, np.inf
        z[:], w[:] = 0.0, np.minimum(np.maximum(0.0, lower), upper)
    info[0], info[1], info[2] = end, step, residual


@strict
def newton_many(
    C: Vector, Ct: Vector, norms: Vector, D: Vector, mu: Vector, gamma: Vector, lower: Vector, upper: Vector,
    start: Vector, linear: Vector, impact: Vector, borrow: Vector, floor: Vector, cap: Vector, turnover: Vector,
    gross: Vector, kind: int, tolerance: float, most: int, begin: Vector, Z: Vector, W: Vector,
    terms: Vector, vectors: Vector, prices: Vector, active: Index, block: Vector, matrix: Vector, INFO: Vector,
) -> None:  # fmt: skip
    """Solve as many programs as Z has rows, each from `begin`. Arrays have a row for each of them, or one for all."""
    factors: int = C.shape[1] - floor.shape[1]
    for b in range(Z.shape[0]):
        Z[b] = begin
        m, g = b if mu.shape[0] > 1 else 0, b if gamma.size > 1 else 0
        newton(
            C, Ct, D, mu[m], gamma[g],
            lower[b if lower.shape[0] > 1 else 0],
            upper[b if upper.shape[0] > 1 else 0],
            start[b if start.shape[0] > 1 else 0],
            linear[b if linear.shape[0] > 1 else 0],
            impact[b if impact.shape[0] > 1 else 0],
            borrow[b if borrow.shape[0] > 1 else 0],
            floor[b if floor.shape[0] > 1 else 0],
            cap[b if cap.shape[0] > 1 else 0],
            turnover[b if turnover.size > 1 else 0],
            gross[b if gross.size > 1 else 0],
            kind, tolerance, most, Z[b], W[b], terms, vectors, prices, active, block, matrix, INFO[b],
        )  # fmt: skip
        certify(C, Ct, norms, kind, terms, prices, factors, gamma[g], mu[m], Z[b], W[b], vectors, INFO[b])
