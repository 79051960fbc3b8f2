"""Goal and Constraints: qpo.types.v1 to the domain, with every default filled in; a Goal also back."""

from __future__ import annotations

from qpo.types.v1 import mandate_pb2 as pb

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.goal import Goal, Objective

_OBJECTIVES = {
    pb.OBJECTIVE_UNSPECIFIED: Objective.SHARPE,
    pb.OBJECTIVE_SHARPE: Objective.SHARPE,
    pb.OBJECTIVE_RETURN: Objective.RETURN,
    pb.OBJECTIVE_RISK: Objective.RISK,
    pb.OBJECTIVE_UTILITY: Objective.UTILITY,
}
_NUMBERS = {objective: number for number, objective in _OBJECTIVES.items() if number}


def from_goal(goal: pb.Goal) -> Goal:
    """A validated goal."""
    return Goal(
        objective=_OBJECTIVES[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion or 1.0,
        min_return=goal.min_return if goal.HasField("min_return") else None,
        max_volatility=goal.max_volatility if goal.HasField("max_volatility") else None,
    )


def to_goal(goal: Goal) -> pb.Goal:
    """A goal as sent."""
    return pb.Goal(
        objective=_NUMBERS[goal.objective],
        risk_free_rate=goal.risk_free_rate,
        risk_aversion=goal.risk_aversion,
        min_return=goal.min_return,
        max_volatility=goal.max_volatility,
    )


def from_constraints(constraints: pb.Constraints) -> Constraints:
    """Validated constraints."""
    has = constraints.HasField
    return Constraints(
        min_budget=constraints.min_budget if has("min_budget") else 1.0,
        max_budget=constraints.max_budget if has("max_budget") else 1.0,
        default_bounds=_from_bounds(constraints.default_bounds) if has("default_bounds") else Bounds(),
        bounds={symbol: _from_bounds(bounds) for symbol, bounds in sorted(constraints.bounds.items())},
        groups=tuple(map(_from_group, constraints.groups)),
        max_turnover=constraints.max_turnover if has("max_turnover") else None,
    )


def _from_bounds(bounds: pb.WeightBounds) -> Bounds:
    return Bounds(bounds.min, bounds.max)


def _from_group(group: pb.GroupLimit) -> Group:
    return Group(
        name=group.name,
        symbols=tuple(group.symbols),
        min=group.min if group.HasField("min") else None,
        max=group.max if group.HasField("max") else None,
    )
