"""The compiled sweeps of the mixing method; see `diagonal`."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton.loops import fast
from services.optimizer.domain.vectors import Vector


@fast
def mixed(correlation: Vector, weights: Vector, rows: Vector, sweeps: int) -> Vector:
    """d after some sweeps over the rows (N, R), which are left where they led; see `diagonal.mixed`."""
    count, rank = rows.shape
    found, pull = np.empty(count), np.empty(rank)
    for _ in range(sweeps):
        for i in range(count):
            pull[:] = 0.0
            for j in range(count):
                x = correlation[i, j] if j != i else 0.0
                for k in range(rank):
                    pull[k] += x * rows[j, k]
            size = 0.0
            for k in range(rank):
                size += pull[k] * pull[k]
            size = np.sqrt(size)
            length = max(np.sqrt(weights[i]), size / correlation[i, i])
            for k in range(rank):
                rows[i, k] = -pull[k] * (length / size) if size > 0.0 else rows[i, k]
            found[i] = correlation[i, i] - size / length
    return found
