"""Whole lots: the shares that can be bought whose return is nearest to that of the weights found.

    min (Un − w)ᵀ Σ (Un − w)     n whole,  uᵢ = pᵢ lᵢ / V     Un within the limits of w, but for the floor of the budget

with prices p, lots of l shares and a portfolio worth V; what is left is cash, which the distance minds as it minds any
return that is missed. From the lots below w, by adding, selling and exchanging single lots as long as that brings it
nearer: a local optimum, and what it costs is told by the goal's own objective.
"""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet, admissible_set
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.covariance import Covariance, FactorCovariance
from services.optimizer.domain.engine import relative_gap
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import InLots
from services.optimizer.domain.vectors import Index, Vector

ADMISSIBLE = 1e-9
"""What rounding may take a limit over."""
MOST_MOVES = 10_000
MOST_EXCHANGED = 40
"""Assets that are looked at on either side of an exchange, the most promising ones."""


def in_lots(problem: Problem, weights: Vector, bound: float) -> InLots | None:
    """The lots near optimal weights (N,), of assets that these hold; None if none were found within the limits."""
    lots = problem.lots
    if lots is None:
        raise ValueError("nothing says what a lot is")
    held = np.flatnonzero(weights > 0)
    names = [problem.symbols[asset] for asset in held]
    sizes = np.array([lots.sizes.get(name, 1) for name in names], dtype=np.int64)
    units = np.array([lots.prices[name] for name in names]) * sizes / lots.portfolio_value
    search = _Search(problem, admissible_set(problem), weights, held, units)
    count = search.run()
    if count is None:
        return None
    found, shares = np.zeros(problem.assets), np.zeros(problem.assets, dtype=np.int64)
    found[held], shares[held] = units * count, sizes * count
    objective = Certificate(problem).objective(found)
    missed = found - weights
    return InLots(
        shares=shares,
        weights=found,
        cash=lots.portfolio_value * (1.0 - float(found.sum())),
        objective=objective,
        gap=relative_gap(objective, bound),
        tracking_error=math.sqrt(max(0.0, float(missed @ problem.moments.covariance.times(missed)))),
    )


class _Search:
    """Moves of single lots; of two, the one that breaks limits less is better, and then the nearer one."""

    def __init__(
        self, problem: Problem, admissible: AdmissibleSet, weights: Vector, held: Index, units: Vector
    ) -> None:
        cardinality = problem.constraints.cardinality
        least = 0.0 if cardinality is None else cardinality.min_weight
        self._units, self._wanted = units, weights[held]
        self._covariance = _among(problem.moments.covariance, held)
        self._rows = admissible.matrix.toarray()[:, held]
        # The budget's floor cannot be met to the cent: what is left is cash.
        self._floor, self._cap = admissible.floor.copy(), admissible.cap
        self._floor[0] = -np.inf
        self._lower, self._upper = np.maximum(admissible.lower[held], least), admissible.upper[held]
        self._start, self._turnover = admissible.start[held], admissible.turnover
        self._sold = float(np.abs(np.delete(admissible.start, held)).sum())

    def run(self) -> Index | None:
        """How many lots of each; None if every way on still breaks a limit."""
        count = np.floor(self._wanted / self._units + ADMISSIBLE).astype(np.int64)
        for _ in range(MOST_MOVES):
            moves = self._moves(count)
            broken, distance = self._judged(count, moves)
            order = np.lexsort((distance, np.round(broken / ADMISSIBLE)))
            # The first move is none at all.
            if not _better((broken[order[0]], distance[order[0]]), (broken[0], distance[0])):
                return count if broken[0] <= ADMISSIBLE else None
            count = count + moves[order[0]]
        return None

    def _moves(self, count: Index) -> Index:
        """Nothing, one lot more, one less, or one for another, (M, h)."""
        slope = 2 * self._units * (self._covariance @ (self._units * count - self._wanted))
        into = np.argsort(slope, kind="stable")[:MOST_EXCHANGED]
        out = np.argsort(-slope, kind="stable")[:MOST_EXCHANGED]
        out = out[count[out] > 0]
        one = np.eye(count.size, dtype=np.int64)
        exchanges = (one[into][:, None, :] - one[out][None, :, :]).reshape(-1, count.size)
        none = np.zeros((1, count.size), dtype=np.int64)
        return np.concatenate([none, one, -one[count > 0], exchanges[np.any(exchanges != 0, axis=1)]])

    def _judged(self, count: Index, moves: Index) -> tuple[Vector, Vector]:
        """How far limits are broken after each move, and the squared distance."""
        after = (count + moves) * self._units
        used = after @ self._rows.T
        over = np.maximum(np.maximum(self._floor - used, used - self._cap), 0.0).sum(axis=1)
        over += np.maximum(np.maximum(self._lower - after, after - self._upper), 0.0).sum(axis=1)
        if self._turnover is not None:
            moved = 0.5 * (np.abs(after - self._start).sum(axis=1) + self._sold)
            over += np.maximum(moved - self._turnover, 0.0)
        missed = after - self._wanted
        return over, ((missed @ self._covariance) * missed).sum(axis=1)


def _better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether limits are broken less, or as little and the distance is less, by more than rounding."""
    if abs(one[0] - other[0]) > ADMISSIBLE:
        return one[0] < other[0]
    return one[1] < other[1] * (1 - 1e-12)


def _among(covariance: Covariance, held: Index) -> Vector:
    """Σ of some assets, dense."""
    if isinstance(covariance, FactorCovariance):
        loadings = covariance.loadings[held]
        return np.asarray(loadings @ loadings.T + np.diag(covariance.specific[held]))
    return np.asarray(covariance.full()[np.ix_(held, held)])
