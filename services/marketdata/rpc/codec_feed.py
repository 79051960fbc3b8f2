"""Between the domain's words and the contract's: feeds, bars of ticks, and their quality."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.marketdata.v1 import data_quality_service_pb2 as quality
from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices

from chassis.errors import InvalidRequest
from services.marketdata.app.feed_ports import Incoming, Quarantined
from services.marketdata.app.list_tick_bars import TickBarRange
from services.marketdata.app.quality import QuarantineAsked
from services.marketdata.app.subscribe_changes import Changes
from services.marketdata.domain.actions import Adjustment
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.quality import QualityReport, StreamQuality
from services.marketdata.domain.feed.records import SECOND, Fault
from services.marketdata.domain.feed.rules import Rules
from services.marketdata.wire.records import from_records
from services.marketdata.wire.times import UNIX, from_timestamp, to_timestamp

Requests = AsyncIterator[pb.IngestTicksRequest]
WIDTHS = {
    pb.BAR_INTERVAL_1M: 60,
    pb.BAR_INTERVAL_5M: 300,
    pb.BAR_INTERVAL_1H: 3600,
    pb.BAR_INTERVAL_1D: 86_400,
}
# Rules that are spans of time: ns in the domain, durations in the contract.
SPANS = ("ahead", "oldest", "cross_window", "session_slack")


async def feed_of(requests: Requests) -> pb.TickFeed:
    """The feed, which is the first message. Raises InvalidRequest."""
    first = await anext(requests, None)
    if first is None or first.WhichOneof("part") != "feed":
        raise InvalidRequest([("feed", "send the feed as the first message, then records")])
    return first.feed


async def records_of(requests: Requests, dataset_id: str, source: str) -> AsyncIterator[Incoming]:
    """The records behind the feed. Raises InvalidRequest on a second feed, and on columns of unequal lengths."""
    async for request in requests:
        if request.WhichOneof("part") != "records":
            raise InvalidRequest([("feed", "send one feed only; behind it come records")])
        records = from_records(request.records, dataset_id, source)
        if records is None:
            fix = "give as many of occurred_at, sizes and numbers as of prices; sizes and numbers may be left out whole"
            raise InvalidRequest([("records.prices", fix)])
        yield records


def from_bars_asked(request: pb.ListTickBarsRequest) -> TickBarRange:
    """Which bars. Raises InvalidRequest."""
    return TickBarRange(
        dataset=request.dataset,
        width=WIDTHS[request.interval],
        symbols=list(request.symbols),
        start=from_timestamp(request, "start"),
        end=from_timestamp(request, "end"),
        as_of=from_timestamp(request, "as_of"),
        adjustment=Adjustment(request.adjustment),
    )


def to_tick_bar(bar: TickBar) -> prices.TickBar:
    """A bar."""
    return prices.TickBar(
        symbol=bar.symbol,
        start=_moment(bar.start),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        ticks=bar.ticks,
        knowledge_time=to_timestamp(bar.knowledge_time),
    )


def to_bar_frame(frame: Changes[TickBar], cursor: str) -> pb.SubscribeBarsResponse:
    """A frame of bars and where it ends."""
    bars = [to_tick_bar(bar) for bar in frame.rows]
    return pb.SubscribeBarsResponse(snapshot=frame.snapshot, bars=bars, cursor=cursor)


def to_report(report: QualityReport) -> quality.GetQualityReportResponse:
    """A report."""
    streams = [_stream(each) for each in report.streams]
    return quality.GetQualityReportResponse(streams=streams, total=_stream(report.total))


def _stream(found: StreamQuality) -> quality.StreamQuality:
    counts = [quality.RecordFaultCount(fault=_name(fault), count=count) for fault, count in found.faults.items()]
    return quality.StreamQuality(
        symbol=found.symbol,
        source=found.source,
        accepted=found.accepted,
        faults=counts,
        left_out=found.left_out,
        score=found.score,
    )


def to_rules(rules: Rules) -> quality.QualityRules:
    """All rules."""
    given = {field.name: getattr(rules, field.name) for field in fields(Rules)}
    return quality.QualityRules(**given | {name: _duration(given[name]) for name in SPANS})


def from_rules(rules: quality.QualityRules) -> Mapping[str, float | int]:
    """The rules that are said. Raises InvalidRequest if none is."""
    said = {field.name: value for field, value in rules.ListFields()}
    if not said:
        raise InvalidRequest([("rules", "give at least one rule to change")])
    return {name: _span(value) if name in SPANS else value for name, value in said.items()}


def from_quarantine_asked(request: quality.ListQuarantineRequest) -> QuarantineAsked:
    """Which records."""
    return QuarantineAsked(request.dataset, request.symbol, Fault(request.fault))


def to_record(record: Quarantined) -> quality.QuarantinedRecord:
    """A record that is kept apart."""
    kept = record.kept
    return quality.QuarantinedRecord(
        id=kept.id,
        symbol=kept.stream.symbol,
        source=kept.stream.source,
        fault=_name(kept.fault),
        occurred_at=_moment(kept.occurred_at),
        price=kept.price,
        size=kept.size,
        currency=kept.currency,
        number=kept.number,
        knowledge_time=to_timestamp(record.knowledge_time),
        released_at=_when(record.released_at),
        stored_at=_when(record.stored_at),
    )


def _name(fault: Fault) -> str:
    return f"RECORD_FAULT_{fault.name}"


def _when(moment: datetime | None) -> Timestamp | None:
    return None if moment is None else to_timestamp(moment)


def _moment(nanoseconds: int | None) -> Timestamp | None:
    """A time in ns since 1970, to the nanosecond; None if there is none, or it lies outside the years 1 to 9999."""
    if nanoseconds is None:
        return None
    try:
        UNIX + timedelta(seconds=nanoseconds // SECOND)
    except OverflowError:
        return None
    return Timestamp(seconds=nanoseconds // SECOND, nanos=nanoseconds % SECOND)


def _duration(nanoseconds: int) -> Duration:
    return Duration(seconds=nanoseconds // SECOND, nanos=nanoseconds % SECOND)


def _span(duration: Duration) -> int:
    return duration.seconds * SECOND + duration.nanos
