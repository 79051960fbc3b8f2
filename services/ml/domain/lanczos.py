"""The largest eigenvalue of a symmetric positive semidefinite operator, from products with it alone.

Lanczos' recurrence with full reorthogonalization. Its Ritz value θ never exceeds the largest eigenvalue; with the
residual r = β |s| (β the next off-diagonal entry, s the last entry of the Ritz vector) some eigenvalue lies within r of
θ, and within r² / gap once it stands apart. Source: B. Parlett, The Symmetric Eigenvalue Problem, SIAM 1998, §11.7 and
§13.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.ml.domain.arrays import FloatArray

# The residual at which the recurrence ends, relative to θ: its square is beyond rounding.
_TOLERANCE = 1e-8
_MOST_STEPS = 250
# Ritz values are asked for this often only: each costs an eigenproblem of the steps taken.
_LOOK_EVERY = 5
# The start is arbitrary but fixed: the same operator gives the same answer.
_SEED = 1986


def largest_eigenvalue(times: Callable[[FloatArray], FloatArray], size: int) -> float:
    """θ of the operator v ↦ `times`(v) on vectors of length `size`."""
    most = min(size, _MOST_STEPS)
    basis, projected = np.empty((most, size)), np.zeros((most, most))
    direction = np.random.default_rng(_SEED).standard_normal(size)
    direction /= np.linalg.norm(direction)
    ritz = 0.0
    for step in range(most):
        basis[step] = direction
        known = basis[: step + 1]
        image = times(direction)
        projected[step, step] = direction @ image
        for _ in range(2):
            image = image - (known @ image) @ known
        rest = float(np.linalg.norm(image))
        if step + 1 == most or step % _LOOK_EVERY == 0 or rest <= _TOLERANCE * abs(projected[step, step]):
            ritz, last = _largest_pair(projected[: step + 1, : step + 1])
            if rest * last <= _TOLERANCE * abs(ritz):
                break
        if step + 1 < most:
            projected[step + 1, step] = rest
            direction = image / rest
    return max(0.0, ritz)


def _largest_pair(projected: FloatArray) -> tuple[float, float]:
    """θ and |s|, from the lower triangle of the tridiagonal matrix."""
    values, vectors = np.linalg.eigh(projected)
    return float(values[-1]), abs(float(vectors[-1, -1]))
