"""One compiled step on the dual: its gradient, a direction, and the search along it.

Names: N assets, K factors, m rows, n = K + m, p = n + 2. z = (λ, ν, τ, η): its first K components are free, the rest
are prices, positive on a cap and negative on a floor. A price changes its sign only by way of a step that ends at zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from services.optimizer.domain.solvers.dual_newton.loops import (
    Terms,
    add,
    gather,
    minimize,
    solve_system,
    strict,
)
from services.optimizer.domain.solvers.dual_newton.method import (
    FEWER_LOOKS,
    FLAT,
    GROWTH,
    LEAST_GAIN,
    LONGEST_STEP,
    MOST_LOOKS,
    SLACK,
    STEEP,
)
from services.optimizer.domain.vectors import Index, Vector


class Shared(NamedTuple):
    """C, Cᵀ and the limits of all prices, those of λ's components left out."""

    C: Vector
    Ct: Vector
    factors: int
    gamma: float
    floor: Vector
    """(p,)."""
    cap: Vector
    """(p,)."""


class Scratch(NamedTuple):
    """Room for vectors of N, of p, and for the Newton system."""

    base: Vector
    tilt: Vector
    response: Vector
    used: Vector
    gradient: Vector
    d: Vector
    trial: Vector
    moving: Vector
    active: Index
    block: Vector
    matrix: Vector


@strict
def constant(shared: Shared, z: Vector) -> tuple[float, float]:
    """−|λ|²/2γ − Σ limit · price, and the size of what was added up."""
    square = 0.0
    for k in range(shared.factors):
        square += z[k] * z[k]
    size = 0.5 * square / shared.gamma
    value = -size
    for k in range(shared.factors, z.size):
        if z[k] != 0.0:
            cost = z[k] * (shared.cap[k] if z[k] > 0.0 else shared.floor[k])
            value -= cost
            size += abs(cost)
    return value, size


@strict
def _constant_slope(shared: Shared, z: Vector, d: Vector) -> float:
    """The derivative of `constant` along d; a price at zero is left out."""
    slope = 0.0
    for k in range(shared.factors):
        slope -= z[k] * d[k] / shared.gamma
    for k in range(shared.factors, z.size):
        if z[k] > 0.0 or shared.floor[k] == shared.cap[k]:
            slope -= shared.cap[k] * d[k]
        elif z[k] < 0.0:
            slope -= shared.floor[k] * d[k]
    return slope


@strict
def differentiate(shared: Shared, z: Vector, used: Vector, gradient: Vector, active: Index) -> tuple[int, float]:
    """How many components are active, and the largest of their gradients.

    A row that has no price and keeps its limits is not active.
    """
    count, largest = 0, 0.0
    for k in range(z.size):
        price, floor, cap, acts = z[k], shared.floor[k], shared.cap[k], True
        if k < shared.factors:
            slope = used[k] - price / shared.gamma
        elif price > 0.0 or floor == cap:
            slope = used[k] - cap
        elif price < 0.0:
            slope = used[k] - floor
        else:
            slope = used[k] - cap if used[k] > cap else (used[k] - floor if used[k] < floor else 0.0)
            acts = slope != 0.0
        gradient[k] = slope
        if acts:
            active[count] = k
            count += 1
            # NaN must come through.
            largest = largest if abs(slope) <= largest else abs(slope)
    return count, largest


@strict
def direct(
    shared: Shared, start: Vector, w: Vector, count: int, one: float, damping: float, shift: float, scratch: Scratch
) -> float:
    """d solves (I/γ on λ + Σ dw/dr c cᵀ) d = gradient on the active components; returns their product.

    `one` is what a free asset adds to a price's diagonal, and the least that stands there: where nothing is free
    behind a price, it moves as if one asset were.
    """
    active, gradient, d = scratch.active, scratch.gradient, scratch.d
    rows = gather(shared.C, active, count, start, w, scratch.response, scratch.block)
    H = scratch.matrix[: count * count].reshape(count, count)
    G = scratch.block[: rows * count].reshape(rows, count)
    if rows > 0:
        np.dot(G.T, G, H)
    else:
        H[:] = 0.0
    trace = 0.0
    for k in range(count):
        trace += H[k, k]
    x = scratch.matrix[count * count : count * count + count]
    for k in range(count):
        x[k] = gradient[active[k]]
        if active[k] < shared.factors:
            H[k, k] += 1.0 / shared.gamma + shift
        else:
            H[k, k] += damping + 1e-13 * (trace / count + 1.0 / shared.gamma) + max(0.0, one - H[k, k])
    solve_system(H, scratch.matrix[count * count + count : count * count + 2 * count], x)
    slope = 0.0
    d[:] = 0.0
    for k in range(count):
        d[active[k]] = x[k]
        slope += x[k] * gradient[active[k]]
    return slope


@strict
def without_outward(z: Vector, d: Vector, gradient: Vector, active: Index, count: int) -> int:
    """Leaves out the components that would go from zero to where their gradient does not point; how many stay."""
    stay = 0
    for k in range(count):
        a = active[k]
        if z[a] != 0.0 or d[a] * gradient[a] >= 0.0:
            active[stay] = a
            stay += 1
    return stay


@strict
def wall_of(shared: Shared, z: Vector, d: Vector) -> float:
    """How far along d the first price reaches zero."""
    nearest = np.inf
    for k in range(shared.factors, z.size):
        if shared.floor[k] != shared.cap[k] and z[k] * d[k] < 0.0:
            nearest = min(nearest, -z[k] / d[k])
    return nearest


@strict
def _crosses(price: float, gradient: float, d: float, t: float, wall: float) -> bool:
    """Whether a step would take a price through zero, where it is kept instead."""
    if price == 0.0:
        return d * gradient < 0.0
    return price * d < 0.0 and (abs(price) <= t * abs(d) or (t == wall and -price / d <= wall))


@strict
def _try(shared: Shared, z: Vector, t: float, wall: float, scratch: Scratch) -> None:
    """trial ← z + t d with prices kept at zero where they cross it, and base − t · tilt to r of the same.

    `moving` is d without the components that are kept.
    """
    d, trial, moving, n = scratch.d, scratch.trial, scratch.moving, shared.C.shape[1]
    for k in range(z.size):
        trial[k] = z[k] + t * d[k]
        if k >= shared.factors and d[k] != 0.0 and shared.floor[k] != shared.cap[k]:
            kept = _crosses(z[k], scratch.gradient[k], d[k], t, wall)
            if kept:
                trial[k] = 0.0
            if k < n and kept != (moving[k] == 0.0):
                sign = 1.0 if kept else -1.0
                add(scratch.base, sign * z[k], shared.Ct[k])
                add(scratch.tilt, -sign * d[k], shared.Ct[k])
            moving[k] = 0.0 if kept else d[k]


@strict
def search(
    shared: Shared, terms: Terms, z: Vector, w: Vector, slope: float, value: float, size: float, wall: float,
    scratch: Scratch,
) -> tuple[bool, float, float, float, float, float]:  # fmt: skip
    """Climb along d, no further than the wall: whether it was worth it, t, and value, size, Σ|w − w₀|, Σ|w| there."""
    n, slack = shared.C.shape[1], SLACK * size
    t, low, low_slope, high, high_slope = min(1.0, wall), 0.0, slope, -1.0, 0.0
    good, found, found_size, moved, held = False, value, size, 0.0, 0.0
    for look in range(FEWER_LOOKS if wall == np.inf else MOST_LOOKS):
        _try(shared, z, t, wall, scratch)
        trial, moving = scratch.trial, scratch.moving
        found, ahead, moved, held = minimize(terms, scratch.base, scratch.tilt, t, trial[n], trial[n + 1], w)
        more, found_size = constant(shared, trial)
        found_size += abs(found)
        found += more
        ahead += _constant_slope(shared, trial, moving) + 0.5 * moved * moving[n] + held * moving[n + 1]
        if t == wall:
            # What is kept from here on still moved up to here.
            for k in range(shared.factors, z.size):
                if moving[k] != scratch.d[k]:
                    use = 0.5 * moved if k == n else (held if k > n else np.dot(shared.Ct[min(k, n - 1)], w))
                    ahead += scratch.d[k] * (use - (shared.cap[k] if z[k] > 0.0 else shared.floor[k]))
        good = found >= value + LEAST_GAIN * t * slope - slack
        if good and high < 0.0 and ahead > STEEP * slope and t < min(LONGEST_STEP, wall):
            low, low_slope = t, ahead
            t = min(GROWTH * t, wall)
            continue
        if good and ahead >= -FLAT * slope and (t >= min(1.0, wall) or ahead <= STEEP * slope or look > 6):
            break
        if ahead < 0.0 or not good:
            high, high_slope = t, (ahead if ahead < 0.0 else -slope)
        else:
            low, low_slope = t, ahead
        if high < 0.0:
            break
        width = high - low
        secant = low + width * low_slope / (low_slope - high_slope)
        t = min(max(secant, low + 0.02 * width), low + width * (0.9 if look < 1 else (0.5 if look < 8 else 0.2)))
    return good, t, found, found_size, moved, held
