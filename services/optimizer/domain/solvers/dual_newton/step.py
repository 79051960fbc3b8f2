"""One compiled step on the dual: its gradient, a direction, and the search along it.

Names: N assets, K factors, m rows, n = K + m, p = n + 2. z = (λ, ν, τ, η): its first K components are free, the rest
are prices, positive on a cap and negative on a floor. A price changes its sign only by way of a step that ends at zero.
"""

# Many arguments by position: of arrays in a tuple, numba counts the references at every use.
# ruff: noqa: PLR0917

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.loops import (
    add,
    eliminate,
    gather,
    minimize,
    solve_system,
    strict,
)
from services.optimizer.domain.solvers.dual_newton.method import (
    FEW,
    FEWER_LOOKS,
    FLAT,
    GROWTH,
    LEAST_GAIN,
    LONGEST_STEP,
    MOST_LOOKS,
    ROUNDED,
    SLACK,
    STEEP,
)
from services.optimizer.domain.vectors import Index, Vector

FLOOR, CAP, USED, GRADIENT, STEP, TRIAL, MOVING, PAST = range(8)
"""Rows of `prices` (8, p): the limits of each component of z, λ's left out; Cᵀw with ½ Σ|w − w₀| and Σ|w|; the
gradient; the direction d; z + t d as tried; d without what is kept at zero; and z of some steps ago."""


@strict
def constant(prices: Vector, factors: int, gamma: float, z: Vector) -> tuple[float, float]:
    """−|λ|²/2γ − Σ limit · price, and the size of what was added up."""
    square = 0.0
    for k in range(factors):
        square += z[k] * z[k]
    size = 0.5 * square / gamma
    value = -size
    for k in range(factors, z.size):
        if z[k] != 0.0:
            cost = z[k] * (prices[CAP, k] if z[k] > 0.0 else prices[FLOOR, k])
            value -= cost
            size += abs(cost)
    return value, size


@strict
def _constant_slope(prices: Vector, factors: int, gamma: float) -> float:
    """The derivative of `constant` at the trial, along what moves; a price at zero is left out."""
    product = 0.0
    for k in range(factors):
        product += prices[TRIAL, k] * prices[MOVING, k]
    slope = -product / gamma
    for k in range(factors, prices.shape[1]):
        if prices[TRIAL, k] > 0.0 or prices[FLOOR, k] == prices[CAP, k]:
            slope -= prices[CAP, k] * prices[MOVING, k]
        elif prices[TRIAL, k] < 0.0:
            slope -= prices[FLOOR, k] * prices[MOVING, k]
    return slope


@strict
def differentiate(prices: Vector, factors: int, gamma: float, z: Vector, active: Index) -> tuple[int, float]:
    """How many components are active, and the largest of their gradients.

    A row that has no price and keeps its limits is not active.
    """
    count, largest = 0, 0.0
    for k in range(z.size):
        price, used, floor, cap, acts = z[k], prices[USED, k], prices[FLOOR, k], prices[CAP, k], True
        if k < factors:
            slope = used - price / gamma
        elif price > 0.0 or floor == cap:
            slope = used - cap
        elif price < 0.0:
            slope = used - floor
        else:
            slope = used - cap if used > cap else (used - floor if used < floor else 0.0)
            acts = slope != 0.0
        prices[GRADIENT, k] = slope
        if acts:
            active[count] = k
            count += 1
            # NaN must come through.
            largest = largest if abs(slope) <= largest else abs(slope)
    return count, largest


@strict
def direct(
    C: Vector, terms: Vector, prices: Vector, factors: int, gamma: float, w: Vector, response: Vector, active: Index,
    count: int, block: Vector, matrix: Vector, one: float, damping: float, shift: float,
) -> float:  # fmt: skip
    """d solves (I/γ on λ + Σ dw/dr c cᵀ) d = gradient on the active components; returns their product.

    `one` is what a free asset adds to a price's diagonal, and the least that stands there: where nothing is free
    behind a price, it moves as if one asset were.
    """
    rows = gather(C, active, count, terms, w, response, block)
    free = 0
    while free < count and active[free] < factors:
        free += 1
    if rows + count - free < FEW * free:
        return _direct_by_assets(prices, gamma, active, count, free, rows, block, matrix, one, damping, shift)
    H = matrix[: count * count].reshape(count, count)
    G = block[: rows * count].reshape(rows, count)
    if rows > 0:
        np.dot(G.T, G, H)
    else:
        H[:] = 0.0
    trace = 0.0
    for k in range(count):
        trace += H[k, k]
    x = matrix[count * count : count * count + count]
    for k in range(count):
        x[k] = prices[GRADIENT, active[k]]
        if active[k] < factors:
            H[k, k] += 1.0 / gamma + shift
        else:
            H[k, k] += damping + ROUNDED * (trace / count + 1.0 / gamma) + max(0.0, one - H[k, k])
    solve_system(H, matrix[count * count + count : count * count + 2 * count], x)
    slope = 0.0
    prices[STEP] = 0.0
    for k in range(count):
        prices[STEP, active[k]] = x[k]
        slope += x[k] * prices[GRADIENT, active[k]]
    return slope


@strict
def _by_assets(
    prices: Vector, gamma: float, active: Index, count: int, factors: int, B: Vector, product: Vector, one: float,
    damping: float, M: Vector, x: Vector,
) -> None:  # fmt: skip
    """The system of `_direct_by_assets`: its upper triangle, and its right side. `gamma` is c."""
    rows = B.shape[0]
    trace = 0.0
    for i in range(rows):
        trace += product[i, i]
        x[i] = 0.0
        for k in range(factors):
            x[i] += gamma * B[i, k] * prices[GRADIENT, active[k]]
        for j in range(i, rows):
            both = product[i, j]
            for k in range(factors, count):
                both -= B[i, k] * B[j, k]
            M[i, j] = gamma * both + (1.0 if i == j else 0.0)
    for k in range(factors, count):
        at, own = rows + k - factors, 0.0
        M[at, at:] = 0.0
        for i in range(rows):
            M[i, at] = B[i, k]
            own += B[i, k] * B[i, k]
        M[at, at] = -(damping + ROUNDED * (trace / count + 1.0 / gamma) + max(0.0, one - own))
        x[at] = prices[GRADIENT, active[k]]


@strict
def _direct_by_assets(
    prices: Vector, gamma: float, active: Index, count: int, factors: int, rows: int, block: Vector, matrix: Vector,
    one: float, damping: float, shift: float,
) -> float:  # fmt: skip
    """The same where fewer assets are free than there are factors, by a system of the assets and prices alone.

    With B and A the factors' and the prices' columns of the free assets, g and h their gradients, c = 1 / (1/γ + shift)
    and y what the step moves the free assets by (Woodbury),

        (I + c BBᵀ) y − A d = c B g,        Aᵀy + Δ d = h,        λ's step is  c (g − Bᵀy).
    """
    size, c = rows + count - factors, 1.0 / (1.0 / gamma + shift)
    B, product = block[: rows * count].reshape(rows, count), matrix[: rows * rows].reshape(rows, rows)
    M = matrix[rows * rows : rows * rows + size * size].reshape(size, size)
    x = matrix[rows * rows + size * size : rows * rows + size * size + size]
    if rows > 0:
        np.dot(B, B.T, product)
    _by_assets(prices, c, active, count, factors, B, product, one, damping, M, x)
    eliminate(M, x)
    slope = 0.0
    prices[STEP] = 0.0
    for k in range(count):
        d = -x[rows + k - factors] if k >= factors else c * prices[GRADIENT, active[k]]
        if k < factors:
            for i in range(rows):
                d -= c * B[i, k] * x[i]
        prices[STEP, active[k]] = d
        slope += d * prices[GRADIENT, active[k]]
    return slope


@strict
def without_outward(prices: Vector, z: Vector, active: Index, count: int) -> int:
    """Leaves out the components that would go from zero to where their gradient does not point; how many stay."""
    stay = 0
    for k in range(count):
        a = active[k]
        if z[a] != 0.0 or prices[STEP, a] * prices[GRADIENT, a] >= 0.0:
            active[stay] = a
            stay += 1
    return stay


@strict
def follow(prices: Vector, z: Vector) -> float:
    """d ← z less what it was some steps ago, if it points uphill; returns its product with the gradient."""
    slope = 0.0
    for k in range(z.size):
        slope += prices[GRADIENT, k] * (z[k] - prices[PAST, k] if z[k] != 0.0 else 0.0)
    if slope > 0.0:
        for k in range(z.size):
            prices[STEP, k] = z[k] - prices[PAST, k] if z[k] != 0.0 else 0.0
    return slope


@strict
def wall_of(prices: Vector, factors: int, z: Vector) -> float:
    """How far along d the first price reaches zero."""
    nearest = np.inf
    for k in range(factors, z.size):
        if prices[FLOOR, k] != prices[CAP, k] and z[k] * prices[STEP, k] < 0.0:
            nearest = min(nearest, -z[k] / prices[STEP, k])
    return nearest


@strict
def _crosses(price: float, gradient: float, d: float, t: float, wall: float) -> bool:
    """Whether a step would take a price through zero, where it is kept instead."""
    if price == 0.0:
        return d * gradient < 0.0
    return price * d < 0.0 and (abs(price) <= t * abs(d) or (t == wall and -price / d <= wall))


@strict
def _try(
    Ct: Vector, prices: Vector, factors: int, z: Vector, t: float, wall: float, base: Vector, tilt: Vector
) -> None:
    """The trial is z + t d with prices kept at zero where they cross it, and base − t · tilt is r there."""
    for k in range(z.size):
        d = prices[STEP, k]
        prices[TRIAL, k] = z[k] + t * d
        if k >= factors and d != 0.0 and prices[FLOOR, k] != prices[CAP, k]:
            kept = _crosses(z[k], prices[GRADIENT, k], d, t, wall)
            if kept:
                prices[TRIAL, k] = 0.0
            if k < Ct.shape[0] and kept != (prices[MOVING, k] == 0.0):
                sign = 1.0 if kept else -1.0
                add(base, sign * z[k], Ct, k)
                add(tilt, -sign * d, Ct, k)
            prices[MOVING, k] = 0.0 if kept else d


@strict
def _arriving(Ct: Vector, prices: Vector, factors: int, z: Vector, w: Vector, moved: float, held: float) -> float:
    """What the prices that reach zero at the wall add to the slope of the way there."""
    n, slope = Ct.shape[0], 0.0
    for k in range(factors, z.size):
        if prices[MOVING, k] != prices[STEP, k]:
            used = 0.5 * moved if k == n else (held if k > n else np.dot(Ct[min(k, n - 1)], w))
            slope += prices[STEP, k] * (used - (prices[CAP, k] if z[k] > 0.0 else prices[FLOOR, k]))
    return slope


@strict
def search(
    Ct: Vector, kind: int, terms: Vector, prices: Vector, factors: int, gamma: float, z: Vector, w: Vector,
    base: Vector, tilt: Vector, slope: float, value: float, size: float, wall: float,
) -> tuple[bool, float, float, float, float, float]:  # fmt: skip
    """Climb along d, no further than the wall: whether it was worth it, t, and value, size, Σ|w − w₀|, Σ|w| there.

    r is base − t · tilt, and stays so while prices are kept at zero.
    """
    n, slack = Ct.shape[0], SLACK * size
    t, low, low_slope, high, high_slope = min(1.0, wall), 0.0, slope, -1.0, 0.0
    good, found, found_size, moved, held, rises = False, value, size, 0.0, 0.0, 0
    for look in range(FEWER_LOOKS if wall == np.inf else MOST_LOOKS):
        _try(Ct, prices, factors, z, t, wall, base, tilt)
        tau, eta = prices[TRIAL, n], prices[TRIAL, n + 1]
        found, ahead, moved, held = minimize(kind, terms, base, tilt, t, tau, eta, w)
        more, found_size = constant(prices, factors, gamma, prices[TRIAL])
        found_size += abs(found)
        found += more
        ahead += 0.5 * moved * prices[MOVING, n] + held * prices[MOVING, n + 1]
        ahead += _constant_slope(prices, factors, gamma)
        if t == wall:
            ahead += _arriving(Ct, prices, factors, z, w, moved, held)
        good = found >= value + LEAST_GAIN * t * slope - slack
        if good and high < 0.0 and ahead > STEEP * slope and t < min(LONGEST_STEP, wall):
            low, low_slope = t, ahead
            t = min(GROWTH * t, wall)
            continue
        if good and ahead >= -FLAT * slope and (t >= min(1.0, wall) or ahead <= STEEP * slope or look > 6):
            break
        if ahead < 0.0 or not good:
            high, high_slope, rises = t, (ahead if ahead < 0.0 else -slope), 0
        else:
            low, low_slope, rises = t, ahead, rises + 1
        if high < 0.0:
            break
        width = high - low
        # The slope may fall all at once, at a kink: a secant that creeps up on it is made to jump.
        least, most = 0.02 if rises < 2 else 0.4, 0.9 if look < 1 else (0.5 if look < 8 else 0.2)
        t = low + width * max(least, min(most, low_slope / (low_slope - high_slope)))
    return good, t, found, found_size, moved, held
