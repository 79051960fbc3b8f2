"""ReturnsHistory as marketdata's GetReturns."""

from __future__ import annotations

from datetime import date

import grpc
from google.protobuf import timestamp_pb2
from google.rpc import error_details_pb2
from google.type import date_pb2
from grpc_status import rpc_status
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from services.ml.app.ports import (
    DatasetNotFound,
    DatasetQuery,
    HistoryTooLarge,
    InstrumentNotFound,
    NoSessions,
    PeerUnavailable,
)
from services.ml.domain.arrays import unpacked
from services.ml.domain.history import Returns


class MarketDataReturns:
    """Reads returns from marketdata; the channel forwards the caller's token and deadline."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MarketDataServiceStub(channel)

    async def returns(self, query: DatasetQuery, *, end: date | None, lookback: int) -> Returns:
        """The last `lookback` returns up to `end`, with the errors of the port."""
        try:
            response = await self._stub.GetReturns(_request(query, end, lookback))
        except grpc.aio.AioRpcError as refused:
            meaning = translated(refused, query)
            if meaning is None:
                raise
            raise meaning from refused
        return _returns(response)


def translated(refused: grpc.aio.AioRpcError, query: DatasetQuery) -> Exception | None:
    """What marketdata's refusal means to an estimate; None for one that the chassis judges."""
    info = _error_info(refused)
    match info.reason or refused.code().name:
        case "DATASET_NOT_FOUND":
            return DatasetNotFound(query.dataset)
        case "INSTRUMENT_NOT_FOUND":
            return InstrumentNotFound(info.metadata["symbols"])
        case "NO_SESSIONS":
            return NoSessions()
        case "RESOURCE_EXHAUSTED":
            return HistoryTooLarge()
        case "UNAVAILABLE" | "PEER_UNAVAILABLE":
            return PeerUnavailable("marketdata")
    return None


def _request(query: DatasetQuery, end: date | None, lookback: int) -> pb.GetReturnsRequest:
    """The question in marketdata's words."""
    request = pb.GetReturnsRequest(dataset=query.dataset, symbols=query.symbols, lookback=lookback)
    if end is not None:
        request.end.CopyFrom(date_pb2.Date(year=end.year, month=end.month, day=end.day))
    if query.as_of is not None:
        as_of = timestamp_pb2.Timestamp()
        as_of.FromDatetime(query.as_of)
        request.as_of.CopyFrom(as_of)
    return request


def _returns(response: pb.GetReturnsResponse) -> Returns:
    """The returns in the domain's words; packed, as marketdata's contract says."""
    matrix = response.returns
    starts = [_date(history.start) if history.HasField("start") else None for history in response.histories]
    return Returns(
        symbols=list(response.symbols),
        values=unpacked(matrix.packed, matrix.rows, matrix.cols),
        sessions=[_date(session) for session in response.sessions],
        starts=starts,
    )


def _date(message: date_pb2.Date) -> date:
    """The date."""
    return date(message.year, message.month, message.day)


def _error_info(refused: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo:
    """Why a call was refused; empty if that isn't said."""
    info = error_details_pb2.ErrorInfo()
    status = rpc_status.from_call(refused)
    if status is not None:
        any(detail.Unpack(info) for detail in status.details)
    return info
