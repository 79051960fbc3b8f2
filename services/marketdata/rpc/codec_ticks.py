"""From the domain's words to the contract's: ticks and replays."""

from __future__ import annotations

from collections.abc import Collection

from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices

from services.marketdata.app.hub import Look
from services.marketdata.app.ports import RequestKey
from services.marketdata.app.start_replay import ReplayAsked
from services.marketdata.domain.ticks import Frame, Tick
from services.marketdata.wire.times import from_date, to_timestamp


def from_subscription(request: pb.SubscribeTicksRequest) -> Look:
    """What a subscriber asks to see."""
    return Look(frozenset(request.symbols), request.max_rate, frozenset(request.fields))


def to_frame(frame: Frame, cursor: str, fields: Collection[str]) -> bytes:
    """A frame of ticks with these fields, or all if there are none, and where it ends; encoded."""
    ticks = [_tick(tick, fields) for tick in frame.ticks]
    message = pb.SubscribeTicksResponse(snapshot=frame.snapshot, ticks=ticks, cursor=cursor, conflated=frame.conflated)
    return message.SerializeToString()


def _tick(tick: Tick, fields: Collection[str]) -> prices.Tick:
    message = prices.Tick(symbol=tick.symbol, seq=tick.seq)
    if not fields or "price" in fields:
        message.price = tick.price
    if not fields or "session" in fields:
        day = tick.session
        message.session.year, message.session.month, message.session.day = day.year, day.month, day.day
    if not fields or "occurred_at" in fields:
        message.occurred_at.CopyFrom(to_timestamp(tick.occurred_at))
    return message


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
