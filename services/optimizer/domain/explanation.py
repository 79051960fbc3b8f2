"""Why an answer is what it is: what its limits cost, where each asset sits, who carries the risk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.optimizer.domain.result import Optimum


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """What the goal would gain per unit by which one limit gave way, to first order; never below 0."""

    type: str
    subject: str
    is_cap: bool
    limit: float
    price: float
    """In the unit of the goal per unit of the limit."""
    sentence: str


class Place(StrEnum):
    """Where a weight sits."""

    FREE = "free"
    ZERO = "zero"
    """At 0, which a bound or a cost holds it at."""
    LOWER_BOUND = "lower_bound"
    UPPER_BOUND = "upper_bound"
    CURRENT_WEIGHT = "current_weight"
    """Where it was: moving it would cost more than it is worth."""


@dataclass(frozen=True, slots=True)
class RiskShare:
    """What something contributes to a volatility: absolute and as a share of it."""

    total: float
    share: float


@dataclass(frozen=True, slots=True)
class AssetExplanation:
    """One asset."""

    symbol: str
    weight: float
    place: Place
    marginal_risk: float
    """∂σ/∂w."""
    risk: RiskShare
    active: RiskShare | None
    """Of the tracking error; None without a benchmark."""
    bound_price: float
    """What the goal would gain per unit of weight by which the bound that it sits at gave way; 0 elsewhere."""
    return_to_hold: float | None
    """By how much its expected return would have to rise before more of it is held; None if nothing would do it."""
    is_exact: bool
    """Whether that is exact rather than to first order."""
    sentence: str


@dataclass(frozen=True, slots=True)
class GroupExplanation:
    """A group of the constraints."""

    name: str
    weight: float
    risk: RiskShare
    active: RiskShare | None


@dataclass(frozen=True, slots=True)
class FactorExplanation:
    """A factor of the moments, counted from 0."""

    factor: int
    exposure: float
    """(Fᵀw)ₖ."""
    risk: RiskShare
    active: RiskShare | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it."""

    shadow_prices: tuple[ShadowPrice, ...]
    """Dearest first."""
    assets: tuple[AssetExplanation, ...]
    groups: tuple[GroupExplanation, ...]
    factors: tuple[FactorExplanation, ...]
    specific: RiskShare | None
    """What the factors leave over; None if the covariance has no factors."""
    active_specific: RiskShare | None
    diversification_ratio: float | None
    """None where assets hedge each other to no risk at all."""
    effective_bets: float


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """An optimum and why."""

    optimum: Optimum
    explanation: Explanation
