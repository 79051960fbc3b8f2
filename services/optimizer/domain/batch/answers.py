"""What became of the portfolios of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from services.optimizer.domain.vectors import Vector


class Outcome(IntEnum):
    """What became of one portfolio."""

    SOLVED = 1
    INVALID = 2
    INFEASIBLE = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a portfolio has no weights."""

    index: int
    outcome: int
    description: str


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Of B portfolios; NaN where there is no answer. Objectives and bounds are in the unit of the goal."""

    weights: Vector
    """(B, N); (0, N) if they are not wanted."""
    objectives: Vector
    bounds: Vector
    residuals: Vector
    """How far the worst row is off, in units of its largest coefficient."""
    iterations: Vector
    outcomes: Vector
    """`Outcome` as numbers."""
    failures: tuple[Failed, ...] = ()
    fallbacks: int = 0
    """Portfolios that the quick method left to the engine."""

    @property
    def count(self) -> int:
        """B."""
        return int(self.objectives.size)


def unanswered(count: int, description: str) -> Answers:
    """A frame of which nothing is known but that it failed."""
    nothing = np.full(count, np.nan)
    return Answers(
        weights=np.empty((0, 0)),
        objectives=nothing,
        bounds=nothing,
        residuals=nothing,
        iterations=np.zeros(count),
        outcomes=np.full(count, float(Outcome.FAILED)),
        failures=tuple(Failed(index, Outcome.FAILED, description) for index in range(count)),
    )
