"""Exact decimals: money in cents, quantities with 8 decimals, weights with 6. Never a float inside."""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, Context, Decimal

from services.portfolio.domain.errors import InvalidPortfolio, Violation

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
ONE = Decimal("1.000000")

QUANTITY_STEP = Decimal("0.00000001")
# What the columns hold: numeric(15,2), numeric(20,8), numeric(10,6).
MONEY_LIMIT = Decimal("9999999999999.99")
QUANTITY_LIMIT = Decimal("999999999999.99999999")
WEIGHT_LIMIT = Decimal("9999.999999")

PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,8})?")

# Wide enough that quantity × price is exact; what can't be exact is rounded down.
EXACT = Context(prec=80, rounding=ROUND_FLOOR)


def amount(text: str, field: str) -> Decimal:
    """Money that is not negative, from plain notation; InvalidPortfolio names `field` and what to write instead."""
    if not PLAIN.fullmatch(text):
        raise _invalid(field, "not a plain decimal number: write it like 1234.50")
    number = Decimal(text)
    if not ZERO <= number <= MONEY_LIMIT:
        raise _invalid(field, f"must be from 0 to {MONEY_LIMIT:,}")
    if number != floor_to(number, CENT):
        raise _invalid(field, "must have at most 2 decimals")
    return abs(floor_to(number, CENT))  # abs: no minus before a zero


def _invalid(field: str, fix: str) -> InvalidPortfolio:
    return InvalidPortfolio([Violation(field, fix)])


def from_float(number: float) -> Decimal:
    """The decimal that `repr` prints: the shortest that reads back as the same float. Must be finite."""
    return Decimal(repr(number))


def floor_to(number: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` not above `number`."""
    return number.quantize(step, context=EXACT)
