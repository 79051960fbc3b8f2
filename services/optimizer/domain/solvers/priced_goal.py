"""A concave goal solved as quadratic programs whose prices are searched for, certified: whoever solves the programs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet, Row
from services.optimizer.domain.certificate import RATIOS, Certificate
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import SolverFailed, Unbounded
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers.cvar import CvarCuts
from services.optimizer.domain.solvers.cvar_goal import scenarios_of
from services.optimizer.domain.solvers.fullest import fullest
from services.optimizer.domain.solvers.priced import PricedSearch
from services.optimizer.domain.solvers.quadratics import Quadratics
from services.optimizer.domain.vectors import Vector, vector

# Weights may leave the admissible set by this much before they are not an answer.
ADMISSIBLE = 1e-9
# A gap that an answer may have although a smaller one was asked for, before another engine is asked.
LARGEST_GAP = 1e-7
MOST_CUTS = 100
# Seconds between two reports.
QUIET = 0.05


GOALS = frozenset(
    {
        Objective.SHARPE,
        Objective.RETURN,
        Objective.RISK,
        Objective.UTILITY,
        Objective.TRACKING_ERROR,
        Objective.ACTIVE_UTILITY,
        Objective.DIVERSIFICATION,
    }
)


def has_prices(problem: Problem) -> bool:
    """Whether the goal has a quadratic program behind it."""
    goal, constraints = problem.goal, problem.constraints
    capped = goal.max_volatility is not None or constraints.max_tracking_error is not None
    return goal.objective in GOALS and (goal.objective is not Objective.RETURN or capped)


def solve_priced(
    problem: Problem, admissible: AdmissibleSet, control: Control, quadratics: Callable[[AdmissibleSet], Quadratics]
) -> Certified:
    """Find the optimum of a goal that has prices; `quadratics` makes a solver for an admissible set.

    Raises CapTooTight, CapTooLoose, SolverFailed, OutOfTime, Cancelled or Unbounded.
    """
    if problem.constraints.max_cvar is None:
        return answered(problem, admissible, quadratics(admissible), control)
    return _within_tail(problem, admissible, control, quadratics)


def _within_tail(
    problem: Problem, admissible: AdmissibleSet, control: Control, quadratics: Callable[[AdmissibleSet], Quadratics]
) -> Certified:
    """The optimum under a cap on CVaR, by the rows that make it up, each asked for by an answer that breaks it.

    Kelley, J. E. (1960), "The cutting-plane method for solving convex programs", Journal of the SIAM 8(4), 703–712.
    """
    limit = problem.constraints.max_cvar
    if limit is None:
        raise ValueError("no cap on CVaR")
    cuts = CvarCuts(scenarios_of(problem, limit.confidence), limit.max)
    within, iterations = admissible, 0
    for _ in range(MOST_CUTS):
        found = answered(problem, within, quadratics(within), control)
        iterations += found.solved.iterations
        cut = cuts.cut(found.solved.weights)
        if cut is None:
            return replace(found, solved=replace(found.solved, iterations=iterations))
        row, cap = cut
        within = within.with_caps(row[None, :], np.array([cap]), Row("CVAR", "constraints.max_cvar"))
    raise SolverFailed(quadratics(within).engine, f"{MOST_CUTS} cuts leave the conditional value at risk above its cap")


class _Telling:
    """Reports where a search stands, now and then: to prove a bound takes about as long as to solve."""

    def __init__(
        self,
        problem: Problem,
        admissible: AdmissibleSet,
        certificate: Certificate,
        quadratics: Quadratics,
        control: Control,
    ) -> None:
        self._problem, self._admissible, self._certificate = problem, admissible, certificate
        self._quadratics, self._control = quadratics, control
        self._began = self._told_at = control.clock()
        self._bound = math.inf if problem.goal.maximizes else -math.inf

    def __call__(self, weights: Vector, multipliers: Multipliers) -> None:
        """Admissible weights; but for a cap on CVaR, which rows may not say whole yet."""
        now = self._control.clock()
        if now - self._told_at < QUIET or self._problem.constraints.max_cvar is not None:
            return
        self._told_at = now
        try:
            proven = certified(self._problem, self._admissible, self._certificate, weights, multipliers)
        except Unbounded:
            return
        nearer = min if self._problem.goal.maximizes else max
        self._bound = nearer(self._bound, proven.bound)
        gap, elapsed = relative_gap(proven.objective, self._bound), 1e3 * (now - self._began)
        self._control.report(Progress(self._quadratics.iterations, proven.objective, self._bound, gap, elapsed))


def answered(problem: Problem, admissible: AdmissibleSet, quadratics: Quadratics, control: Control) -> Certified:
    """The optimum by a solver that is there already. Raises as `solve_priced`."""
    began, before, certificate = control.clock(), quadratics.iterations, Certificate(problem)
    telling = _Telling(problem, admissible, certificate, quadratics, control)
    search = PricedSearch(problem, certificate, quadratics, control, telling)
    weights, multipliers = search.found()
    if _leaves_scale_open(problem, admissible, certificate):
        weights = fullest(weights, admissible)
    solved_at = control.clock()
    found = certified(problem, admissible, certificate, vector(weights), multipliers)
    solved = Solved(
        weights=found.weights,
        objective=found.objective,
        bound=found.bound,
        gap=relative_gap(found.objective, found.bound),
        iterations=quadratics.iterations - before,
        engine=quadratics.engine,
        clock_stopped=search.clock_stopped,
        phases_ms={"solve": 1e3 * (solved_at - began), "certify": 1e3 * (control.clock() - solved_at)},
    )
    _refuse_if_wrong(solved, admissible, problem)
    control.report(
        Progress(solved.iterations, solved.objective, solved.bound, solved.gap, 1e3 * (control.clock() - began))
    )
    return Certified(solved, multipliers, admissible)


@dataclass(frozen=True, slots=True, eq=False)
class Proven:
    """Weights with what no other weights can be better than."""

    weights: Vector
    objective: float
    bound: float


def certified(
    problem: Problem, admissible: AdmissibleSet, certificate: Certificate, weights: Vector, multipliers: Multipliers
) -> Proven:
    """Objective and bound. Weights that lean out of the set by rounding may look better than the bound: no gap."""
    objective, bound = certificate.objective(weights), certificate.bound(weights, admissible, multipliers)
    best = max if problem.goal.maximizes else min
    return Proven(weights, objective, best(bound, objective))


def _leaves_scale_open(problem: Problem, admissible: AdmissibleSet, certificate: Certificate) -> bool:
    """Whether every multiple of a portfolio has the same ratio, so that the one with least cash is meant."""
    free = certificate.rate == 0 and admissible.floor[0] < admissible.cap[0]
    return problem.goal.objective in RATIOS and free and certificate.rates is None and _only_linear(problem)


def _only_linear(problem: Problem) -> bool:
    constraints = problem.constraints
    return constraints.max_tracking_error is None and constraints.max_gross is None and constraints.max_cvar is None


def _refuse_if_wrong(solved: Solved, admissible: AdmissibleSet, problem: Problem) -> None:
    """Raise SolverFailed for an answer that another engine may better."""
    violation = admissible.violation(solved.weights)
    if not violation <= ADMISSIBLE:
        raise SolverFailed(solved.engine, f"its weights leave the admissible set by {violation:.2g}")
    enough = max(problem.stop.gap_target, LARGEST_GAP)
    # A least risk of nearly 0 is the root of a number that is exact only to rounding.
    if problem.goal.objective is Objective.RISK and solved.objective < math.sqrt(LARGEST_GAP):
        enough = math.sqrt(enough)
    if not solved.gap <= enough and not solved.clock_stopped:
        raise SolverFailed(solved.engine, f"its gap is {solved.gap:.2g}")
