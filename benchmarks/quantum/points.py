"""Points of the frontier of an instance: least risk for a return, with and without a limit on how many are held."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.quantum.instances import BUY_IN, HELD, Instance
from services.optimizer.domain.constraints import Cardinality, Constraints
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.engine import Control, Progress
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem, StopRule
from services.optimizer.domain.result import Solved
from services.optimizer.domain.sampling import Sampling
from services.optimizer.domain.solvers.choosing import ChoosingEngine

FEW = Cardinality(HELD, min_weight=BUY_IN)


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One solve by the engine, and its CPU."""

    solved: Solved
    seconds: float
    first: float | None
    """Until the first choice with a bound; None if nothing was told."""
    first_gap: float | None
    """Of the variance."""

    @property
    def variance(self) -> float:
        """wᵀΣw."""
        return self.solved.objective**2

    @property
    def gap(self) -> float:
        """Of the variance, relatively."""
        return 1 - self.solved.bound**2 / self.variance

    @property
    def proven(self) -> bool:
        """To a millionth."""
        return self.gap <= 1e-6


class Frontier:
    """Solves one instance's points, again and again over the same covariance, which learns its diagonal once."""

    def __init__(self, instance: Instance) -> None:
        symbols = tuple(f"A{i}" for i in range(instance.assets))
        self._moments = Moments(symbols, instance.mean, DenseCovariance(instance.covariance))
        self._engine, self._ends = ChoosingEngine(), instance.ends

    def returns(self, points: int) -> list[float]:
        """Equally spaced, from the greatest down to that of the least risk: f is 0 first and 1 last."""
        mean = self._moments.expected_returns
        greatest, least = self._ends or (mean.max(), mean @ self.solve(None, None).solved.weights)
        # The greatest one is met by one asset alone: rounding must not put it out of reach.
        return [float(r) for r in np.linspace(greatest * (1 - 1e-12), least, points)]

    def solve(
        self,
        least_return: float | None,
        few: Cardinality | None = FEW,
        seconds: float = 20.0,
        *,
        sampling: Sampling | None = None,
        heard: Callable[[float], None] = lambda gap: None,  # noqa: ARG005
    ) -> Point:
        """The least risk for a return; `heard` is told every gap of the variance."""
        goal = Goal(Objective.RISK, min_return=least_return)
        told: list[tuple[float, Progress]] = []
        stop = StopRule(1e-9, round(1e3 * seconds))
        problem = Problem(self._moments, goal, Constraints(cardinality=few), stop=stop, sampling=sampling)
        began = time.process_time()

        def hear(progress: Progress) -> None:
            told.append((time.process_time() - began, progress))
            heard(1 - (progress.bound / progress.objective) ** 2)

        solved = self._engine.solve(problem, Control(time.process_time, began + seconds, report=hear)).solved
        spent = time.process_time() - began
        if not told:
            return Point(solved, spent, None, None)
        first, progress = told[0]
        return Point(solved, spent, first, 1 - (progress.bound / progress.objective) ** 2)
