"""What a portfolio is optimized for and what its weights must satisfy. Kept as sent: nothing is filled in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Objective(StrEnum):
    """What is optimized."""

    SHARPE = "sharpe"
    RETURN = "return"
    RISK = "risk"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with its parameters; rates and volatilities are fractions per year."""

    objective: Objective | None = None  # None: not chosen
    risk_free_rate: float = 0.0
    risk_aversion: float = 0.0  # dimensionless; 0: the default
    min_return: float | None = None
    max_volatility: float | None = None


@dataclass(frozen=True, slots=True)
class WeightBounds:
    """The least and the greatest weight of one asset, as fractions of the portfolio's value."""

    min: float = 0.0
    max: float = 1.0


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """A floor and a cap on the total weight of a group of assets; None: no floor, no cap."""

    name: str
    symbols: tuple[str, ...]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Constraints:
    """What every admissible vector of weights satisfies; fractions of the portfolio's value."""

    min_budget: float | None = None  # None: 1
    max_budget: float | None = None  # None: 1
    default_bounds: WeightBounds | None = None  # None: from 0 to 1
    bounds: Mapping[str, WeightBounds] = field(default_factory=dict)
    groups: tuple[GroupLimit, ...] = ()
    max_turnover: float | None = None  # ½ Σ|w − w₀|; None: no limit
