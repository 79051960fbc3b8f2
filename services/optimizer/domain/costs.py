"""What trading and borrowing cost, in the words of the contract and as numbers by asset.

    cost(w) = Σ κᵢ|wᵢ − w₀ᵢ| + Σ cᵢ|wᵢ − w₀ᵢ|^{3/2} + Σ bᵢ max(−wᵢ, 0)      per year, of the portfolio's value

The power 3/2 is the square-root law of market impact: a trade of a share q of the day's volume moves the price by
η σ √q (Grinold and Kahn, "Active Portfolio Management", 2000, ch. 16; Almgren, Thum, Hauptmann and Li, "Direct
Estimation of Equity Market Impact", Risk, 2005).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.optimizer.domain.moments import SESSIONS_PER_YEAR, Moments
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True)
class Costs:
    """As stated: fractions of what is traded; rates by symbol, the plain ones for whatever is not named."""

    commission: float = 0.0
    half_spread: float = 0.0
    half_spreads: Mapping[str, float] = field(default_factory=dict)
    impact: float = 0.0
    """η, dimensionless."""
    portfolio_value: float = 0.0
    average_daily_values: Mapping[str, float] = field(default_factory=dict)
    """In the currency of the portfolio's value."""
    borrow: float = 0.0
    borrow_rates: Mapping[str, float] = field(default_factory=dict)
    horizon_years: float = 1.0
    """Over which the cost of a trade is spread."""


@dataclass(frozen=True, slots=True, eq=False)
class CostRates:
    """By asset, each of length N; of one trade, but borrowing per year."""

    commission: Vector
    spread: Vector
    impact: Vector
    """c, of |w − w₀|^{3/2}."""
    borrow: Vector
    horizon_years: float

    @property
    def linear(self) -> Vector:
        """κ per year."""
        return (self.commission + self.spread) / self.horizon_years

    @property
    def power(self) -> Vector:
        """c per year."""
        return self.impact / self.horizon_years

    def yearly(self, weights: Vector, start: Vector) -> float:
        """cost(w)."""
        moved = np.abs(weights - start)
        traded = self.linear @ moved + self.power @ (moved * np.sqrt(moved))
        return float(traded + self.borrow @ np.maximum(-weights, 0.0))

    def slope(self, weights: Vector, start: Vector) -> Vector:
        """What the 3/2-power part adds to the gradient of cost(w): that part alone is smooth."""
        moved = weights - start
        return np.asarray(1.5 * self.power * np.sign(moved) * np.sqrt(np.abs(moved)))


def cost_rates(costs: Costs, moments: Moments) -> CostRates:
    """The numbers behind stated costs; σ is the moments' volatility per session."""
    symbols = moments.symbols
    impact = np.zeros(len(symbols))
    if costs.impact > 0:
        volatility = np.sqrt(moments.covariance.variances / SESSIONS_PER_YEAR)
        traded = np.array([costs.average_daily_values[symbol] for symbol in symbols])
        impact = costs.impact * volatility * np.sqrt(costs.portfolio_value / traded)
    return CostRates(
        commission=np.full(len(symbols), costs.commission),
        spread=_by_symbol(costs.half_spreads, costs.half_spread, symbols),
        impact=impact,
        borrow=_by_symbol(costs.borrow_rates, costs.borrow, symbols),
        horizon_years=costs.horizon_years if costs.horizon_years > 0 else 1.0,
    )


def _by_symbol(named: Mapping[str, float], otherwise: float, symbols: Sequence[str]) -> Vector:
    """What is named, in the order of the symbols; mostly nothing is."""
    if not named:
        return np.full(len(symbols), float(otherwise))
    return np.array([named.get(symbol, otherwise) for symbol in symbols], dtype=np.float64)


def is_free(costs: Costs) -> bool:
    """Whether nothing costs anything."""
    rates = [costs.commission, costs.half_spread, costs.impact, costs.borrow]
    named = [*costs.half_spreads.values(), *costs.borrow_rates.values()]
    return math.fsum(rates) + math.fsum(named) == 0.0
