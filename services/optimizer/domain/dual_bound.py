"""What no admissible portfolio can be better than, from the multipliers of a solve.

The multipliers of an interior-point method satisfy the dual's equations only nearly, so that the dual cost it prints is
not quite a bound. The bounds here hold for *any* multipliers, however rough: a concave goal is replaced by its tangent
at the found weights ŵ, the rows are moved into the goal with their multipliers, and what is left is maximized over the
box exactly, asset by asset. At the optimum all of it is tight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.vectors import Vector

# Of the found volatility: calmer portfolios are told apart from it only by the exact form of the bound.
LEAST_VOLATILITY = 0.01
_NEWTON_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """y for the rows: positive presses on a cap, negative on a floor; the others are prices, none below 0."""

    rows: Vector
    turnover: float = 0.0
    """τ, of ½ Σ|w − w₀|."""
    cone: float = 0.0
    """η, of the cap on the volatility."""
    gross: float = 0.0
    """Of Σ|w|."""
    tracking: float = 0.0
    """Of the cap on the tracking error."""

    def scaled(self, factor: float) -> Multipliers:
        """All of them times a positive factor."""
        prices = (self.turnover, self.cone, self.gross, self.tracking)
        return Multipliers(self.rows * factor, *(price * factor for price in prices))


@dataclass(frozen=True, slots=True, eq=False)
class Kinks:
    """Σ κᵢ|wᵢ − w₀ᵢ| + Σ bᵢ max(−wᵢ, 0): what costs take off a goal, but for their smooth part."""

    traded: Vector
    borrowed: Vector


def linear_bound(
    cost: Vector, admissible: AdmissibleSet, multipliers: Multipliers, kinks: Kinks | None = None
) -> tuple[float, Vector]:
    """An upper bound on max costᵀw − kinks(w), and the box point where the Lagrangian takes it.

    max costᵀw − kinks(w) ≤ hiᵀy⁺ − loᵀy⁻ + τ t + θ g + Σ_i max over [l_i, u_i] of
                            (c − Gᵀy)_i w − (½ τ + κ_i)|w − w₀_i| − θ|w| − b_i max(−w, 0).
    """
    return _Relaxed.by(admissible, multipliers, kinks).most(cost)


@dataclass(frozen=True, slots=True, eq=False)
class _Relaxed:
    """An admissible set whose rows are paid for, so that only the box is left: the same for every linear goal."""

    admissible: AdmissibleSet
    paid: Vector
    """Gᵀy."""
    constant: float
    priced: _Priced | None

    @classmethod
    def by(cls, admissible: AdmissibleSet, multipliers: Multipliers, kinks: Kinks | None) -> _Relaxed:
        """The set relaxed by multipliers; infinite limits have no price."""
        limits = np.where(multipliers.rows > 0, admissible.cap, admissible.floor)
        limited = np.isfinite(limits)
        prices = np.where(limited, multipliers.rows, 0.0)
        constant = float(np.where(limited, limits, 0.0) @ prices)
        return cls(admissible, admissible.paid(prices), constant, _priced(admissible, multipliers, kinks))

    def most(self, cost: Vector) -> tuple[float, Vector]:
        """The greatest costᵀw − kinks(w) there, and where."""
        reduced = cost - self.paid
        if self.priced is None:
            best = np.where(reduced > 0, self.admissible.upper, self.admissible.lower)
            return self.constant + float(reduced @ best), best
        best, values = self.priced.best(reduced, self.admissible)
        return self.constant + self.priced.constant + float(values.sum()), best


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    """What |w − w₀|, |w| and max(−w, 0) cost an asset, and what their limits are worth together."""

    moved: Vector | float
    held: float
    borrowed: Vector | float
    constant: float

    def best(self, reduced: Vector, admissible: AdmissibleSet) -> tuple[Vector, Vector]:
        """A concave piecewise linear function takes its maximum at an end of the box or at a kink: where, how much."""
        lower, upper, start = admissible.lower, admissible.upper, admissible.start
        points = np.stack([np.clip(start, lower, upper), np.clip(0.0, lower, upper), lower, upper])
        values = reduced * points - self.moved * np.abs(points - start)
        values -= self.held * np.abs(points) + self.borrowed * np.maximum(-points, 0.0)
        which, asset = values.argmax(axis=0), np.arange(lower.size)
        return np.asarray(points[which, asset]), np.asarray(values[which, asset])


def _priced(admissible: AdmissibleSet, multipliers: Multipliers, kinks: Kinks | None) -> _Priced | None:
    """None if nothing has a kink."""
    if admissible.turnover is None and admissible.gross is None and kinks is None:
        return None
    turnover = max(0.0, multipliers.turnover) if admissible.turnover is not None else 0.0
    gross = max(0.0, multipliers.gross) if admissible.gross is not None else 0.0
    return _Priced(
        moved=0.5 * turnover + (0.0 if kinks is None else kinks.traded),
        held=gross,
        borrowed=0.0 if kinks is None else kinks.borrowed,
        constant=turnover * (admissible.turnover or 0.0) + gross * (admissible.gross or 0.0),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The portfolio ŵ at which a Sharpe ratio is bounded."""

    ratio: float
    volatility: float
    gradient: Vector
    """g = Σŵ / √(ŵᵀΣŵ)."""


def sharpe_bound(
    expected_returns: Vector,
    risk_free_rate: float,
    admissible: AdmissibleSet,
    multipliers: Multipliers,
    *,
    at: Found,
    kinks: Kinks | None = None,
) -> float:
    """An upper bound on (μᵀw − kinks(w) − r) / √(wᵀΣw).

    s is one if μᵀw − r ≤ s √(wᵀΣw) for every admissible w. Since √(wᵀΣw) ≥ gᵀw (Cauchy–Schwarz), it is enough that
    φ(s) = max (μ − s g)ᵀw − r ≤ 0, which `linear_bound` settles for given multipliers.

    Rounding may hold φ above 0 by a hair δ for every s. Then μᵀw − r ≤ s gᵀw + δ still says that no portfolio with at
    least `LEAST_VOLATILITY` of ŵ's volatility beats s by more than δ over its volatility.
    """

    relaxed = _Relaxed.by(admissible, multipliers, kinks)

    def excess_of(ratio: float) -> tuple[float, Vector]:
        value, where = relaxed.most(expected_returns - ratio * at.gradient)
        return value - risk_free_rate, where

    excess, where = excess_of(at.ratio)
    if excess <= 0:
        return at.ratio
    loose = at.ratio + excess / (LEAST_VOLATILITY * at.volatility)
    return min(_root(excess_of, at.gradient, _past(at.ratio, excess, at.gradient, where)), loose)


def _root(excess_of: Callable[[float], tuple[float, Vector]], gradient: Vector, first: float) -> float:
    """The least s ≥ first with φ(s) ≤ 0, by Newton's method; infinite if it finds none.

    φ is convex and piecewise linear, so that the steps climb to the root and are finite in number.
    """
    ratio = first
    for _ in range(_NEWTON_STEPS):
        if not math.isfinite(ratio):
            break
        excess, where = excess_of(ratio)
        if excess <= 0:
            return ratio
        ratio = _past(ratio, excess, gradient, where)
    return math.inf


def _past(ratio: float, excess: float, gradient: Vector, where: Vector) -> float:
    """Newton's step, past the root by an ulp, so that rounding cannot hold it just short; infinite if there is none."""
    slope = float(gradient @ where)
    return float(np.nextafter(ratio + excess / slope, np.inf)) if slope > 0 else math.inf
