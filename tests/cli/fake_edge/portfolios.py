# ruff: noqa: N802 - methods bear the contract's names
"""portfolio, answered from memory."""

import grpc
from google.type.date_pb2 import Date
from qpo.portfolio.v1 import portfolio_pb2 as portfolios
from qpo.portfolio.v1 import portfolio_service_pb2 as pf
from qpo.portfolio.v1 import portfolio_service_pb2_grpc as pf_grpc
from qpo.types.v1.decimal_pb2 import Decimal
from qpo.types.v1.export_pb2 import ExportChunk

from tests.cli.fake_edge.refusals import mint, refuse


class FakePortfolios(pf_grpc.PortfolioServiceServicer):
    def __init__(self, tokens):
        self.tokens = tokens
        self.stored = {}
        self.rebalanced = {}
        """The answers that were given, by request id."""

    def found(self, portfolio_id, context):
        self.tokens.caller(context)
        if portfolio_id not in self.stored:
            refuse(
                context,
                grpc.StatusCode.NOT_FOUND,
                "PORTFOLIO_NOT_FOUND",
                "there is no such portfolio, or you may not see it",
            )
        return self.stored[portfolio_id]

    def ExportMyData(self, request, context):
        self.tokens.caller(context)
        lines = b"".join(b'{"id":"%s"}\n' % id.encode() for id in self.stored)
        chunk = ExportChunk(file="portfolios.ndjson", data=lines, rows=len(self.stored))
        yield pf.ExportMyDataResponse(chunk=chunk)

    def CreatePortfolio(self, request, context):
        self.tokens.caller(context)
        if "." in request.initial_cash.value and len(request.initial_cash.value.split(".")[1]) > 2:
            fixes = [("initial_cash.value", "write at most two decimals")]
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", "bad cash", violations=fixes)
        it = portfolios.Portfolio(
            id="" if request.validate_only else mint(100 + len(self.stored)),
            user_id=mint(2) if request.name == "Another's" else mint(1),
            name=request.name,
            strategy=request.strategy,
            constraints=request.constraints,
            base_currency="USD",
            initial_cash=request.initial_cash,
            cash=request.initial_cash,
            etag="1",
        )
        if it.id:
            self.stored[it.id] = it
        return pf.CreatePortfolioResponse(portfolio=it)

    def GetPortfolio(self, request, context):
        return pf.GetPortfolioResponse(portfolio=self.found(request.portfolio_id, context))

    def ListPortfolios(self, request, context):
        self.tokens.caller(context)
        token = "" if request.page_size == 1000 else "page-2"
        found = [it for it in self.stored.values() if request.owner_id in ("", it.user_id)]
        return pf.ListPortfoliosResponse(portfolios=found, next_page_token=token)

    def ReplacePortfolio(self, request, context):
        it = self.found(request.portfolio_id, context)
        it.name = request.portfolio.name
        it.strategy.CopyFrom(request.portfolio.strategy)
        it.constraints.CopyFrom(request.portfolio.constraints)
        return pf.ReplacePortfolioResponse(portfolio=it)

    def UpdatePortfolio(self, request, context):
        it = self.found(request.portfolio_id, context)
        if request.portfolio.etag not in ("", it.etag):
            refuse(context, grpc.StatusCode.ABORTED, "ETAG_MISMATCH", "somebody changed it: get it again")
        request.update_mask.MergeMessage(request.portfolio, it, replace_message_field=True, replace_repeated_field=True)
        it.etag = str(int(it.etag) + 1)
        return pf.UpdatePortfolioResponse(portfolio=it)

    def DeletePortfolio(self, request, context):
        del self.stored[self.found(request.portfolio_id, context).id]
        return pf.DeletePortfolioResponse()

    def ListHoldings(self, request, context):
        it = self.found(request.portfolio_id, context)
        nav = Decimal(value="1000.00")
        return pf.ListHoldingsResponse(
            holdings=it.holdings, cash=it.cash, nav=nav, cash_weight=Decimal(value="0.000001")
        )

    def RebalancePortfolio(self, request, context):
        it = self.found(request.portfolio_id, context)
        if request.request_id in self.rebalanced:
            return self.rebalanced[request.request_id]
        self.refuse_some(it, request, context)
        held = portfolios.Holding(
            symbol="AAPL",
            quantity=Decimal(value="7.5"),
            weight=Decimal(value="0.999999"),
            value=Decimal(value="999.99"),
            price_date=Date(year=2022, month=12, day=28),
        )
        trade = portfolios.Trade(
            symbol="AAPL", quantity=Decimal(value="7.5"), price=133.33, value=Decimal(value="999.99")
        )
        changed = portfolios.Portfolio()
        changed.CopyFrom(it)
        changed.holdings.append(held)
        if not request.validate_only:
            it.holdings.append(held)
            it.etag = str(int(it.etag) + 1)
        answer = pf.RebalancePortfolioResponse(
            portfolio=changed,
            trades=[trade],
            nav=Decimal(value="1000.00"),
            expected_return=0.2,
            volatility=0.25,
            sharpe_ratio=0.8,
            price_date=held.price_date,
            validate_only=request.validate_only,
        )
        if request.request_id:
            self.rebalanced[request.request_id] = answer
        return answer

    def refuse_some(self, it, request, context):
        """What is refused, by the portfolio's name and its etag."""
        if request.etag not in ("", it.etag):
            refuse(context, grpc.StatusCode.ABORTED, "ETAG_MISMATCH", "somebody changed it: get it again")
        if it.name == "Poor":
            refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "NOT_REBALANCEABLE", "there is nothing to invest")
        if it.name.startswith("Away"):
            it.name = it.name.removeprefix("Away")
            refuse(context, grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE", "optimizer does not answer; try again")
