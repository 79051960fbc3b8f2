"""What no choice can be better than, from any prices.

Given prices z = (λ, ν, τ) of the factors' exposures, the rows and turnover, assets part, and each is worth

    gᵢ = cost of holding none − min over [lᵢ, uᵢ] of ½ q dᵢ w² − rᵢ w + costᵢ(w),     r = a − Fλ − Aᵀν,

if it is held. The K that are worth most bound every choice from below:

    ½ q wᵀΣw − aᵀw + costs(w) ≥ Σ cost of none − Σ of the K greatest gᵢ − |λ|²/2q − limits · prices.

It is the Lagrangian dual of the perspective relaxation (Frangioni and Gentile 2006, Perspective cuts for a class of
convex 0–1 mixed integer programs) with buy-ins, caps and costs in it, and holds for whatever prices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.cardinality.program import Choice, Counts, Node
from services.optimizer.domain.vectors import Index, Vector

EPSILON = 2.0**-52


@dataclass(frozen=True, slots=True, eq=False)
class Worths:
    """What each asset is worth at some prices, and the rest of the bound."""

    gains: Vector
    """g, (N,)."""
    constant: float
    """Less what rounding may have added to the bound."""

    def bound(self, choice: Choice, node: Node) -> float:
        """What no choice of a part can be better than; infinite if the part has none."""
        inside = float(self.gains[node.inside].sum())
        room = choice.most - int(node.inside.sum())
        free = self.gains[node.free if choice.counts is None else self._leading(choice.counts, node)]
        if room < 0 or (choice.exactly and room > free.size):
            return np.inf
        best = np.sort(free)[::-1][:room]
        return self.constant - inside - float(best.sum() if choice.exactly else best[best > 0].sum())

    def _leading(self, counts: Counts, node: Node) -> Index:
        """The free assets that are worth most of each group, as many as it has room for."""
        free = np.flatnonzero(node.free)
        order = free[np.argsort(-self.gains[free], kind="stable")]
        return np.asarray(order[counts.leading(order, node.inside)])


def decided(choice: Choice, node: Node, worth: Worths, cutoff: float) -> tuple[Node, float]:
    """The node without what cannot be better than a cutoff, and what that cannot be better than; infinite if nothing.

    With i in, the K-th best is out, or whatever is worth less than nothing; with i out, the next best takes its place.
    Limits on groups are left out of this.
    """
    choice = replace(choice, counts=None)
    room, free = choice.most - int(node.inside.sum()), np.flatnonzero(node.free)
    gains = worth.gains[free]
    if room <= 0 or (choice.exactly and free.size < room):
        return node, np.inf
    base = worth.bound(choice, node)
    ranked = np.append(np.sort(gains)[::-1], -np.inf if choice.exactly else 0.0)
    if not choice.exactly:
        ranked = np.maximum(ranked, 0.0)
    last, following = ranked[min(room, gains.size) - 1], ranked[min(room, gains.size)]
    if gains.size < room:
        last = 0.0
    within = (gains >= last) & (gains > (-np.inf if choice.exactly else 0.0))
    with_it = np.where(within, base, base + last - gains)
    without = np.where(within, base + gains - following, base)
    out, into = with_it >= cutoff, without >= cutoff
    if not (out.any() or into.any()):
        return node, np.inf
    inside, outside = node.inside.copy(), node.outside.copy()
    inside[free[into & ~out]], outside[free[out]] = True, True
    return Node(inside, outside), float(min(with_it[out].min(initial=np.inf), without[into].min(initial=np.inf)))


def worths(choice: Choice, z: Vector) -> Worths:
    """Every asset's worth at prices z = (λ, ν, τ, η)."""
    structure, program = choice.newton.structure, choice.program
    factors, n = structure.factors, structure.prices - 2
    prices = z.copy()
    rows = prices[factors:n]
    rows[((rows > 0) & np.isinf(program.cap)) | ((rows < 0) & np.isinf(program.floor))] = 0.0
    scaled = prices[:n].copy()
    scaled[factors:] /= structure.row_scale
    pulled = structure.columns @ scaled
    least, gains, size = _parted(choice, program.expected_returns - pulled, float(z[n]))
    limits = np.where(rows > 0, program.cap, program.floor)
    paid = float(limits[rows != 0] @ rows[rows != 0])
    turnover = float(z[n]) * program.turnover if z[n] > 0 else 0.0
    square = float(prices[:factors] @ prices[:factors]) / (2 * program.risk_aversion)
    constant = float(least.sum()) - square - paid - turnover + choice.constant
    # Rounding of r, asset by asset, and of sums.
    off = (n + 2) * EPSILON * (np.abs(program.expected_returns) + structure.norms * float(np.linalg.norm(scaled)))
    slack = float((off * (size + off / (program.risk_aversion * structure.specific))).sum())
    summed = np.abs(least).sum() + np.abs(gains).sum() + square + np.abs(limits[rows != 0] * rows[rows != 0]).sum()
    return Worths(gains, constant - slack - EPSILON * (n + choice.assets) * (float(summed) + turnover))


def _parted(choice: Choice, pull: Vector, turnover_price: float) -> tuple[Vector, Vector, Vector]:
    """By asset: the cost of holding none, what holding some is worth, and the weight at which that is."""
    program, specific = choice.program, choice.newton.structure.specific
    none = np.zeros(choice.assets)
    if program.linear_cost is None and program.impact_cost is None and turnover_price == 0.0:
        curvature = program.risk_aversion * specific
        w = np.minimum(np.maximum(pull / curvature, choice.least), program.upper)
        return none, (pull - 0.5 * curvature * w) * w, w
    start = none if program.start is None else program.start
    kink = (none if program.linear_cost is None else program.linear_cost) + 0.5 * turnover_price
    impact = none if program.impact_cost is None else program.impact_cost
    curvature = program.risk_aversion * specific
    push = pull - curvature * start
    size, bend = np.maximum(np.abs(push) - kink, 0.0), 1.5 * impact
    root = 2 * size / (bend + np.sqrt(bend * bend + 4 * curvature * size) + 1e-300)
    step = np.where(bend > 0, root * root, size / curvature)
    w = np.minimum(np.maximum(start + np.copysign(step, push), choice.least), program.upper)
    gone, left = np.abs(w - start), np.abs(start)
    cost = (0.5 * curvature * w - pull) * w + (kink + impact * np.sqrt(gone)) * gone
    sold = (kink + impact * np.sqrt(left)) * left
    return sold, sold - cost, np.abs(w)
