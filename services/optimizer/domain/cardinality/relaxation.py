"""The perspective relaxation of a node, solved far enough for its prices to be worth something.

    min  ½ q (|Fᵀw|² + Σ dᵢ wᵢ² / ζᵢ) − aᵀw + costs(w)     Σ ζ ≤ K,  0 ≤ ζ ≤ 1,  wᵢ ≤ uᵢ

For given weights the best shares ζ are a filling of water, ζᵢ = min(1, √dᵢ wᵢ / θ); for a given level θ an asset costs

    q √dᵢ θ w    up to  w* = θ / √dᵢ,        then  ½ q dᵢ (w² + w*²),

so that it can be split in two: a small holding at a price and a large one with its own risk (Günlük and Linderoth 2010,
Perspective reformulations of mixed integer nonlinear programs with indicator variables). A little risk is left to the
small one, so that Newton's method has something to hold on to; the bound does not mind. With costs, whose kinks are
elsewhere, shares and weights are found by turns instead.

Of many assets only those that are worth something are looked at: prices λ = q Fᵀw and ν from them alone bound the
others too, whatever they are worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.solvers.dual_newton import DualNewton
from services.optimizer.domain.vectors import Index, Vector

LEAST_SHARE = 1e-4
"""A smaller share is this, so that the asset can come back."""
SOFT, HARD = 0.2, 0.04
"""Half the part of its risk that is left to a small holding, in the first steps and then."""
SOFT_STEPS = 2
MANY, LOOKED_AT = 150, 100
"""Assets from which on only some are looked at, and how many of them at first; or six times K."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """Where a step led."""

    prices: Vector
    """z."""
    weights: Vector
    """w, (N,)."""
    level: float
    """θ, of the water, for these weights."""
    steps: int
    """Taken so far."""

    def shares(self, specific: Vector, node: Node) -> Vector:
        """ζ, (N,)."""
        size = np.sqrt(specific) * self.weights
        shares = np.minimum(1.0, size / self.level) if self.level > 0 else np.where(size > 0, 1.0, 0.0)
        shares[node.inside], shares[node.outside] = 1.0, 0.0
        return shares

    def wanted(self, specific: Vector, node: Node) -> Vector:
        """By how much the relaxation's value grows with each dᵢ, wᵢ² (1/ζᵢ − 1), (N,)."""
        return self.weights**2 * (1 / np.maximum(self.shares(specific, node), 1e-6) - 1)


class Relaxation:
    """Steps towards the perspective relaxation's optimum over nodes of one choice."""

    def __init__(self, choice: Choice) -> None:
        self._choice, structure, program = choice, choice.newton.structure, choice.program
        factors = structure.factors
        rows = structure.transposed[factors:] / structure.row_scale[:, None]
        loadings = structure.columns[:, :factors]
        costly = program.linear_cost is not None or program.impact_cost is not None or np.isfinite(program.turnover)
        self._part: _Part | None = None
        self._twice: DualNewton | None = None
        self._rewards = np.tile(program.expected_returns, 2)
        if not costly:
            own = structure.specific
            self._twice = DualNewton(np.vstack([loadings, loadings]), np.tile(own, 2), np.hstack([rows, rows]))

    def averse(self, aversion: float) -> Relaxation:
        """The same for another q."""
        other = object.__new__(Relaxation)
        other._part = None
        other._choice, other._twice, other._rewards = self._choice.averse(aversion), self._twice, self._rewards
        return other

    def step(self, node: Node, at: Relaxed | None) -> Relaxed | None:
        """One step on, from where another node's led or from nothing; None if no weights are admissible."""
        if at is None:
            return self._by_turns(node, np.ones(self._choice.assets), None, 0)
        if self._part is not None and (found := self._part.step(node, at)) is not None:
            return found
        if self._twice is None:
            shares = np.maximum(at.shares(self._choice.newton.structure.specific, node), LEAST_SHARE)
            return self._by_turns(node, shares, at.prices, at.steps + 1)
        return self._in_two(node, at)

    def look_at(self, gains: Vector, node: Node) -> None:
        """Look at the assets that are worth most from now on, if there are many; at more, if others are worth more."""
        choice = self._choice
        if choice.assets < MANY:
            return
        worth = np.where(node.free, gains, -np.inf)
        order = np.argsort(-worth, kind="stable")
        if self._part is None:
            chosen = node.inside.copy()
            chosen[order[: max(LOOKED_AT, 6 * choice.most)]] = True
            self._part = _Part(choice, np.flatnonzero(chosen))
            return
        missed = order[: choice.most]
        missed = missed[(worth[missed] > 0) & ~np.isin(missed, self._part.members)]
        if missed.size:
            self._part = _Part(choice, np.union1d(self._part.members, missed))

    def _by_turns(self, node: Node, shares: Vector, start: Vector | None, steps: int) -> Relaxed | None:
        choice = self._choice
        lower = np.where(node.inside, choice.least, 0.0)
        upper = np.where(node.outside, 0.0, choice.program.upper)
        newton = choice.newton.with_specific(choice.newton.structure.specific / shares)
        answer = newton.solve(replace(choice.program, lower=lower, upper=upper), start)
        return None if answer.empty else self._at(node, answer.z, answer.weights, steps)

    def _in_two(self, node: Node, at: Relaxed) -> Relaxed | None:
        choice, program, inside, count = self._choice, self._choice.program, node.inside, self._choice.assets
        own, soft = choice.newton.structure.specific, SOFT if at.steps < SOFT_STEPS else HARD
        turning = np.minimum(at.level / np.sqrt(own), program.upper)
        price = program.risk_aversion * own * turning
        price[inside] = 0.0
        # One row for small holdings, one for large ones.
        specific, lower, upper, paid = np.zeros((4, 2, count))
        specific[0], specific[1] = np.where(inside, own, 2 * soft * own), own
        lower[0, inside] = choice.least[inside]
        most = np.where(node.outside, 0.0, program.upper)
        upper[0] = np.where(inside, most, np.minimum(turning, most))
        upper[1] = most - upper[0]
        paid[0], paid[1] = (1 - soft) * price, price
        stated = replace(
            program,
            expected_returns=self._rewards,
            lower=lower.ravel(),
            upper=upper.ravel(),
            linear_cost=paid.ravel(),
        )
        twice = self._twice.with_specific(specific.ravel())  # type: ignore[union-attr]
        answer = twice.solve(stated, at.prices)
        if answer.empty:
            return None
        return self._at(node, answer.z, answer.weights[:count] + answer.weights[count:], at.steps + 1)

    def _at(self, node: Node, prices: Vector, weights: Vector, steps: int) -> Relaxed:
        level = water_level(weights, self._choice.newton.structure.specific, node, self._choice.most)
        return Relaxed(prices, weights, level, steps)


class _Part:
    """The relaxation of some of the assets, as one of all of them."""

    def __init__(self, choice: Choice, members: Index) -> None:
        among = choice.among(members)
        self.members, self._choice, self._relaxation = members, choice, Relaxation(among)
        self._factors = choice.newton.structure.columns[members, : choice.newton.structure.factors]
        self._own = among.newton.structure.columns[:, : among.newton.structure.factors]

    def step(self, node: Node, at: Relaxed) -> Relaxed | None:
        """One step on; None if it takes others too."""
        members, aversion = self.members, self._choice.program.risk_aversion
        inside, outside = node.inside[members], node.outside[members]
        if int(inside.sum()) < int(node.inside.sum()):
            return None
        weights, rows = at.weights[members], at.prices[self._factors.shape[1] :]
        start = np.concatenate([aversion * (weights @ self._own), rows])
        found = self._relaxation.step(Node(inside, outside), Relaxed(start, weights, at.level, at.steps))
        if found is None:
            return None
        whole = np.zeros(self._choice.assets)
        whole[members] = found.weights
        prices = np.concatenate([aversion * (found.weights @ self._factors), found.prices[self._own.shape[1] :]])
        return Relaxed(prices, whole, found.level, found.steps)


def water_level(weights: Vector, specific: Vector, node: Node, most: int) -> float:
    """θ with Σ min(1, √dᵢ wᵢ / θ) over free assets = what is left of K; 0 if no more than that are held."""
    room = most - int(node.inside.sum())
    sizes = np.sort(np.sqrt(specific[node.free]) * weights[node.free])[::-1]
    if room <= 0 or sizes.size <= room or sizes[room] <= 0:
        return 0.0
    left = np.cumsum(sizes[::-1])[::-1][:room]
    levels = left / (room - np.arange(room))
    below = sizes[:room] <= levels
    return float(levels[int(np.argmax(below))] if bool(np.any(below)) else levels[-1])
