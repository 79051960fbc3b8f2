"""The limits of a problem made elastic: every named one may give by r ≥ 0, at a price.

    min Σ pᵢ rᵢ      over weights and r, with the limits that are kept, of which some may give

Chinneck, J. (2008), "Feasibility and Infeasibility in Optimization", ch. 6, after Brown and Graves (1975). Rows that
are not kept are left out: a limit that may give without a price is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.limit_names import CVAR
from services.optimizer.domain.limits import Limit, active_limits, bound_limits, row_limits, sum_limits
from services.optimizer.domain.linear import INFEASIBLE, Lifted, distance_sums, highs, with_distances
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Index, Vector

NOTHING = 1e-9
"""A give or a multiplier below this is none."""
# At the same price one group gives rather than its members' bounds.
_BOUND_PRICE = 1.001
_BOUNDS = ("BOUND", "ACTIVE")


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """By how much the limits give at the least, and what each of them adds to that."""

    gives: Vector
    """r, by limit."""
    multipliers: Vector
    """By limit; those with one are already too many together."""

    @property
    def total(self) -> float:
        """Σ r."""
        return float(self.gives.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Elastic:
    """Ax ≤ b in x = (w, and what sums of distances and tails take besides), each row a limit's or a definition."""

    limits: tuple[Limit, ...]
    matrix: sparse.csr_array
    bound: Vector
    owner: Index
    """The limit that each row belongs to; −1 for rows that define variables."""
    lower: Vector
    """Of x: −∞ or 0."""

    @property
    def prices(self) -> Vector:
        """What it costs a limit to give by one."""
        return np.array([_BOUND_PRICE if limit.type.startswith(_BOUNDS) else 1.0 for limit in self.limits])

    def least(self, kept: Iterable[int], giving: Iterable[int], seconds: float) -> Given | None:
        """The least Σ p r if the kept limits hold but those among them that may give; None if that is not enough.

        Raises OutOfTime or SolverFailed.
        """
        program = self.program(kept, giving)
        answer = highs(program.cost, Lifted(program.matrix, program.bound, program.lower, program.upper), seconds)
        if answer.status == INFEASIBLE:
            return None
        return self.given(program, np.asarray(answer.x), -np.asarray(answer.ineqlin.marginals))

    def program(self, kept: Iterable[int], giving: Iterable[int]) -> ElasticProgram:
        """The rows that count, with a column of r for each limit that may give."""
        among, may = np.zeros(len(self.limits) + 1, dtype=bool), np.array(list(giving), dtype=np.int64)
        among[list(kept)] = True
        among[-1] = True
        rows = np.flatnonzero(among[self.owner])
        owners, column = self.owner[rows], np.full(len(self.limits) + 1, -1)
        column[may] = np.arange(may.size)
        soft = np.flatnonzero(column[owners] >= 0)
        shape, ones = (rows.size, may.size), np.full(soft.size, -1.0)
        gives: Any = sparse.csr_array((ones, (soft, column[owners[soft]])), shape=shape)
        free = self.matrix.shape[1]
        return ElasticProgram(
            cost=np.concatenate([np.zeros(free), self.prices[may]]),
            matrix=sparse.csr_array(sparse.hstack([self.matrix[rows], gives])),
            bound=self.bound[rows],
            lower=np.concatenate([self.lower, np.zeros(may.size)]),
            upper=np.full(free + may.size, np.inf),
            rows=rows,
            giving=may,
        )

    def given(self, program: ElasticProgram, x: Vector, multipliers: Vector) -> Given:
        """Sorted back to the limits."""
        gives, prices = np.zeros(len(self.limits)), np.zeros(len(self.limits) + 1)
        gives[program.giving] = np.maximum(x[x.size - program.giving.size :], 0.0)
        np.add.at(prices, self.owner[program.rows], np.maximum(multipliers, 0.0))
        return Given(gives, prices[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class ElasticProgram:
    """min costᵀ(x, r) with matrix (x, r) ≤ bound and bounds."""

    cost: Vector
    matrix: sparse.csr_array
    bound: Vector
    lower: Vector
    upper: Vector
    rows: Index
    giving: Index


def elastic(problem: Problem, admissible: AdmissibleSet, *, with_tail: bool = False) -> Elastic:
    """Every linear limit of a problem, and the cap on CVaR if it is wanted."""
    limits = [*row_limits(admissible), *bound_limits(problem), *active_limits(problem)]
    matrix: Any = sparse.csr_array(sparse.vstack([limit.rows for limit in limits]))
    bounds = [limit.bound for limit in limits]
    owners = [np.full(limit.rows.shape[0], index) for index, limit in enumerate(limits)]
    lower = np.full(problem.assets, -np.inf)
    for limit, (share, origin, greatest) in zip(sum_limits(problem), distance_sums(admissible), strict=True):
        matrix = with_distances(matrix, problem.assets, share)
        bounds += [origin, -origin, np.array([greatest])]
        owners += [np.full(2 * problem.assets, -1), np.array([len(limits)])]
        lower = np.concatenate([lower, np.zeros(problem.assets)])
        limits.append(limit)
    stated = Elastic(tuple(limits), matrix, np.concatenate(bounds), np.concatenate(owners), lower)
    return _with_tail(stated, problem) if with_tail else stated


def _with_tail(plain: Elastic, problem: Problem) -> Elastic:
    """With CVaR(w) ≤ cap as  −Rw − α ≤ u,  α + Σu / ((1−β)S) ≤ cap,  u ≥ 0 (Rockafellar and Uryasev 2000)."""
    cap, scenarios = problem.constraints.max_cvar, problem.moments.scenarios
    if cap is None or scenarios is None:
        return plain
    (height, width), (count, assets) = plain.matrix.shape, scenarios.shape
    alpha = sparse.csr_array(np.full((count, 1), -1.0))
    blocks: Any = [sparse.csr_array(-scenarios), sparse.csr_array((count, width - assets)), alpha]
    excess = sparse.hstack([*blocks, -sparse.eye_array(count)])
    total = np.concatenate([np.zeros(width), [1.0], np.full(count, 1.0 / ((1.0 - cap.confidence) * count))])
    before = sparse.hstack([plain.matrix, sparse.csr_array((height, count + 1))])
    limit = Limit(CVAR.type, CVAR.subject, CVAR.noun, cap.max, True, sparse.csr_array((0, assets)))
    return Elastic(
        (*plain.limits, limit),
        sparse.csr_array(sparse.vstack([before, excess, sparse.csr_array(total[None, :])])),
        np.concatenate([plain.bound, np.zeros(count), [cap.max]]),
        np.concatenate([plain.owner, np.full(count, -1), [len(plain.limits)]]),
        np.concatenate([plain.lower, [-np.inf], np.zeros(count)]),
    )
