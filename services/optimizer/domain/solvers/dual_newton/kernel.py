"""The compiled half: one solve without any allocation of size, and many that share F, D and A.

Everything that numba compiles stands in this one file, because its cache looks at the file of the called function
alone. Loops over assets are branch-free and may be reassociated, so that they become vector instructions; the outer
steps keep strict floating point, so that NaN and infinity are seen for what they are.

Names: N assets, K factors, m rows, n = K + m, p = n + 2. z = (λ, ν, τ, η); `price` is a component of z after λ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from services.optimizer.domain.solvers.dual_newton.method import (
    CONVERGED,
    EMPTY,
    EPSILON,
    IMPACT,
    LINEAR,
    OUT_OF_STEPS,
    PLAIN,
    STALLED,
    TWO_KINKS,
)

_Function = TypeVar("_Function", bound=Callable[..., Any])
_fast = cast(
    "Callable[[_Function], _Function]",
    numba.njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "arcp", "nsz"}, error_model="numpy"),
)
_strict = cast("Callable[[_Function], _Function]", numba.njit(nogil=True, cache=True, error_model="numpy"))

# Of the slope at its start: a step ends where the slope has fallen to this, on either side of the maximum.
FLAT = 0.3
STEEP = 0.5
LONGEST_STEP = 1e5
MOST_LOOKS, FEWER_LOOKS = 40, 20
# A pivot below this part of its diagonal belongs to a row that depends on those before it: it gets no step.
DEPENDENT = 1e-14
# Steps without progress before a solve is given up, and steps before an empty set is suspected.
PATIENCE = 8
SUSPICION = 6


@_fast
def _moved(pull, curvature, inverse, start, linear, impact):
    """argmin ½ a w² − r w + k|w − w₀| + c|w − w₀|^{3/2}:  w₀ ± s²,  a s² + 1.5 c s = max(|r − a w₀| − k, 0)."""
    push = pull - curvature * start
    size = abs(push) - linear
    size = size if size > 0.0 else 0.0
    bend = 1.5 * impact
    root = 2.0 * size / (bend + np.sqrt(bend * bend + 4.0 * curvature * size) + 1e-300)
    step = root * root if bend > 0.0 else size * inverse
    return start + (step if push > 0.0 else -step)


@_fast
def _clip(x, low, high):
    x = x if x > low else low
    return x if x < high else high


@_fast
def minimize(mode, at, along, t, a, inverse, low, high, start, linear, impact, borrow, tau, eta, w):
    """Every asset's least cost at r = at − t·along; w is set to where it is taken.

    Returns Σ min, w·along, Σ|w − w₀| and Σ|w|; the last two only where a cost needs them.
    """
    value, slope, moved, held = 0.0, 0.0, 0.0, 0.0
    if mode == PLAIN:
        for i in range(w.size):
            r = at[i] - t * along[i]
            x = _clip(r * inverse[i], low[i], high[i])
            w[i] = x
            value += (0.5 * a[i] * x - r) * x
            slope += x * along[i]
    elif mode == LINEAR:
        for i in range(w.size):
            r = at[i] - t * along[i]
            k = linear[i] + 0.5 * tau
            push = r - a[i] * start[i]
            size = abs(push) - k
            step = (size if size > 0.0 else 0.0) * inverse[i]
            x = _clip(start[i] + (step if push > 0.0 else -step), low[i], high[i])
            w[i] = x
            gone = abs(x - start[i])
            moved += gone
            value += (0.5 * a[i] * x - r) * x + k * gone
            slope += x * along[i]
    elif mode == IMPACT:
        for i in range(w.size):
            r = at[i] - t * along[i]
            k = linear[i] + 0.5 * tau
            x = _clip(_moved(r, a[i], inverse[i], start[i], k, impact[i]), low[i], high[i])
            w[i] = x
            gone = abs(x - start[i])
            moved += gone
            value += (0.5 * a[i] * x - r) * x + (k + impact[i] * np.sqrt(gone)) * gone
            slope += x * along[i]
    else:
        for i in range(w.size):
            r = at[i] - t * along[i]
            k = linear[i] + 0.5 * tau
            long = _clip(_moved(r - eta, a[i], inverse[i], start[i], k, impact[i]), low[i], high[i])
            short = _clip(_moved(r + eta + borrow[i], a[i], inverse[i], start[i], k, impact[i]), low[i], high[i])
            x = short if short < 0.0 else 0.0
            x = long if long > 0.0 else x
            w[i] = x
            gone, size = abs(x - start[i]), abs(x)
            moved += gone
            held += size
            owed = borrow[i] if x < 0.0 else 0.0
            value += (0.5 * a[i] * x - r) * x + (k + impact[i] * np.sqrt(gone)) * gone + (eta + owed) * size
            slope += x * along[i]
    return value, slope, moved, held


@_fast
def _responses(mode, low, high, start, linear, impact, borrow, tau, eta, a, inverse, w, response):
    """dw/dr: 1 / (a + ¾ c / √|w − w₀|) where the weight is free, 0 at a bound and at a kink."""
    if mode == PLAIN:
        for i in range(w.size):
            response[i] = inverse[i] if low[i] < w[i] < high[i] else 0.0
        return
    for i in range(w.size):
        gone = abs(w[i] - start[i])
        found = inverse[i]
        if mode != LINEAR and impact[i] > 0.0:
            root = np.sqrt(gone)
            found = root / (a[i] * root + 0.75 * impact[i])
        if gone == 0.0 and linear[i] + 0.5 * tau > 0.0:
            found = 0.0
        if mode == TWO_KINKS and w[i] == 0.0 and 2.0 * eta + borrow[i] > 0.0:
            found = 0.0
        response[i] = found if low[i] < w[i] < high[i] else 0.0


@_strict
def _gather(C, n, active, count, start, w, response, block):
    """Rows √response · (C, ½ sign(w − w₀), sign w), active columns of free assets only; returns how many there are."""
    rows = 0
    for i in range(w.size):
        if response[i] > 0.0:
            root, at = np.sqrt(response[i]), rows * count
            for k in range(count):
                column = active[k]
                if column < n:
                    block[at + k] = C[i, column] * root
                elif column == n:
                    block[at + k] = 0.5 * root * np.sign(w[i] - start[i])
                else:
                    block[at + k] = root * np.sign(w[i])
            rows += 1
    return rows


@_fast
def _solve_system(H, diagonal, x):
    """x ← H⁻¹ x by Cholesky's factors, written over the upper triangle of H."""
    size = x.size
    for j in range(size):
        diagonal[j] = H[j, j]
    for j in range(0, size - 1, 2):
        # Two pivots at once: half the passes over what is left.
        h = j + 1
        first = 1.0 / np.sqrt(H[j, j]) if H[j, j] > DEPENDENT * diagonal[j] else 0.0
        for k in range(h, size):
            H[j, k] *= first
        x[j] *= first
        f = H[j, h]
        pivot = H[h, h] - f * f
        second = 1.0 / np.sqrt(pivot) if pivot > DEPENDENT * diagonal[h] else 0.0
        for k in range(h + 1, size):
            H[h, k] = (H[h, k] - f * H[j, k]) * second
        x[h] = (x[h] - f * x[j]) * second
        H[j, j], H[h, h] = first, second
        for i in range(j + 2, size):
            f, g = H[j, i], H[h, i]
            for k in range(i, size):
                H[i, k] -= f * H[j, k] + g * H[h, k]
            x[i] -= f * x[j] + g * x[h]
    if size % 2 == 1:
        j = size - 1
        inverse = 1.0 / np.sqrt(H[j, j]) if H[j, j] > DEPENDENT * diagonal[j] else 0.0
        x[j] *= inverse
        H[j, j] = inverse
    for j in range(size - 1, -1, -1):
        total = x[j]
        for k in range(j + 1, size):
            total -= H[j, k] * x[k]
        x[j] = total * H[j, j]


@_strict
def _constant(z, lo, hi, factors, gamma):
    """−|λ|²/2γ − Σ limit · price, and the size of what was added up."""
    square = 0.0
    for k in range(factors):
        square += z[k] * z[k]
    value = -0.5 * square / gamma
    size = -value
    for a in range(factors, z.size):
        if z[a] != 0.0:
            cost = z[a] * (hi[a] if z[a] > 0.0 else lo[a])
            value -= cost
            size += abs(cost)
    return value, size


@_strict
def _constant_slope(z, d, lo, hi, factors, gamma):
    """The derivative of `_constant` along d, at the side that d moves to."""
    slope = 0.0
    for k in range(factors):
        slope -= z[k] * d[k] / gamma
    for a in range(factors, z.size):
        if z[a] > 0.0 or (lo[a] == hi[a]):
            slope -= hi[a] * d[a]
        elif z[a] < 0.0:
            slope -= lo[a] * d[a]
    return slope


@_strict
def _gradient(z, used, lo, hi, factors, gamma, gradient, active):
    """Returns how many components are active and the largest of their gradients.

    A row without a price that keeps its limits is no part of the step.
    """
    count, largest = 0, 0.0
    for a in range(z.size):
        price = z[a]
        if a < factors:
            slope, acts = used[a] - price / gamma, True
        elif price > 0.0 or lo[a] == hi[a]:
            slope, acts = used[a] - hi[a], True
        elif price < 0.0:
            slope, acts = used[a] - lo[a], True
        else:
            slope = used[a] - hi[a] if used[a] > hi[a] else (used[a] - lo[a] if used[a] < lo[a] else 0.0)
            acts = slope != 0.0
        gradient[a] = slope
        if acts:
            active[count] = a
            count += 1
            # Not max(): NaN must come through.
            largest = largest if abs(slope) <= largest else abs(slope)
    return count, largest


@_fast
def _ceiling(C, D, factors, mu, gamma, low, high, start, linear, impact, borrow):
    """No weights in the box cost more than this."""
    exposure, total = 0.0, 0.0
    for i in range(D.size):
        size = max(abs(low[i]), abs(high[i]))
        gone = max(abs(low[i] - start[i]), abs(high[i] - start[i]))
        loading = 0.0
        for k in range(factors):
            loading += C[i, k] * C[i, k]
        exposure += np.sqrt(loading) * size
        total += (0.5 * gamma * D[i] * size + abs(mu[i]) + borrow[i]) * size
        total += (linear[i] + impact[i] * np.sqrt(gone)) * gone
    return total + 0.5 * gamma * exposure * exposure


@_strict
def _direction(C, n, factors, gamma, least, damping, shift, active, count, start, w, response, gradient, block, matrix, d):
    """d solves (I/γ on λ + Σ response c cᵀ) d = gradient on the active components; the rest do not move."""
    rows = _gather(C, n, active, count, start, w, response, block)
    H = matrix[: count * count].reshape(count, count)
    if rows:
        G = block[: rows * count].reshape(rows, count)
        np.dot(G.T, G, H)
    else:
        H[:] = 0.0
    trace = 0.0
    for k in range(count):
        trace += H[k, k]
    for k in range(count):
        if active[k] < factors:
            H[k, k] += 1.0 / gamma + shift
        else:
            # Where nothing is free behind a price, it moves as if one asset were.
            H[k, k] += damping + 1e-13 * (trace / count + 1.0 / gamma) + max(0.0, least - H[k, k])
    x = matrix[count * count : count * count + count]
    for k in range(count):
        x[k] = gradient[active[k]]
    _solve_system(H, matrix[count * count + count : count * count + 2 * count], x)
    slope = 0.0
    d[:] = 0.0
    for k in range(count):
        d[active[k]] = x[k]
        slope += x[k] * gradient[active[k]]
    return slope


@_fast
def _sums(C, Ct, w, used):
    """Cᵀ w, row by row where few assets are held."""
    n = C.shape[1]
    held = 0
    for i in range(w.size):
        held += 1 if w[i] != 0.0 else 0
    if 4 * held > w.size:
        np.dot(Ct, w, used[:n])
        return
    used[:n] = 0.0
    for i in range(w.size):
        x = w[i]
        if x != 0.0:
            for k in range(n):
                used[k] += x * C[i, k]


@_fast
def _along_columns(Ct, d, n, out):
    """C d from the columns that move."""
    out[:] = 0.0
    for a in range(n):
        if d[a] != 0.0:
            for i in range(out.size):
                out[i] += d[a] * Ct[a, i]


@_fast
def _add(out, factor, column):
    for i in range(out.size):
        out[i] += factor * column[i]


@_strict
def _crosses(price, gradient, trial):
    """Whether a step would take a price through zero: it waits there for the next step."""
    rising = price > 0.0 or (price == 0.0 and gradient > 0.0)
    falling = price < 0.0 or (price == 0.0 and gradient < 0.0)
    return (rising and trial < 0.0) or (falling and trial > 0.0)


@_strict
def _without_outward(z, d, gradient, active, count):
    """Leaves out the components that would step from zero to where their gradient does not point; how many stay."""
    stay = 0
    for k in range(count):
        a = active[k]
        if not (z[a] == 0.0 and d[a] * gradient[a] < 0.0):
            active[stay] = a
            stay += 1
    return stay


@_strict
def _first_crossing(z, d, lo, hi, factors):
    """How far along d the first price reaches zero."""
    nearest = np.inf
    for a in range(factors, z.size):
        if lo[a] != hi[a] and z[a] * d[a] < 0.0:
            nearest = min(nearest, -z[a] / d[a])
    return nearest


@_strict
def newton(
    C, Ct, norms, D, factors, mu, gamma, low, high, start, linear, impact, borrow, floor, cap, turnover, gross,
    mode, tolerance, most, z, w, vectors, duals, active, block, matrix, info,
):  # fmt: skip
    """Solve one program from z; z and w are set to the answer, info to (end, steps, residual, value, bound).

    `vectors` (8, N), `duals` (8, p), `active` (p), `block` (N p) and `matrix` (p p + 2 p) are scratch.
    """
    n = C.shape[1]
    p = n + 2
    at, along, base, tilt, a, inverse, response, scratch = (
        vectors[0], vectors[1], vectors[2], vectors[3], vectors[4], vectors[5], vectors[6], vectors[7],
    )  # fmt: skip
    lo, hi, used, gradient, d, trial, clipped = duals[0], duals[1], duals[2], duals[3], duals[4], duals[5], duals[6]
    lo[factors:n], hi[factors:n] = floor, cap
    lo[n], hi[n], lo[n + 1], hi[n + 1] = -np.inf, turnover, -np.inf, gross
    sound = True
    for k in range(factors, p):
        if not np.isfinite(z[k]) or (z[k] > 0.0 and hi[k] == np.inf) or (z[k] < 0.0 and lo[k] == -np.inf):
            z[k] = 0.0
        sound = sound and lo[k] <= hi[k]
    least = np.inf
    for i in range(w.size):
        a[i] = gamma * D[i]
        inverse[i] = 1.0 / a[i]
        least = min(least, inverse[i])
        sound = sound and low[i] <= high[i]
    # A start that is worth less than none is none.
    at[:], along[:] = mu, 0.0
    value, slope, moved, held = minimize(
        mode, at, along, 0.0, a, inverse, low, high, start, linear, impact, borrow, 0.0, 0.0, w
    )
    size = abs(value)
    if np.any(z != 0.0):
        _along_columns(Ct, z, n, along)
        for i in range(w.size):
            base[i] = mu[i] - along[i]
        found, slope, moved, held = minimize(
            mode, base, along, 0.0, a, inverse, low, high, start, linear, impact, borrow, z[n], z[n + 1], w
        )
        more, size = _constant(z, lo, hi, factors, gamma)
        size += abs(found)
        found += more
        if found >= value:
            value = found
            at[:] = base
        else:
            z[:], along[:] = 0.0, 0.0
            value, slope, moved, held = minimize(
                mode, at, along, 0.0, a, inverse, low, high, start, linear, impact, borrow, 0.0, 0.0, w
            )
            size = abs(value)
    end, step, residual, extra, waited, best, ceiling = OUT_OF_STEPS, 0, np.inf, 0.0, 0, np.inf, np.nan
    cautious, caution, lift = 0, 2, 1.0
    if not sound:
        end, most = EMPTY, -1
    while step <= most:
        _sums(C, Ct, w, used)
        used[n], used[n + 1] = 0.5 * moved, held
        count, residual = _gradient(z, used, lo, hi, factors, gamma, gradient, active)
        if residual <= tolerance:
            end = CONVERGED
            break
        if step >= SUSPICION:
            if step == SUSPICION:
                ceiling = _ceiling(C, D, factors, mu, gamma, low, high, start, linear, impact, borrow)
            if value - 1e-9 * size > ceiling:
                end = EMPTY
                break
        if residual < 0.5 * best:
            best, waited = residual, 0
        elif waited > PATIENCE or not np.isfinite(residual):
            end = STALLED
            break
        if step == most:
            break
        step += 1
        _responses(mode, low, high, start, linear, impact, borrow, z[n], z[n + 1], a, inverse, w, response)
        damping = (max(1e-9, min(1e-2, 0.1 * residual) * lift) + extra) * least
        shift = extra * least
        slope = _direction(
            C, n, factors, gamma, lift * least, damping, shift, active, count, start, w, response, gradient, block, matrix, d
        )
        if not slope > 0.0 or not np.isfinite(slope):
            end = STALLED
            break
        wall = np.inf
        if cautious > 0:
            cautious -= 1
            stay = _without_outward(z, d, gradient, active, count)
            while stay < count:
                count = stay
                slope = _direction(
                    C, n, factors, gamma, lift * least, damping, shift, active, count, start, w, response, gradient, block, matrix, d
                )
                stay = _without_outward(z, d, gradient, active, count)
            wall = _first_crossing(z, d, lo, hi, factors)
        _along_columns(Ct, d, n, along)
        base[:], tilt[:], clipped[:] = at, along, 0.0
        slack = 1e-14 * size
        t, t_low, slope_low, t_high, slope_high, good = min(1.0, wall), 0.0, slope, -1.0, 0.0, False
        found, found_size = value, size
        for look in range(FEWER_LOOKS if wall == np.inf else MOST_LOOKS):
            for k in range(p):
                trial[k] = z[k] + t * d[k]
                if k >= factors and lo[k] != hi[k] and d[k] != 0.0:
                    crosses = _crosses(z[k], gradient[k], trial[k]) or (t == wall and z[k] + wall * d[k] == 0.0) or (z[k] * d[k] < 0.0 and -z[k] / d[k] <= wall <= t)
                    if crosses:
                        trial[k] = 0.0
                    if k < n and crosses != (clipped[k] != 0.0):
                        sign = 1.0 if crosses else -1.0
                        _add(base, sign * z[k], Ct[k])
                        _add(tilt, -sign * d[k], Ct[k])
                    clipped[k] = 1.0 if crosses else 0.0
            found, ahead, moved, held = minimize(
                mode, base, tilt, t, a, inverse, low, high, start, linear, impact, borrow, trial[n], trial[n + 1], w
            )
            more, more_size = _constant(trial, lo, hi, factors, gamma)
            found_size = abs(found) + more_size
            found += more
            # The direction with what is clipped left out; used[] is free to hold it.
            for k in range(p):
                used[k] = 0.0 if clipped[k] != 0.0 else d[k]
            ahead += _constant_slope(trial, used, lo, hi, factors, gamma) + 0.5 * moved * used[n] + held * used[n + 1]
            if t == wall:
                for k in range(factors, p):
                    if clipped[k] != 0.0:
                        use = 0.5 * moved if k == n else (held if k > n else np.dot(Ct[min(k, n - 1)], w))
                        ahead += d[k] * (use - (hi[k] if z[k] > 0.0 else lo[k]))
            good = found >= value + 1e-4 * t * slope - slack
            if good and t_high < 0.0 and ahead > STEEP * slope and t < min(LONGEST_STEP, wall):
                t_low, slope_low = t, ahead
                t = min(4.0 * t, wall)
                continue
            if good and ahead >= -FLAT * slope and (t >= min(1.0, wall) or ahead <= STEEP * slope or look > 6):
                break
            if ahead < 0.0 or not good:
                t_high, slope_high = t, (ahead if ahead < 0.0 else -slope)
            else:
                t_low, slope_low = t, ahead
            if t_high < 0.0:
                break
            width = t_high - t_low
            secant = t_low + width * slope_low / (slope_low - slope_high)
            widest = 0.9 if look < 1 else (0.5 if look < 8 else 0.2)
            t = min(max(secant, t_low + 0.02 * width), t_low + widest * width)
        if not good:
            # Rounding, or a path bent too much: a shorter, more cautious direction next time.
            value, slope, moved, held = minimize(
                mode, at, along, 0.0, a, inverse, low, high, start, linear, impact, borrow, z[n], z[n + 1], w
            )
            value += _constant(z, lo, hi, factors, gamma)[0]
            waited += 1 if wall == np.inf else 4
            extra = max(1.0, 100.0 * extra) if cautious > 0 else 0.0
            cautious = 2 * caution
            caution = cautious
            continue
        if cautious == 0 and t < 0.1 and _first_crossing(z, d, lo, hi, factors) < 4.0 * t:
            cautious = caution
        if t > 1.0:
            lift = max(lift / t, 1e-10)
        elif t < 0.3:
            lift = min(1.0, 10.0 * lift)
        if step > 20 and t < 1e-4:
            extra = max(0.1, 10.0 * extra)
        else:
            extra = 0.1 * extra if extra > 1e-3 else 0.0
        waited = 0 if found - value > 10.0 * slack else waited + 1
        for i in range(w.size):
            at[i] = base[i] - t * tilt[i]
        z[:] = trial
        value, size = found, found_size
    info[0], info[1], info[2] = end, step, residual
    _certify(
        C, Ct, norms, D, n, factors, mu, gamma, low, high, start, linear, impact, borrow, lo, hi,
        mode, z, w, at, along, a, inverse, scratch, used, info,
    )  # fmt: skip


@_strict
def _certify(
    C, Ct, norms, D, n, factors, mu, gamma, low, high, start, linear, impact, borrow, lo, hi,
    mode, z, w, at, along, a, inverse, scratch, used, info,
):  # fmt: skip
    """The objective of w, and a bound from z that rounding cannot lift above the optimum."""
    _along_columns(Ct, z, n, along)
    norm = 0.0
    for k in range(n):
        norm += z[k] * z[k]
    norm = np.sqrt(norm)
    for i in range(w.size):
        at[i] = mu[i] - along[i]
    value = minimize(
        mode, at, along, 0.0, a, inverse, low, high, start, linear, impact, borrow, z[n], z[n + 1], scratch
    )[0]
    more, size = _constant(z, lo, hi, factors, gamma)
    info[4] = value + more - _rounding(norms, n + 2, mu, norm, inverse, scratch) - EPSILON * (w.size * abs(value) + n * size)
    _sums(C, Ct, w, used)
    info[3] = _objective(D, factors, mu, gamma, start, linear, impact, borrow, w, used)


@_fast
def _rounding(norms, terms, mu, norm, inverse, w):
    """How much the sum of least costs may be off, because r = μ − Cz was rounded."""
    total = 0.0
    for i in range(w.size):
        off = terms * EPSILON * (abs(mu[i]) + norms[i] * norm)
        total += off * (abs(w[i]) + off * inverse[i])
    return total


@_fast
def _objective(D, factors, mu, gamma, start, linear, impact, borrow, w, used):
    """½ γ (|Fᵀw|² + wᵀDw) − μᵀw + Σ κ|w − w₀| + c|w − w₀|^{3/2} + b max(−w, 0)."""
    value = 0.0
    for i in range(w.size):
        gone = abs(w[i] - start[i])
        owed = borrow[i] if w[i] < 0.0 else 0.0
        value += (0.5 * gamma * D[i] * w[i] - mu[i] - owed) * w[i] + (linear[i] + impact[i] * np.sqrt(gone)) * gone
    square = 0.0
    for k in range(factors):
        square += used[k] * used[k]
    return value + 0.5 * gamma * square


@_strict
def newton_many(
    C, Ct, norms, D, factors, mu, gamma, low, high, start, linear, impact, borrow, floor, cap, turnover, gross,
    mode, tolerance, most, first, last, z0, Z, W, vectors, duals, active, block, matrix, INFO,
):  # fmt: skip
    """Solve programs first..last − 1, each from z0. Every array of theirs has a row for each of them, or one for all."""
    for b in range(first, last):
        z = Z[b]
        z[:] = z0
        newton(
            C, Ct, norms, D, factors,
            mu[b if mu.shape[0] > 1 else 0],
            gamma[b if gamma.size > 1 else 0],
            low[b if low.shape[0] > 1 else 0],
            high[b if high.shape[0] > 1 else 0],
            start[b if start.shape[0] > 1 else 0],
            linear[b if linear.shape[0] > 1 else 0],
            impact[b if impact.shape[0] > 1 else 0],
            borrow[b if borrow.shape[0] > 1 else 0],
            floor[b if floor.shape[0] > 1 else 0],
            cap[b if cap.shape[0] > 1 else 0],
            turnover[b if turnover.size > 1 else 0],
            gross[b if gross.size > 1 else 0],
            mode, tolerance, most, z, W[b], vectors, duals, active, block, matrix, INFO[b],
        )  # fmt: skip
