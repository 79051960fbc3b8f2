"""The circuit of QAOA: p layers of phases by what a choice costs, each followed by a mixer, on a state to start from.

    |ψ(γ, β)⟩ = Π e^{−iβₗB} e^{−iγₗC} |s⟩

(Hadfield et al. 2019, From the quantum approximate optimization algorithm to a quantum alternating operator ansatz), in
the subspace of choices of K assets, which its first two mixers never leave.

    grover      1 − (1 − e^{−iβ})|s⟩⟨s|                     (Bärtschi and Eidenbenz 2020, Grover mixers for QAOA)
    ring        Π e^{−iβ(XᵢXᵢ₊₁ + YᵢYᵢ₊₁)/2}                  (Wang et al. 2020, XY mixers)
    transverse  Π e^{−iβXᵢ}, over all 2ⁿ states, with a penalty on choices of more or fewer than K assets
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.sampling import plain
from services.optimizer.domain.cardinality.sampling.subspace import Subspace
from services.optimizer.domain.sampling import Mixer
from services.optimizer.domain.solvers.dual_newton import COMPILED
from services.optimizer.domain.vectors import Vector


@dataclass(eq=False)
class Circuit:
    """A circuit without its angles; not for two threads at once."""

    subspace: Subspace
    mixer: Mixer
    costs: Vector
    """C: by state of the subspace, (S,), or of all 2ⁿ for the transverse mixer."""
    start: Vector
    """s, real, of length one."""
    compiled: bool = COMPILED

    def __post_init__(self) -> None:
        # Phases are by costs in units of their spread: angles of one problem suit another.
        self.spread = float(self.costs.std()) or 1.0
        self._scaled = np.ascontiguousarray((self.costs - self.costs.min()) / self.spread)
        self._scratch = np.empty((2, 2, self.costs.size))

    def energy(self, gammas: Vector, betas: Vector) -> float:
        """⟨ψ|C|ψ⟩ of the scaled costs."""
        if not self.compiled:
            return float(np.abs(self._evolved(gammas, betas)) ** 2 @ self._scaled)
        from services.optimizer.domain.cardinality.sampling import kernels

        common, (re, im) = (self._scaled, self.start, gammas, betas), self._scratch[0]
        if self.mixer is Mixer.GROVER:
            return float(kernels.grover_state(*common, re, im))
        if self.mixer is Mixer.RING:
            return float(kernels.ring_state(*common, *self.subspace.neighbours, re, im))
        return float(kernels.transverse_state(*common, re, im))

    def gradient(self, gammas: Vector, betas: Vector) -> tuple[float, Vector]:
        """⟨ψ|C|ψ⟩ of the scaled costs, and its derivatives by γ and then β, (2p,)."""
        if not self.compiled:
            return self._by_differences(gammas, betas)
        from services.optimizer.domain.cardinality.sampling import kernels

        slopes = np.empty(2 * gammas.size)
        common, (psi, lam) = (self._scaled, self.start, gammas, betas), self._scratch
        if self.mixer is Mixer.GROVER:
            return float(kernels.grover_gradient(*common, psi, lam, slopes)), slopes
        if self.mixer is Mixer.RING:
            return float(kernels.ring_gradient(*common, *self.subspace.neighbours, psi, lam, slopes)), slopes
        return float(kernels.transverse_gradient(*common, psi, lam, slopes)), slopes

    def state(self, gammas: Vector, betas: Vector) -> plain.State:
        """ψ, (S,)."""
        if not self.compiled:
            return self._evolved(gammas, betas)
        self.energy(gammas, betas)
        re, im = self._scratch[0]
        return np.asarray(re + 1j * im)

    def _evolved(self, gammas: Vector, betas: Vector) -> plain.State:
        mix = {
            Mixer.GROVER: lambda: plain.grover(self.start),
            Mixer.RING: lambda: plain.ring(*self.subspace.neighbours),
            Mixer.TRANSVERSE: lambda: plain.transverse(self.subspace.assets),
        }[self.mixer]()
        return plain.evolved(self._scaled, self.start, gammas, betas, mix)

    def _by_differences(self, gammas: Vector, betas: Vector) -> tuple[float, Vector]:
        at, layers, step = np.concatenate([gammas, betas]), gammas.size, 1e-6
        slopes = np.empty(at.size)
        for i in range(at.size):
            ends = [at + sign * step * (np.arange(at.size) == i) for sign in (1, -1)]
            above, below = (self.energy(end[:layers], end[layers:]) for end in ends)
            slopes[i] = (above - below) / (2 * step)
        return self.energy(gammas, betas), slopes
