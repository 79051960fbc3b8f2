"""How choices of assets are drawn beside the search for the best one, in the words of the contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ASSETS, LAYERS, SHOTS = 16, 2, 256
"""Where nothing else is said: n, p, and how many choices are drawn."""
MOST_ASSETS = 24
"""n: 2ⁿ numbers are looked through."""
MOST_TRANSVERSE = 18
"""n with the transverse mixer, which looks at all 2ⁿ states."""


class SamplerKind(StrEnum):
    """Who draws."""

    QAOA = "qaoa"
    ANNEALING = "annealing"
    BIFURCATION = "bifurcation"


class Mixer(StrEnum):
    """What moves amplitude between choices in a circuit."""

    GROVER = "grover"
    RING = "ring"
    TRANSVERSE = "transverse"


@dataclass(frozen=True, slots=True)
class Sampling:
    """Who draws, among how many assets, how often; the rest is of circuits alone."""

    kind: SamplerKind = SamplerKind.QAOA
    assets: int = ASSETS
    shots: int = SHOTS
    mixer: Mixer = Mixer.GROVER
    layers: int = LAYERS
    with_circuit: bool = False
    """Whether the answer has the circuit, for a machine of qubits."""


@dataclass(frozen=True, slots=True)
class CircuitRun:
    """What a circuit did: how it was trained, and how much better it draws than its start does."""

    mixer: Mixer
    gammas: tuple[float, ...]
    """p of them, of costs in units of their standard deviation."""
    betas: tuple[float, ...]
    """p of them."""
    evaluations: int
    """Of energy and gradient, in training."""
    approximation_ratio: float
    """(Cmax − ⟨C⟩) / (Cmax − Cmin)."""
    best_probability: float
    """Of drawing a choice that costs least."""
    start_probability: float
    """The same of the start, without any layer (p = 0): what the circuit is to be compared with."""
    openqasm: str
    """The circuit for a machine of qubits, OpenQASM 3; empty if it was not asked for."""

    @property
    def amplification(self) -> float:
        """How many times likelier than from the start."""
        return self.best_probability / self.start_probability

    @property
    def ceiling(self) -> int:
        """(2p + 1)²: what no p layers can amplify beyond (Boyer, Brassard, Høyer and Tapp 1998)."""
        return (2 * len(self.gammas) + 1) ** 2


@dataclass(frozen=True, slots=True)
class Draws:
    """What a sampler drew."""

    kind: SamplerKind
    symbols: tuple[str, ...]
    """Among which assets."""
    held: int
    """Of those, by every choice."""
    choices: int
    """There are."""
    exact: bool
    """Whether what every choice costs was found, or a model was fitted to some."""
    shots: int
    feasible: int
    """That held as many as they should."""
    distinct: int
    """Of those."""
    circuit: CircuitRun | None = None
