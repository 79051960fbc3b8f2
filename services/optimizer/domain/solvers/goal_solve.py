"""From a goal's program to weights that hold: run it, clean and polish the weights, certify the gap."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.certified import Certified
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.engine import Control, relative_gap
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers import CLARABEL
from services.optimizer.domain.solvers.clarabel_conic import ConicSolver, Run
from services.optimizer.domain.solvers.cleaning import cleaned
from services.optimizer.domain.solvers.conic_goal import ConicGoal
from services.optimizer.domain.solvers.polish import polished
from services.optimizer.domain.solvers.watch import Watch
from services.optimizer.domain.vectors import Vector

# Weights may leave the admissible set by this much before they are not an answer, polished ones by less.
ADMISSIBLE = 1e-7
POLISHED_ADMISSIBLE = 1e-10
POLISHES = 8
# A gap below which there is nothing left to polish.
EXACT = 1e-12
# A gap that an answer may have although a smaller one was asked for: a degenerate problem whose certificate is poor.
LARGEST_GAP = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class _Proven:
    """Weights with what no other weights can be better than."""

    weights: Vector
    multipliers: Multipliers
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """Relative."""
        return relative_gap(self.objective, self.bound)


def solve_goal(
    goal: ConicGoal, problem: Problem, control: Control, *, maximizes: bool, solver: ConicSolver | None = None
) -> Certified:
    """Solve a goal's program. Raises OutOfTime, Cancelled, SolverFailed or Unbounded."""
    watch = Watch(control, goal, problem.stop, maximizes=maximizes)
    run = (solver or ConicSolver(goal.program)).run(watch)
    watch.raise_if_cancelled()
    weights = goal.weights(run.x)
    if not np.all(np.isfinite(weights)):
        raise _no_answer(run, watch)
    weights = cleaned(weights, goal.program.admissible)
    if goal.program.admissible.violation(weights) > ADMISSIBLE:
        raise _no_answer(run, watch)
    best = _best(goal, problem, weights, goal.multipliers(weights, run), maximizes=maximizes)
    if watch.clock_stopped and not math.isfinite(best.gap):
        raise _no_answer(run, watch)
    if not best.gap <= max(problem.stop.gap_target, LARGEST_GAP) and not watch.clock_stopped:
        raise SolverFailed(CLARABEL, f"{run.status} after {run.iterations} iterations at a gap of {best.gap:.2g}")
    solved = Solved(best.weights, best.objective, best.bound, best.gap, run.iterations, CLARABEL, watch.clock_stopped)
    return Certified(solved, best.multipliers, goal.program.admissible)


def _best(goal: ConicGoal, problem: Problem, weights: Vector, multipliers: Multipliers, *, maximizes: bool) -> _Proven:
    """The weights as they came or as polished, whichever have the smallest gap.

    Each polish corrects the guess of what presses by what came of the one before: a primal-dual active-set method.
    """
    best = _certified(goal, weights, multipliers, maximizes=maximizes)
    for _ in range(POLISHES):
        finer = polished(weights, multipliers, goal, problem.moments)
        if finer is None or not np.all(np.isfinite(finer[0])) or np.array_equal(finer[0], weights):
            break
        weights, multipliers = finer
        exact = cleaned(weights, goal.program.admissible)
        if goal.program.admissible.violation(exact) > POLISHED_ADMISSIBLE:
            continue
        certified = _certified(goal, exact, multipliers, maximizes=maximizes)
        best = certified if certified.gap <= best.gap else best
        if best.gap <= EXACT:
            break
    return best


def _certified(goal: ConicGoal, weights: Vector, multipliers: Multipliers, *, maximizes: bool) -> _Proven:
    objective, bound = goal.objective(weights), goal.bound(weights, multipliers)
    # Weights that lean out of the set by rounding may look better than the bound by as much: no gap, then.
    return _Proven(weights, multipliers, objective, max(bound, objective) if maximizes else min(bound, objective))


def _no_answer(run: Run, watch: Watch) -> Exception:
    if watch.clock_stopped:
        return OutOfTime(f"the time ran out after {run.iterations} iterations, before there was an admissible answer")
    return SolverFailed(CLARABEL, f"{run.status} after {run.iterations} iterations, without admissible weights")
