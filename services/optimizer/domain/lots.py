"""Whole lots: the shares that can be bought whose return is nearest to that of the weights found.

    min (Un − w)ᵀ Σ (Un − w)     n whole,  uᵢ = pᵢ lᵢ / V     Un within the limits of w, but for the floor of the budget

with prices p, lots of l shares and a portfolio worth V; what is left is cash, which the distance minds as it minds any
return that is missed. From the lots below w, or what the least weights ask for, by adding, selling and exchanging
single lots as long as that brings it nearer: a local optimum, and what it costs is told by the goal's own objective.
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
TINY = 1e-16
"""Of a squared distance, a variance per year: less is rounding."""
NONE = -1
"""No asset, as an index: whatever stands there is not moved."""
BOUNDS = 10.0
"""How much worse it is to break a bound than a row by as much: rows are mended by many assets, a bound by one alone."""
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
        self._rows = admissible.dense[:, held]
        # The budget's floor cannot be met to the cent: what is left is cash.
        self._floor, self._cap = admissible.floor.copy(), admissible.cap
        self._floor[0] = -np.inf
        self._lower, self._upper = np.maximum(admissible.lower[held], least), admissible.upper[held]
        self._start, self._turnover = admissible.start[held], admissible.turnover
        self._sold = float(np.abs(np.delete(admissible.start, held)).sum())

    def run(self) -> Index | None:
        """How many lots of each; None if every way on still breaks a limit."""
        below = np.floor(self._wanted / self._units + ADMISSIBLE)
        count = np.maximum(below, np.ceil(self._lower / self._units - ADMISSIBLE)).astype(np.int64)
        at = self._units * count
        used, pull = self._rows @ at, self._covariance @ (at - self._wanted)
        for _ in range(MOST_MOVES):
            into, out = self._moves(at, pull, count)
            broken, distance = self._judged(at, used, pull, into, out)
            best = int(np.lexsort((distance, np.round(broken / ADMISSIBLE)))[0])
            # The first move is none at all.
            if not _better((broken[best], distance[best]), (broken[0], distance[0])):
                return count if broken[0] <= ADMISSIBLE else None
            for asset, lot in ((into[best], 1), (out[best], -1)):
                if asset != NONE:
                    count[asset] += lot
                    at[asset] = self._units[asset] * count[asset]
                    used += lot * self._units[asset] * self._rows[:, asset]
                    pull += lot * self._units[asset] * self._covariance[:, asset]
        return None

    def _moves(self, at: Vector, pull: Vector, count: Index) -> tuple[Index, Index]:
        """Of which asset a lot is added, and of which one is sold, (M,) each: nothing first, then one or both."""
        slope = self._units * pull
        # Those that are outside of their bounds come first, and last those that would be.
        rising = np.lexsort((slope, at + self._units > self._upper, at >= self._lower))
        falling = np.lexsort((-slope, at - self._units < self._lower, at <= self._upper))
        into = np.append(NONE, rising[:MOST_EXCHANGED])
        out = np.append(NONE, falling[count[falling] > 0][:MOST_EXCHANGED])
        every = np.stack(np.meshgrid(into, out, indexing="ij"), axis=-1).reshape(-1, 2)
        moves = every[(every[:, 0] != every[:, 1]) | (every[:, 0] == NONE)]
        return moves[:, 0], moves[:, 1]

    def _judged(self, at: Vector, used: Vector, pull: Vector, into: Index, out: Index) -> tuple[Vector, Vector]:
        """How far limits are broken after each move, and by how much the squared distance changes."""
        up, down = np.where(into != NONE, self._units[into], 0.0), np.where(out != NONE, self._units[out], 0.0)
        after = used[:, None] + self._rows[:, into] * up - self._rows[:, out] * down
        broken = np.maximum(np.maximum(self._floor[:, None] - after, after - self._cap[:, None]), 0.0).sum(axis=0)
        beyond = self._beyond(at, np.arange(at.size))
        more, less = self._beyond(at[into] + up, into), self._beyond(at[out] - down, out)
        broken += BOUNDS * (beyond.sum() + (more - beyond[into]) + (less - beyond[out]))
        if self._turnover is not None:
            gone = np.abs(at - self._start)
            moved = gone.sum() + np.abs(at[into] + up - self._start[into]) - gone[into]
            moved += np.abs(at[out] - down - self._start[out]) - gone[out]
            broken += np.maximum(0.5 * (moved + self._sold) - self._turnover, 0.0)
        own = np.diag(self._covariance)
        change = 2 * (up * pull[into] - down * pull[out]) + up**2 * own[into] + down**2 * own[out]
        return broken, change - 2 * up * down * self._covariance[into, out]

    def _beyond(self, weights: Vector, assets: Index) -> Vector:
        """How far weights of assets are outside of their bounds."""
        return np.asarray(np.maximum(np.maximum(self._lower[assets] - weights, weights - self._upper[assets]), 0.0))


def _better(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether limits are broken less, or as little and the distance is less, by more than rounding."""
    if abs(one[0] - other[0]) > ADMISSIBLE:
        return one[0] < other[0]
    return one[1] < other[1] - TINY


def _among(covariance: Covariance, held: Index) -> Vector:
    """Σ of some assets, dense."""
    if isinstance(covariance, FactorCovariance):
        loadings = covariance.loadings[held]
        return np.asarray(loadings @ loadings.T + np.diag(covariance.specific[held]))
    return np.asarray(covariance.full()[np.ix_(held, held)])
