"""The circuits in NumPy: where nothing compiles, and what the compiled ones are tested against."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.optimizer.domain.cardinality.sampling.subspace import Places
from services.optimizer.domain.vectors import Vector

State: TypeAlias = NDArray[np.complex128]
Mix: TypeAlias = Callable[[State, float], State]
"""What a mixer makes of a state by an angle."""


def evolved(costs: Vector, start: Vector, gammas: Vector, betas: Vector, mix: Mix) -> State:
    """Layers of e^{−iγC} and of the mixer, on the start."""
    psi = start.astype(np.complex128)
    for gamma, beta in zip(gammas, betas, strict=True):
        psi = mix(psi * np.exp(-1j * gamma * costs), float(beta))
    return psi


def grover(start: Vector) -> Mix:
    """1 − (1 − e^{−iβ})|s⟩⟨s|."""
    return lambda psi, beta: psi - (1 - np.exp(-1j * beta)) * start * (start @ psi)


def ring(alone: Places, turned: Places) -> Mix:
    """A rotation e^{−iβ(XX + YY)/2} of every two neighbours in turn."""

    def mix(psi: State, beta: float) -> State:
        mixed, co, si = psi.copy(), np.cos(beta), -1j * np.sin(beta)
        for p, q in zip(alone, turned, strict=True):
            x, y = mixed[p], mixed[q]
            mixed[p], mixed[q] = co * x + si * y, co * y + si * x
        return mixed

    return mix


def transverse(assets: int) -> Mix:
    """A rotation e^{−iβX} of every asset."""

    def mix(psi: State, beta: float) -> State:
        for asset in range(assets):
            pairs = psi.reshape(-1, 2, 1 << asset)
            psi = (np.cos(beta) * pairs - 1j * np.sin(beta) * pairs[:, ::-1]).reshape(-1)
        return psi

    return mix
