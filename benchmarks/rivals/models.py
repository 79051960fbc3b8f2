"""The answer as pydantic models: the same JSON that the edge makes of our message."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class Number(BaseModel):
    """An exact decimal, as text."""

    value: str


class Day(BaseModel):
    """A session."""

    year: int
    month: int
    day: int


class Holding(BaseModel):
    """A position."""

    symbol: str
    quantity: Number
    weight: Number
    value: Number
    price_date: Day
    updated_at: datetime


class Goal(BaseModel):
    """What is optimized."""

    objective: str
    risk_free_rate: float = 0
    risk_aversion: float = 0


class Estimation(BaseModel):
    """How moments are estimated."""

    expected_return: str = "EXPECTED_RETURN_METHOD_UNSPECIFIED"
    covariance: str = "COVARIANCE_METHOD_UNSPECIFIED"
    lookback: int
    half_life: float
    factors: int


class Strategy(BaseModel):
    """How the portfolio is run."""

    goal: Goal
    universe: list[str]
    dataset: str
    estimation: Estimation


class Bounds(BaseModel):
    """The least and the greatest weight."""

    min: float
    max: float


class Constraints(BaseModel):
    """What the weights must satisfy."""

    default_bounds: Bounds | None = None
    bounds: dict[str, Bounds]
    groups: list[dict[str, Any]]


class Portfolio(BaseModel):
    """A portfolio with its holdings."""

    id: UUID
    user_id: UUID
    name: str
    strategy: Strategy
    constraints: Constraints
    base_currency: str
    initial_cash: Number
    cash: Number
    cash_weight: Number
    holdings: list[Holding]
    created_at: datetime
    updated_at: datetime
    etag: str


class PortfolioAnswer(BaseModel):
    """The body of the answer."""

    portfolio: Portfolio


def portfolio_of(row: Any, name: str, strategy: str, constraints: str) -> Portfolio:
    """A portfolio from its row, whose holdings come in arrays, and its opened details."""
    columns = [row[name] or () for name in ("symbol", "quantity", "weight", "value", "price_date", "held_at")]
    return Portfolio(
        id=row["id"],
        user_id=row["user_id"],
        name=name,
        strategy=_strategy(json.loads(strategy)),
        constraints=_constraints(json.loads(constraints)),
        base_currency=row["base_currency"],
        initial_cash=_number(row["initial_cash"]),
        cash=_number(row["cash"]),
        cash_weight=_number(row["cash_weight"]),
        holdings=[_holding(fields) for fields in zip(*columns, strict=True)],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        etag=str(row["version"]),
    )


def _holding(fields: tuple[Any, ...]) -> Holding:
    symbol, quantity, weight, value, day, updated_at = fields
    return Holding(
        symbol=symbol,
        quantity=_number(quantity),
        weight=_number(weight),
        value=_number(value),
        price_date=Day(year=day.year, month=day.month, day=day.day),
        updated_at=updated_at,
    )


def _number(number: Any) -> Number:
    return Number(value=format(number, "f"))


def _strategy(stored: dict[str, Any]) -> Strategy:
    goal = stored["goal"] | {"objective": f"OBJECTIVE_{stored['goal']['objective'].upper()}"}
    return Strategy(**stored | {"goal": goal})


def _constraints(stored: dict[str, Any]) -> Constraints:
    least, greatest = stored["default_bounds"]
    return Constraints(**stored | {"default_bounds": {"min": least, "max": greatest}})
