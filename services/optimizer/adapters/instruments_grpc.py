"""Instruments on marketdata."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from grpc.aio import AioRpcError
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from services.optimizer.adapters.peers import raise_common, refusal_of
from services.optimizer.app.errors import DatasetNotFound, InstrumentNotFound
from services.optimizer.domain.classes import Classes

if TYPE_CHECKING:
    from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceAsyncStub

ATTRIBUTES = ("sector", "country", "currency")
PAGE = 1000


class GrpcInstruments:
    """Reads on behalf of the caller, whose token goes along."""

    def __init__(self, channel: Any) -> None:
        self._stub = cast("MarketDataServiceAsyncStub", MarketDataServiceStub(channel))

    async def classes(self, dataset: str, symbols: Sequence[str]) -> Classes:
        """See `Instruments.classes`."""
        known: dict[str, dict[str, str]] = {attribute: {} for attribute in ATTRIBUTES}
        async for instrument in self._listed(dataset, symbols):
            for attribute, classes in known.items():
                if name := getattr(instrument, attribute):
                    classes[instrument.symbol] = name
        return known

    async def _listed(self, dataset: str, symbols: Sequence[str]) -> AsyncIterator[prices_pb2.Instrument]:
        """As many symbols at once as a page has instruments, so that none is sent twice."""
        for named in [symbols[at : at + PAGE] for at in range(0, len(symbols), PAGE)] or [()]:
            request = pb.ListInstrumentsRequest(dataset=dataset, symbols=named, page_size=PAGE)
            while True:
                page = await self._page(request)
                for instrument in page.instruments:
                    yield instrument
                request.page_token = page.next_page_token
                if not request.page_token:
                    break

    async def _page(self, request: pb.ListInstrumentsRequest) -> pb.ListInstrumentsResponse:
        try:
            page: pb.ListInstrumentsResponse = await self._stub.ListInstruments(request)
        except AioRpcError as error:
            refusal = refusal_of(error)
            raise_common(refusal, "marketdata", error)
            if refusal.reason == "DATASET_NOT_FOUND":
                raise DatasetNotFound(refusal.message) from error
            if refusal.reason == "INSTRUMENT_NOT_FOUND":
                raise InstrumentNotFound(refusal.message, refusal.metadata.get("symbols", "")) from error
            raise
        return page
