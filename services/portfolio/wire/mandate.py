"""Goal and Constraints: qpo.types.v1 to and from the domain. Every value of the domain survives there and back."""

from __future__ import annotations

from typing import Any

from qpo.types.v1 import mandate_pb2 as pb

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

_OBJECTIVES = {
    pb.OBJECTIVE_UNSPECIFIED: None,
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
_OBJECTIVE_NUMBERS = {objective: number for number, objective in _OBJECTIVES.items()}
_LINKAGES = {
    pb.LINKAGE_UNSPECIFIED: None,
    pb.LINKAGE_SINGLE: Linkage.SINGLE,
    pb.LINKAGE_COMPLETE: Linkage.COMPLETE,
    pb.LINKAGE_AVERAGE: Linkage.AVERAGE,
    pb.LINKAGE_WARD: Linkage.WARD,
}
_LINKAGE_NUMBERS = {linkage: number for number, linkage in _LINKAGES.items()}


def to_goal(goal: Goal) -> pb.Goal:
    """A goal as sent."""
    return pb.Goal(
        objective=_OBJECTIVE_NUMBERS[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return,
        max_volatility=goal.max_volatility,
        cvar_confidence=goal.cvar_confidence,
        risk_budgets=goal.risk_budgets,
        linkage=_LINKAGE_NUMBERS[goal.linkage],
        clusters=goal.clusters,
    )


def from_goal(goal: pb.Goal) -> Goal:
    """A validated goal."""
    return Goal(
        objective=_OBJECTIVES[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return if goal.HasField("min_return") else None,
        max_volatility=goal.max_volatility if goal.HasField("max_volatility") else None,
        cvar_confidence=goal.cvar_confidence,
        risk_budgets=dict(sorted(goal.risk_budgets.items())),
        linkage=_LINKAGES[goal.linkage],
        clusters=goal.clusters,
    )


def to_constraints(constraints: Constraints) -> pb.Constraints:
    """Constraints as sent."""
    default, active, cvar = constraints.default_bounds, constraints.active_bounds, constraints.max_cvar
    return pb.Constraints(
        min_budget=constraints.min_budget,
        max_budget=constraints.max_budget,
        default_bounds=None if default is None else _to_bounds(default),
        bounds={symbol: _to_bounds(bounds) for symbol, bounds in constraints.bounds.items()},
        groups=[pb.GroupLimit(name=g.name, symbols=g.symbols, min=g.min, max=g.max) for g in constraints.groups],
        max_turnover=constraints.max_turnover,
        max_gross=constraints.max_gross,
        benchmark=constraints.benchmark,
        active_bounds=None if active is None else _to_bounds(active),
        max_tracking_error=constraints.max_tracking_error,
        max_cvar=None if cvar is None else pb.CvarLimit(max=cvar.max, confidence=cvar.confidence),
        rows=map(_to_row, constraints.rows),
        factors=[pb.FactorLimit(factor=f.factor, min=f.min, max=f.max) for f in constraints.factors],
        classes=map(_to_classes, constraints.classes),
        cardinality=_to_cardinality(constraints.cardinality),
    )


def from_constraints(constraints: pb.Constraints) -> Constraints:
    """Validated constraints."""
    has = constraints.HasField
    return Constraints(
        min_budget=constraints.min_budget if has("min_budget") else None,
        max_budget=constraints.max_budget if has("max_budget") else None,
        default_bounds=_from_bounds(constraints.default_bounds) if has("default_bounds") else None,
        bounds={symbol: _from_bounds(bounds) for symbol, bounds in sorted(constraints.bounds.items())},
        groups=tuple(map(_from_group, constraints.groups)),
        max_turnover=constraints.max_turnover if has("max_turnover") else None,
        max_gross=constraints.max_gross if has("max_gross") else None,
        benchmark=dict(sorted(constraints.benchmark.items())),
        active_bounds=_from_bounds(constraints.active_bounds) if has("active_bounds") else None,
        max_tracking_error=constraints.max_tracking_error if has("max_tracking_error") else None,
        max_cvar=_from_cvar(constraints.max_cvar) if has("max_cvar") else None,
        rows=tuple(map(_from_row, constraints.rows)),
        factors=tuple(FactorLimit(each.factor, *_ends(each)) for each in constraints.factors),
        classes=tuple(map(_from_classes, constraints.classes)),
        cardinality=_from_cardinality(constraints.cardinality) if has("cardinality") else None,
    )


def _to_cardinality(of: Cardinality | None) -> pb.Cardinality | None:
    if of is None:
        return None
    return pb.Cardinality(
        max_assets=of.max_assets,
        exactly=of.exactly,
        min_weight=of.min_weight,
        required=of.required,
        groups=[pb.AssetCount(name=g.name, symbols=g.symbols, max_assets=g.max_assets) for g in of.groups],
    )


def _from_cardinality(of: pb.Cardinality) -> Cardinality:
    groups = tuple(AssetCount(each.name, tuple(each.symbols), each.max_assets) for each in of.groups)
    return Cardinality(of.max_assets, of.exactly, of.min_weight, tuple(of.required), groups)


def _to_bounds(bounds: WeightBounds) -> pb.WeightBounds:
    return pb.WeightBounds(min=bounds.min, max=bounds.max)


def _from_bounds(bounds: pb.WeightBounds) -> WeightBounds:
    return WeightBounds(bounds.min, bounds.max)


def _from_group(group: pb.GroupLimit) -> GroupLimit:
    return GroupLimit(group.name, tuple(group.symbols), *_ends(group))


def _to_row(row: LinearLimit) -> pb.LinearLimit:
    return pb.LinearLimit(name=row.name, coefficients=row.coefficients, min=row.min, max=row.max)


def _from_row(row: pb.LinearLimit) -> LinearLimit:
    return LinearLimit(row.name, dict(sorted(row.coefficients.items())), *_ends(row))


def _to_classes(of: ClassLimits) -> pb.ClassLimits:
    limits = {name: pb.WeightRange(min=limit.min, max=limit.max) for name, limit in of.limits.items()}
    return pb.ClassLimits(attribute=of.attribute, members=of.members, limits=limits, max_each=of.max_each)


def _from_classes(of: pb.ClassLimits) -> ClassLimits:
    return ClassLimits(
        attribute=of.attribute,
        members=dict(sorted(of.members.items())),
        limits={name: WeightRange(*_ends(limit)) for name, limit in sorted(of.limits.items())},
        max_each=of.max_each if of.HasField("max_each") else None,
    )


def _from_cvar(limit: pb.CvarLimit) -> CvarLimit:
    return CvarLimit(limit.max, limit.confidence)


def _ends(limit: Any) -> tuple[float | None, float | None]:
    """The floor and the cap of a message that may have them."""
    least = limit.min if limit.HasField("min") else None
    return least, limit.max if limit.HasField("max") else None
