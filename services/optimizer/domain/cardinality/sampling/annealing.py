"""Simulated annealing over choices of K assets: one asset out for another, by the rule of Metropolis.

(Kirkpatrick, Gelatt and Vecchi 1983, Optimization by simulated annealing.) Many walks at once, each by itself, on the
quadratic model of the costs; every walk ends in one draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.sampling.landscape import Landscape
from services.optimizer.domain.cardinality.sampling.sampler import Drawn
from services.optimizer.domain.vectors import Index, Vector

SWEEPS = 20
"""Exchanges per asset, in each walk."""
HOT, COLD = 1.0, 0.01
"""Temperatures, in standard deviations of the costs, the first and the last; between them they fall geometrically."""


@dataclass(frozen=True, slots=True)
class Annealing:
    """The sampler."""

    def draw(self, landscape: Landscape, shots: int, random: np.random.Generator, stopped: Callable[[], bool]) -> Drawn:
        """As many walks as shots; told to stop, they end where they are."""
        subspace, matrix = landscape.subspace, landscape.model.matrix
        walks = np.arange(shots)
        start = np.argsort(random.random((shots, subspace.assets)), axis=1)
        x = np.zeros((shots, subspace.assets))
        np.put_along_axis(x, start[:, : subspace.held], 1.0, axis=1)
        pull = x @ matrix
        spread = float(landscape.costs.std()) or 1.0
        for temperature in spread * np.geomspace(HOT, COLD, SWEEPS * subspace.assets):
            if stopped():
                break
            out, into = _picked(x, random), _picked(1.0 - x, random)
            # xᵀQx of x + e_into − e_out, less xᵀQx.
            change = 2 * (pull[walks, into] - pull[walks, out])
            change += matrix[into, into] + matrix[out, out] - 2 * matrix[into, out]
            taken = random.random(shots) < np.exp(-np.maximum(change, 0.0) / temperature)
            walk, gone, come = walks[taken], out[taken], into[taken]
            x[walk, gone], x[walk, come] = 0.0, 1.0
            pull[taken] += matrix[come] - matrix[gone]
        return Drawn(x.astype(np.int64) @ (1 << np.arange(subspace.assets)))


def _picked(among: Vector, random: np.random.Generator) -> Index:
    """One of the ones of every row, each as likely."""
    return np.asarray(np.argmax(among * random.random(among.shape), axis=1))
