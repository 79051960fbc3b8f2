"""The box of each asset cut where its costs have kinks, so that within a piece every cost is linear.

    Σ κᵢ|wᵢ − w₀ᵢ| + Σ bᵢ max(−wᵢ, 0),        ½ Σ|w − w₀| ≤ t,        Σ|w| ≤ g

A weight lies on one piece, or rests at an end of one. Turnover and gross exposure, where they are limited, are rows
like all others, with a coefficient for each piece instead of each asset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.vectors import Index, Mask, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """C pieces of N assets, sorted by asset and then from left to right."""

    asset: Index
    """Whose piece it is, (C,)."""
    first: Index
    """Each asset's leftmost piece, (N,)."""
    left: Vector
    right: Vector
    cost: Vector
    """The slope of the costs per year, (C,): it rises from left to right."""
    rows: Vector
    """What a weight adds to each row, (R, C): the admissible set's rows, then turnover and gross as far as limited."""

    @property
    def count(self) -> int:
        """C."""
        return int(self.asset.size)

    def weights(self, at: Vector) -> Vector:
        """w, from where each piece is, l ≤ at ≤ r: that of the last piece which has been entered counts, exactly."""
        if self.count == self.first.size:
            return at.copy()
        found = at[self.first]
        entered = at > self.left
        # Of an asset that is named more than once the last is kept.
        found[self.asset[entered]] = at[entered]
        return found

    def places(self, weights: Vector) -> Vector:
        """Where each piece is, from w."""
        return np.clip(weights[self.asset], self.left, self.right)


def pieces(admissible: AdmissibleSet, rates: CostRates | None) -> Pieces:
    """Cut the box where the costs that are weighed and the sums that are limited have kinks."""
    lower, upper, start = admissible.lower, admissible.upper, admissible.start
    cuts = [lower, upper]
    cuts += [np.clip(start, lower, upper)] if is_traded(admissible, rates) else []
    cuts += [np.clip(0.0, lower, upper)] if _is_held(admissible, rates) else []
    ends = np.sort(np.stack(cuts, axis=1), axis=1)
    kept = ends[:, :-1] < ends[:, 1:]
    # A weight that cannot move has a piece too, of no length.
    kept[:, 0] |= ~kept.any(axis=1)
    asset, which = np.nonzero(kept)
    left, right = ends[asset, which], ends[asset, which + 1]
    middle = 0.5 * (left + right)
    moved, held = np.where(middle < start[asset], -1.0, 1.0), np.where(middle < 0, -1.0, 1.0)
    cost = np.zeros(asset.size)
    if rates is not None:
        cost = rates.linear[asset] * moved - rates.borrow[asset] * (held < 0)
    rows = [admissible.matrix.toarray()[:, asset]]
    rows += [] if admissible.turnover is None else [0.5 * moved[None, :]]
    rows += [] if admissible.gross is None else [held[None, :]]
    first = np.flatnonzero(np.diff(asset, prepend=-1))
    return Pieces(asset, first, left, right, cost, np.vstack(rows))


def is_traded(admissible: AdmissibleSet, rates: CostRates | None) -> bool:
    """Whether it counts how far a weight is from today's."""
    return admissible.turnover is not None or (rates is not None and bool(np.any(rates.linear)))


def _is_held(admissible: AdmissibleSet, rates: CostRates | None) -> bool:
    """Whether it counts on which side of 0 a weight is."""
    return admissible.gross is not None or (rates is not None and bool(np.any(rates.borrow)))


def rest(admissible: AdmissibleSet, rates: CostRates | None) -> Vector:
    """Where a weight rests that nothing pulls at, (N,): today's if trading is weighed, else 0 or the bound next to it.

    NaN where that is inside a piece, so that nothing says where the weight is.
    """
    lower, upper = admissible.lower, admissible.upper
    if is_traded(admissible, rates):
        return np.asarray(np.clip(admissible.start, lower, upper))
    near = np.clip(0.0, lower, upper)
    if _is_held(admissible, rates):
        return np.asarray(near)
    return np.where((near == lower) | (near == upper), near, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """lo ≤ rows ≤ hi, in the order of the pieces' rows."""

    floor: Vector
    cap: Vector

    @classmethod
    def of(cls, admissible: AdmissibleSet) -> Limits:
        """Those of the rows, and of turnover and gross exposure as far as they are limited."""
        sums = [each for each in (admissible.turnover, admissible.gross) if each is not None]
        floor = np.concatenate([admissible.floor, np.full(len(sums), -math.inf)])
        return cls(floor, np.concatenate([admissible.cap, sums]))

    @property
    def equal(self) -> Mask:
        """Which rows are equations."""
        return np.asarray(self.floor == self.cap)


def row_values(admissible: AdmissibleSet, weights: Vector) -> Vector:
    """What the rows are at w, in the order of the pieces' rows."""
    values = [admissible.held(weights)]
    if admissible.turnover is not None:
        values.append(np.array([0.5 * np.abs(weights - admissible.start).sum()]))
    if admissible.gross is not None:
        values.append(np.array([np.abs(weights).sum()]))
    return np.concatenate(values)
