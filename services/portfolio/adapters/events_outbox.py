"""What happened to portfolios, as it is told: qpo.portfolio.v1.PortfolioEvent in the outbox."""

from __future__ import annotations

from datetime import datetime

from qpo.portfolio.v1 import events_pb2 as pb

from chassis.outbox import Event
from services.portfolio.domain.events import Created, Deleted, Happening, Modified, Rebalanced
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.domain.rebalance import Rebalance
from services.portfolio.wire.dates import to_date
from services.portfolio.wire.portfolio import to_decimal, to_portfolio, to_trade

TOPIC = pb.PortfolioEvent.DESCRIPTOR.full_name


def event_of(happened: Happening) -> Event:
    """The event."""
    match happened:
        case Created(portfolio):
            created = pb.PortfolioCreated(portfolio=to_portfolio(portfolio), tenant_id=portfolio.tenant_id)
            return _event(portfolio, pb.PortfolioEvent(portfolio_created=created))
        case Modified(portfolio):
            modified = pb.PortfolioModified(portfolio=to_portfolio(portfolio), tenant_id=portfolio.tenant_id)
            return _event(portfolio, pb.PortfolioEvent(portfolio_modified=modified))
        case Rebalanced(rebalance):
            moved = pb.PortfolioEvent(holdings_rebalanced=_rebalanced(rebalance))
            return _event(rebalance.portfolio, moved)
        case Deleted(portfolio, at):
            deleted = pb.PortfolioDeleted(portfolio=to_portfolio(portfolio), tenant_id=portfolio.tenant_id)
            return _event(portfolio, pb.PortfolioEvent(portfolio_deleted=deleted), deleted_at=at)


def _rebalanced(rebalance: Rebalance) -> pb.HoldingsRebalanced:
    return pb.HoldingsRebalanced(
        portfolio=to_portfolio(rebalance.portfolio),
        tenant_id=rebalance.portfolio.tenant_id,
        trades=map(to_trade, rebalance.trades),
        nav=to_decimal(rebalance.nav),
        price_date=to_date(rebalance.price_date),
    )


def _event(portfolio: Portfolio, message: pb.PortfolioEvent, deleted_at: datetime | None = None) -> Event:
    """The event of the portfolio's version; its deletion is the version behind the last."""
    return Event(
        topic=TOPIC,
        type=message.WhichOneof("event") or "",
        key=portfolio.id,
        seq=portfolio.version + (deleted_at is not None),
        occurred_at=deleted_at or portfolio.updated_at,
        payload=message.SerializeToString(),
    )
