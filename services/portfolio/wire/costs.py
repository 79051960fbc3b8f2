"""Costs: qpo.types.v1 to and from the domain. Every value of the domain survives there and back."""

from __future__ import annotations

from qpo.types.v1 import costs_pb2 as pb

from services.portfolio.domain.costs import Costs


def to_costs(costs: Costs) -> pb.Costs:
    """Costs as sent."""
    return pb.Costs(
        commission=costs.commission,
        half_spread=costs.half_spread,
        half_spreads=costs.half_spreads,
        impact=costs.impact,
        portfolio_value=costs.portfolio_value,
        average_daily_values=costs.average_daily_values,
        borrow=costs.borrow,
        borrow_rates=costs.borrow_rates,
        horizon_years=costs.horizon_years,
    )


def from_costs(costs: pb.Costs) -> Costs:
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
        horizon_years=costs.horizon_years,
    )
