"""Splits and dividends, and what they make of the prices before them.

Before the ex-date of a split of r new units for an old one and a dividend D, where p is the last close before it:

    adjusted price  = price · Π (1 − Dᵢ/pᵢ) / rᵢ
    adjusted volume = volume · Π rᵢ

over all ex-dates after the day of the price; the factors of CRSP's adjusted prices. Whoever divides by them has the
prices as they were.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from itertools import groupby

from services.marketdata.domain.errors import DividendNotAdjustable

ONE, ZERO = Decimal(1), Decimal(0)


class Adjustment(IntEnum):
    """What bars are adjusted for."""

    NONE = 0
    SPLITS = 1
    SPLITS_AND_DIVIDENDS = 2


@dataclass(frozen=True, slots=True)
class Action:
    """What a company did with its units on a day."""

    symbol: str
    ex_date: date
    split: Decimal = ONE  # new units for an old one
    dividend: Decimal = ZERO  # per unit that was held before the day, in the instrument's currency
    knowledge_time: datetime | None = None  # None: not yet

    @property
    def is_none(self) -> bool:
        """Whether it says that nothing happened."""
        return self.split == ONE and self.dividend == ZERO


@dataclass(frozen=True, slots=True)
class Effect:
    """An action with the last close before it, unadjusted; None if none is known."""

    action: Action
    close_before: float | None

    def factors(self, adjustment: Adjustment) -> tuple[float, float]:
        """What prices and volumes before it are multiplied by. Raises DividendNotAdjustable."""
        action, paid = self.action, 1.0
        if adjustment is Adjustment.SPLITS_AND_DIVIDENDS and action.dividend:
            if self.close_before is None or float(action.dividend) >= self.close_before:
                raise DividendNotAdjustable(action.symbol, action.ex_date)
            paid = 1.0 - float(action.dividend) / self.close_before
        return paid / float(action.split), float(action.split)


@dataclass(frozen=True, slots=True)
class Factors:
    """One symbol's factors by day: of a day before the ex-date at a place, the products from there on."""

    ex_dates: Sequence[date]  # rising
    price: Sequence[float]  # one more than ex_dates; the last is 1
    volume: Sequence[float]

    @classmethod
    def of(cls, effects: Iterable[Effect], adjustment: Adjustment) -> Factors:
        """Of one symbol's effects. Raises DividendNotAdjustable."""
        ordered = sorted(effects, key=lambda effect: effect.action.ex_date)
        price, volume = [1.0], [1.0]
        for effect in reversed(ordered):
            of_price, of_volume = effect.factors(adjustment)
            price.append(price[-1] * of_price)
            volume.append(volume[-1] * of_volume)
        return cls([effect.action.ex_date for effect in ordered], price[::-1], volume[::-1])

    def at(self, day: date) -> tuple[float, float]:
        """What prices and volumes of a day are multiplied by."""
        place = bisect_right(self.ex_dates, day)
        return self.price[place], self.volume[place]


def factors_of(effects: Iterable[Effect], adjustment: Adjustment) -> dict[str, Factors]:
    """By symbol, for those that have any. Raises DividendNotAdjustable."""
    ordered = sorted(effects, key=lambda effect: effect.action.symbol)
    by_symbol = groupby(ordered, key=lambda effect: effect.action.symbol)
    return {symbol: Factors.of(of_symbol, adjustment) for symbol, of_symbol in by_symbol}
