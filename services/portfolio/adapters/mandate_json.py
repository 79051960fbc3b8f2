"""Strategy and constraints as the JSON that is stored. What is None or empty is left out, and a part that an older text
does not have yet is read as that.

Decoding is remembered by text: a stored mandate is read far more often than it changes, and its domain form is frozen.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date
from functools import lru_cache
from typing import Any

from services.portfolio.domain.costs import Costs
from services.portfolio.domain.mandate import (
    AssetCount,
    Cardinality,
    ClassLimits,
    Constraints,
    CvarLimit,
    FactorLimit,
    Goal,
    GroupLimit,
    LinearLimit,
    Linkage,
    Objective,
    WeightBounds,
    WeightRange,
)
from services.portfolio.domain.strategy import Covariance, Estimation, ExpectedReturn, Strategy

REMEMBERED = 4096


def encode_strategy(strategy: Strategy) -> str:
    """A strategy as JSON."""
    return _dump(
        **_kept(costs=strategy.costs and _costs_parts(strategy.costs)),
        goal=_goal_parts(strategy.goal),
        universe=strategy.universe,
        dataset=strategy.dataset,
        estimation=_estimation_parts(strategy.estimation),
    )


def _goal_parts(goal: Goal) -> dict[str, Any]:
    return _kept(
        objective=goal.objective,
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return,
        max_volatility=goal.max_volatility,
        cvar_confidence=goal.cvar_confidence or None,
        risk_budgets=goal.risk_budgets or None,
        linkage=goal.linkage,
        clusters=goal.clusters or None,
    )


def _estimation_parts(estimation: Estimation) -> dict[str, Any]:
    return _kept(
        expected_return=estimation.expected_return,
        covariance=estimation.covariance,
        lookback=estimation.lookback,
        half_life=estimation.half_life,
        factors=estimation.factors,
        end=estimation.end and estimation.end.isoformat(),
    )


def _costs_parts(costs: Costs) -> dict[str, Any]:
    return _kept(**{field.name: getattr(costs, field.name) or None for field in fields(costs)})


@lru_cache(REMEMBERED)
def decode_strategy(text: str) -> Strategy:
    """A strategy from its JSON."""
    stored = json.loads(text)
    return Strategy(
        goal=_goal(stored["goal"]),
        universe=tuple(stored["universe"]),
        dataset=stored["dataset"],
        estimation=_estimation(stored["estimation"]),
        costs=_costs(stored["costs"]) if "costs" in stored else None,
    )


def _goal(stored: dict[str, Any]) -> Goal:
    objective, linkage = stored.pop("objective", None), stored.pop("linkage", None)
    return Goal(
        objective=objective and Objective(objective),
        linkage=linkage and Linkage(linkage),
        clusters=stored.pop("clusters", 0),
        risk_budgets=_floats(stored.pop("risk_budgets", {})),
        **_floats(stored),
    )


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


def _costs(stored: dict[str, Any]) -> Costs:
    numbers: dict[str, Any] = {
        name: _floats(part) if isinstance(part, dict) else float(part) for name, part in stored.items()
    }
    return Costs(**numbers)


def encode_constraints(constraints: Constraints) -> str:
    """Constraints as JSON."""
    cvar = constraints.max_cvar
    return _dump(
        **_kept(
            min_budget=constraints.min_budget,
            max_budget=constraints.max_budget,
            default_bounds=_pair(constraints.default_bounds),
            max_turnover=constraints.max_turnover,
            max_gross=constraints.max_gross,
            benchmark=constraints.benchmark or None,
            active_bounds=_pair(constraints.active_bounds),
            max_tracking_error=constraints.max_tracking_error,
            max_cvar=cvar and [cvar.max, cvar.confidence],
            rows=[_row_parts(row) for row in constraints.rows] or None,
            factors=[_kept(factor=f.factor, min=f.min, max=f.max) for f in constraints.factors] or None,
            classes=[_classes_parts(each) for each in constraints.classes] or None,
            cardinality=constraints.cardinality and asdict(constraints.cardinality),
        ),
        bounds={symbol: _pair(bounds) for symbol, bounds in constraints.bounds.items()},
        groups=[_kept(name=g.name, symbols=g.symbols, min=g.min, max=g.max) for g in constraints.groups],
    )


def _row_parts(row: LinearLimit) -> dict[str, Any]:
    return _kept(name=row.name, coefficients=row.coefficients, min=row.min, max=row.max)


def _classes_parts(of: ClassLimits) -> dict[str, Any]:
    limits = {name: _kept(min=limit.min, max=limit.max) for name, limit in of.limits.items()}
    return _kept(attribute=of.attribute, members=of.members or None, limits=limits or None, max_each=of.max_each)


def _pair(bounds: WeightBounds | None) -> list[float] | None:
    return None if bounds is None else [bounds.min, bounds.max]


@lru_cache(REMEMBERED)
def decode_constraints(text: str) -> Constraints:
    """Constraints from their JSON."""
    stored = json.loads(text)
    bounds, cvar = stored.pop("bounds"), stored.pop("max_cvar", None)
    cardinality = stored.pop("cardinality", None)
    return Constraints(
        default_bounds=_bounds(stored.pop("default_bounds", None)),
        bounds={symbol: WeightBounds(*map(float, pair)) for symbol, pair in sorted(bounds.items())},
        groups=tuple(map(_group, stored.pop("groups"))),
        benchmark=_floats(stored.pop("benchmark", {})),
        active_bounds=_bounds(stored.pop("active_bounds", None)),
        max_cvar=cvar and CvarLimit(*map(float, cvar)),
        rows=tuple(map(_row, stored.pop("rows", []))),
        factors=tuple(map(_factor, stored.pop("factors", []))),
        classes=tuple(map(_classes, stored.pop("classes", []))),
        cardinality=cardinality and _cardinality(cardinality),
        **_floats(stored),
    )


def _cardinality(stored: dict[str, Any]) -> Cardinality:
    least, required = float(stored.pop("min_weight")), tuple(stored.pop("required"))
    counts = [AssetCount(each["name"], tuple(each["symbols"]), each["max_assets"]) for each in stored.pop("groups", [])]
    return Cardinality(min_weight=least, required=required, groups=tuple(counts), **stored)


def _bounds(pair: list[float] | None) -> WeightBounds | None:
    return None if pair is None else WeightBounds(*map(float, pair))


def _group(stored: dict[str, Any]) -> GroupLimit:
    name, symbols = stored.pop("name"), stored.pop("symbols")
    return GroupLimit(name, tuple(symbols), **_floats(stored))


def _row(stored: dict[str, Any]) -> LinearLimit:
    name, coefficients = stored.pop("name"), stored.pop("coefficients")
    return LinearLimit(name, _floats(coefficients), **_floats(stored))


def _factor(stored: dict[str, Any]) -> FactorLimit:
    return FactorLimit(stored.pop("factor"), **_floats(stored))


def _classes(stored: dict[str, Any]) -> ClassLimits:
    # Sorted, since PostgreSQL keeps names in an order of its own.
    members, limits = (sorted(stored.pop(part, {}).items()) for part in ("members", "limits"))
    ranges = {name: WeightRange(**_floats(limit)) for name, limit in limits}
    return ClassLimits(stored.pop("attribute"), dict(members), ranges, **_floats(stored))


def _dump(**parts: Any) -> str:
    return json.dumps(parts, allow_nan=False, separators=(",", ":"))


def _kept(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}


def _floats(stored: dict[str, Any]) -> dict[str, float]:
    """Numbers as floats, by name: JSON in PostgreSQL writes 1.0 and 1 alike, and names in an order of its own."""
    return {name: float(number) for name, number in sorted(stored.items())}
