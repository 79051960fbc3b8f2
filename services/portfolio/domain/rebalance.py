"""A rebalance: from target weights to quantities, cash and trades, to the cent.

NAV = cash + Σ ⌊qᵢ pᵢ⌋;  qᵢ' = ⌊wᵢ NAV / pᵢ⌋ to 8 decimals;  valueᵢ = ⌊qᵢ' pᵢ⌋ to the cent;  cash' = NAV − Σ valueᵢ.
Rounding down everywhere gives cash' ≥ (1 − Σ wᵢ) NAV: rounding alone never makes cash negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from math import isfinite

from services.portfolio.domain.decimals import EXACT, MONEY_LIMIT, QUANTITY_LIMIT, QUANTITY_STEP, floor_to, from_float
from services.portfolio.domain.errors import Conflict, Infeasible, NotRebalanceable
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.portfolio import Holding, Portfolio
from services.portfolio.domain.valuation import Close, Valued, require_closes, storable, stored_weights, worth

# Smaller weights can't be shown with 6 decimals: they are a solver's noise, and stay cash.
DUST = Decimal("0.0000005")
# A sum of weights this little above 1 is a solver's rounding, not leverage.
SLACK = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Trade:
    """Units bought (positive) or sold at a close; `value` is what leaves cash, scale 2."""

    symbol: str
    quantity: Decimal
    price: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Rebalance:
    """A portfolio after its rebalance, and how it got there."""

    portfolio: Portfolio
    trades: tuple[Trade, ...]
    nav: Decimal
    price_date: date


def require_investable(portfolio: Portfolio) -> None:
    """Raise NotRebalanceable unless the strategy says what to hold and by which prices."""
    if not portfolio.strategy.universe:
        raise NotRebalanceable("the strategy names no assets to hold: set strategy.universe")
    if not portfolio.strategy.dataset:
        raise NotRebalanceable("the strategy names no prices: set strategy.dataset")


def current_weights(now: Valued) -> dict[str, float]:
    """What each holding is of the present value, as fractions, by symbol; NotRebalanceable without value."""
    if now.nav <= 0:
        raise NotRebalanceable(f"the portfolio's value is {now.nav}: there is nothing to invest")
    return {h.symbol: float(h.value / now.nav) for h in now.holdings}


def within_universe(portfolio: Portfolio, weights: Mapping[str, float]) -> tuple[Constraints, dict[str, float]]:
    """The constraints and current weights of the universe alone.

    Holdings outside it are sold. ½ Σ|w − w₀| counts that sale, so that its part of max_turnover is already spent;
    Infeasible if more than max_turnover is.
    """
    universe = frozenset(portfolio.strategy.universe)
    inside = {symbol: weight for symbol, weight in weights.items() if symbol in universe}
    spent = sum(abs(weight) for symbol, weight in weights.items() if symbol not in universe) / 2
    limit = portfolio.constraints.max_turnover
    if limit is None or not spent:
        return portfolio.constraints, inside
    if spent > limit:
        gone = ", ".join(sorted(weights.keys() - universe))
        least = f"selling {gone}, outside the universe, takes a turnover of {spent:.6f}; the greatest is {limit:g}"
        conflict = Conflict("TURNOVER", "constraints.max_turnover", least)
        raise Infeasible(f"no weights satisfy the constraints: {least}", [conflict])
    return replace(portfolio.constraints, max_turnover=limit - spent), inside


def rebalanced(
    portfolio: Portfolio, now: Valued, closes: Mapping[str, Close], weights: Mapping[str, float], at: datetime
) -> Rebalance:
    """The portfolio moved to `weights` at `closes`.

    `weights` are finite fractions of NAV by symbol; what they leave of 1 stays cash. NotPriced if an asset to be
    bought or sold has no close, NotRebalanceable if a position would be larger than can be stored.
    """
    targets = _targets(weights)
    require_closes([*targets, *(h.symbol for h in now.holdings)], closes)
    quantities = {symbol: _bought(symbol, w, now.nav, closes[symbol].price) for symbol, w in targets.items()}
    after = _positions(now, quantities, closes, at)
    moved = replace(
        portfolio,
        cash=after.cash,
        cash_weight=after.cash_weight,
        holdings=after.holdings,
        updated_at=at,
        version=portfolio.version + 1,
    )
    return Rebalance(moved, _trades(now, after, closes), now.nav, max(c.session for c in closes.values()))


def _targets(weights: Mapping[str, float]) -> dict[str, Decimal]:
    """Weights as decimals without dust; a sum that rounding alone put above 1 is brought down to 1."""
    if not all(map(isfinite, weights.values())):
        raise NotRebalanceable("the optimizer's weights are not all finite")
    exact = {symbol: from_float(weight) for symbol, weight in sorted(weights.items())}
    kept = {symbol: weight for symbol, weight in exact.items() if abs(weight) >= DUST}
    with localcontext(EXACT):
        total = sum(kept.values(), Decimal(0))
        if 1 < total <= 1 + SLACK:
            return {symbol: weight / total for symbol, weight in kept.items()}
    return kept


def _bought(symbol: str, weight: Decimal, nav: Decimal, price: Decimal) -> Decimal:
    """How many units a weight of NAV buys, rounded down."""
    units = EXACT.divide(EXACT.multiply(weight, nav), price)
    if abs(units) >= QUANTITY_LIMIT:
        raise NotRebalanceable(f"{symbol} would be a position of {units:.3E} units: more than can be kept")
    return floor_to(units, QUANTITY_STEP)


def _positions(now: Valued, quantities: Mapping[str, Decimal], closes: Mapping[str, Close], at: datetime) -> Valued:
    held = {symbol: quantity for symbol, quantity in quantities.items() if quantity}
    values = {symbol: worth(quantity, closes[symbol].price) for symbol, quantity in held.items()}
    cash = now.nav - sum(values.values(), Decimal(0))
    *weights, cash_weight = stored_weights([*values.values(), cash])
    if not storable([*weights, cash_weight]) or any(abs(v) > MONEY_LIMIT for v in [*values.values(), cash]):
        raise NotRebalanceable("a position would be larger than can be kept: lower max_budget")
    holdings = tuple(
        Holding(symbol, held[symbol], weight, value, closes[symbol].session, at)
        for (symbol, value), weight in zip(values.items(), weights, strict=True)
    )
    return Valued(holdings, cash, cash_weight, now.nav)


def _trades(before: Valued, after: Valued, closes: Mapping[str, Close]) -> tuple[Trade, ...]:
    """What differs between two sets of holdings. Their values sum to what cash went down by."""
    old = {h.symbol: h for h in before.holdings}
    new = {h.symbol: h for h in after.holdings}
    trades = []
    for symbol in sorted(old.keys() | new.keys()):
        mine, yours = old.get(symbol), new.get(symbol)
        quantity = (yours.quantity if yours else Decimal(0)) - (mine.quantity if mine else Decimal(0))
        value = (yours.value if yours else Decimal(0)) - (mine.value if mine else Decimal(0))
        if quantity:
            trades.append(Trade(symbol, quantity, closes[symbol].price, value))
    return tuple(trades)
