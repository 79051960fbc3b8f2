"""The compiled loops over assets, and the small dense system.

They are free of branches, or nearly, and may be reassociated, so that they become vector instructions.

numba keeps compiled code beside `kernel` and looks at the age of that file alone. After a change here or in `method`,
delete what it kept (`*.nbi` in `__pycache__`): a test compares the compiled kernel with the interpreted one.
"""

# Many arguments by position: of arrays in a tuple, numba counts the references at every use.
# ruff: noqa: PLR0917

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

from services.optimizer.domain.solvers.dual_newton.method import (
    DEPENDENT,
    EPSILON,
    GROWTH,
    IMPACT,
    LINEAR,
    MOST_GUESSES,
    NEAR,
    PLAIN,
    TWO_KINKS,
)
from services.optimizer.domain.vectors import Index, Vector

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(**options: Any) -> Callable[[_Function], _Function]:
    """numba.njit, keeping the code where there is a place for it."""

    def compiled(function: _Function) -> _Function:
        options.update(nogil=True, error_model="numpy")
        try:
            dispatcher: _Function = numba.njit(cache=True, **options)(function)
        except RuntimeError:
            # Neither this folder nor the user's may be written to: compile anew in every process.
            dispatcher = numba.njit(**options)(function)
        return dispatcher

    return compiled


fast = _compiled(fastmath={"contract", "reassoc", "arcp", "nsz"})
"""For loops over assets. NaN and infinity stay what they are."""
strict = _compiled()
"""For what decides."""


A, INVERSE, LOWER, UPPER, START, LINEAR_COST, IMPACT_COST, BORROW_COST = range(8)
"""Rows of `terms` (8, N), which an asset's cost is made of: a = γD, 1/a, l, u, w₀, κ, c and b in

    ½ a w² − r w + (κ + ½τ)|w − w₀| + c|w − w₀|^{3/2} + b max(−w, 0) + η|w|.

One array and no tuple of them: numba would count references to each at every call.
"""


@fast
def _clip(x: float, lower: float, upper: float) -> float:
    x = x if x > lower else lower
    return x if x < upper else upper


@fast
def _traded(pull: float, a: float, inverse: float, start: float, kink: float, impact: float) -> float:
    """argmin ½ a w² − r w + k|w − w₀| + c|w − w₀|^{3/2}:  w₀ ± s²  with  a s² + 1.5 c s = max(|r − a w₀| − k, 0)."""
    push = pull - a * start
    size = abs(push) - kink
    size = size if size > 0.0 else 0.0
    bend = 1.5 * impact
    root = 2.0 * size / (bend + np.sqrt(bend * bend + 4.0 * a * size) + 1e-300)
    step = root * root if bend > 0.0 else size * inverse
    return start + (step if push > 0.0 else -step)


@fast
def minimize(
    kind: int, terms: Vector, at: Vector, along: Vector, t: float, tau: float, eta: float, w: Vector
) -> tuple[float, float, float, float]:
    """Every asset's least cost at r = at − t · along; w is set to where it is taken.

    Returns Σ min, w · along, Σ|w − w₀| and Σ|w|, the last two only for kinds of cost that can price them.
    """
    value, slope, moved, held = 0.0, 0.0, 0.0, 0.0
    if kind == PLAIN:
        for i in range(w.size):
            r = at[i] - t * along[i]
            x = _clip(r * terms[INVERSE, i], terms[LOWER, i], terms[UPPER, i])
            w[i] = x
            value += (0.5 * terms[A, i] * x - r) * x
            slope += x * along[i]
    elif kind == LINEAR:
        for i in range(w.size):
            r = at[i] - t * along[i]
            kink = terms[LINEAR_COST, i] + 0.5 * tau
            push = r - terms[A, i] * terms[START, i]
            step = abs(push) - kink
            step = step * terms[INVERSE, i] if step > 0.0 else 0.0
            x = _clip(terms[START, i] + (step if push > 0.0 else -step), terms[LOWER, i], terms[UPPER, i])
            gone = abs(x - terms[START, i])
            w[i] = x
            moved += gone
            value += (0.5 * terms[A, i] * x - r) * x + kink * gone
            slope += x * along[i]
    elif kind == IMPACT:
        for i in range(w.size):
            r = at[i] - t * along[i]
            kink, impact = terms[LINEAR_COST, i] + 0.5 * tau, terms[IMPACT_COST, i]
            x = _traded(r, terms[A, i], terms[INVERSE, i], terms[START, i], kink, impact)
            x = _clip(x, terms[LOWER, i], terms[UPPER, i])
            gone = abs(x - terms[START, i])
            w[i] = x
            moved += gone
            value += (0.5 * terms[A, i] * x - r) * x + (kink + impact * np.sqrt(gone)) * gone
            slope += x * along[i]
    else:
        for i in range(w.size):
            r = at[i] - t * along[i]
            a, inverse, start = terms[A, i], terms[INVERSE, i], terms[START, i]
            kink, impact, borrow = terms[LINEAR_COST, i] + 0.5 * tau, terms[IMPACT_COST, i], terms[BORROW_COST, i]
            # As if the weight were positive, and as if it were negative; where neither is what it supposes, it is 0.
            long = _traded(r - eta, a, inverse, start, kink, impact)
            long = _clip(long, terms[LOWER, i], terms[UPPER, i])
            short = _traded(r + eta + borrow, a, inverse, start, kink, impact)
            short = _clip(short, terms[LOWER, i], terms[UPPER, i])
            x = short if short < 0.0 else 0.0
            x = long if long > 0.0 else x
            gone, size = abs(x - start), abs(x)
            owed = borrow if x < 0.0 else 0.0
            w[i] = x
            moved += gone
            held += size
            value += (0.5 * a * x - r) * x + (kink + impact * np.sqrt(gone)) * gone + (eta + owed) * size
            slope += x * along[i]
    return value, slope, moved, held


@strict
def meet(kind: int, terms: Vector, at: Vector, column: Vector, limit: float, w: Vector) -> float:
    """About the price of one row, alone, at which it is used up to its limit; w is set to what is held there.

    By regula falsi with the Illinois rule, from a step that would be right if every asset were free.
    """
    free = 0.0
    for i in range(w.size):
        free += column[i] * column[i] * terms[INVERSE, i]
    off = minimize(kind, terms, at, column, 0.0, 0.0, 0.0, w)[1] - limit
    near, t, last, last_off, other, other_off = NEAR * abs(limit), 0.0, 0.0, off, 0.0, 0.0
    step, crossed = off / free, False
    for _ in range(MOST_GUESSES):
        if abs(off) <= near or not np.isfinite(off):
            break
        if crossed:
            t = last - last_off * (other - last) / (other_off - last_off)
        else:
            t = last + step
            step *= GROWTH
        off = minimize(kind, terms, at, column, t, 0.0, 0.0, w)[1] - limit
        if off * last_off < 0.0:
            other, other_off, crossed = last, last_off, True
        elif crossed:
            other_off *= 0.5
        last, last_off = t, off
    return t


@fast
def respond(kind: int, terms: Vector, tau: float, eta: float, w: Vector, response: Vector) -> None:
    """dw/dr: 1 / (a + ¾ c / √|w − w₀|) where the weight is free, 0 at a bound and at a kink."""
    if kind == PLAIN:
        for i in range(w.size):
            response[i] = terms[INVERSE, i] if terms[LOWER, i] < w[i] < terms[UPPER, i] else 0.0
        return
    for i in range(w.size):
        gone = abs(w[i] - terms[START, i])
        found = terms[INVERSE, i]
        if kind != LINEAR and terms[IMPACT_COST, i] > 0.0:
            root = np.sqrt(gone)
            found = root / (terms[A, i] * root + 0.75 * terms[IMPACT_COST, i])
        if gone == 0.0 and terms[LINEAR_COST, i] + 0.5 * tau > 0.0:
            found = 0.0
        if kind == TWO_KINKS and w[i] == 0.0 and 2.0 * eta + terms[BORROW_COST, i] > 0.0:
            found = 0.0
        response[i] = found if terms[LOWER, i] < w[i] < terms[UPPER, i] else 0.0


@strict
def gather(C: Vector, active: Index, count: int, terms: Vector, w: Vector, response: Vector, block: Vector) -> int:
    """Rows √(dw/dr) · (C, ½ sign(w − w₀), sign w) of the free assets, active columns alone; how many there are."""
    n = C.shape[1]
    rows = 0
    for i in range(w.size):
        if response[i] > 0.0:
            root, at = np.sqrt(response[i]), rows * count
            for k in range(count):
                column = active[k]
                if column < n:
                    block[at + k] = C[i, column] * root
                elif column == n:
                    block[at + k] = 0.5 * root * np.sign(w[i] - terms[START, i])
                else:
                    block[at + k] = root * np.sign(w[i])
            rows += 1
    return rows


@fast
def weigh(C: Vector, Ct: Vector, w: Vector, used: Vector) -> None:
    """used ← Cᵀw, row by row where few assets are held."""
    held = 0
    for i in range(w.size):
        held += 1 if w[i] != 0.0 else 0
    if 4 * held > w.size:
        np.dot(Ct, w, used)
        return
    used[:] = 0.0
    for i in range(w.size):
        x = w[i]
        if x != 0.0:
            for k in range(used.size):
                used[k] += x * C[i, k]


@fast
def project(Ct: Vector, d: Vector, out: Vector) -> None:
    """out ← C d, by the columns that move."""
    out[:] = 0.0
    for k in range(Ct.shape[0]):
        if d[k] != 0.0:
            for i in range(out.size):
                out[i] += d[k] * Ct[k, i]


@fast
def add(out: Vector, factor: float, Ct: Vector, k: int) -> None:
    """out ← out + factor · column k of C."""
    for i in range(out.size):
        out[i] += factor * Ct[k, i]


@fast
def subtract(mu: Vector, column: Vector, step: float, out: Vector) -> None:
    """out ← mu − step · column."""
    for i in range(out.size):
        out[i] = mu[i] - step * column[i]


@fast
def solve_system(H: Vector, diagonal: Vector, x: Vector) -> None:
    """x ← H⁻¹x by Cholesky's factors, which are written over the upper triangle of H; a dependent row gets no x."""
    size = x.size
    for j in range(size):
        diagonal[j] = DEPENDENT * H[j, j]
    for j in range(0, size - 1, 2):
        # Two pivots at once: half the passes over what is left.
        h = j + 1
        first = 1.0 / np.sqrt(H[j, j]) if H[j, j] > diagonal[j] else 0.0
        for k in range(h, size):
            H[j, k] *= first
        x[j] *= first
        f = H[j, h]
        pivot = H[h, h] - f * f
        second = 1.0 / np.sqrt(pivot) if pivot > diagonal[h] else 0.0
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
        H[j, j] = 1.0 / np.sqrt(H[j, j]) if H[j, j] > diagonal[j] else 0.0
        x[j] *= H[j, j]
    for j in range(size - 1, -1, -1):
        total = x[j]
        for k in range(j + 1, size):
            total -= H[j, k] * x[k]
        x[j] = total * H[j, j]


@fast
def eliminate(M: Vector, x: Vector) -> None:
    """x ← M⁻¹x for a quasidefinite M, whose upper triangle is used up: LDLᵀ needs no pivoting (Vanderbei 1995)."""
    size = x.size
    for j in range(size):
        inverse = 1.0 / M[j, j]
        for i in range(j + 1, size):
            f = M[j, i] * inverse
            if f != 0.0:
                for k in range(i, size):
                    M[i, k] -= f * M[j, k]
                x[i] -= f * x[j]
    for j in range(size - 1, -1, -1):
        total = x[j]
        for k in range(j + 1, size):
            total -= M[j, k] * x[k]
        x[j] = total / M[j, j]


@fast
def dearest(C: Vector, factors: int, terms: Vector, mu: Vector, gamma: float, turnover: float, gross: float) -> float:
    """No admissible weights cost more than this; infinite if nothing bounds them."""
    exposure, total = 0.0, 0.0
    for i in range(mu.size):
        start = terms[START, i]
        # One weight can move by no more than twice the turnover that all have.
        gone = min(max(abs(terms[LOWER, i] - start), abs(terms[UPPER, i] - start)), 2.0 * turnover)
        size = min(max(abs(terms[LOWER, i]), abs(terms[UPPER, i])), abs(start) + 2.0 * turnover, gross)
        gone = min(gone, size + abs(start))
        if size == np.inf:
            return np.inf
        loading = 0.0
        for k in range(factors):
            loading += C[i, k] * C[i, k]
        exposure += np.sqrt(loading) * size
        total += (0.5 * terms[A, i] * size + abs(mu[i]) + terms[BORROW_COST, i]) * size
        total += (terms[LINEAR_COST, i] + terms[IMPACT_COST, i] * np.sqrt(gone)) * gone
    return total + 0.5 * gamma * exposure * exposure


@fast
def rounding(norms: Vector, count: int, mu: Vector, norm: float, terms: Vector, w: Vector) -> float:
    """How much Σ min may be off because r = μ − Cz was rounded: |δr| (|w| + |δr| / a), asset by asset."""
    total = 0.0
    for i in range(w.size):
        off = (count + 2) * EPSILON * (abs(mu[i]) + norms[i] * norm)
        total += off * (abs(w[i]) + off * terms[INVERSE, i])
    return total


@fast
def objective(terms: Vector, mu: Vector, gamma: float, factors: int, used: Vector, w: Vector) -> float:
    """½ γ (|Fᵀw|² + wᵀDw) − μᵀw + Σ κ|w − w₀| + c|w − w₀|^{3/2} + b max(−w, 0)."""
    value, square = 0.0, 0.0
    for i in range(w.size):
        gone = abs(w[i] - terms[START, i])
        owed = terms[BORROW_COST, i] if w[i] < 0.0 else 0.0
        value += (0.5 * terms[A, i] * w[i] - mu[i] - owed) * w[i]
        value += (terms[LINEAR_COST, i] + terms[IMPACT_COST, i] * np.sqrt(gone)) * gone
    for k in range(factors):
        square += used[k] * used[k]
    return value + 0.5 * gamma * square
