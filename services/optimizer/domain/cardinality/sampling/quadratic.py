"""A quadratic model of what choices cost: what gates, spins and oscillators can have, unlike a list of all costs.

    cost(x) ≈ xᵀQx      x ∈ {0, 1}ⁿ,  Q (n, n) symmetric

by least squares over choices whose costs are known: what the assets are worth to each other within a portfolio, which
says more than their covariances do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.vectors import Index, Mask, Vector

SAMPLES = 7
"""Choices per coefficient; with three the model's best may be a tenth off."""
AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Quadratic:
    """Q, (n, n): the diagonal has what an asset costs by itself."""

    matrix: Vector

    def __call__(self, states: Index) -> Vector:
        """xᵀQx of states (B,), numbers whose bit i is xᵢ; (B,)."""
        found, bits = np.empty(states.size), np.arange(len(self.matrix))
        for first in range(0, states.size, AT_ONCE):
            x = ((states[first : first + AT_ONCE, None] >> bits) & 1).astype(np.float64)
            found[first : first + AT_ONCE] = ((x @ self.matrix) * x).sum(axis=1)
        return found

    @classmethod
    def fitted(cls, chosen: Mask, costs: Vector) -> Quadratic:
        """The nearest to the costs (B,) of choices (B, n); of several, the one with the least coefficients."""
        x = np.asarray(chosen, dtype=np.float64)
        first, second = np.triu_indices(x.shape[1])
        found = np.linalg.lstsq(x[:, first] * x[:, second], costs, rcond=None)[0]
        half = np.zeros((x.shape[1], x.shape[1]))
        half[first, second] = 0.5 * found
        return cls(half + half.T)


def coefficients(assets: int) -> int:
    """How many a model of so many assets has."""
    return assets * (assets + 1) // 2
