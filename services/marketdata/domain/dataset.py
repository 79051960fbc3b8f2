"""Datasets, their instruments and bars, and who may do what with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(dataset: str) -> bool:
    """Whether a dataset is named by its id; no dataset bears a name that looks like one."""
    return UUID.fullmatch(dataset) is not None


class Visibility(Enum):
    """Who may read a dataset: the owner's tenant, or every user."""

    PRIVATE = 1
    SHARED = 2


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    user_id: str
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A named collection of prices with one owner; its name is unique in the owner's tenant."""

    id: str
    name: str
    user_id: str
    tenant_id: str
    visibility: Visibility
    created_at: datetime
    instruments: int = 0
    start: date | None = None
    end: date | None = None
    revision: int = field(default=0, compare=False)
    """µs since 1970 at which its last upload or update became known: each one's is later. 0 before the first."""

    def visible_to(self, caller: Caller) -> bool:
        """Whether the caller may read it."""
        return self.visibility is Visibility.SHARED or self.tenant_id == caller.tenant_id

    def owned_by(self, caller: Caller) -> bool:
        """Whether the caller may write it."""
        return self.user_id == caller.user_id and self.tenant_id == caller.tenant_id


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that has a price, under the symbol that it bears now."""

    id: str
    symbol: str
    mic: str
    sector: str
    country: str
    currency: str
    lot_size: int
    average_daily_volume: float
    start: date | None
    end: date | None
    sessions: int
    name: str  # the issuer's; empty if unknown


@dataclass(frozen=True, slots=True)
class Bar:
    """One session's prices of one instrument, in its currency; None is unknown."""

    symbol: str
    session: date
    open: float | None
    high: float | None
    low: float | None
    close: float
    adjusted_close: float
    volume: float | None
    knowledge_time: datetime

    def scaled(self, price: float, volume: float) -> Bar:
        """With its prices and volume multiplied, but for the adjusted close."""
        return replace(
            self,
            open=_product(self.open, price),
            high=_product(self.high, price),
            low=_product(self.low, price),
            close=self.close * price,
            volume=_product(self.volume, volume),
        )


def _product(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


@dataclass(frozen=True, slots=True)
class Close:
    """The unadjusted close of a symbol's last session up to a date."""

    symbol: str
    price: float
    session: date
