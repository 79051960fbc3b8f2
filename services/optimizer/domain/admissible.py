"""The admissible weights as numbers:  l ≤ w ≤ u,  lo ≤ Gw ≤ hi,  ½ Σ|w − w₀| ≤ t,  Σ|w| ≤ g.

Rows of G are the budget, the groups, the named rows, the exposures to factors and, for a goal that is a risk, the least
expected return. Each row remembers the words of the contract that it came from, so that a conflict can be told in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
from scipy import sparse

from services.optimizer.domain.constraints import Constraints, FactorLimit, Group, LinearLimit
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.goal import RISKS
from services.optimizer.domain.kept import kept
from services.optimizer.domain.moments import positions
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector

SMALL = 100_000
"""Numbers in G up to which a product with all of them begins sooner than one with those that are not 0."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row of G is called: the constraint's kind and where it stands in the request."""

    kind: str
    subject: str
    has_floor: bool = True
    has_cap: bool = True


CVAR_ROW = Row("CVAR", "constraints.max_cvar", has_floor=False)
"""The tangent at an optimum to a cap on CVaR, which is no row of a set by itself."""


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
    gross: float | None = None
    """g: what Σ|w| may be; None is no limit."""

    @property
    def assets(self) -> int:
        """N."""
        return int(self.lower.size)

    @cached_property
    def dense(self) -> Vector:
        """G, M × N; not to be written to."""
        return _dense(self.matrix) if self._is_small else np.asarray(self.matrix.toarray())

    @property
    def _is_small(self) -> bool:
        return self.lower.size * self.floor.size <= SMALL

    @cached_property
    def _product(self) -> Vector | sparse.csr_array:
        """G, for products."""
        return self.dense if self._is_small else self.matrix

    def held(self, weights: Vector) -> Vector:
        """Gw."""
        return np.asarray(self._product @ weights)

    def paid(self, prices: Vector) -> Vector:
        """Gᵀy."""
        return np.asarray(prices @ self._product)

    def with_return(self, expected_returns: Vector, least: float) -> AdmissibleSet:
        """The part that is expected to earn at least `least`: one more row, μᵀw ≥ least."""
        return replace(
            self,
            matrix=sparse.csr_array(sparse.vstack([self.matrix, sparse.csr_array(expected_returns[None, :])])),
            floor=np.append(self.floor, least),
            cap=np.append(self.cap, np.inf),
            rows=(*self.rows, Row("RETURN", "goal.min_return", has_cap=False)),
        )

    def with_caps(self, rows: Vector, cap: Vector, named: Row) -> AdmissibleSet:
        """The part where also rows · w ≤ cap; each of the rows (R × N) is part of what `named` says."""
        return replace(
            self,
            matrix=sparse.csr_array(sparse.vstack([self.matrix, sparse.csr_array(rows)])),
            floor=np.concatenate([self.floor, np.full(cap.size, -np.inf)]),
            cap=np.concatenate([self.cap, cap]),
            rows=(*self.rows, *[named] * cap.size),
        )

    def violation(self, weights: Vector) -> float:
        """How far the weights are outside, as the largest excess over any limit."""
        held = self.held(weights)
        excess = [self.lower - weights, weights - self.upper, self.floor - held, held - self.cap]
        if self.turnover is not None:
            excess.append(np.array([0.5 * np.abs(weights - self.start).sum() - self.turnover]))
        if self.gross is not None:
            excess.append(np.array([np.abs(weights).sum() - self.gross]))
        return max(0.0, float(np.concatenate(excess).max()))


def admissible_set(problem: Problem) -> AdmissibleSet:
    """A problem's admissible set, without what only a cone can say: caps on volatility, tracking error and CVaR."""
    constraints = problem.constraints
    lower, upper = _bounds(problem)
    floor, cap, rows = _limits(constraints)
    turnover = constraints.max_turnover
    stated = AdmissibleSet(
        lower=lower,
        upper=upper,
        matrix=_matrix(problem),
        floor=floor,
        cap=cap,
        rows=rows,
        start=problem.current_weights(),
        turnover=None if turnover is None else turnover - 0.5 * problem.leaving,
        gross=constraints.max_gross,
    )
    least = problem.goal.min_return if problem.goal.objective in RISKS else None
    return stated if least is None else stated.with_return(problem.moments.expected_returns, least)


def _bounds(problem: Problem) -> tuple[Vector, Vector]:
    """l and u: of the weights themselves, within those of the active weights."""
    constraints = problem.constraints
    lower, upper = problem.weight_bounds()
    active = constraints.active_bounds
    if active is None:
        return lower, upper
    benchmark = problem.benchmark()
    return np.maximum(lower, benchmark + active.min), np.minimum(upper, benchmark + active.max)


@kept
def _limits(constraints: Constraints) -> tuple[Vector, Vector, tuple[Row, ...]]:
    """lo, hi and what each row is called; the arrays are not to be written to."""
    limited: list[Group | LinearLimit | FactorLimit] = []
    limited += [*constraints.groups, *constraints.rows, *constraints.factors]
    return (
        np.array([constraints.min_budget, *(_or(each.min, -np.inf) for each in limited)]),
        np.array([constraints.max_budget, *(_or(each.max, np.inf) for each in limited)]),
        (Row("BUDGET", "constraints"), *_named(constraints)),
    )


def _named(constraints: Constraints) -> Iterator[Row]:
    for group in constraints.groups:
        yield Row("GROUP", f"constraints.groups[{group.name}]", group.min is not None, group.max is not None)
    for row in constraints.rows:
        yield Row("ROW", f"constraints.rows[{row.name}]", row.min is not None, row.max is not None)
    for index, limit in enumerate(constraints.factors):
        yield Row("FACTOR", f"constraints.factors[{index}]", limit.min is not None, limit.max is not None)


def _matrix(problem: Problem) -> sparse.csr_array:
    """G: the budget, the groups, the named rows and the factors' exposures."""
    constraints = problem.constraints
    blocks = [_sums(problem.symbols, constraints.groups)]
    if constraints.rows:
        position = positions(problem.symbols)
        dense = np.zeros((len(constraints.rows), problem.assets))
        for index, row in enumerate(constraints.rows):
            for symbol, coefficient in row.coefficients.items():
                dense[index, position[symbol]] = coefficient
        blocks.append(sparse.csr_array(dense))
    covariance = problem.moments.covariance
    if constraints.factors and isinstance(covariance, FactorCovariance):
        exposures = covariance.loadings[:, [limit.factor for limit in constraints.factors]].T
        blocks.append(sparse.csr_array(exposures))
    return blocks[0] if len(blocks) == 1 else sparse.csr_array(sparse.vstack(blocks))


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


@kept
def _dense(matrix: sparse.csr_array) -> Vector:
    return np.asarray(matrix.toarray())


@kept
def _sums(symbols: tuple[str, ...], groups: Sequence[Group]) -> sparse.csr_array:
    """The 0/1 matrix whose first row has ones everywhere and each other one at a group's members."""
    position, assets = positions(symbols), len(symbols)
    ends = np.cumsum([0, assets, *[len(group.symbols) for group in groups]], dtype=np.int32)
    columns = np.arange(ends[-1], dtype=np.int32)
    named = chain.from_iterable([group.symbols for group in groups])
    columns[assets:] = np.fromiter(map(position.__getitem__, named), dtype=np.int32, count=columns.size - assets)
    for first, end in pairwise(ends.tolist()):
        columns[first:end].sort()
    return sparse.csr_array((np.ones(columns.size), columns, ends), shape=(len(groups) + 1, assets))
