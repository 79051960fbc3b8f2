"""The quadratic programs behind every concave goal, by the dual Newton method:

    max  aᵀw − ½ q wᵀΣw − costs(w)   over the admissible set

again and again for other a and q, each solve from where the last one ended.
"""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.kept import LARGEST, kept
from services.optimizer.domain.solvers import NEWTON
from services.optimizer.domain.solvers.dual_newton.program import NewtonAnswer, Program
from services.optimizer.domain.solvers.dual_newton.solver import DualNewton
from services.optimizer.domain.solvers.quadratics import Point, Quadratic
from services.optimizer.domain.vectors import Vector, vector

# A specific variance below this fraction of the asset's own leaves the weights hardly determined by the prices.
LEAST_SPECIFIC = 1e-7
# N (K + m) up to which the program behind a ratio is found in some milliseconds, about which nobody need be told.
LARGEST_QUICK = 1_000_000
# Above so many assets a dense Σ is not worth its eigenvectors.
LARGEST_DENSE = 120


def has_few_factors(covariance: Covariance) -> bool:
    """Whether a step of the method, whose system has a row for each factor, is cheap beside Σ itself.

    What was shrunk from fewer sessions than assets has a factor for each session.
    """
    if isinstance(covariance, DenseCovariance):
        return covariance.assets <= LARGEST_DENSE
    return int(covariance.loadings.shape[1]) <= max(LARGEST_DENSE, covariance.assets // 6)


def as_factors(covariance: Covariance) -> FactorCovariance | None:
    """Σ in the form that the method takes, D > 0; None if it has none that is worth it.

    A small dense Σ = VΛVᵀ is split as V(Λ − dI)Vᵀ + dI with d just below its least eigenvalue.
    """
    if isinstance(covariance, FactorCovariance):
        return covariance if covariance.least_own >= LEAST_SPECIFIC else None
    return _split(covariance) if has_few_factors(covariance) else None


def _split(covariance: DenseCovariance) -> FactorCovariance | None:
    values, vectors = np.linalg.eigh(covariance.matrix)
    rest = 0.9 * float(values[0])
    if rest < LEAST_SPECIFIC * float(covariance.variances.max(initial=0.0)) or rest <= 0:
        return None
    return FactorCovariance(vector(vectors * np.sqrt(values - rest)), np.full(covariance.assets, rest))


@kept
def _laid_out(loadings: Vector, specific: Vector, rows: Vector) -> DualNewton:
    return DualNewton(loadings, specific, rows)


class NewtonQuadratics:
    """Solves over one universe, one admissible set and one set of costs."""

    engine = NEWTON

    def __init__(self, covariance: FactorCovariance, admissible: AdmissibleSet, rates: CostRates | None) -> None:
        self._admissible, self._rates = admissible, rates
        parts = covariance.loadings, covariance.specific, admissible.dense
        is_small = sum(part.size for part in parts) <= LARGEST
        self._newton = _laid_out(*parts) if is_small else DualNewton(*parts)
        self._last: tuple[Vector, float] | None = None
        self._factors = covariance.loadings.shape[1]
        self.iterations = 0
        """Newton's steps, in all."""

    def aimed(self, admissible: AdmissibleSet) -> NewtonQuadratics:
        """The same solver over a set that differs in its limits alone."""
        self._admissible = admissible
        return self

    def solve(self, quadratic: Quadratic) -> Point:
        """The optimum. Raises SolverFailed."""
        program = self._program(quadratic)
        answer = self._newton.solve(program, self._from_last(quadratic.aversion))
        self.iterations += answer.iterations
        if not answer.converged and self._last is not None:
            answer = self._newton.solve(program)
            self.iterations += answer.iterations
        if not answer.converged:
            raise SolverFailed(NEWTON, f"it stood still at a residual of {answer.residual:.2g}")
        self._last = (answer.z, quadratic.aversion)
        return Point(answer.weights, _multipliers(answer), answer.iterations)

    def behind_ratio(self, quadratic: Quadratic, rate: float, near: float) -> tuple[Point, float] | None:
        """The optimum whose q is its ratio, in one go; None if it was not found so or is to be told of on the way."""
        structure = self._newton.structure
        if structure.assets * structure.prices > LARGEST_QUICK:
            return None
        found = self._newton.solve_ratio(self._program(quadratic), rate, near)
        if found is None:
            return None
        answer, aversion = found
        self.iterations += answer.iterations
        self._last = (answer.z, aversion)
        return Point(answer.weights, _multipliers(answer), answer.iterations), aversion

    def _from_last(self, aversion: float) -> Vector | None:
        """Where the last solve ended; the factors' prices are q Fᵀw and grow with q."""
        if self._last is None:
            return None
        z, before = self._last
        start = z.copy()
        start[: self._factors] *= aversion / before
        return start

    def _program(self, quadratic: Quadratic) -> Program:
        admissible, rates = self._admissible, self._rates
        return Program(
            expected_returns=quadratic.linear,
            risk_aversion=quadratic.aversion,
            lower=admissible.lower,
            upper=admissible.upper,
            floor=admissible.floor,
            cap=admissible.cap,
            start=admissible.start,
            linear_cost=None if rates is None else rates.linear,
            impact_cost=None if rates is None else rates.power,
            borrow_cost=None if rates is None else rates.borrow,
            turnover=math.inf if admissible.turnover is None else admissible.turnover,
            gross=math.inf if admissible.gross is None else admissible.gross,
        )


def _multipliers(answer: NewtonAnswer) -> Multipliers:
    return Multipliers(answer.row_multipliers, answer.turnover_price, gross=answer.gross_price)
