"""Units in which some markets quote their own currency: London in pence, Johannesburg in cents, Tel Aviv in agorot."""

from __future__ import annotations

HUNDREDTHS = {"GBX": "GBP", "ZAC": "ZAR", "ILA": "ILS"}


def is_hundredths(of: str, currency: str) -> bool:
    """Whether a price in `of` is a hundred times what it is in the instrument's currency."""
    return HUNDREDTHS.get(of) == currency
