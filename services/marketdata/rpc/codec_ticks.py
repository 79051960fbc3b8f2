"""From the domain's words to the contract's: ticks and replays."""

from __future__ import annotations

from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices

from services.marketdata.app.ports import RequestKey
from services.marketdata.app.start_replay import ReplayAsked
from services.marketdata.domain.ticks import Frame, Tick
from services.marketdata.wire.times import from_date, to_date, to_timestamp


def to_frame(frame: Frame, cursor: str) -> pb.SubscribeTicksResponse:
    """A frame of ticks and where it ends."""
    ticks = [_tick(tick) for tick in frame.ticks]
    return pb.SubscribeTicksResponse(snapshot=frame.snapshot, ticks=ticks, cursor=cursor, conflated=frame.conflated)


def _tick(tick: Tick) -> prices.Tick:
    return prices.Tick(
        symbol=tick.symbol,
        price=tick.price,
        session=to_date(tick.session),
        occurred_at=to_timestamp(tick.occurred_at),
        seq=tick.seq,
    )


def from_start(request: pb.StartReplayRequest) -> ReplayAsked:
    """What to play. Raises InvalidRequest."""
    body = request.SerializeToString(deterministic=True)
    return ReplayAsked(
        dataset=request.dataset,
        symbols=list(request.symbols),
        start=from_date(request, "start"),
        end=from_date(request, "end"),
        speed=request.speed,
        request=RequestKey(request.request_id, body),
    )
