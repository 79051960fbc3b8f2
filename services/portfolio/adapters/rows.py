"""Rows to portfolios and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chassis.vault import Sealed
from services.portfolio.adapters.mandate_json import decode_constraints, decode_strategy
from services.portfolio.domain.portfolio import Holding, Portfolio

if TYPE_CHECKING:
    import asyncpg

# Columns of a row before its holdings: the portfolio's own, and those of sql.DETAILS.
_OWN, _DETAILS = 10, 5


def portfolio_of(row: asyncpg.Record, name: str, strategy: str, constraints: str) -> Portfolio:
    """A row of sql.READ or sql.PAGE, its details opened."""
    id, user, tenant, currency, initial, cash, weight, created, updated, version = row[:_OWN]
    return Portfolio(
        id=str(id),
        user_id=str(user),
        tenant_id=str(tenant),
        name=name,
        strategy=decode_strategy(strategy),
        constraints=decode_constraints(constraints),
        base_currency=currency,
        initial_cash=initial,
        cash=cash,
        cash_weight=weight,
        holdings=tuple(map(Holding, *row[_OWN + _DETAILS :])) if row["symbol"] else (),
        created_at=created,
        updated_at=updated,
        version=version,
    )


def portfolio_values(portfolio: Portfolio, details: Sealed) -> tuple[Any, ...]:
    """The parameters of sql.INSERT."""
    return (
        portfolio.id,
        portfolio.user_id,
        portfolio.tenant_id,
        details.body,
        details.key_id,
        portfolio.base_currency,
        portfolio.initial_cash,
        portfolio.cash,
        portfolio.cash_weight,
        portfolio.created_at,
        portfolio.updated_at,
        portfolio.version,
    )


def holding_columns(holdings: Sequence[Holding]) -> list[list[Any]]:
    """The parameters of sql.INSERT_HOLDINGS behind the ids: one list per field."""
    return [[holding[i] for holding in holdings] for i in range(len(Holding._fields))]
