"""Goal, Constraints and Costs: qpo.types.v1 to the domain, with every default filled in; a Goal also back."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from qpo.types.v1 import costs_pb2
from qpo.types.v1 import mandate_pb2 as pb

from services.optimizer.domain.constraints import (
    AssetCount,
    Bounds,
    Cardinality,
    ClassLimits,
    Constraints,
    CvarLimit,
    FactorLimit,
    Group,
    LinearLimit,
    WeightRange,
)
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import DEFAULT_CONFIDENCE, Goal, Linkage, Objective
from services.optimizer.domain.kept import SETS

_LARGEST_KEPT = 65_536  # bytes of constraints
_OBJECTIVES = {
    pb.OBJECTIVE_UNSPECIFIED: Objective.SHARPE,
    pb.OBJECTIVE_SHARPE: Objective.SHARPE,
    pb.OBJECTIVE_RETURN: Objective.RETURN,
    pb.OBJECTIVE_RISK: Objective.RISK,
    pb.OBJECTIVE_UTILITY: Objective.UTILITY,
    pb.OBJECTIVE_TRACKING_ERROR: Objective.TRACKING_ERROR,
    pb.OBJECTIVE_ACTIVE_UTILITY: Objective.ACTIVE_UTILITY,
    pb.OBJECTIVE_CVAR: Objective.CVAR,
    pb.OBJECTIVE_RISK_PARITY: Objective.RISK_PARITY,
    pb.OBJECTIVE_HIERARCHICAL_RISK_PARITY: Objective.HIERARCHICAL_RISK_PARITY,
    pb.OBJECTIVE_HIERARCHICAL_EQUAL_RISK: Objective.HIERARCHICAL_EQUAL_RISK,
    pb.OBJECTIVE_DIVERSIFICATION: Objective.DIVERSIFICATION,
    pb.OBJECTIVE_INVERSE_VOLATILITY: Objective.INVERSE_VOLATILITY,
    pb.OBJECTIVE_EQUAL_WEIGHT: Objective.EQUAL_WEIGHT,
}
_NUMBERS = {objective: number for number, objective in _OBJECTIVES.items() if number}
_LINKAGES = {
    pb.LINKAGE_UNSPECIFIED: Linkage.SINGLE,
    pb.LINKAGE_SINGLE: Linkage.SINGLE,
    pb.LINKAGE_COMPLETE: Linkage.COMPLETE,
    pb.LINKAGE_AVERAGE: Linkage.AVERAGE,
    pb.LINKAGE_WARD: Linkage.WARD,
}
_LINKAGE_NUMBERS = {linkage: number for number, linkage in _LINKAGES.items() if number}


def from_goal(goal: pb.Goal) -> Goal:
    """A validated goal."""
    return Goal(
        objective=_OBJECTIVES[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion or 1.0,
        min_return=goal.min_return if goal.HasField("min_return") else None,
        max_volatility=goal.max_volatility if goal.HasField("max_volatility") else None,
        cvar_confidence=goal.cvar_confidence or DEFAULT_CONFIDENCE,
        risk_budgets=dict(sorted(goal.risk_budgets.items())),
        linkage=_LINKAGES[goal.linkage],
        clusters=goal.clusters,
    )


def to_goal(goal: Goal) -> pb.Goal:
    """A goal as sent."""
    return pb.Goal(
        objective=_NUMBERS[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return,
        max_volatility=goal.max_volatility,
        cvar_confidence=goal.cvar_confidence,
        risk_budgets=goal.risk_budgets,
        linkage=_LINKAGE_NUMBERS[goal.linkage],
        clusters=goal.clusters,
    )


def from_constraints(constraints: pb.Constraints) -> Constraints:
    """Validated constraints; the very same for the same again, so that what follows from them can be kept."""
    encoded = constraints.SerializeToString(deterministic=True)
    return _kept(encoded) if len(encoded) <= _LARGEST_KEPT else _read(constraints)


@lru_cache(maxsize=SETS)
def _kept(encoded: bytes) -> Constraints:
    return _read(pb.Constraints.FromString(encoded))


def _read(constraints: pb.Constraints) -> Constraints:
    has = constraints.HasField
    return Constraints(
        min_budget=constraints.min_budget if has("min_budget") else 1.0,
        max_budget=constraints.max_budget if has("max_budget") else 1.0,
        default_bounds=_from_bounds(constraints.default_bounds) if has("default_bounds") else Bounds(),
        bounds={symbol: _from_bounds(bounds) for symbol, bounds in sorted(constraints.bounds.items())},
        groups=tuple(map(_from_group, constraints.groups)),
        max_turnover=constraints.max_turnover if has("max_turnover") else None,
        max_gross=constraints.max_gross if has("max_gross") else None,
        benchmark=dict(sorted(constraints.benchmark.items())),
        active_bounds=_from_bounds(constraints.active_bounds) if has("active_bounds") else None,
        max_tracking_error=constraints.max_tracking_error if has("max_tracking_error") else None,
        max_cvar=_from_cvar(constraints.max_cvar) if has("max_cvar") else None,
        rows=tuple(map(_from_row, constraints.rows)),
        factors=tuple(FactorLimit(each.factor, *_range(each)) for each in constraints.factors),
        classes=tuple(map(_from_classes, constraints.classes)),
        cardinality=_from_cardinality(constraints.cardinality) if has("cardinality") else None,
    )


def from_costs(costs: costs_pb2.Costs) -> Costs:
    """Validated costs."""
    return Costs(
        commission=costs.commission,
        half_spread=costs.half_spread,
        half_spreads=dict(sorted(costs.half_spreads.items())),
        impact=costs.impact,
        portfolio_value=costs.portfolio_value,
        average_daily_values=dict(sorted(costs.average_daily_values.items())),
        borrow=costs.borrow,
        borrow_rates=dict(sorted(costs.borrow_rates.items())),
        horizon_years=costs.horizon_years or 1.0,
    )


def _from_row(row: pb.LinearLimit) -> LinearLimit:
    return LinearLimit(row.name, dict(sorted(row.coefficients.items())), *_range(row))


def _from_classes(of: pb.ClassLimits) -> ClassLimits:
    return ClassLimits(
        attribute=of.attribute,
        members=dict(sorted(of.members.items())),
        limits={name: WeightRange(*_range(limit)) for name, limit in sorted(of.limits.items())},
        max_each=of.max_each if of.HasField("max_each") else None,
    )


def _from_cardinality(of: pb.Cardinality) -> Cardinality:
    groups = tuple(AssetCount(each.name, tuple(each.symbols), each.max_assets) for each in of.groups)
    return Cardinality(of.max_assets, of.exactly, of.min_weight, tuple(of.required), groups)


def _from_cvar(limit: pb.CvarLimit) -> CvarLimit:
    return CvarLimit(limit.max, limit.confidence or DEFAULT_CONFIDENCE)


def _range(limited: Any) -> tuple[float | None, float | None]:
    """The floor and the cap of a message that may have them."""
    least = limited.min if limited.HasField("min") else None
    return least, limited.max if limited.HasField("max") else None


def _from_bounds(bounds: pb.WeightBounds) -> Bounds:
    return Bounds(bounds.min, bounds.max)


def _from_group(group: pb.GroupLimit) -> Group:
    return Group(group.name, tuple(group.symbols), *_range(group))
