"""What every admissible vector of weights satisfies, in the words of the contract: by symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest weight of an asset, as fractions of the portfolio's value."""

    min: float = 0.0
    max: float = 1.0


@dataclass(frozen=True, slots=True)
class Group:
    """A floor and a cap on the total weight of some assets; None is no limit."""

    name: str
    symbols: tuple[str, ...]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class LinearLimit:
    """A floor and a cap on Σ aᵢ wᵢ; None is no limit."""

    name: str
    coefficients: Mapping[str, float]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class FactorLimit:
    """A floor and a cap on the exposure (Fᵀw)ₖ; None is no limit."""

    factor: int
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class CvarLimit:
    """A cap on the conditional value at risk per session."""

    max: float
    confidence: float = 0.95


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
    min_weight: float = 0.0
    """Of what is held."""
    required: tuple[str, ...] = ()
    """What is held in any case."""
    groups: tuple[AssetCount, ...] = ()
    """No symbol is in two of them."""


@dataclass(frozen=True, slots=True)
class WeightRange:
    """A floor and a cap on a total weight; None is no limit."""

    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """Floors and caps on the total weights of classes of assets, e.g. sectors."""

    attribute: str
    members: Mapping[str, str] = field(default_factory=dict)
    """The class of each asset; empty: as the dataset's instruments have the attribute."""
    limits: Mapping[str, WeightRange] = field(default_factory=dict)
    """By class."""
    max_each: float | None = None
    """The cap of every class that `limits` does not name."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What admissible weights satisfy; the defaults are long only and fully invested."""

    min_budget: float = 1.0
    max_budget: float = 1.0
    default_bounds: Bounds = field(default_factory=Bounds)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    max_turnover: float | None = None
    max_gross: float | None = None
    """Σ|w|."""
    benchmark: Mapping[str, float] = field(default_factory=dict)
    """b by symbol; what it does not name is 0."""
    active_bounds: Bounds | None = None
    """Of every w − b."""
    max_tracking_error: float | None = None
    """√((w − b)ᵀΣ(w − b))."""
    max_cvar: CvarLimit | None = None
    rows: tuple[LinearLimit, ...] = ()
    factors: tuple[FactorLimit, ...] = ()
    classes: tuple[ClassLimits, ...] = ()
    """Made groups before a problem is solved: an engine knows none."""
    cardinality: Cardinality | None = None
