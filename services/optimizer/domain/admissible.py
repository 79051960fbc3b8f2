"""The admissible weights as numbers:  l ≤ w ≤ u,  lo ≤ Gw ≤ hi,  ½ Σ|w − w₀| ≤ t.

Rows of G are the budget, the groups and, for a risk goal, the least expected return. Each row remembers the words
of the contract that it came from, so that a conflict can be told in them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from services.optimizer.domain.constraints import Bounds
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True)
class Row:
    """What a row of G is called: the constraint's kind and where it stands in the request."""

    kind: str
    subject: str
    has_floor: bool = True
    has_cap: bool = True


@dataclass(frozen=True, eq=False)
class AdmissibleSet:
    """A bounded polyhedron of weights (N assets, M rows)."""

    lower: Vector
    upper: Vector
    matrix: sparse.csr_array
    floor: Vector
    cap: Vector
    rows: tuple[Row, ...]
    start: Vector
    turnover: float | None = None
    """t: what ½ Σ|w − w₀| over the universe may be; None is no limit."""

    @property
    def assets(self) -> int:
        """N."""
        return int(self.lower.size)

    @cached_property
    def transposed(self) -> sparse.csr_array:
        """Gᵀ."""
        return sparse.csr_array(self.matrix.T)

    def with_return(self, expected_returns: Vector, least: float) -> AdmissibleSet:
        """The part that is expected to earn at least `least`: one more row, μᵀw ≥ least."""
        return replace(
            self,
            matrix=sparse.csr_array(sparse.vstack([self.matrix, sparse.csr_array(expected_returns[None, :])])),
            floor=np.append(self.floor, least),
            cap=np.append(self.cap, np.inf),
            rows=(*self.rows, Row("RETURN", "goal.min_return", has_cap=False)),
        )

    def violation(self, weights: Vector) -> float:
        """How far the weights are outside, as the largest excess over any limit."""
        held = self.matrix @ weights
        excess = [self.lower - weights, weights - self.upper, self.floor - held, held - self.cap]
        if self.turnover is not None:
            excess.append(np.array([0.5 * np.abs(weights - self.start).sum() - self.turnover]))
        return max(0.0, float(np.concatenate(excess).max()))


def admissible_set(problem: Problem) -> AdmissibleSet:
    """The admissible set of a problem, without what only a cone can say (goal.max_volatility)."""
    constraints = problem.constraints
    bounds = [constraints.bounds.get(symbol, constraints.default_bounds) for symbol in problem.symbols]
    position = {symbol: index for index, symbol in enumerate(problem.symbols)}
    groups = [sorted(position[symbol] for symbol in group.symbols) for group in constraints.groups]
    turnover = constraints.max_turnover
    budget_and_groups = AdmissibleSet(
        lower=_ends(bounds, "min"),
        upper=_ends(bounds, "max"),
        matrix=_indicator([list(range(problem.assets)), *groups], problem.assets),
        floor=np.array([constraints.min_budget, *(_or(group.min, -np.inf) for group in constraints.groups)]),
        cap=np.array([constraints.max_budget, *(_or(group.max, np.inf) for group in constraints.groups)]),
        rows=(
            Row("BUDGET", "constraints"),
            *(
                Row("GROUP", f"constraints.groups[{group.name}]", group.min is not None, group.max is not None)
                for group in constraints.groups
            ),
        ),
        start=problem.current_weights(),
        turnover=None if turnover is None else turnover - 0.5 * problem.leaving,
    )
    least = problem.goal.min_return if problem.goal.objective is Objective.RISK else None
    if least is None:
        return budget_and_groups
    return budget_and_groups.with_return(problem.moments.expected_returns, least)


def _ends(bounds: list[Bounds], end: str) -> Vector:
    return np.array([getattr(each, end) for each in bounds], dtype=np.float64)


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


def _indicator(members: list[list[int]], assets: int) -> sparse.csr_array:
    """The 0/1 matrix whose row k has ones at members[k]."""
    columns = np.concatenate([np.array(each, dtype=np.int64) for each in members])
    rows = np.repeat(np.arange(len(members)), [len(each) for each in members])
    return sparse.csr_array((np.ones(columns.size), (rows, columns)), shape=(len(members), assets))
