"""Quadratic programs whose limits are settled, each solve from what pressed where the last one ended."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.solvers.quadratics import Point, Quadratic
from services.optimizer.domain.solvers.working_set.pieces import Limits, pieces, row_values
from services.optimizer.domain.solvers.working_set.pressing import likely
from services.optimizer.domain.solvers.working_set.settling import Settled, Settling
from services.optimizer.domain.vectors import Vector

WARM_STEPS, COLD_STEPS = 15, 12
# By how much the weights of an interior point that was not settled may leave the admissible set.
ADMISSIBLE = 1e-9


class PiecedQuadratics(ABC):
    """`Quadratics` whose limits are settled; how they are guessed at first is another's business."""

    engine: str

    def __init__(self, covariance: Covariance, admissible: AdmissibleSet, rates: CostRates | None) -> None:
        self._covariance, self._admissible = covariance, admissible
        self._pieces, self._limits = pieces(admissible, rates), Limits.of(admissible)
        self._settling = Settling(covariance, admissible, self._pieces)
        self._variances = covariance.variances
        self._typical = float(self._variances.mean()) or 1.0
        self._last: Settled | None = None
        self._inner_steps = 0

    @property
    def iterations(self) -> int:
        """Linear systems solved, in all."""
        return self._settling.steps + self._inner_steps

    def aimed(self, admissible: AdmissibleSet) -> PiecedQuadratics:
        """The same solver over a set that differs in the limits of its rows alone."""
        self._admissible, self._limits = admissible, Limits.of(admissible)
        self._settling.aim(admissible)
        return self

    def solve(self, quadratic: Quadratic) -> Point:
        """The optimum. Raises SolverFailed."""
        if quadratic.aversion <= 0:
            raise SolverFailed(self.engine, "without an aversion to risk there is no quadratic program")
        before, found = self.iterations, None
        if self._last is not None:
            found = self._settling.settled(quadratic, self._last, WARM_STEPS)
        found = found or self._anew(quadratic)
        if found is None:
            raise SolverFailed(self.engine, "the limits that press were not found")
        self._last = found
        return Point(found.weights, self._multipliers(found, quadratic.aversion), self.iterations - before)

    def behind_ratio(self, quadratic: Quadratic, rate: float, near: float) -> None:  # noqa: ARG002
        """No quick way."""
        return

    @abstractmethod
    def _anew(self, quadratic: Quadratic) -> Settled | None:
        """The optimum from nothing; None if it is not found."""

    def _near(self, quadratic: Quadratic, weights: Vector, prices: Vector) -> Settled:
        """What seems to press where an interior point ended; prices in units of q."""
        unit = 1.0 / self._typical
        gains = unit * self._settling.gains(quadratic, weights, prices)
        values = row_values(self._admissible, weights)
        guess = likely(self._pieces, self._limits, weights, values, gain=gains, prices=unit * prices)
        return Settled(weights, prices, guess)

    def _unless_outside(self, near: Settled) -> Settled | None:
        """An interior point as it is, if it is admissible."""
        return near if self._admissible.violation(near.weights) <= ADMISSIBLE else None

    def _multipliers(self, found: Settled, aversion: float) -> Multipliers:
        """Prices in the unit of aᵀw, each with the sign that its limit allows."""
        prices = aversion * found.prices
        rows = self._admissible.cap.size
        sums = iter(np.maximum(prices[rows:], 0.0).tolist())
        turnover = 0.0 if self._admissible.turnover is None else next(sums)
        return Multipliers(prices[:rows], turnover, gross=0.0 if self._admissible.gross is None else next(sums))
