"""What holdings are worth at given closes, and the weights that are stored of them.

value_i = ⌊quantity_i × close_i⌋ to the cent,  NAV = cash + Σ value_i.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.portfolio.domain.decimals import CENT, EXACT, ONE, WEIGHT_LIMIT, floor_to
from services.portfolio.domain.errors import NotPriced
from services.portfolio.domain.portfolio import Holding

_MICRO = 1_000_000  # stored weights have 6 decimals


class Close(NamedTuple):
    """The last price of a session, in base_currency per unit; finite and positive."""

    price: Decimal
    session: date


class Valued(NamedTuple):
    """Holdings at their closes, with what they are worth."""

    holdings: tuple[Holding, ...]
    cash: Decimal
    cash_weight: Decimal  # scale 6
    nav: Decimal  # scale 2


def worth(quantity: Decimal, price: Decimal) -> Decimal:
    """quantity × price, rounded down to the cent, so that a sum of values never exceeds what was paid for."""
    return floor_to(EXACT.multiply(quantity, price), CENT)


def require_closes(symbols: Iterable[str], closes: Mapping[str, Close]) -> None:
    """Raise NotPriced naming the symbols that have no close."""
    missing = sorted(set(symbols) - closes.keys())
    if missing:
        more = f" and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise NotPriced(f"no close is known in time for {', '.join(missing[:10])}{more}")


def valued(holdings: Sequence[Holding], cash: Decimal, closes: Mapping[str, Close]) -> Valued:
    """Holdings at `closes`, with weights of that value; NotPriced if a close is missing."""
    require_closes((h.symbol for h in holdings), closes)
    values = [worth(h.quantity, closes[h.symbol].price) for h in holdings]
    *weights, cash_weight = stored_weights([*values, cash])
    at_closes = tuple(
        h._replace(weight=weight, value=value, price_date=closes[h.symbol].session)
        for h, weight, value in zip(holdings, weights, values, strict=True)
    )
    return Valued(at_closes, cash, cash_weight, cash + sum(values, Decimal(0)))


def stored(holdings: Sequence[Holding], cash: Decimal, cash_weight: Decimal) -> Valued:
    """Holdings as they were valued when last written."""
    return Valued(tuple(holdings), cash, cash_weight, cash + sum((h.value for h in holdings), Decimal(0)))


def stored_weights(values: Sequence[Decimal]) -> list[Decimal]:
    """Each value's share of their sum, scale 6, by largest remainder (Hamilton's method): they sum to exactly 1.

    The last value is cash: alone it weighs 1. Without a positive sum there are no shares, and all others weigh 0.
    """
    cents = [int(value.scaleb(2)) for value in values]
    total = sum(cents)
    if total <= 0:
        return [ONE - ONE] * (len(values) - 1) + [ONE if len(values) == 1 else ONE - ONE]
    floors, remainders = zip(*(divmod(c * _MICRO, total) for c in cents), strict=True)
    by_remainder = sorted(range(len(cents)), key=lambda i: (-remainders[i], i))
    raised = frozenset(by_remainder[: _MICRO - sum(floors)])
    return [Decimal(floor + (i in raised)).scaleb(-6) for i, floor in enumerate(floors)]


def storable(weights: Iterable[Decimal]) -> bool:
    """Whether the weights fit their column."""
    return all(abs(weight) <= WEIGHT_LIMIT for weight in weights)
