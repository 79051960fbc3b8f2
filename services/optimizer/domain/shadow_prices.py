"""The shadow price of every limit that presses, by name, dearest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from services.optimizer.domain.admissible import CVAR_ROW
from services.optimizer.domain.constraints import Bounds
from services.optimizer.domain.explanation import ShadowPrice
from services.optimizer.domain.gains import ONE_PERCENT, Gains, in_words
from services.optimizer.domain.limit_names import (
    CVAR,
    GROSS,
    TRACKING,
    TURNOVER,
    VOLATILITY,
    LimitName,
    active_name,
    bound_name,
    row_name,
)
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Mask, Vector


def shadow_prices(problem: Problem, gains: Gains) -> tuple[ShadowPrice, ...]:
    """The prices of all limits above what rounding leaves; those of shared bounds are of all their assets at once."""
    found = [*_rows(problem, gains), *_whole(problem, gains), *_bounds(problem, gains)]
    return tuple(sorted(found, key=lambda each: (-each.price, each.subject)))


def bound_prices(gains: Gains) -> tuple[Vector, Vector]:
    """What each asset's lower and upper bound cost per unit of weight; 0 where they do not press."""
    at_lower, at_upper = gains.is_at(gains.admissible.lower), gains.is_at(gains.admissible.upper)
    lower = np.where(at_lower, np.maximum(-gains.down, 0.0), 0.0)
    upper = np.where(at_upper, np.maximum(gains.up, 0.0), 0.0)
    return np.where(lower > gains.nothing, lower, 0.0), np.where(upper > gains.nothing, upper, 0.0)


def _rows(problem: Problem, gains: Gains) -> Iterator[ShadowPrice]:
    admissible, prices = gains.admissible, gains.multipliers.rows
    sizes = abs(admissible.matrix).max(axis=1).toarray().ravel()
    tails = [index for index, row in enumerate(admissible.rows) if row.kind == CVAR_ROW.kind]
    for index, row in enumerate(admissible.rows):
        multiplier = float(prices[index])
        if index not in tails and abs(multiplier) * (sizes[index] or 1.0) > gains.nothing:
            is_cap = multiplier > 0
            limit = float(admissible.cap[index] if is_cap else admissible.floor[index])
            yield _priced(problem, row_name(row, is_cap=is_cap), is_cap=is_cap, limit=limit, price=abs(multiplier))
    # A cap on CVaR may be held by several tangents at once.
    cap = problem.constraints.max_cvar
    if cap is not None and any(prices[index] * sizes[index] > gains.nothing for index in tails):
        yield _priced(problem, CVAR, is_cap=True, limit=cap.max, price=float(prices[tails].sum()))


def _whole(problem: Problem, gains: Gains) -> Iterator[ShadowPrice]:
    """The limits of the portfolio as a whole."""
    constraints, prices = problem.constraints, gains.multipliers
    limits = (
        (TURNOVER, constraints.max_turnover, prices.turnover),
        (GROSS, constraints.max_gross, prices.gross),
        (VOLATILITY, problem.goal.max_volatility, prices.cone),
        (TRACKING, constraints.max_tracking_error, prices.tracking),
    )
    for name, limit, price in limits:
        if limit is not None and price > gains.nothing:
            yield _priced(problem, name, is_cap=True, limit=limit, price=price)


def _bounds(problem: Problem, gains: Gains) -> Iterator[ShadowPrice]:
    """An asset's own bounds, those that it shares with all others, and those of the active weights."""
    lower, upper = bound_prices(gains)
    constraints, active = problem.constraints, problem.constraints.active_bounds
    own = [constraints.bounds.get(symbol, constraints.default_bounds) for symbol in problem.symbols]
    by_active = _presses_as_active(problem, own)
    named = np.array([symbol in constraints.bounds for symbol in problem.symbols])
    for is_cap, prices in ((False, lower), (True, upper)):
        plain = ~by_active[is_cap] & (prices > 0)
        for index in np.flatnonzero(plain & named):
            symbol = problem.symbols[index]
            name = bound_name(f"constraints.bounds[{symbol}]", f"of {symbol}", is_cap=is_cap)
            limit = own[index].max if is_cap else own[index].min
            yield _priced(problem, name, is_cap=is_cap, limit=limit, price=float(prices[index]))
        whole = bound_name("constraints.default_bounds", "of assets without bounds of their own", is_cap=is_cap)
        yield from _shared(problem, constraints.default_bounds, whole, prices[plain & ~named], is_cap=is_cap)
        if active is not None:
            name = active_name(is_cap=is_cap)
            yield from _shared(problem, active, name, prices[by_active[is_cap]], is_cap=is_cap)


def _presses_as_active(problem: Problem, own: list[Bounds]) -> dict[bool, Mask]:
    """Whose cap (True) or floor (False) is that of its active weight rather than its own."""
    active, benchmark = problem.constraints.active_bounds, problem.benchmark()
    if active is None:
        none = np.zeros(problem.assets, dtype=bool)
        return {False: none, True: none}
    least, most = np.array([each.min for each in own]), np.array([each.max for each in own])
    return {False: benchmark + active.min > least, True: benchmark + active.max < most}


def _shared(
    problem: Problem, bounds: Bounds, name: LimitName, prices: Vector, *, is_cap: bool
) -> Iterator[ShadowPrice]:
    """One limit that presses on several assets, and gives way for all of them."""
    pressing = prices[prices > 0]
    if pressing.size:
        counted = f"{name.noun} ({pressing.size} {'press' if pressing.size > 1 else 'presses'} on it)"
        limit = bounds.max if is_cap else bounds.min
        yield _priced(problem, replace(name, noun=counted), is_cap=is_cap, limit=limit, price=float(pressing.sum()))


def _priced(problem: Problem, name: LimitName, *, is_cap: bool, limit: float, price: float) -> ShadowPrice:
    step, what = (ONE_PERCENT, "percent") if name.in_weights else (1.0, "unit")
    way = f"one more {what} of" if is_cap else f"one {what} less of"
    amount = in_words(problem.goal.objective)(price * step)
    worth = f"is worth {amount}" if problem.goal.maximizes else f"saves {amount}"
    sentence = f"{way} {name.noun} {worth}"
    return ShadowPrice(name.type, name.subject, is_cap, limit, price, sentence)
