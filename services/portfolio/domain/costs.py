"""What it costs to trade and to hold what is short. Kept as sent: nothing is filled in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Costs:
    """Fractions of what is traded, borrowing per year of what is short; a plain rate is for whatever is not named."""

    commission: float = 0.0
    half_spread: float = 0.0
    half_spreads: Mapping[str, float] = field(default_factory=dict)  # by symbol
    impact: float = 0.0  # η of the square-root law, dimensionless
    portfolio_value: float = 0.0  # in the currency of average_daily_values
    average_daily_values: Mapping[str, float] = field(default_factory=dict)  # traded per session, by symbol
    borrow: float = 0.0
    borrow_rates: Mapping[str, float] = field(default_factory=dict)  # by symbol
    horizon_years: float = 0.0  # over which the cost of a trade is spread; 0: the default
