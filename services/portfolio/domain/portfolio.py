"""A portfolio: cash and holdings under a strategy, in versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from services.portfolio.domain.decimals import ONE
from services.portfolio.domain.errors import EtagMismatch
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.strategy import Strategy


class Holding(NamedTuple):
    """A position. A tuple, because a read makes one per row."""

    symbol: str
    quantity: Decimal  # units, scale 8
    weight: Decimal  # of the value at the last rebalance, scale 6
    value: Decimal  # in base_currency, scale 2
    price_date: date  # the session whose close it is valued at
    updated_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Cash and holdings; the stored weights and `cash_weight` sum to exactly 1."""

    id: str
    user_id: str
    tenant_id: str
    name: str
    strategy: Strategy
    constraints: Constraints
    base_currency: str
    initial_cash: Decimal
    cash: Decimal
    cash_weight: Decimal
    holdings: tuple[Holding, ...]
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def etag(self) -> str:
        """The version as callers see it; its form is ours."""
        return str(self.version)


def require_etag(portfolio: Portfolio, etag: str) -> None:
    """Raise EtagMismatch unless `etag` is empty or that of `portfolio`."""
    if etag and etag != portfolio.etag:
        raise EtagMismatch


@dataclass(frozen=True, slots=True)
class Draft:
    """What a caller may set: the changeable part of a portfolio."""

    name: str
    strategy: Strategy = field(default_factory=Strategy)
    constraints: Constraints = field(default_factory=Constraints)


def opened(draft: Draft, initial_cash: Decimal, *, id: str, user_id: str, tenant_id: str, now: datetime) -> Portfolio:
    """A new portfolio, all in cash."""
    return Portfolio(
        id=id,
        user_id=user_id,
        tenant_id=tenant_id,
        name=draft.name,
        strategy=draft.strategy,
        constraints=draft.constraints,
        base_currency="USD",
        initial_cash=initial_cash,
        cash=initial_cash,
        cash_weight=ONE,
        holdings=(),
        created_at=now,
        updated_at=now,
        version=1,
    )
