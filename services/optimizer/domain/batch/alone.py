"""A portfolio that the quick method left over, as a problem of its own: the engine solves it or says why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from services.optimizer.domain.batch.answers import Failed, Outcome
from services.optimizer.domain.batch.frame import Numbers
from services.optimizer.domain.batch.shared import Shared
from services.optimizer.domain.constraints import Bounds, Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.errors import Infeasible, InvalidProblem, NoExcessReturn, SolverFailed, Unbounded
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum

LONGEST = 500  # characters


@dataclass(frozen=True, slots=True)
class Alone:
    """Solves single portfolios of a stream."""

    shared: Shared
    engine: Engine
    control: Control

    def solve(self, numbers: Numbers, index: int) -> Optimum | Failed:
        """The optimum of one portfolio. Raises OutOfTime, Cancelled."""
        control = replace(self.control, report=lambda _: None)
        try:
            return self.engine.solve(problem_of(self.shared, numbers.part(index, index + 1)), control)
        except Infeasible as error:
            return _failed(index, Outcome.INFEASIBLE, error)
        except InvalidProblem as error:
            return _failed(index, Outcome.INVALID, error)
        except (NoExcessReturn, SolverFailed, Unbounded) as error:
            return _failed(index, Outcome.FAILED, error)


def problem_of(shared: Shared, numbers: Numbers) -> Problem:
    """The only portfolio of these numbers as Solve would be asked for it."""
    stated, holdings = shared.problem, numbers.holdings
    current = {} if holdings is None else dict(zip(stated.symbols, holdings[0].tolist(), strict=True))
    return replace(
        stated,
        moments=_moments(stated.moments, numbers),
        goal=_goal(stated.goal, numbers),
        constraints=_constraints(shared, numbers),
        current=current,
        costs=_costs(stated.costs, numbers),
    )


def _moments(stated: Moments, numbers: Numbers) -> Moments:
    if numbers.mu_tilts is None:
        return stated
    return replace(stated, expected_returns=stated.expected_returns + numbers.mu_tilts[0])


def _goal(stated: Goal, numbers: Numbers) -> Goal:
    if numbers.risk_aversions is None:
        return stated
    return replace(stated, risk_aversion=float(numbers.risk_aversions[0]))


def _constraints(shared: Shared, numbers: Numbers) -> Constraints:
    """Bounds by asset, within those of the active weights already; caps of the rows put in."""
    stated, (lower, upper) = shared.problem.constraints, shared.bounds(numbers)
    ends = zip(lower.reshape(-1).tolist(), upper.reshape(-1).tolist(), strict=True)
    bounds = {symbol: Bounds(*pair) for symbol, pair in zip(shared.problem.symbols, ends, strict=True)}
    bounded = replace(stated, bounds=bounds, active_bounds=None)
    if numbers.row_caps is None:
        return bounded
    caps = iter(numbers.row_caps[0].tolist())
    return replace(
        bounded,
        groups=tuple(replace(each, max=next(caps)) for each in stated.groups),
        rows=tuple(replace(each, max=next(caps)) for each in stated.rows),
        factors=tuple(replace(each, max=next(caps)) for each in stated.factors),
    )


def _costs(stated: Costs, numbers: Numbers) -> Costs:
    if numbers.commissions is not None:
        stated = replace(stated, commission=float(numbers.commissions[0]))
    if numbers.portfolio_values is not None:
        stated = replace(stated, portfolio_value=float(numbers.portfolio_values[0]))
    return stated


def _failed(index: int, outcome: Outcome, error: Exception) -> Failed:
    return Failed(index, outcome, str(error)[:LONGEST])
