"""Whole answers as they are sent."""

from __future__ import annotations

from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.wire.portfolio import to_portfolio


def to_answer(portfolio: Portfolio) -> bytes:
    """GetPortfolio's answer: equal portfolios have equal bytes."""
    return pb.GetPortfolioResponse(portfolio=to_portfolio(portfolio)).SerializeToString(deterministic=True)
