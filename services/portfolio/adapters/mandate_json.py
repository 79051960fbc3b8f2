"""Strategy and constraints as the JSON that is stored. What is None or empty is left out.

Decoding is remembered by text: a stored mandate is read far more often than it changes, and its domain form is frozen.
"""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any

from services.portfolio.domain.mandate import Constraints, Goal, GroupLimit, Objective, WeightBounds
from services.portfolio.domain.strategy import Covariance, Estimation, ExpectedReturn, Strategy

REMEMBERED = 4096


def encode_strategy(strategy: Strategy) -> str:
    """A strategy as JSON."""
    goal, estimation = strategy.goal, strategy.estimation
    return _dump(
        goal=_kept(
            objective=goal.objective,
            risk_free_rate=goal.risk_free_rate,
            risk_aversion=goal.risk_aversion,
            min_return=goal.min_return,
            max_volatility=goal.max_volatility,
        ),
        universe=strategy.universe,
        dataset=strategy.dataset,
        estimation=_kept(
            expected_return=estimation.expected_return,
            covariance=estimation.covariance,
            lookback=estimation.lookback,
            half_life=estimation.half_life,
            factors=estimation.factors,
            end=estimation.end and estimation.end.isoformat(),
        ),
    )


@lru_cache(REMEMBERED)
def decode_strategy(text: str) -> Strategy:
    """A strategy from its JSON."""
    stored = json.loads(text)
    return Strategy(
        goal=_goal(stored["goal"]),
        universe=tuple(stored["universe"]),
        dataset=stored["dataset"],
        estimation=_estimation(stored["estimation"]),
    )


def _goal(stored: dict[str, Any]) -> Goal:
    objective = stored.pop("objective", None)
    return Goal(objective=objective and Objective(objective), **_floats(stored))


def _estimation(stored: dict[str, Any]) -> Estimation:
    returns, covariance, end = (stored.get(key) for key in ("expected_return", "covariance", "end"))
    return Estimation(
        expected_return=returns and ExpectedReturn(returns),
        covariance=covariance and Covariance(covariance),
        lookback=stored["lookback"],
        half_life=float(stored["half_life"]),
        factors=stored["factors"],
        end=end and date.fromisoformat(end),
    )


def encode_constraints(constraints: Constraints) -> str:
    """Constraints as JSON."""
    default = constraints.default_bounds
    return _dump(
        **_kept(
            min_budget=constraints.min_budget,
            max_budget=constraints.max_budget,
            default_bounds=default and [default.min, default.max],
            max_turnover=constraints.max_turnover,
        ),
        bounds={symbol: [bounds.min, bounds.max] for symbol, bounds in constraints.bounds.items()},
        groups=[_kept(name=g.name, symbols=g.symbols, min=g.min, max=g.max) for g in constraints.groups],
    )


@lru_cache(REMEMBERED)
def decode_constraints(text: str) -> Constraints:
    """Constraints from their JSON."""
    stored = json.loads(text)
    bounds, groups, default = stored.pop("bounds"), stored.pop("groups"), stored.pop("default_bounds", None)
    return Constraints(
        default_bounds=default and _bounds(default),
        bounds={symbol: _bounds(pair) for symbol, pair in sorted(bounds.items())},
        groups=tuple(map(_group, groups)),
        **_floats(stored),
    )


def _bounds(pair: list[float]) -> WeightBounds:
    return WeightBounds(*map(float, pair))


def _group(stored: dict[str, Any]) -> GroupLimit:
    name, symbols = stored.pop("name"), stored.pop("symbols")
    return GroupLimit(name, tuple(symbols), **_floats(stored))


def _dump(**parts: Any) -> str:
    return json.dumps(parts, allow_nan=False, separators=(",", ":"))


def _kept(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}


def _floats(stored: dict[str, Any]) -> dict[str, float]:
    """Numbers as floats: JSON in PostgreSQL writes 1.0 and 1 alike."""
    return {name: float(number) for name, number in stored.items()}
