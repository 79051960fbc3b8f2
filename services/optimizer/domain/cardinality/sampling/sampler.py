"""The port that every sampler stands behind, a machine of qubits too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.optimizer.domain.cardinality.sampling.landscape import Landscape
from services.optimizer.domain.sampling import CircuitRun
from services.optimizer.domain.vectors import Index


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What a sampler drew."""

    states: Index
    """Choices of K assets, in the order drawn, with repeats; shots that chose more or fewer are not among them."""
    circuit: CircuitRun | None = None


class Sampler(Protocol):
    """Draws choices that cost little."""

    def draw(self, landscape: Landscape, shots: int, random: np.random.Generator, stopped: Callable[[], bool]) -> Drawn:
        """So many shots, of less effort each once told to stop."""
        ...
