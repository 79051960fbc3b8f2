"""PortfolioService: decode, call, encode. What may be repeated is answered in bytes, kept to be answered again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.message import Message
from qpo.portfolio.v1 import portfolio_service_pb2 as pb
from qpo.types.v1.export_pb2 import ExportChunk

from chassis.export import Lines, chunked
from chassis.paging import PageTokens
from services.portfolio.app.change_portfolio import WITHIN, ChangePortfolio, Parts, Target
from services.portfolio.app.create_portfolio import CreatePortfolio
from services.portfolio.app.delete_portfolio import DeletePortfolio
from services.portfolio.app.export_my_data import ExportMyData
from services.portfolio.app.get_portfolio import GetPortfolio
from services.portfolio.app.list_holdings import ListHoldings
from services.portfolio.app.list_portfolios import ListPortfolios
from services.portfolio.app.ports import Answers, Clock, Ids, Optimizer, Portfolios, Prices
from services.portfolio.app.rebalance_portfolio import Order, Outcome, RebalancePortfolio
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.rpc.answers import EncodedAnswers
from services.portfolio.rpc.calls import Pages, keeper, once, owner, reader, writer
from services.portfolio.rpc.codec import from_draft, present, to_outcome, to_valued
from services.portfolio.rpc.codec_export import lines_of
from services.portfolio.wire.dates import from_date
from services.portfolio.wire.portfolio import to_portfolio


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    create: CreatePortfolio
    get: GetPortfolio
    list: ListPortfolios
    change: ChangePortfolio
    delete: DeletePortfolio
    holdings: ListHoldings
    rebalance: RebalancePortfolio
    export: ExportMyData

    @classmethod
    def over(
        cls,
        portfolios: Portfolios,
        prices: Prices,
        optimizer: Optimizer,
        clock: Clock,
        ids: Ids,
        *,
        answers: Answers | None = None,
    ) -> UseCases:
        """All of them on the given ports; without `answers`, each is made anew."""
        return cls(
            create=CreatePortfolio(portfolios, clock, ids),
            get=GetPortfolio(answers or EncodedAnswers(portfolios)),
            list=ListPortfolios(portfolios),
            change=ChangePortfolio(portfolios, clock),
            delete=DeletePortfolio(portfolios, clock),
            holdings=ListHoldings(portfolios, prices),
            export=ExportMyData(portfolios),
            rebalance=RebalancePortfolio(portfolios, prices, optimizer, clock),
        )


class PortfolioServicer:
    """Serves qpo.portfolio.v1.PortfolioService."""

    def __init__(self, use: UseCases, tokens: PageTokens) -> None:
        self._use, self._pages = use, Pages(tokens)

    async def create_portfolio(self, request: pb.CreatePortfolioRequest) -> bytes:
        """Opens a portfolio."""
        whose, draft = keeper(), from_draft(request)
        cash = request.initial_cash.value or "0"
        if request.validate_only:
            return _created(self._use.create.checked(whose, draft, cash))
        call = once(request, "CreatePortfolio")
        return await self._use.create(whose, draft, cash, call, _created)

    async def get_portfolio(self, request: pb.GetPortfolioRequest) -> bytes:
        """Reads a portfolio."""
        return await self._use.get(reader(), request.portfolio_id)

    async def list_portfolios(self, request: pb.ListPortfoliosRequest) -> pb.ListPortfoliosResponse:
        """Reads a page of portfolios."""
        reach, owner_id = reader(), request.owner_id.lower()
        place = self._pages.place(reach, request.page_token, owner_id)
        found, then = await self._use.list(reach, request.page_size, place, owner_id)
        token = self._pages.token(reach, then, owner_id)
        return pb.ListPortfoliosResponse(portfolios=map(to_portfolio, found), next_page_token=token)

    async def replace_portfolio(self, request: pb.ReplacePortfolioRequest) -> bytes:
        """Sets all that may be changed."""
        wanted = request.portfolio
        draft = from_draft(wanted, WITHIN)
        target, call = Target(request.portfolio_id, wanted.etag), once(request, "ReplacePortfolio")
        return await self._use.change.replace(writer(), target, draft, call, _replaced)

    async def update_portfolio(self, request: pb.UpdatePortfolioRequest) -> bytes:
        """Sets the parts that the mask names."""
        wanted = request.portfolio
        paths = list(request.update_mask.paths) or present(wanted)
        parts = Parts(from_draft(wanted, WITHIN), paths)
        target, call = Target(request.portfolio_id, wanted.etag), once(request, "UpdatePortfolio")
        return await self._use.change.update(writer(), target, parts, call, _updated)

    async def delete_portfolio(self, request: pb.DeletePortfolioRequest) -> pb.DeletePortfolioResponse:
        """Deletes a portfolio."""
        call = once(request, "DeletePortfolio")
        await self._use.delete(keeper(), request.portfolio_id, request.etag, call)
        return pb.DeletePortfolioResponse()

    async def list_holdings(self, request: pb.ListHoldingsRequest) -> pb.ListHoldingsResponse:
        """Values what is held."""
        as_of = from_date(request.as_of, "as_of") if request.HasField("as_of") else None
        return to_valued(await self._use.holdings(reader(), request.portfolio_id, as_of))

    async def rebalance_portfolio(self, request: pb.RebalancePortfolioRequest) -> bytes:
        """Moves a portfolio to its optimum."""
        as_of = from_date(request.as_of, "as_of") if request.HasField("as_of") else None
        order = Order(request.portfolio_id, as_of, request.etag)
        if request.validate_only:
            return _bytes(to_outcome(await self._use.rebalance.computed(writer(), order), validate_only=True))
        call = once(request, "RebalancePortfolio")
        return await self._use.rebalance(writer(), order, call, _rebalanced)

    async def export_my_data(self, _: pb.ExportMyDataRequest) -> AsyncIterator[pb.ExportMyDataResponse]:
        """Gives the caller what is kept of theirs."""
        async for chunk in chunked(self._exported()):
            yield pb.ExportMyDataResponse(chunk=ExportChunk(**chunk._asdict()))

    async def _exported(self) -> AsyncIterator[Lines]:
        async for found in self._use.export(owner()):
            # Up to 5,000 holdings.
            yield await asyncio.to_thread(lines_of, found)


def _created(portfolio: Portfolio) -> bytes:
    return _bytes(pb.CreatePortfolioResponse(portfolio=to_portfolio(portfolio)))


def _replaced(portfolio: Portfolio) -> bytes:
    return _bytes(pb.ReplacePortfolioResponse(portfolio=to_portfolio(portfolio)))


def _updated(portfolio: Portfolio) -> bytes:
    return _bytes(pb.UpdatePortfolioResponse(portfolio=to_portfolio(portfolio)))


def _rebalanced(outcome: Outcome) -> bytes:
    return _bytes(to_outcome(outcome, validate_only=False))


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)
