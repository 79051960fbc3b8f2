"""The engine of last resort: every goal that is a convex program, with every limit and cost, stated in cvxpy.

It is slower by far than the engines that know what they solve, and asked only where none of them can or did. Clarabel
solves; weights are cleaned and certified as everywhere, so that its answers need no more trust than theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import RATIOS
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.engine import Control, Progress, relative_gap
from services.optimizer.domain.errors import NoExcessReturn, OutOfTime, SolverFailed
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers import GENERAL
from services.optimizer.domain.solvers.cleaning import SNAP, cleaned
from services.optimizer.domain.solvers.fullest import fullest
from services.optimizer.domain.solvers.general_certificate import GeneralCertificate
from services.optimizer.domain.vectors import Vector

if TYPE_CHECKING:
    from services.optimizer.domain.solvers.general_aim import Aim
    from services.optimizer.domain.solvers.general_statement import Statement

# Weights may leave the admissible set or exceed a cap by this much before they are not an answer.
ADMISSIBLE = 1e-7
# A gap that an answer may have although a smaller one was asked for: a degenerate problem whose certificate is poor.
LARGEST_GAP = 1e-3
# What a cap that can be met, but only just, is lifted by: an interior-point method needs an interior.
HAIR = 1e-8
# Of the largest reward: an excess below it is none.
NO_EXCESS = 1e-10
# By which a multiple may leave the admissible set or exceed a cap: rounding.
SLACK = 1e-12
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a program is put to the solver."""

    tolerance: float
    share: float
    """Of the greatest excess, which a ratio is asked for: 1 puts its k at 1 or above."""
    hair: float = 0.0
    """By which every cap gives."""


# What Clarabel fails to tighten to the first tolerance it may leave worse than what the second would be content with,
# and a ratio that stalls on one scale comes through on another.
FIRST, LAST = Attempt(1e-12, 1.0), Attempt(1e-10, 0.7, HAIR)
# Each for an answer that misses its bound by more than what stands beside it.
AGAIN = ((Attempt(1e-10, 0.7), 1e-8), (Attempt(1e-11, 1.0), 1e-7))


def solve_general(problem: Problem, admissible: AdmissibleSet, control: Control) -> Solved:
    """The optimum of any objective but the rules; bounds, rows and turnover are taken to have something in common.

    Raises Infeasible for a cap on volatility, tracking error, CVaR or gross exposure that no admissible weights keep,
    NoExcessReturn, Unbounded, OutOfTime, Cancelled or SolverFailed.
    """
    return solve_by_cvxpy(problem, admissible, control).solved


def solve_by_cvxpy(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """The same with the multipliers that prove it. Raises as `solve_general`."""
    from services.optimizer.domain.solvers.general_conflicts import unmet_caps

    control.check()
    solve = _Solve(problem, admissible, control)
    try:
        best = solve.proven(FIRST)
    except SolverFailed:
        why = unmet_caps(problem, admissible, control)
        if why is not None:
            raise why from None
        return solve.proven(LAST).certified
    for attempt, enough in AGAIN:
        if best.miss <= enough or best.certified.solved.clock_stopped:
            break
        try:
            best = min(best, solve.proven(attempt), key=lambda proven: proven.miss)
        except (SolverFailed, OutOfTime):
            break
    return best.certified


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A program that was solved."""

    statement: Statement
    aim: Aim
    ended: str


@dataclass(frozen=True, slots=True, eq=False)
class _Proven:
    """An answer, and how far its bound is from it on either side."""

    certified: Certified
    miss: float


class _Solve:
    """One problem, in one attempt or another."""

    def __init__(self, problem: Problem, admissible: AdmissibleSet, control: Control) -> None:
        self._problem, self._admissible, self._control = problem, admissible, control
        self._certificate = GeneralCertificate(problem)
        self._began = control.clock()
        self._iterations = 0

    def proven(self, attempt: Attempt) -> _Proven:
        """The optimum with what proves it."""
        objective, ratio = self._problem.goal.objective, self._problem.goal.objective in RATIOS
        excess = attempt.share * self._greatest_excess(attempt) if ratio else 1.0
        run = self._run(objective, attempt, excess)
        weights = self._weights(run)
        found = self._proven(run, self._fullest(weights) if ratio else weights)
        solved, elapsed = found.certified.solved, 1e3 * (self._control.clock() - self._began)
        self._control.report(Progress(solved.iterations, solved.objective, solved.bound, solved.gap, elapsed))
        if not solved.gap <= max(self._problem.stop.gap_target, LARGEST_GAP) and not solved.clock_stopped:
            raise SolverFailed(
                GENERAL, f"{run.ended} after {solved.iterations} iterations at a gap of {solved.gap:.2g}"
            )
        return found

    def _greatest_excess(self, attempt: Attempt) -> float:
        """The greatest reward less costs above r. Raises NoExcessReturn."""
        weights = self._weights(self._run(Objective.RETURN, attempt))
        excess, rate = self._certificate.excess(weights), self._certificate.rate
        if excess <= NO_EXCESS * float(np.abs(self._certificate.reward).max()):
            raise NoExcessReturn(excess + rate, rate)
        return excess

    def _run(self, objective: Objective, attempt: Attempt, excess: float = 1.0) -> _Run:
        # cvxpy takes a second to import.
        from services.optimizer.domain.solvers.general_aim import Aim
        from services.optimizer.domain.solvers.general_statement import Statement, caps

        gives, rates = dict.fromkeys(caps(self._problem, self._admissible), attempt.hair), self._certificate.rates
        statement = Statement(self._problem, self._admissible, rates, ratio=objective in RATIOS, gives=gives)
        aim = Aim(objective, statement, self._problem, self._certificate, excess)
        ended = statement.run(aim.cost(), self._control, attempt.tolerance)
        self._iterations += statement.iterations
        return _Run(statement, aim, ended)

    def _weights(self, run: _Run) -> Vector:
        """What was found, tidied. Raises OutOfTime or SolverFailed if it is no answer."""
        weights = run.statement.found()
        if bool(np.all(np.isfinite(weights))):
            weights = self._tidied(weights)
            if self._outside(weights) <= ADMISSIBLE:
                return weights
        if self._control.seconds_left() <= 0:
            raise OutOfTime(f"the time ran out after {self._iterations} iterations, before there was an answer")
        raise SolverFailed(GENERAL, f"{run.ended} after {self._iterations} iterations, without admissible weights")

    def _outside(self, weights: Vector) -> float:
        """By how much weights leave the admissible set or exceed a cap."""
        return max(self._admissible.violation(weights), self._certificate.overrun(weights))

    def _tidied(self, weights: Vector) -> Vector:
        """At a kink, which is 0 and where trades cost w₀, an asset that is nearly there is meant to be there."""
        admissible = self._admissible
        none = (np.abs(weights) <= SNAP) & (admissible.lower < 0) & (admissible.upper > 0)
        lower, upper = np.where(none, 0.0, admissible.lower), np.where(none, 0.0, admissible.upper)
        admissible = replace(admissible, lower=lower, upper=upper)
        if self._certificate.rates is not None and admissible.turnover is None:
            admissible = replace(admissible, turnover=np.inf)
        return cleaned(weights, admissible)

    def _proven(self, run: _Run, weights: Vector) -> _Proven:
        """Any multipliers certify a bound, these a tight one."""
        from services.optimizer.domain.solvers.general_prices import Prices
        from services.optimizer.domain.solvers.general_statement import OUT_OF_TIME

        prices = Prices(run.statement, self._problem, self._admissible, run.aim.unit)
        admissible, multipliers = prices.multipliers()
        slopes = prices.slopes()
        certificate = GeneralCertificate(self._problem, slopes)
        value = certificate.objective(weights)
        bound = certificate.bound(run.statement.found(), admissible, multipliers)
        # Weights that lean out of the set by rounding may look better than the bound by as much: no gap, then.
        held = max(bound, value) if self._problem.goal.maximizes else min(bound, value)
        gap, stopped = relative_gap(value, held), run.ended == OUT_OF_TIME
        solved = Solved(weights, value, held, gap, self._iterations, GENERAL, stopped)
        tail = slopes.tail if self._problem.goal.objective is Objective.CVAR else None
        return _Proven(Certified(solved, multipliers, admissible, tail), relative_gap(value, bound))

    def _fullest(self, weights: Vector) -> Vector:
        """Where every multiple has the same ratio, the one that leaves the least cash and keeps the caps."""
        admissible, free = self._admissible, self._certificate.rate == 0 and self._certificate.rates is None
        if not free or admissible.floor[0] == admissible.cap[0]:
            return weights
        low, high, growth = 0.0, 1.0, fullest(weights, admissible) - weights
        if self._outside(weights + growth) <= SLACK:
            return weights + growth
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self._outside(weights + middle * growth) <= SLACK else (low, middle)
        return weights + low * growth
