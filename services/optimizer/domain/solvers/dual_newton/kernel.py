"""The compiled method: one program on scratch of the caller's, and many that share F, D and A.

Arrays come one by one, not in tuples: that is what numba unpacks fastest at the door.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.loops import (
    Terms,
    dearest,
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
    OUT_OF_STEPS,
    PATIENCE,
    SLACK,
    STALLED,
    SUSPICION,
    TINY_STEP,
)
from services.optimizer.domain.solvers.dual_newton.step import (
    Scratch,
    Shared,
    constant,
    differentiate,
    direct,
    search,
    wall_of,
    without_outward,
)
from services.optimizer.domain.vectors import Index, Vector

VECTORS, DUALS = 7, 7
"""How many vectors of N and of p are scratch."""

INFO = 5
"""How many numbers are said of a solve: its end, steps, residual, value and bound."""


@strict
def _prepare(
    D: Vector, gamma: float, floor: Vector, cap: Vector, turnover: float, gross: float, terms: Terms, shared: Shared,
    z: Vector,
) -> tuple[float, bool]:  # fmt: skip
    """Fill in curvatures and limits, and drop impossible prices; what one free asset responds, and whether limits fit."""
    n, factors = shared.C.shape[1], shared.factors
    shared.floor[factors:n], shared.cap[factors:n] = floor, cap
    shared.floor[n:], shared.cap[n], shared.cap[n + 1] = -np.inf, turnover, gross
    sound = True
    for k in range(factors, n + 2):
        unlimited = (z[k] > 0.0 and shared.cap[k] == np.inf) or (z[k] < 0.0 and shared.floor[k] == -np.inf)
        z[k] = 0.0 if unlimited else z[k]
        sound = sound and shared.floor[k] <= shared.cap[k]
    one = np.inf
    for i in range(D.size):
        terms.curvature[i] = gamma * D[i]
        terms.inverse[i] = 1.0 / terms.curvature[i]
        one = min(one, terms.inverse[i])
        sound = sound and terms.lower[i] <= terms.upper[i]
    return one, sound


@strict
def _begin(
    shared: Shared, terms: Terms, mu: Vector, z: Vector, at: Vector, along: Vector, w: Vector
) -> tuple[float, float, float, float]:
    """r and w at z; value, its size, Σ|w − w₀| and Σ|w| there. A start that is worth less than none is none."""
    n = shared.C.shape[1]
    at[:], along[:] = mu, 0.0
    none, _, moved, held = minimize(terms, at, along, 0.0, 0.0, 0.0, w)
    if not np.any(z != 0.0):
        return none, abs(none), moved, held
    project(shared.Ct, z, at)
    subtract(mu, at, 1.0, at)
    value, _, moved, held = minimize(terms, at, along, 0.0, z[n], z[n + 1], w)
    more, size = constant(shared, z)
    if value + more >= none:
        return value + more, size + abs(value), moved, held
    at[:], z[:] = mu, 0.0
    none, _, moved, held = minimize(terms, at, along, 0.0, 0.0, 0.0, w)
    return none, abs(none), moved, held


@strict
def _climb(
    shared: Shared, terms: Terms, mu: Vector, one: float, tolerance: float, most: int, z: Vector, w: Vector,
    at: Vector, along: Vector, scratch: Scratch,
) -> tuple[int, int, float]:  # fmt: skip
    """Newton's steps from z: how they ended, how many they were, and the residual."""
    n, used, d = shared.C.shape[1], scratch.used, scratch.d
    value, size, moved, held = _begin(shared, terms, mu, z, at, along, w)
    residual, best, ceiling, extra, lift, waited, cautious, caution = np.inf, np.inf, np.inf, 0.0, 1.0, 0, 0, 2
    for step in range(most + 1):
        weigh(shared.C, shared.Ct, w, used[:n])
        used[n], used[n + 1] = 0.5 * moved, held
        count, residual = differentiate(shared, z, used, scratch.gradient, scratch.active)
        if residual <= tolerance:
            return CONVERGED, step, residual
        if step == SUSPICION:
            ceiling = dearest(shared.C, shared.factors, terms, mu, shared.gamma)
        if value - 1e-9 * size > ceiling:
            return EMPTY, step, residual
        if residual < 0.5 * best:
            best, waited = residual, 0
        elif waited > PATIENCE or not np.isfinite(residual):
            return STALLED, step, residual
        if step == most:
            break
        respond(terms, z[n], z[n + 1], w, scratch.response)
        damping = (max(LEAST_DAMPING, min(MOST_DAMPING, 0.1 * residual) * lift) + extra) * one
        slope = direct(shared, terms.start, w, count, lift * one, damping, extra * one, scratch)
        wall = np.inf
        if cautious > 0:
            # A straight step to where the first price reaches zero: by concavity it cannot fail, only be short.
            cautious -= 1
            stay = without_outward(z, d, scratch.gradient, scratch.active, count)
            while stay < count:
                count = stay
                slope = direct(shared, terms.start, w, count, lift * one, damping, extra * one, scratch)
                stay = without_outward(z, d, scratch.gradient, scratch.active, count)
            wall = wall_of(shared, z, d)
        if not slope > 0.0 or not np.isfinite(slope):
            return STALLED, step, residual
        project(shared.Ct, d, along)
        scratch.base[:], scratch.tilt[:], scratch.moving[:] = at, along, d
        good, t, found, found_size, moved, held = search(shared, terms, z, w, slope, value, size, wall, scratch)
        if not good:
            # The path is bent too much, or rounding hides what is gained: go back and be cautious.
            _, _, moved, held = minimize(terms, at, along, 0.0, z[n], z[n + 1], w)
            waited += 1 if wall == np.inf else 4
            extra = max(1.0, 100.0 * extra) if cautious > 0 else 0.0
            caution *= 2
            cautious = caution
            continue
        if cautious == 0 and t < 0.1 and wall_of(shared, z, d) < 4.0 * t:
            cautious = caution
        # Where a longer step paid, prices with nothing free behind them wanted more: let them, and them alone.
        lift = max(lift / t, LEAST_LIFT) if t > 1.0 else (min(1.0, 10.0 * lift) if t < 0.3 else lift)
        if step >= IMPATIENCE and t < TINY_STEP:
            extra = max(0.1, 10.0 * extra)
        else:
            extra = 0.1 * extra if extra > 1e-3 else 0.0
        waited = 0 if found - value > 10.0 * SLACK * size else waited + 1
        # r is moved, not computed anew: its digits, not those of Cz, are the weights' digits.
        subtract(scratch.base, scratch.tilt, t, at)
        z[:] = scratch.trial
        value, size = found, found_size
    return OUT_OF_STEPS, most, residual


@strict
def _certify(
    shared: Shared, terms: Terms, mu: Vector, norms: Vector, z: Vector, w: Vector, at: Vector, along: Vector,
    scratch: Scratch, info: Vector,
) -> None:  # fmt: skip
    """info ← the objective of w, and a bound from z that rounding cannot lift above the optimum."""
    n, taken = shared.C.shape[1], scratch.base
    project(shared.Ct, z, at)
    subtract(mu, at, 1.0, at)
    along[:] = 0.0
    value = minimize(terms, at, along, 0.0, z[n], z[n + 1], taken)[0]
    more, size = constant(shared, z)
    square = 0.0
    for k in range(n):
        square += z[k] * z[k]
    off = rounding(norms, n, mu, np.sqrt(square), terms.inverse, taken)
    weigh(shared.C, shared.Ct, w, scratch.used[:n])
    info[3] = objective(terms, mu, shared.gamma, scratch.used[: shared.factors], w)
    info[4] = value + more - off - EPSILON * (w.size * abs(value) + n * size)


@strict
def newton(
    C: Vector, Ct: Vector, norms: Vector, D: Vector, mu: Vector, gamma: float, lower: Vector, upper: Vector,
    start: Vector, linear: Vector, impact: Vector, borrow: Vector, floor: Vector, cap: Vector, turnover: float,
    gross: float, kind: int, tolerance: float, most: int, z: Vector, w: Vector,
    vectors: Vector, duals: Vector, active: Index, block: Vector, matrix: Vector, info: Vector,
) -> None:  # fmt: skip
    """Solve one program from z: z and w become the answer, info what is said of it.

    Scratch: `vectors` (7, N), `duals` (7, p), `active` (p,), `block` (N p,), `matrix` (p p + 2 p,).
    """
    terms = Terms(kind, vectors[0], vectors[1], lower, upper, start, linear, impact, borrow)
    shared = Shared(C, Ct, C.shape[1] - floor.size, gamma, duals[0], duals[1])
    scratch = Scratch(
        vectors[2], vectors[3], vectors[4], duals[2], duals[3], duals[4], duals[5], duals[6], active, block, matrix
    )  # fmt: skip
    one, sound = _prepare(D, gamma, floor, cap, turnover, gross, terms, shared, z)
    if sound:
        end, step, residual = _climb(
            shared, terms, mu, one, tolerance, most, z, w, vectors[5], vectors[6], scratch
        )
    else:
        end, step, residual = EMPTY, 0, np.inf
        z[:], w[:] = 0.0, np.minimum(np.maximum(0.0, lower), upper)
    info[0], info[1], info[2] = end, step, residual
    _certify(shared, terms, mu, norms, z, w, vectors[5], vectors[6], scratch, info)


@strict
def newton_many(
    C: Vector, Ct: Vector, norms: Vector, D: Vector, mu: Vector, gamma: Vector, lower: Vector, upper: Vector,
    start: Vector, linear: Vector, impact: Vector, borrow: Vector, floor: Vector, cap: Vector, turnover: Vector,
    gross: Vector, kind: int, tolerance: float, most: int, begin: Vector, Z: Vector, W: Vector,
    vectors: Vector, duals: Vector, active: Index, block: Vector, matrix: Vector, INFO: Vector,
) -> None:  # fmt: skip
    """Solve as many programs as Z has rows, each from `begin`. Arrays have a row for each of them, or one for all."""
    for b in range(Z.shape[0]):
        Z[b] = begin
        newton(
            C, Ct, norms, D,
            mu[b if mu.shape[0] > 1 else 0],
            gamma[b if gamma.size > 1 else 0],
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
            kind, tolerance, most, Z[b], W[b], vectors, duals, active, block, matrix, INFO[b],
        )  # fmt: skip
