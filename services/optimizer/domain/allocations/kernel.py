"""What is compiled: the sweeps of coordinate descent, the distances between assets and the bisection along the leaves.

Everything that numba compiles stands in this one file, because its cache looks at the file of the called function
alone. The sums may be reassociated, so that they become vector instructions; NaN and infinity stay what they are.
Import this by way of `compiling.kernel`, which knows what to do where numba isn't.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from services.optimizer.domain.vectors import Index, Vector

_Function = TypeVar("_Function", bound=Callable[..., Any])
_compiled = cast(
    "Callable[[_Function], _Function]",
    numba.njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "arcp", "nsz"}, error_model="numpy"),
)

# A sweep usually divides the error by ten, so that this leaves less of it than 1e-10.
TOLERANCE = 2e-10
# Where more are needed Newton's method is faster.
MOST_SWEEPS = 60


@_compiled
def _least(a: float, c: float, b: float) -> float:
    """argmin ½ a x² + c x − b ln x over x > 0, without taking nearly equal numbers from each other."""
    root = math.sqrt(c * c + 4.0 * a * b)
    return 2.0 * b / (c + root) if c > 0.0 else (root - c) / (2.0 * a)


@_compiled
def descend_factors(F: Vector, D: Vector, b: Vector, x: Vector) -> int:
    """Cyclical coordinate descent on ½ xᵀΣx − bᵀ ln x with Σ = F Fᵀ + diag(D); moves x, returns the sweeps.

    Keeps y = Fᵀx, so that a sweep costs N K; ends once no coordinate moves by more than TOLERANCE of itself.
    The next asset's Fᵢ₊₁y is found before the present step is known, and corrected by Fᵢ₊₁Fᵢ times the step: otherwise
    every step would wait for the one before it to have gone all the way through y.
    """
    N, K = F.shape
    a, y, following = np.empty(N), np.zeros(K), np.empty(N)
    for i in range(N):
        after, own, shared = F[(i + 1) % N], 0.0, 0.0
        for k in range(K):
            own += F[i, k] * F[i, k]
            shared += F[i, k] * after[k]
            y[k] += F[i, k] * x[i]
        a[i], following[i] = own + D[i], shared
    for sweep in range(MOST_SWEEPS):
        # Along the ray through x the least is where xᵀΣx = Σ b = 1.
        variance, ahead, greatest = 0.0, 0.0, 0.0
        for i in range(N):
            variance += D[i] * x[i] * x[i]
        for k in range(K):
            variance += y[k] * y[k]
        scale = 1.0 / np.sqrt(variance)
        for k in range(K):
            y[k] *= scale
            ahead += F[0, k] * y[k]
        for i in range(N):
            old = x[i] * scale
            others = ahead + (D[i] - a[i]) * old
            after, ahead = F[(i + 1) % N], 0.0
            for k in range(K):
                ahead += after[k] * y[k]
            new = _least(a[i], others, b[i])
            step = new - old
            ahead += following[i] * step
            for k in range(K):
                y[k] += F[i, k] * step
            x[i] = new
            greatest = max(greatest, abs(step) - TOLERANCE * new)
        if greatest <= 0.0:
            return sweep + 1
    return MOST_SWEEPS


@_compiled
def descend_dense(S: Vector, b: Vector, x: Vector) -> int:
    """The same with Σ as N × N: keeps Σx, so that a sweep costs N²."""
    N = b.size
    pull = np.zeros(N)
    for i in range(N):
        for j in range(N):
            pull[j] += S[i, j] * x[i]
    for sweep in range(MOST_SWEEPS):
        variance, greatest = 0.0, 0.0
        for i in range(N):
            variance += pull[i] * x[i]
        scale = 1.0 / np.sqrt(variance)
        for i in range(N):
            x[i] *= scale
            pull[i] *= scale
        for i in range(N):
            old = x[i]
            new = _least(S[i, i], pull[i] - S[i, i] * old, b[i])
            step = new - old
            for j in range(N):
                pull[j] += S[i, j] * step
            x[i] = new
            greatest = max(greatest, abs(step) - TOLERANCE * new)
        if greatest <= 0.0:
            return sweep + 1
    return MOST_SWEEPS


@_compiled
def distances(S: Vector, scale: Vector) -> Vector:
    """√(½ (1 − ρ)) of all pairs i < j, row by row; `scale` is 1/σ."""
    N = scale.size
    found = np.empty(N * (N - 1) // 2)
    place = 0
    for i in range(N):
        half = 0.5 * scale[i]
        row = found[place : place + N - 1 - i]
        for j in range(i + 1, N):
            square = 0.5 - half * S[i, j] * scale[j]
            row[j - i - 1] = np.sqrt(min(1.0, max(0.0, square)))
        place += N - 1 - i
    return found


@_compiled
def _cluster_variance(S: Vector, order: Index, inverse: Vector, first: int, end: int) -> float:
    """wᵀΣw of the leaves `first` to `end` with w ∝ 1/σ²; `inverse` is 1/σ² in the order of the leaves."""
    total, variance = 0.0, 0.0
    for i in range(first, end):
        row, others = S[order[i]], 0.0
        for j in range(first, i):
            others += row[order[j]] * inverse[j]
        variance += inverse[i] * (2.0 * others + row[order[i]] * inverse[i])
        total += inverse[i]
    return max(0.0, variance / (total * total))


@_compiled
def bisect(S: Vector, order: Index) -> Vector:
    """Halve the leaves again and again, and share weight between the halves inversely to their variances."""
    N = order.size
    inverse, weights, answer = np.empty(N), np.ones(N), np.empty(N)
    for i in range(N):
        inverse[i] = 1.0 / S[order[i], order[i]]
    waiting = np.empty((N + 1, 2), np.int64)
    waiting[0, 0], waiting[0, 1], count = 0, N, 1
    while count > 0:
        count -= 1
        first, end = waiting[count, 0], waiting[count, 1]
        if end - first < 2:
            continue
        middle = first + (end - first) // 2
        left = _cluster_variance(S, order, inverse, first, middle)
        right = _cluster_variance(S, order, inverse, middle, end)
        share = right / (left + right) if left + right > 0.0 else 0.5
        for i in range(first, middle):
            weights[i] *= share
        for i in range(middle, end):
            weights[i] *= 1.0 - share
        waiting[count, 0], waiting[count, 1] = first, middle
        waiting[count + 1, 0], waiting[count + 1, 1] = middle, end
        count += 2
    for i in range(N):
        answer[order[i]] = weights[i]
    return answer
