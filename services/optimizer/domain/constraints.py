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
class Constraints:
    """Budget, bounds, groups and turnover; the defaults are long only and fully invested."""

    min_budget: float = 1.0
    max_budget: float = 1.0
    default_bounds: Bounds = field(default_factory=Bounds)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    max_turnover: float | None = None
