"""What a call says besides its request: who makes it, how far they reach, and whether it may be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from qpo.portfolio.v1 import portfolio_service_pb2 as pb

from chassis.context import principal
from chassis.paging import PageTokenInvalid, PageTokens
from chassis.reach import Action, Resource, authorize
from services.portfolio.app.ports import Once, Place, Reach

PORTFOLIO = Resource(
    "portfolio",
    {Action.READ: "read:all", Action.WRITE: "write:all"},
    {Action.READ: "read:client_portfolio", Action.WRITE: "write:client_portfolio"},
)


def reader() -> Reach:
    """The caller, reading: their own portfolios, as an advisor their clients', or everybody's with read:all."""
    return _reach(Action.READ)


def writer() -> Reach:
    """The caller, changing and rebalancing: likewise, everybody's with write:all."""
    return _reach(Action.WRITE)


def keeper() -> Reach:
    """The caller, creating and deleting: their own, or everybody's with write:all. What is a client's, clients do."""
    return replace(writer(), clients=False)


def owner() -> Reach:
    """The caller, and what is their own alone."""
    who = principal()
    return Reach(who.user_id, who.tenant_id)


def _reach(action: Action) -> Reach:
    found = authorize(principal(), action, PORTFOLIO)
    return Reach(found.user_id, found.tenant_id, found.everyone, found.entrusted)


Repeatable = (
    pb.CreatePortfolioRequest
    | pb.ReplacePortfolioRequest
    | pb.UpdatePortfolioRequest
    | pb.DeletePortfolioRequest
    | pb.RebalancePortfolioRequest
)


def once(request: Repeatable, method: str) -> Once | None:
    """The call as one that is done once; None if its caller gave no request_id."""
    if not request.request_id:
        return None
    who = principal()
    # Deterministic, so that the order of a map's entries on the wire makes no other body.
    body = request.SerializeToString(deterministic=True)
    about = "" if isinstance(request, pb.CreatePortfolioRequest) else request.portfolio_id
    return Once(request.request_id, method, who.user_id, who.tenant_id, body, about)


class Pages:
    """Page tokens of ListPortfolios: a token serves the caller it was given to, for the owner who was named."""

    def __init__(self, tokens: PageTokens) -> None:
        self._tokens = tokens

    def place(self, reach: Reach, token: str, owner_id: str = "") -> Place | None:
        """The place that `token` goes on behind; None for the first page. PageTokenInvalid."""
        keyset = self._tokens.decode(_scope(reach, owner_id), token)
        if not keyset:
            return None
        try:
            created_at, portfolio_id = keyset
            return Place(datetime.fromisoformat(created_at), portfolio_id)
        except ValueError as error:
            raise PageTokenInvalid("the page token is not one of ours") from error

    def token(self, reach: Reach, place: Place | None, owner_id: str = "") -> str:
        """The token that goes on behind `place`; empty for none."""
        keyset = [] if place is None else [place.created_at.isoformat(), place.portfolio_id]
        return self._tokens.encode(_scope(reach, owner_id), keyset)


def _scope(reach: Reach, owner_id: str) -> str:
    return f"ListPortfolios/{reach.tenant_id}/{reach.user_id}/{reach.everyone}/{owner_id}"
