"""What a user takes along, as lines of files; pure."""

from __future__ import annotations

from qpo.portfolio.v1 import events_pb2
from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from chassis.export import Lines, line_of
from services.portfolio.app.ports import Past
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.wire.dates import to_timestamp
from services.portfolio.wire.portfolio import to_portfolio


def lines_of(found: Portfolio | Past) -> Lines:
    """The line, in its file."""
    if isinstance(found, Portfolio):
        return line_of("portfolios.ndjson", to_portfolio(found))
    event = events_pb2.PortfolioEvent.FromString(found.told)
    return line_of("history.ndjson", pb.PortfolioHistory(occurred_at=to_timestamp(found.occurred_at), event=event))
