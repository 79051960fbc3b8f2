"""Tilted portfolios, of which every goal's optimum is one:  max θμᵀw − ½ wᵀΣw  for some θ ≥ 0.

While the pressing limits stay the same, w(θ) runs along a line, where returns are linear in θ and variances quadratic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """θ, and the multipliers of the admissible set in the unit of θμᵀw − ½ wᵀΣw."""

    theta: float
    multipliers: Multipliers


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """w(θ) = start + θ direction, and likewise the multipliers."""

    start: Vector
    direction: Vector
    multipliers: Multipliers
    multipliers_direction: Multipliers

    def weights(self, theta: float) -> Vector:
        """w(θ)."""
        return self.start + theta * self.direction

    def at(self, theta: float) -> Multipliers:
        """y(θ)."""
        here, ahead = self.multipliers, self.multipliers_direction
        return Multipliers(here.rows + theta * ahead.rows, here.turnover + theta * ahead.turnover)

    def variance(self, covariance: Covariance) -> tuple[float, float, float]:
        """wᵀΣw = c₀ + c₁θ + c₂θ²."""
        pull, push = covariance.times(self.start), covariance.times(self.direction)
        return float(self.start @ pull), 2 * float(self.start @ push), float(self.direction @ push)


def with_volatility(line: Line, covariance: Covariance, size: float, near: float) -> float | None:
    """θ with √(wᵀΣw) = size; None if there is none."""
    constant, linear, square = line.variance(covariance)
    return _root_near(constant - size**2, linear, square, near)


def tangency(
    line: Line, covariance: Covariance, expected_returns: Vector, risk_free_rate: float, near: float
) -> float | None:
    """θ with the greatest (μᵀw − r) / √(wᵀΣw): there θ (μᵀw − r) = wᵀΣw. None if there is none."""
    constant, linear, square = line.variance(covariance)
    excess = float(expected_returns @ line.start) - risk_free_rate
    slope = float(expected_returns @ line.direction)
    # On a line through cash alone every portfolio has the same ratio if r = 0.
    negligible = 1e-9 * max(abs(slope), square) * near**2
    return _root_near(constant, linear - excess, square - slope, near, negligible)


def _root_near(constant: float, linear: float, square: float, near: float, negligible: float = 0.0) -> float | None:
    """The positive root of a quadratic polynomial that is nearest to an estimate; if it is zero everywhere, that."""
    scale = max(abs(constant), abs(linear * near), abs(square * near**2))
    if scale <= negligible:
        return near
    if abs(square) * near**2 <= 1e-14 * scale:
        roots = [-constant / linear] if linear else []
    else:
        discriminant = linear**2 - 4 * square * constant
        if discriminant < 0:
            return None
        # The larger sum first: subtracting nearly equal numbers would lose the digits that this is about.
        half = -0.5 * (linear + math.copysign(math.sqrt(discriminant), linear))
        roots = [half / square, *([constant / half] if half else [])]
    return min((root for root in roots if root > 0), key=lambda root: abs(root - near), default=None)
