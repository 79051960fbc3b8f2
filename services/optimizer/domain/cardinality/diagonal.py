"""A covariance as F Fᵀ + D with D as large as it may be: the part of the risk that is each asset's own.

The perspective relaxation is as strong as D is large. A factor model brings its own. Of any other Σ it is learned,

    max Σ cᵢ dᵢ   subject to   Σ − diag(d) ⪰ 0,   d ≥ 0,

whose dual is the semidefinite relaxation of a maximum cut and is solved row by row (Wang, Chang and Kolter 2017, The
mixing method: low-rank coordinate descent for semidefinite programming with diagonal constraints).
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.vectors import Vector, vector

SWEEPS, MOST_ROWS = 150, 75_000
"""Over all rows, and rows in all; more of them raise a bound by less than a thousandth."""
# What the smallest eigenvalue gives every asset, so that none has nothing; and what rounding may take.
MIXED, KEPT = 0.03, 1.0 - 1e-9
LEAST = 1e-9
"""Of a variance: a specific variance below this part of it is no part of the asset's own."""


def with_own_risk(covariance: Covariance) -> FactorCovariance | None:
    """The same covariance, D > 0; None if it has no such form, as a singular one has not."""
    if isinstance(covariance, FactorCovariance):
        enough = bool(np.all(covariance.specific > LEAST * covariance.variances))
        return covariance if enough else None
    scale = np.sqrt(covariance.variances)
    if not bool(np.all(scale > 0)):
        return None
    specific = learned_diagonal(covariance.matrix / np.outer(scale, scale))
    if specific is None:
        return None
    own = specific * scale * scale
    values, vectors = np.linalg.eigh(covariance.matrix - np.diag(own))
    return FactorCovariance(vector(vectors * np.sqrt(np.maximum(values, 0.0))), vector(own))


def learned_diagonal(correlation: Vector) -> Vector | None:
    """d > 0 with correlation − diag(d) positive semidefinite and Σ d nearly as large as it can be; None if singular."""
    count = correlation.shape[0]
    smallest = float(np.linalg.eigvalsh(correlation)[0])
    if smallest <= LEAST:
        return None
    rank = int(np.sqrt(2 * count)) + 2
    rows = np.random.default_rng(count).standard_normal((count, rank))
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    found = np.empty(count)
    for _ in range(min(SWEEPS, max(1, MOST_ROWS // count))):
        for i in range(count):
            pull = correlation[i] @ rows - correlation[i, i] * rows[i]
            size = float(np.sqrt(pull @ pull))
            if size > 0:
                rows[i] = -pull / size
            found[i] = correlation[i, i] - size
    own = np.maximum(found, 0.0)
    # The largest multiple that leaves Σ − D semidefinite: λmax(D^½ Σ⁻¹ D^½) of it is one.
    lower = linalg.cholesky(correlation, lower=True)
    whitened = linalg.solve_triangular(lower, np.diag(np.sqrt(own)), lower=True)
    largest = float(np.linalg.eigvalsh(whitened @ whitened.T)[-1])
    own *= min(1.0, 1.0 / largest) if largest > 0 else 1.0
    return KEPT * ((1 - MIXED) * own + MIXED * smallest)
