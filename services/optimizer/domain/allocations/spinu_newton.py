"""Newton's method on the program of risk budgets, damped as far from the optimum as it needs.

In relative steps u, x ← x (1 − t u), the program min ½ xᵀΣx − Σ b_i ln x_i has neither units nor bad scaling:

    gradient  g = x ∘ Σx − b          Hessian  H = diag(x) Σ diag(x) + diag(b)          H u = g.

Its third derivative is at most twice |u|_∞ times its second, so that t = 1 / (1 + |u|_∞) always gains, and t = 1
converges quadratically once |u|_∞ is small (Spinu 2013; Nesterov 2004, Introductory lectures on convex optimization).
For a factor model H is a diagonal plus K columns, which Woodbury's identity solves in N K² operations.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from services.optimizer.domain.covariance import Covariance, DenseCovariance
from services.optimizer.domain.vectors import Vector

# max |x_i (Σx)_i / b_i − 1|: what is asked for, and what rounding lets one hope for.
MET = 1e-10
_EXACT = 1e-14
# Σ b_i (x_i (Σx)_i / b_i − 1)², about twice the gap: from here on x is an answer.
NEAR = 1e-10
# Steps that an answer may fail to improve: then rounding is all that is left.
_PATIENCE = 3
_FULL_STEPS = 0.36
_MOST_STEPS = 200


def minimum(covariance: Covariance, budgets: Vector, start: Vector, enough: float = _EXACT) -> tuple[Vector, int]:
    """The minimum x from x > 0, N × 1, and the steps it took; ends where nothing is gained any more.

    Where the assets hedge each other to no risk there is no minimum: x is then on its way to where the risk vanishes.
    """
    x, best, least, waited = start, start, np.inf, 0
    for step in range(_MOST_STEPS):
        pull = covariance.times(x)
        size = float(x @ pull)
        if not 0 < size < np.inf:
            return x, step
        # Along the ray through x the least is where xᵀΣx = Σ b = 1.
        x, pull = x / np.sqrt(size), pull / np.sqrt(size)
        gradient = x * pull - budgets
        miss = gradient / budgets
        error = float(np.abs(miss).max())
        if float(gradient @ miss) <= NEAR:
            waited = 0 if error < least else waited + 1
            best, least = (x, error) if error < least else (best, least)
            if least <= enough or waited > _PATIENCE:
                return best, step
        try:
            u = _relative_step(covariance, x, budgets, gradient)
        except linalg.LinAlgError:
            break
        longest = float(np.abs(u).max())
        x = x * (1.0 - (u if longest < _FULL_STEPS else u / (1.0 + longest)))
    return (best if np.isfinite(least) else x), step


def _relative_step(covariance: Covariance, x: Vector, budgets: Vector, gradient: Vector) -> Vector:
    """u of H u = g."""
    if isinstance(covariance, DenseCovariance):
        H = covariance.matrix * np.outer(x, x)
        H.flat[:: x.size + 1] += budgets
        factor = linalg.cho_factor(H, lower=True, overwrite_a=True, check_finite=False)
        return np.asarray(linalg.cho_solve(factor, gradient, check_finite=False))
    G = covariance.loadings * x[:, None]
    inverse = 1.0 / (covariance.specific * x * x + budgets)
    first = inverse * gradient
    scaled = G * inverse[:, None]
    inner = G.T @ scaled
    inner.flat[:: inner.shape[0] + 1] += 1.0
    return np.asarray(first - scaled @ np.linalg.solve(inner, G.T @ first))
