"""Goal and Constraints: qpo.types.v1 to and from the domain. Every value of the domain survives there and back."""

from __future__ import annotations

from qpo.types.v1 import mandate_pb2 as pb

from services.portfolio.domain.mandate import Constraints, Goal, GroupLimit, Objective, WeightBounds

_OBJECTIVES = {
    pb.OBJECTIVE_UNSPECIFIED: None,
    pb.OBJECTIVE_SHARPE: Objective.SHARPE,
    pb.OBJECTIVE_RETURN: Objective.RETURN,
    pb.OBJECTIVE_RISK: Objective.RISK,
    pb.OBJECTIVE_UTILITY: Objective.UTILITY,
}
_OBJECTIVE_NUMBERS = {objective: number for number, objective in _OBJECTIVES.items()}


def to_goal(goal: Goal) -> pb.Goal:
    """A goal as sent."""
    return pb.Goal(
        objective=_OBJECTIVE_NUMBERS[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return,
        max_volatility=goal.max_volatility,
    )


def from_goal(goal: pb.Goal) -> Goal:
    """A validated goal."""
    return Goal(
        objective=_OBJECTIVES[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return if goal.HasField("min_return") else None,
        max_volatility=goal.max_volatility if goal.HasField("max_volatility") else None,
    )


def to_constraints(constraints: Constraints) -> pb.Constraints:
    """Constraints as sent."""
    default = constraints.default_bounds
    return pb.Constraints(
        min_budget=constraints.min_budget,
        max_budget=constraints.max_budget,
        default_bounds=None if default is None else _to_bounds(default),
        bounds={symbol: _to_bounds(bounds) for symbol, bounds in constraints.bounds.items()},
        groups=[pb.GroupLimit(name=g.name, symbols=g.symbols, min=g.min, max=g.max) for g in constraints.groups],
        max_turnover=constraints.max_turnover,
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
    )


def _to_bounds(bounds: WeightBounds) -> pb.WeightBounds:
    return pb.WeightBounds(min=bounds.min, max=bounds.max)


def _from_bounds(bounds: pb.WeightBounds) -> WeightBounds:
    return WeightBounds(bounds.min, bounds.max)


def _from_group(group: pb.GroupLimit) -> GroupLimit:
    return GroupLimit(
        name=group.name,
        symbols=tuple(group.symbols),
        min=group.min if group.HasField("min") else None,
        max=group.max if group.HasField("max") else None,
    )
