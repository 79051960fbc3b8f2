"""A stored portfolio, read over the contract: not a field of its mandate is lost on the way."""

from __future__ import annotations

from qpo.portfolio.v1 import portfolio_pb2

from chassis.channel import open_channel
from services.optimizer.adapters.portfolios_grpc import GrpcPortfolios
from services.optimizer.app.ports import StoredPortfolio
from services.optimizer.wire.mandate import from_constraints, from_costs, from_goal
from tests.each_field import each_field
from tests.optimizer.standins import PortfolioStandIn, serving


async def test_every_field_of_the_mandate_is_read():
    peer = PortfolioStandIn()
    stored = dict(each_field(portfolio_pb2.Portfolio, only=("strategy", "constraints")))
    peer.portfolios.update(stored)
    async with serving(peer) as address, open_channel(address) as channel:
        portfolios = GrpcPortfolios(channel)
        for path, portfolio in stored.items():
            found, strategy = await portfolios.read(path), portfolio.strategy
            limits, goal, costs = portfolio.constraints, strategy.goal, strategy.costs
            assert found.constraints == (from_constraints(limits) if portfolio.HasField("constraints") else None), path
            assert found.goal == (from_goal(goal) if strategy.HasField("goal") else None), path
            assert found.costs == (from_costs(costs) if strategy.HasField("costs") else None), path
            assert (found == StoredPortfolio()) == (path == "strategy={}"), path
