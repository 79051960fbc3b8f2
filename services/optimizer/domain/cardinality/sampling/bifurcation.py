"""Simulated bifurcation: oscillators that each choose a side as a pump drives them apart, many runs at once.

    ẏᵢ = −(1 − a(t)) xᵢ − c₀ ∂ᵢ,    ẋᵢ = yᵢ,    walls at ±1
    ∂ᵢ = Qᵢᵢ + 2 Σ_{j≠i} Qᵢⱼ sⱼ + λ (2 Σ_{j≠i} sⱼ − 2K + 1)

with sⱼ the side of j, 1 above zero and 0 below: the discrete variant of Goto et al. 2021, High-performance
combinatorial optimization based on classical mechanics, of a quadratic model with a penalty λ (Σ sᵢ − K)². Runs differ
in where they begin and in λ; a run ends in one draw, the K that are highest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.sampling.landscape import Landscape
from services.optimizer.domain.cardinality.sampling.sampler import Drawn

STEPS, STEP = 200, 0.5
STRENGTH = 0.1
"""c₀, in units of the model's coefficients and the root of n."""
LEAST_PENALTY, MOST_PENALTY = 1.0, 5.0
"""λ, in units of the model's coefficients."""


@dataclass(frozen=True, slots=True)
class Bifurcation:
    """The sampler."""

    def draw(self, landscape: Landscape, shots: int, random: np.random.Generator, stopped: Callable[[], bool]) -> Drawn:
        """As many runs as shots; told to stop, they end where they are."""
        subspace, own = landscape.subspace, np.diag(landscape.model.matrix)
        between = landscape.model.matrix - np.diag(own)
        unit = float(np.sqrt(np.mean(between**2))) or 1.0
        penalty = unit * random.uniform(LEAST_PENALTY, MOST_PENALTY, (shots, 1))
        strength = STRENGTH / (unit * np.sqrt(subspace.assets))
        x, y = 0.1 * random.uniform(-1, 1, (2, shots, subspace.assets))
        for step in range(STEPS):
            if stopped():
                break
            side = (x > 0).astype(np.float64)
            others = side.sum(axis=1, keepdims=True) - side
            slope = own + 2 * side @ between + penalty * (2 * (others - subspace.held) + 1)
            y += STEP * (-(1 - step / STEPS) * x - strength * slope)
            x += STEP * y
            y[np.abs(x) > 1] = 0.0
            np.clip(x, -1, 1, out=x)
        # Of those at the same wall, the ones that would go on.
        chosen = np.argsort(-(x + 1e-3 * y), axis=1, kind="stable")[:, : subspace.held]
        return Drawn((1 << chosen).sum(axis=1))
