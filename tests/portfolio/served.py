"""PortfolioService over a real server, PostgreSQL and its peers' stand-ins."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from qpo.portfolio.v1 import portfolio_service_pb2 as pb
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from chassis.paging import PageTokens
from services.portfolio.__main__ import wire
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from tests.portfolio.standins import MarketDataStandIn, OptimizerStandIn

CONTRACT = pb.DESCRIPTOR.services_by_name["PortfolioService"]
USER_SCOPES = ("read:portfolio", "write:portfolio", "read:marketdata", "run:optimization")
LAST, EARLIER = date(2022, 12, 28), date(2022, 12, 1)
OLD = {"AAPL": 100.0, "MSFT": 200.0, "XOM": 50.0}
NEW = {"AAPL": 125.0, "MSFT": 250.0, "XOM": 40.0}
UNIVERSE = sorted(NEW)


def stand_ins():
    """Prices that moved once, and an optimizer that wants 50 % AAPL, 30 % MSFT, the rest in cash."""
    series = {symbol: [(EARLIER, OLD[symbol]), (LAST, NEW[symbol])] for symbol in UNIVERSE}
    return MarketDataStandIn("sp500", series), OptimizerStandIn({"AAPL": 0.5, "MSFT": 0.3, "XOM": 0.0})


def service(pool, details, marketdata, optimizer):
    """The service as __main__ wires it."""
    return wire(PostgresPortfolios(pool, details), marketdata, optimizer, PageTokens(b"k" * 32))


@dataclass
class Client:
    """One user of the service."""

    channel: Any
    metadata: Any
    user_id: str = ""

    async def __call__(self, method, **fields):
        request = getattr(pb, f"{method}Request")(**fields)
        return await getattr(PortfolioServiceStub(self.channel), method)(request, metadata=self.metadata)

    async def raw(self, method, **fields):
        """The answer as it came over the wire."""
        request = getattr(pb, f"{method}Request")(**fields).SerializeToString()
        return await self.channel.unary_unary(f"/{CONTRACT.full_name}/{method}")(request, metadata=self.metadata)

    async def made(self, **fields):
        """A new portfolio with 100,000 in cash."""
        given = {
            "name": "Core",
            "strategy": {"universe": UNIVERSE, "dataset": "sp500"},
            "initial_cash": {"value": "100000.00"},
        }
        return (await self("CreatePortfolio", **(given | fields))).portfolio


def request_id():
    return str(uuid.uuid4())
