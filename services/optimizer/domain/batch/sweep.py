"""Frame after frame over one universe by the dual Newton method, every portfolio from a typical one's prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.batch.alone import Alone
from services.optimizer.domain.batch.answers import Answers, Failed, Outcome
from services.optimizer.domain.batch.frame import Numbers
from services.optimizer.domain.batch.header import refuse, unfit
from services.optimizer.domain.batch.sanity import insane, others
from services.optimizer.domain.batch.shared import Shared
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.errors import InvalidProblem, OutOfTime, Violation
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.resident import factors_of
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers.dual_newton.program import NewtonAnswers
from services.optimizer.domain.solvers.dual_newton.solver import DualNewton
from services.optimizer.domain.solvers.newton_quadratics import as_factors
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Index, Vector

# Assets × prices × portfolios between two looks at the clock and the flag: some milliseconds.
PART = 1_000_000


class Sweep:
    """One stream's header, made ready once. Raises InvalidProblem."""

    def __init__(self, problem: Problem) -> None:
        moments = problem.moments
        refuse(unfit(problem.goal, problem.constraints, problem.assets, factors_of(moments)))
        problem = _checked(problem)
        covariance = as_factors(moments.covariance)
        if covariance is None:
            mend = "its specific variances are not above 0: raise them to a floor and put it again"
            raise InvalidProblem([Violation("header.universe_id", mend)])
        self.shared = Shared(problem)
        self._newton = DualNewton(covariance.loadings, covariance.specific, self.shared.admissible.dense)
        typical = self._newton.solve(self.shared.typical())
        self._start = typical.z if typical.converged else None

    @property
    def part(self) -> int:
        """Portfolios between two looks at the clock."""
        structure = self._newton.structure
        return max(1, PART // (structure.assets * structure.prices))

    def solve(self, numbers: Numbers, engine: Engine, control: Control, *, weights: bool = True) -> Answers:
        """Every portfolio's optimum, or why it has none. Raises OutOfTime, Cancelled."""
        failed = insane(numbers, self.shared)
        if not failed:
            return self._answers(numbers, np.arange(numbers.count), engine, control, weights=weights)
        kept = others(numbers.count, failed)
        found = self._answers(numbers.only(kept), kept, engine, control, weights=weights)
        return _scattered(found, kept, numbers.count, failed)

    def _answers(self, numbers: Numbers, names: Index, engine: Engine, control: Control, *, weights: bool) -> Answers:
        """Of portfolios that make sense; `names` are their places in the frame."""
        found = self._by_newton(numbers, control)
        objectives, bounds = self._in_unit(found)
        iterations, outcomes = found.iterations.astype(np.float64), np.full(numbers.count, float(Outcome.SOLVED))
        answers = Answers(found.weights, objectives, bounds, found.residuals, iterations, outcomes)
        alone, failures = Alone(self.shared, engine, control), []
        left = np.flatnonzero(~found.converged).tolist()
        for index in left:
            one = alone.solve(numbers, index)
            _put(answers, index, one)
            if isinstance(one, Failed):
                failures.append(replace(one, index=int(names[index])))
        kept = answers.weights if weights else answers.weights[:0]
        return replace(answers, weights=kept, failures=tuple(failures), fallbacks=len(left))

    def _by_newton(self, numbers: Numbers, control: Control) -> NewtonAnswers:
        """Part by part, so that it can be stopped between them."""
        answers = NewtonAnswers.room(numbers.count, self._newton.structure)
        for first in range(0, numbers.count, self.part):
            control.check()
            if control.seconds_left() <= 0:
                raise OutOfTime("the time ran out before all portfolios of a frame were solved")
            last = min(first + self.part, numbers.count)
            programs = self.shared.programs(numbers.part(first, last))
            self._newton.solve_many(programs, self._start, into=answers.part(first, last))
        return answers

    def _in_unit(self, found: NewtonAnswers) -> tuple[Vector, Vector]:
        """Objectives and bounds: the utility, or √(wᵀΣw). Weights that lean out by rounding may beat their bound."""
        if self.shared.weighs_returns:
            return -found.values, np.maximum(-found.bounds, -found.values)
        objectives = np.sqrt(2 * np.maximum(found.values, 0.0))
        return objectives, np.minimum(np.sqrt(2 * np.maximum(found.bounds, 0.0)), objectives)


def _checked(problem: Problem) -> Problem:
    """The header over its universe, its classes as groups. Raises InvalidProblem if it does not fit."""
    try:
        problem = grouped(problem, {})
        check_structure(problem)
    except InvalidProblem as error:
        refuse(iter(error.violations))
    return problem


def _put(answers: Answers, index: int, one: Optimum | Failed) -> None:
    """What came of a portfolio by itself in place of what the quick method left of it."""
    if isinstance(one, Failed):
        answers.weights[index] = np.nan
        numbers = (np.nan, np.nan, np.nan, 0.0, float(one.outcome))
    else:
        solved = one.solved
        answers.weights[index] = solved.weights
        residual = 0.0 if solved.kkt is None else solved.kkt.primal
        numbers = (solved.objective, solved.bound, residual, float(solved.iterations), float(Outcome.SOLVED))
    told = (answers.objectives, answers.bounds, answers.residuals, answers.iterations, answers.outcomes)
    for column, number in zip(told, numbers, strict=True):
        column[index] = number


def _scattered(found: Answers, kept: Index, count: int, failed: tuple[Failed, ...]) -> Answers:
    """The answers in their places among portfolios that make no sense."""

    def spread(values: Vector, filler: float) -> Vector:
        if not values.size and kept.size:
            return values  # weights that are not wanted
        whole = np.full((count, *values.shape[1:]), filler)
        whole[kept] = values
        return whole

    return Answers(
        weights=spread(found.weights, np.nan),
        objectives=spread(found.objectives, np.nan),
        bounds=spread(found.bounds, np.nan),
        residuals=spread(found.residuals, np.nan),
        iterations=spread(found.iterations, 0.0),
        outcomes=spread(found.outcomes, float(Outcome.INVALID)),
        failures=tuple(sorted((*found.failures, *failed), key=lambda each: each.index)),
        fallbacks=found.fallbacks,
    )
