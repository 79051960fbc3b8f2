"""Rows to portfolios and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from services.portfolio.adapters.mandate_json import (
    decode_constraints,
    decode_strategy,
    encode_constraints,
    encode_strategy,
)
from services.portfolio.domain.portfolio import Holding, Portfolio

if TYPE_CHECKING:
    import asyncpg


def portfolio_of(row: asyncpg.Record) -> Portfolio:
    """A row of sql.READ or sql.PAGE."""
    id, user, tenant, name, strategy, constraints, currency, initial, cash, weight, created, updated, version = row[:13]
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
        holdings=tuple(map(Holding, *row[13:])) if row["symbol"] else (),
        created_at=created,
        updated_at=updated,
        version=version,
    )


def portfolio_values(portfolio: Portfolio) -> tuple[Any, ...]:
    """The parameters of sql.INSERT."""
    return (
        portfolio.id,
        portfolio.user_id,
        portfolio.tenant_id,
        portfolio.name,
        encode_strategy(portfolio.strategy),
        encode_constraints(portfolio.constraints),
        portfolio.base_currency,
        portfolio.initial_cash,
        portfolio.cash,
        portfolio.cash_weight,
        portfolio.created_at,
        portfolio.updated_at,
        portfolio.version,
    )


def mandate_values(portfolio: Portfolio) -> tuple[Any, ...]:
    """The parameters of sql.WRITE_MANDATE behind the id."""
    strategy, constraints = encode_strategy(portfolio.strategy), encode_constraints(portfolio.constraints)
    return portfolio.name, strategy, constraints, portfolio.updated_at, portfolio.version


def holding_columns(holdings: Sequence[Holding]) -> list[list[Any]]:
    """The parameters of sql.INSERT_HOLDINGS behind the ids: one list per field."""
    return [[holding[i] for holding in holdings] for i in range(len(Holding._fields))]
