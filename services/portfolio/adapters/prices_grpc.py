"""Prices from marketdata."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from google.type.date_pb2 import Date
from grpc.aio import AioRpcError
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from services.portfolio.adapters.peers import raise_common, refusal_of
from services.portfolio.domain.decimals import from_float
from services.portfolio.domain.errors import NotPriced
from services.portfolio.domain.valuation import Close
from services.portfolio.wire.dates import to_date

if TYPE_CHECKING:
    from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceAsyncStub

# What a caller can mend by another dataset, universe or session; the text is the peer's.
_UNPRICED = frozenset({"DATASET_NOT_FOUND", "INSTRUMENT_NOT_FOUND", "NO_SESSIONS", "INVALID_REQUEST"})


class GrpcPrices:
    """The port Prices on a channel to marketdata."""

    def __init__(self, channel: Any) -> None:
        self._stub = cast("MarketDataServiceAsyncStub", MarketDataServiceStub(channel))

    async def closes(self, dataset: str, symbols: Collection[str], session: date | None) -> Mapping[str, Close]:
        """ListCloses, with prices as exact decimals; what is no price is left out."""
        request = pb.ListClosesRequest(dataset=dataset, symbols=symbols, session=session and to_date(session))
        try:
            answer = await self._stub.ListCloses(request)
        except AioRpcError as error:
            _raise_refusal(error)
            raise
        return {close.symbol: _close(close) for close in answer.closes if isfinite(close.price) and close.price > 0}


def _close(close: pb.Close) -> Close:
    return Close(from_float(close.price), _day(close.session))


def _day(session: Date) -> date:
    return date(session.year, session.month, session.day)


def _raise_refusal(error: AioRpcError) -> None:
    """Raise what the refusal means here; return if it means nothing."""
    refusal = refusal_of(error)
    raise_common(refusal, "marketdata", error)
    if refusal.reason in _UNPRICED:
        raise NotPriced(f"the prices can't be read: {refusal.message}") from error
