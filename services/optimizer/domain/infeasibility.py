"""Why a problem has no admissible weights: the cheapest relaxation of its named constraints.

Every named constraint c may give by r_c ≥ 0. The linear program  min Σ r_c  over weights and r is always feasible; its
multipliers are a Farkas certificate, so that a constraint which alone could mend the problem is among those with a
multiplier. For each of these a second program asks how far it alone would have to give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.errors import Conflict, Infeasible
from services.optimizer.domain.limits import Limit, active_limits, bound_limits, row_limits, sum_limits
from services.optimizer.domain.linear import INFEASIBLE, Lifted, distance_sums, highs, with_distances
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Index, Vector

MOST_ALTERNATIVES = 32
_NEGLIGIBLE = 1e-9
# At the same price one group gives rather than its members' bounds.
_BOUND_PRICE = 1.001
_BOUNDS = ("BOUND", "ACTIVE")


@dataclass(frozen=True, slots=True, eq=False)
class _Elastic:
    """Ax ≤ b in x = (w, d, p, r): distances d, p only where their sums are limited, one r for each limit."""

    limits: tuple[Limit, ...]
    matrix: sparse.csr_array
    bound: Vector
    owner: Index
    """The limit that each row belongs to; −1 for the rows that define distances."""
    weights: int

    def minimize(self, cost: Vector, caps: Vector, seconds: float) -> Any:
        """HiGHS's answer for the least costᵀr with 0 ≤ r ≤ caps."""
        free = self.matrix.shape[1] - cost.size
        lower = np.concatenate([np.full(self.weights, -np.inf), np.zeros(free - self.weights), np.zeros(cost.size)])
        upper = np.concatenate([np.full(free, np.inf), caps])
        region = Lifted(self.matrix, self.bound, lower, upper)
        return highs(np.concatenate([np.zeros(free), cost]), region, seconds)


def explain(problem: Problem, admissible: AdmissibleSet, seconds_left: Callable[[], float]) -> Infeasible:
    """Name the constraints in conflict and how far each would have to give. Raises OutOfTime or SolverFailed."""
    elastic = _elastic(problem, admissible)
    count = len(elastic.limits)
    prices = np.array([_BOUND_PRICE if limit.type.startswith(_BOUNDS) else 1.0 for limit in elastic.limits])
    answer = elastic.minimize(prices, np.full(count, np.inf), seconds_left())
    alternatives = _alternatives(elastic, _certificate(elastic, answer), seconds_left)
    if alternatives:
        return Infeasible(alternatives, together=False)
    gives = zip(elastic.limits, answer.x[-count:], strict=True)
    return Infeasible([limit.conflict(float(give)) for limit, give in gives if give > _NEGLIGIBLE], together=True)


def _certificate(elastic: _Elastic, answer: Any) -> list[int]:
    """The limits with a multiplier, largest first."""
    price = np.zeros(len(elastic.limits))
    owned = elastic.owner >= 0
    np.add.at(price, elastic.owner[owned], -answer.ineqlin.marginals[owned])
    order = np.argsort(-price, kind="stable")
    return [int(index) for index in order if price[index] > _NEGLIGIBLE]


def _alternatives(elastic: _Elastic, candidates: list[int], seconds_left: Callable[[], float]) -> list[Conflict]:
    """The limits that would mend the problem alone."""
    found = []
    for index in candidates[:MOST_ALTERNATIVES]:
        alone = np.zeros(len(elastic.limits))
        alone[index] = np.inf
        answer = elastic.minimize(np.ones(alone.size), alone, seconds_left())
        if answer.status != INFEASIBLE:
            found.append(elastic.limits[index].conflict(float(answer.fun)))
    return found


def _elastic(problem: Problem, admissible: AdmissibleSet) -> _Elastic:
    limits = [*row_limits(admissible), *bound_limits(problem), *active_limits(problem)]
    matrix: Any = sparse.csr_array(sparse.vstack([limit.rows for limit in limits]))
    bounds = [limit.bound for limit in limits]
    owners = [np.full(limit.rows.shape[0], index) for index, limit in enumerate(limits)]
    for limit, (share, origin, greatest) in zip(sum_limits(problem), distance_sums(admissible), strict=True):
        matrix = with_distances(matrix, problem.assets, share)
        bounds += [origin, -origin, np.array([greatest])]
        owners += [np.full(2 * problem.assets, -1), np.array([len(limits)])]
        limits.append(limit)
    owner = np.concatenate(owners)
    elastic = sparse.csr_array(sparse.hstack([matrix, _gives(owner, len(limits))]))
    return _Elastic(tuple(limits), elastic, np.concatenate(bounds), owner, problem.assets)


def _gives(owner: Index, count: int) -> sparse.csr_array:
    """The columns of r: −1 where a row belongs to the limit."""
    owned = np.flatnonzero(owner >= 0)
    return sparse.csr_array((np.full(owned.size, -1.0), (owned, owner[owned])), shape=(owner.size, count))
