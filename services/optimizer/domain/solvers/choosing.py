"""The engine that chooses engines, by what a problem looks like:

    at most so many assets held                     branch and bound on the dual Newton method, alone
    rules (risk budgets, cluster trees, baselines)  their own methods
    conditional value at risk, linear limits        scenario generation on HiGHS
    a concave goal over Σ = FFᵀ + D                 the dual Newton method
    a concave goal over a dense Σ                   a working set of its assets
    what Newton's method gave up                    PIQP, by the factors
    a return without a cap on risk                  Clarabel, stated by hand
    whatever else, and whatever failed              Clarabel, stated by cvxpy

Each that is tried and does not answer is named in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.optimizer.domain import solvers
from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certified import Certified, residuals
from services.optimizer.domain.engine import Control, Tell
from services.optimizer.domain.errors import Infeasible, OutOfTime, SolverFailed
from services.optimizer.domain.explaining import explain
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.goal import RULES, Goal, Objective
from services.optimizer.domain.lots import in_lots
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import input_hash, recorded
from services.optimizer.domain.result import Frontier, FrontierPoint, Optimum, optimum
from services.optimizer.domain.solvers import (
    cardinality_goal,
    clarabel_qp,
    cvar_goal,
    general,
    newton_goal,
    pieced_goal,
    rules,
)
from services.optimizer.domain.solvers.elastic_caps import with_reasons
from services.optimizer.domain.solvers.frontier import of_risk, solve_frontier
from services.optimizer.domain.solvers.prepared import ROUNDING, greatest_above_rate, greatest_of, prepared
from services.optimizer.domain.solvers.priced import CapTooLoose, CapTooTight
from services.optimizer.domain.solvers.simple_choice import solve_simple_choice


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine, and which problems it is for."""

    name: str
    fits: Callable[[Problem], bool]
    solve: Callable[[Problem, AdmissibleSet, Control], Certified]
    chooses: bool = False
    """Whether it knows a limit on how many assets are held; who does not is for problems without."""


CHOICE = Candidate(solvers.CHOICE, cardinality_goal.is_choice, cardinality_goal.solve_choice, chooses=True)
NEWTON = Candidate(solvers.NEWTON, newton_goal.is_for_newton, newton_goal.solve_by_newton)
DENSE = Candidate(solvers.WORKING_SET, pieced_goal.is_for_working_set, pieced_goal.solve_by_working_set)
PIQP = Candidate(solvers.PIQP, pieced_goal.is_for_piqp, pieced_goal.solve_by_piqp)
CLARABEL = Candidate(solvers.CLARABEL, clarabel_qp.is_plain, clarabel_qp.solve_by_clarabel)


def is_for_anyone(problem: Problem) -> bool:
    """Whether the goal is a program at all."""
    return problem.goal.objective not in RULES


RULE = Candidate("rule", rules.is_rule, rules.solve_rule)
TAIL = Candidate(solvers.SCENARIOS, cvar_goal.is_linear_in_scenarios, cvar_goal.solve_in_scenarios)
GENERAL = Candidate(solvers.GENERAL, is_for_anyone, general.solve_by_cvxpy)
ALL = (CHOICE, RULE, TAIL, NEWTON, DENSE, PIQP, CLARABEL, GENERAL)


NO_VERSIONS: Mapping[str, str] = {}


def nobody(index: int, point: FrontierPoint) -> None:
    """Whom points of a frontier are told to if nobody listens."""


class ChoosingEngine:
    """`Engine` over all others, in their order."""

    def __init__(self, candidates: Sequence[Candidate] = ALL, versions: Mapping[str, str] = NO_VERSIONS) -> None:
        """The versions, of whatever may change an answer, go into the records of runs."""
        self._candidates, self._versions = tuple(candidates), versions

    def check(self, problem: Problem, control: Control) -> None:
        """Everything short of solving; see `Engine.check`."""
        admissible = prepared(problem, control)
        if problem.goal.objective is Objective.SHARPE:
            greatest_above_rate(problem, admissible, control)

    def solve(self, problem: Problem, control: Control) -> Optimum:
        """Find the optimum; see `Engine.solve`."""
        return self._told(problem, control)[0]

    def explain(self, problem: Problem, control: Control) -> Explained:
        """Find the optimum and say why; see `Engine.explain`."""
        best, found = self._told(problem, control)
        return Explained(best, explain(problem, found))

    def _told(self, problem: Problem, control: Control) -> tuple[Optimum, Certified]:
        began = control.clock()
        found = self.certified(problem, control)
        cvar = cvar_goal.measured_cvar(problem, found.solved)
        elapsed = 1e3 * (control.clock() - began)
        best = optimum(problem, found.solved, elapsed, input_hash(problem), cvar=cvar)
        if problem.lots is not None:
            best = replace(best, in_lots=in_lots(problem, found.solved.weights, found.solved.bound))
        return recorded(best, problem.seed, self._versions), found

    def certified(self, problem: Problem, control: Control) -> Certified:
        """Find the optimum and what proves it. Raises as `Engine.solve`."""
        began = control.clock()
        admissible = prepared(problem, control)
        ready = control.clock()
        found = self._answered(problem, admissible, control)
        kkt = residuals(found, problem)
        phases = {"prepare": 1e3 * (ready - began), "solve": 1e3 * (control.clock() - ready), **found.solved.phases_ms}
        return replace(found, solved=replace(found.solved, kkt=kkt, phases_ms=phases))

    def frontier(self, problem: Problem, points: int, control: Control, tell: Tell = nobody) -> Frontier:
        """Find the frontier; see `Engine.frontier`."""
        stated = of_risk(problem)
        admissible = prepared(stated, control)
        greatest = self._greatest(stated, admissible, control)
        return solve_frontier(
            stated, points, admissible, control, greatest=greatest, answer=self._first_answer, tell=tell
        )

    def _greatest(self, stated: Problem, admissible: AdmissibleSet, control: Control) -> float:
        """The greatest return that a frontier reaches."""
        if not cardinality_goal.is_choice(stated):
            return greatest_of(stated, admissible, control)
        wanted = replace(stated, goal=Goal(Objective.RETURN))
        found = cardinality_goal.solve_choice(wanted, admissible, _with_half_the_time(control)).solved
        # A hair less, so that rounding does not put its own weights out of reach.
        reached = float(stated.moments.expected_returns @ found.weights)
        return reached - ROUNDING * max(1.0, abs(reached))

    def _answered(self, problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
        """As `_first_answer`; a cap that cannot be met is told with the limits that stand in its way."""
        try:
            return self._first_answer(problem, admissible, control)
        except Infeasible as error:
            raise with_reasons(problem, admissible, error, control) from None

    def _first_answer(self, problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
        """What the first engine that answers answers. Raises what the last one raised."""
        tried: list[str] = []
        failed = SolverFailed(solvers.CHOOSING, f"no engine is for {problem.goal.objective} under these constraints")
        chooses = cardinality_goal.is_choice(problem)
        fitting = [each for each in self._candidates if each.chooses == chooses and each.fits(problem)]
        hurried = False
        for candidate in fitting:
            control.check()
            own = control if candidate is fitting[-1] or chooses else _with_half_the_time(control)
            try:
                found = candidate.solve(problem, admissible, own)
            except OutOfTime as error:
                if own is control or control.seconds_left() <= 0:
                    raise
                tried.append(f"{candidate.name}: {error}")
                failed, hurried = SolverFailed(candidate.name, str(error)), True
            except SolverFailed as error:
                tried.append(f"{candidate.name}: {error.detail}")
                failed = error
            except CapTooTight:
                tried.append(f"{candidate.name}: no price brings the risk under its cap")
                failed = SolverFailed(candidate.name, "no price brings the risk under its cap")
            except CapTooLoose:
                _refuse_without_excess(problem, admissible, control)
                tried.append(f"{candidate.name}: the cap on risk does not press")
                failed = SolverFailed(candidate.name, "the cap on risk does not press")
            else:
                # An engine that the clock has stopped might answer in another run.
                stopped = found.solved.clock_stopped or hurried
                if not tried and stopped == found.solved.clock_stopped:
                    return found
                solved = replace(found.solved, fallbacks=(*tried, *found.solved.fallbacks), clock_stopped=stopped)
                return replace(found, solved=solved)
        if chooses and fitting:
            return self._simply_chosen(problem, control, tried)
        raise failed

    def _simply_chosen(self, problem: Problem, control: Control, tried: Sequence[str]) -> Certified:
        """A choice by the classical engines, where the search for one failed."""
        found = solve_simple_choice(
            problem, lambda stated: self._first_answer(stated, prepared(stated, control), control)
        )
        return replace(found, solved=replace(found.solved, fallbacks=(*tried, *found.solved.fallbacks)))


def _with_half_the_time(control: Control) -> Control:
    """The rest is for whoever is asked next."""
    return replace(control, ends_at=control.clock() + 0.5 * control.seconds_left())


def _refuse_without_excess(problem: Problem, admissible: AdmissibleSet, control: Control) -> None:
    """Raise NoExcessReturn if that is why no ratio was found."""
    if problem.goal.objective is Objective.SHARPE:
        greatest_above_rate(problem, admissible, control)
