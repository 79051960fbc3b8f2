"""QAOA: a circuit is trained so that it draws choices that cost little, and is drawn from.

This is a classical simulation. It sees what every choice costs before it draws any, so that nothing about it is fast
for being quantum; it is one sampler among others, and is told apart from its own start (p = 0) in every answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from services.optimizer.domain.cardinality.sampling.circuit import Circuit
from services.optimizer.domain.cardinality.sampling.landscape import Landscape
from services.optimizer.domain.cardinality.sampling.openqasm import Gates
from services.optimizer.domain.cardinality.sampling.quadratic import Quadratic
from services.optimizer.domain.cardinality.sampling.sampler import Drawn
from services.optimizer.domain.sampling import LAYERS, CircuitRun, Mixer
from services.optimizer.domain.vectors import Index, Vector

LEAST_CHANCE, MOST_CHANCE = 0.08, 0.92
"""Of an asset, at the start: no choice is out of reach."""
RAMP = 0.8
"""The first angles: phases grow to it and mixing fades from it, as in annealing."""
MOST_ROUNDS = 100
"""Of training."""
PENALTY = 1.0
"""Of each asset that is one too many or missing, squared: so many times the range of the costs."""


@dataclass(frozen=True, slots=True)
class Qaoa:
    """The sampler."""

    mixer: Mixer = Mixer.GROVER
    layers: int = LAYERS
    with_circuit: bool = False
    """Whether to write the circuit down; its phases are then a quadratic model of the costs, as gates can have them."""

    def draw(self, landscape: Landscape, shots: int, random: np.random.Generator, stopped: Callable[[], bool]) -> Drawn:
        """So many shots of the trained circuit; told to stop, of one that is trained less."""
        circuit = self.circuit(landscape)
        gammas, betas, evaluations = trained(circuit, self.layers, stopped)
        chances = np.abs(circuit.state(gammas, betas)) ** 2
        best = circuit.costs <= circuit.costs.min()
        worst, least = float(circuit.costs.max()), float(circuit.costs.min())
        told = CircuitRun(
            mixer=self.mixer,
            gammas=tuple(gammas.tolist()),
            betas=tuple(betas.tolist()),
            evaluations=evaluations,
            approximation_ratio=(worst - float(chances @ circuit.costs)) / ((worst - least) or 1.0),
            best_probability=float(chances[best].sum()),
            start_probability=float((circuit.start**2)[best].sum()),
            openqasm=self._gates(landscape, circuit, gammas, betas).program() if self.with_circuit else "",
        )
        return Drawn(self._states(landscape, drawn(chances, shots, random)), told)

    def circuit(self, landscape: Landscape) -> Circuit:
        """The circuit for a landscape, without its angles."""
        subspace = landscape.subspace
        if self.mixer is Mixer.TRANSVERSE:
            every = np.arange(1 << subspace.assets)
            costs = Quadratic(self._penalized(landscape))(every)
            return Circuit(subspace, self.mixer, costs, np.full(every.size, every.size**-0.5))
        costs = landscape.model(subspace.states) if self.with_circuit else landscape.costs
        return Circuit(subspace, self.mixer, costs, subspace.product_state(chances_of(landscape)))

    def _penalized(self, landscape: Landscape) -> Vector:
        """Q with a penalty: λ (Σ xᵢ − K)² = λ (Σ (1 − 2K) xᵢ + 2 Σ xᵢxⱼ) + λ K², the last of which is left out."""
        subspace = landscape.subspace
        weight = PENALTY * (float(np.ptp(landscape.costs)) or 1.0)
        return landscape.model.matrix + weight * (1.0 - 2 * subspace.held * np.eye(subspace.assets))

    def _gates(self, landscape: Landscape, circuit: Circuit, gammas: Vector, betas: Vector) -> Gates:
        everywhere = self.mixer is Mixer.TRANSVERSE
        matrix = self._penalized(landscape) if everywhere else landscape.model.matrix
        return Gates(
            str(self.mixer), landscape.subspace.held, chances_of(landscape), matrix / circuit.spread, gammas, betas
        )

    def _states(self, landscape: Landscape, places: Index) -> Index:
        subspace = landscape.subspace
        if self.mixer is not Mixer.TRANSVERSE:
            return np.asarray(subspace.states[places])
        return np.asarray(places[np.bitwise_count(places) == subspace.held])


def chances_of(landscape: Landscape) -> Vector:
    """Of each asset at the start, (n,): its share in the relaxation, but none is certain."""
    return np.clip(landscape.shares, LEAST_CHANCE, MOST_CHANCE)


def trained(circuit: Circuit, layers: int, stopped: Callable[[], bool] = lambda: False) -> tuple[Vector, Vector, int]:
    """γ and β with little energy, and how often it was evaluated: from a ramp, by L-BFGS with the exact gradient."""
    along = (np.arange(layers) + 0.5) / layers
    first = np.concatenate([RAMP * along, RAMP * (1 - along)])
    best, evaluations = (np.inf, first), 0

    def energy(angles: Vector) -> tuple[float, Vector]:
        nonlocal best, evaluations
        # Among many choices one evaluation takes a second: it is asked before each.
        if evaluations and stopped():
            raise _Stopped
        evaluations += 1
        found, slopes = circuit.gradient(angles[:layers].copy(), angles[layers:].copy())
        best = min(best, (found, angles.copy()), key=lambda each: each[0])
        return found, slopes

    with suppress(_Stopped):
        optimize.minimize(energy, first, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ROUNDS})
    return best[1][:layers].copy(), best[1][layers:].copy(), evaluations


class _Stopped(Exception):
    """Training was told to stop."""


def drawn(chances: Vector, shots: int, random: np.random.Generator) -> Index:
    """Places drawn by their chances, which sum to one but for rounding."""
    sums = np.cumsum(chances)
    return np.asarray(np.searchsorted(sums[:-1], random.random(shots) * sums[-1], side="right"))
