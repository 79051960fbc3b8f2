"""A goal solved by the dual Newton method."""

from __future__ import annotations

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import weighed_rates
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers import NEWTON
from services.optimizer.domain.solvers.newton_quadratics import NewtonQuadratics, as_factors, has_few_factors
from services.optimizer.domain.solvers.priced_goal import has_prices, solve_priced


def is_for_newton(problem: Problem) -> bool:
    """Whether the goal has a quadratic program behind it, and the covariance the form that the method takes."""
    return has_prices(problem) and has_few_factors(problem.moments.covariance)


def solve_by_newton(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """Find the optimum of a concave goal over a covariance that the method takes. Raises as `solve_priced`."""
    covariance = as_factors(problem.moments.covariance)
    if covariance is None:
        raise SolverFailed(NEWTON, "the covariance has no factor form with specific variances above 0")
    rates = weighed_rates(problem)
    return solve_priced(problem, admissible, control, lambda within: NewtonQuadratics(covariance, within, rates))
