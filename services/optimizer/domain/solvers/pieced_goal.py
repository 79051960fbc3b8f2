"""Goals whose limits are settled: over a dense Σ by a working set, over factors from PIQP's interior point."""

from __future__ import annotations

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import RATIOS, weighed_rates
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.goal import RETURNS, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers import PIQP, WORKING_SET
from services.optimizer.domain.solvers.newton_quadratics import has_few_factors
from services.optimizer.domain.solvers.priced_goal import has_prices, solve_priced
from services.optimizer.domain.solvers.working_set.factored import FactorQuadratics
from services.optimizer.domain.solvers.working_set.quadratics import DenseQuadratics

MOST_SEARCHED_OVER = 250
# Σ of so many assets has 130 MB.
LARGEST_FULL = 4000


def is_dense(covariance: Covariance) -> bool:
    """Whether Σ is a matrix, or has so many factors that a matrix is the better form."""
    many = not has_few_factors(covariance) and covariance.assets <= LARGEST_FULL
    return isinstance(covariance, DenseCovariance) or many


def as_dense(covariance: Covariance) -> DenseCovariance | None:
    """Σ as a matrix; None if factors are the better form."""
    if isinstance(covariance, DenseCovariance):
        return covariance
    return DenseCovariance(covariance.full()) if is_dense(covariance) else None


def is_for_working_set(problem: Problem) -> bool:
    """Whether the goal has a quadratic program over a dense Σ behind it."""
    return is_dense(problem.moments.covariance) and _has_pieces(problem) and not _is_searched_over_all(problem)


def _is_searched_over_all(problem: Problem) -> bool:
    """Whether prices would be searched for with every one of many assets in: the last resort takes less."""
    bounds, constraints = problem.constraints.default_bounds, problem.constraints
    searched = problem.goal.objective in RATIOS or problem.goal.objective is Objective.RETURN
    searched |= constraints.max_tracking_error is not None or constraints.max_cvar is not None
    return searched and bounds.min < 0 < bounds.max and problem.assets > MOST_SEARCHED_OVER


def is_for_piqp(problem: Problem) -> bool:
    """Whether the goal has a quadratic program over factors behind it."""
    return _has_pieces(problem) and isinstance(problem.moments.covariance, FactorCovariance)


def solve_by_working_set(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """Find the optimum over a dense Σ. Raises as `solve_priced`."""
    covariance, rates = as_dense(problem.moments.covariance), weighed_rates(problem)
    if covariance is None:
        raise SolverFailed(WORKING_SET, "the covariance is not dense")
    return solve_priced(problem, admissible, control, lambda within: DenseQuadratics(covariance, within, rates))


def solve_by_piqp(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """Find the optimum over factors. Raises as `solve_priced`."""
    covariance, rates = problem.moments.covariance, weighed_rates(problem)
    if not isinstance(covariance, FactorCovariance):
        raise SolverFailed(PIQP, "the covariance has no factors")
    return solve_priced(problem, admissible, control, lambda within: FactorQuadratics(covariance, within, rates))


def _has_pieces(problem: Problem) -> bool:
    """Whether costs are linear in pieces, as those of market impact are not."""
    weighed = problem.goal.objective in RETURNS
    return has_prices(problem) and not (weighed and problem.costs.impact > 0)
