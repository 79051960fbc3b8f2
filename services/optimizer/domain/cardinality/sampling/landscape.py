"""What choices of a few promising assets cost: the part of all choices that samplers draw from.

The assets with the largest shares in the perspective relaxation hold the best choice nearly always, if they are some
more than the K that are held. What a choice of them costs is the optimum of a program of as many assets. Where there
are too many choices to find every optimum, a quadratic model takes the place of those that are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bounded import Bounded
from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.cardinality.sampling.quadratic import SAMPLES, Quadratic, coefficients
from services.optimizer.domain.cardinality.sampling.subspace import Subspace
from services.optimizer.domain.solvers.dual_newton import Programs
from services.optimizer.domain.vectors import Index, Mask, Vector

MOST_EXACT = 20_000
"""Choices whose every cost is found."""
AT_ONCE = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """n assets of which K are chosen beside what is held in any case, and what that costs."""

    assets: Index
    """(n,): which of the universe, the most promising first."""
    shares: Vector
    """(n,): how much of each the relaxation holds, 0 to 1."""
    inside: Mask
    """(N,): what is held in any case."""
    subspace: Subspace
    costs: Vector
    """By state, (S,); a choice without admissible weights costs as much as the dearest of the others."""
    model: Quadratic
    exact: bool
    """Whether the costs are optima, or what the model says."""

    def chosen(self, state: int) -> Mask:
        """A state as a choice out of the universe."""
        mask = self.inside.copy()
        mask[self.assets[self.subspace.masks(np.array(state))]] = True
        return mask


def landscape(choice: Choice, found: Bounded, most: int, random: np.random.Generator) -> Landscape | None:
    """Around a node's assets with the largest shares, and of those with equal ones the ones that are worth most.

    None if there is nothing to choose among them, or nothing admissible. `random` picks what a model is fitted to.
    """
    node, shares = found.node, found.at.shares(choice.newton.structure.specific, found.node)
    free = np.flatnonzero(node.free)
    room = choice.most - int(node.inside.sum())
    assets = free[np.lexsort((-found.worths.gains[free], -shares[free]))][:most]
    if not 0 < room < assets.size:
        return None
    subspace = Subspace(assets.size, room)
    costs_of = _Costs(choice, node, assets)
    exact = subspace.size <= MOST_EXACT
    picked = subspace.states
    if not exact:
        picked = random.choice(picked, min(picked.size, SAMPLES * coefficients(assets.size)), replace=False)
    costs = costs_of(subspace.masks(picked))
    known = np.isfinite(costs)
    if not known.any():
        return None
    model = Quadratic.fitted(subspace.masks(picked[known]), costs[known])
    costs = np.where(known, costs, costs[known].max()) if exact else model(subspace.states)
    return Landscape(assets, shares[assets], node.inside, subspace, costs, model, exact)


class _Costs:
    """The optimum of every choice of some assets, infinite if it has none."""

    def __init__(self, choice: Choice, node: Node, assets: Index) -> None:
        among = np.concatenate([np.flatnonzero(node.inside), assets])
        self._always, self._among = among.size - assets.size, choice.among(among)

    def __call__(self, chosen: Mask) -> Vector:
        parts = np.array_split(chosen, -(-len(chosen) // AT_ONCE))
        return np.concatenate([self._optima(part) for part in parts])

    def _optima(self, chosen: Mask) -> Vector:
        program, least = self._among.program, self._among.least
        always = np.ones((len(chosen), self._always), dtype=np.bool_)
        held = np.concatenate([always, chosen], axis=1)
        counts = self._among.counts
        admitted = np.array([counts is None or counts.admit(each) for each in held])
        answers = self._among.newton.solve_many(
            Programs(
                expected_returns=np.broadcast_to(program.expected_returns, held.shape),
                risk_aversion=program.risk_aversion,
                lower=np.where(held, least, 0.0),
                upper=np.where(held, program.upper, 0.0),
                floor=program.floor,
                cap=program.cap,
                start=program.start,
                linear_cost=program.linear_cost,
                impact_cost=program.impact_cost,
                turnover=program.turnover,
            )
        )
        return np.where(answers.converged & admitted, answers.values + self._among.constant, np.inf)
