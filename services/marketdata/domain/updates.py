"""What is said anew of instruments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstrumentUpdate:
    """What is known of one instrument from now on; None leaves it as it is, and an empty text is unknown."""

    symbol: str
    sector: str | None = None
    country: str | None = None
    currency: str | None = None
    lot_size: int | None = None
    name: str | None = None
    mic: str | None = None
