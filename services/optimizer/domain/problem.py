"""A portfolio problem, whole: it can be stored, sent to a worker and solved again without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.kept import kept
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.sampling import Sampling
from services.optimizer.domain.vectors import Vector

DEFAULT_GAP = 1e-9
DEFAULT_TIME_BUDGET_MS = 10_000


@dataclass(frozen=True, slots=True)
class StopRule:
    """When to stop: at a gap |objective − bound| / max(1, |objective|), or after a time."""

    gap_target: float = DEFAULT_GAP
    time_budget_ms: int = DEFAULT_TIME_BUDGET_MS


@dataclass(frozen=True, slots=True)
class Lots:
    """What can be bought."""

    portfolio_value: float
    """V, in the currency of the prices."""
    prices: Mapping[str, float] = field(default_factory=dict)
    """Of a share, by symbol."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Shares in a lot, by symbol; 1 where nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Moments, what is optimized, what the weights must satisfy, and where they start from."""

    moments: Moments
    goal: Goal = field(default_factory=Goal)
    constraints: Constraints = field(default_factory=Constraints)
    current: Mapping[str, float] = field(default_factory=dict)
    """w₀ by symbol; what it does not name is 0."""
    leaving: float = 0.0
    """Σ|w₀| of assets held but outside the universe: they are sold whatever the optimum is, and count as turnover."""
    stop: StopRule = field(default_factory=StopRule)
    costs: Costs = field(default_factory=Costs)
    seed: int = 0
    """Of whatever is drawn at random, the intervals' resamples and choices of assets."""
    bootstrap_draws: int = 0
    """How many resamples of the scenarios the intervals come from; 0: from the moments."""
    sampling: Sampling | None = None
    """How choices of assets are drawn; None: they are searched alone."""
    lots: Lots | None = None
    """What can be bought; None: any part of a share."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The universe, in the order of every vector."""
        return self.moments.symbols

    @property
    def assets(self) -> int:
        """N."""
        return len(self.moments.symbols)

    def current_weights(self) -> Vector:
        """w₀, length N."""
        return self._by_symbol(self.current)

    def benchmark(self) -> Vector:
        """b, length N."""
        return self._by_symbol(self.constraints.benchmark)

    def weight_bounds(self) -> tuple[Vector, Vector]:
        """l and u of the weights themselves, length N each; not to be written to."""
        return _weight_bounds(self.constraints, self.symbols)

    def _by_symbol(self, named: Mapping[str, float]) -> Vector:
        """What is named, in the order of the symbols; asked for often, and mostly nothing is."""
        if not named:
            return np.zeros(self.assets)
        return np.array([named.get(symbol, 0.0) for symbol in self.symbols], dtype=np.float64)


@kept
def _weight_bounds(constraints: Constraints, symbols: tuple[str, ...]) -> tuple[Vector, Vector]:
    named, default = constraints.bounds, constraints.default_bounds
    lower, upper = np.full(len(symbols), float(default.min)), np.full(len(symbols), float(default.max))
    for index, symbol in enumerate(symbols if named else ()):
        if symbol in named:
            lower[index], upper[index] = named[symbol].min, named[symbol].max
    return lower, upper
