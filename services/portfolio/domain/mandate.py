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
    TRACKING_ERROR = "tracking_error"
    ACTIVE_UTILITY = "active_utility"
    CVAR = "cvar"
    RISK_PARITY = "risk_parity"
    HIERARCHICAL_RISK_PARITY = "hierarchical_risk_parity"
    HIERARCHICAL_EQUAL_RISK = "hierarchical_equal_risk"
    DIVERSIFICATION = "diversification"
    INVERSE_VOLATILITY = "inverse_volatility"
    EQUAL_WEIGHT = "equal_weight"


class Linkage(StrEnum):
    """How far two clusters are apart, for the hierarchical objectives."""

    SINGLE = "single"
    COMPLETE = "complete"
    AVERAGE = "average"
    WARD = "ward"


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective with its parameters; rates and volatilities are fractions per year."""

    objective: Objective | None = None  # None: not chosen
    risk_free_rate: float = 0.0
    risk_aversion: float = 0.0  # dimensionless; 0: the default
    min_return: float | None = None
    max_volatility: float | None = None
    cvar_confidence: float = 0.0  # a fraction; 0: the default
    risk_budgets: Mapping[str, float] = field(default_factory=dict)  # shares by symbol; empty: equal ones
    linkage: Linkage | None = None  # None: not chosen
    clusters: int = 0  # 0: as many as the gap statistic says


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
class LinearLimit:
    """A floor and a cap on Σ aᵢ wᵢ, aᵢ by symbol; None: no floor, no cap."""

    name: str
    coefficients: Mapping[str, float]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class FactorLimit:
    """A floor and a cap on the exposure to a factor of the moments, counted from 0; None: no floor, no cap."""

    factor: int
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class CvarLimit:
    """A cap on the conditional value at risk per session, as a fraction of the portfolio's value."""

    max: float
    confidence: float = 0.0  # a fraction; 0: the default


@dataclass(frozen=True, slots=True)
class AssetCount:
    """At most so many assets of a group are held."""

    name: str
    symbols: tuple[str, ...]
    max_assets: int


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many assets are held, and no less of each than is worth having."""

    max_assets: int
    exactly: bool = False
    min_weight: float = 0.0  # of what is held
    required: tuple[str, ...] = ()  # what is held in any case
    groups: tuple[AssetCount, ...] = ()


@dataclass(frozen=True, slots=True)
class WeightRange:
    """A floor and a cap on the total weight of a class; None: no floor, no cap."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """Floors and caps on classes of assets, e.g. sectors."""

    attribute: str
    members: Mapping[str, str] = field(default_factory=dict)  # class by symbol; empty: as the dataset has it
    limits: Mapping[str, WeightRange] = field(default_factory=dict)  # by class
    max_each: float | None = None  # of every other class; None: no cap


@dataclass(frozen=True, slots=True)
class Constraints:
    """What every admissible vector of weights satisfies; fractions of the portfolio's value."""

    min_budget: float | None = None  # None: 1
    max_budget: float | None = None  # None: 1
    default_bounds: WeightBounds | None = None  # None: from 0 to 1
    bounds: Mapping[str, WeightBounds] = field(default_factory=dict)
    groups: tuple[GroupLimit, ...] = ()
    max_turnover: float | None = None  # ½ Σ|w − w₀|; None: no limit
    max_gross: float | None = None  # Σ|w|; None: no limit
    benchmark: Mapping[str, float] = field(default_factory=dict)  # b by symbol
    active_bounds: WeightBounds | None = None  # of every w − b; None: none
    max_tracking_error: float | None = None  # √((w − b)ᵀΣ(w − b)) per year; None: no limit
    max_cvar: CvarLimit | None = None
    rows: tuple[LinearLimit, ...] = ()
    factors: tuple[FactorLimit, ...] = ()
    classes: tuple[ClassLimits, ...] = ()
    cardinality: Cardinality | None = None  # None: as many assets as it takes
