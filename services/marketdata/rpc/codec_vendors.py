"""Between the domain's words and the contract's: sources and feeds from vendors."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1 import feed_service_pb2 as pb
from qpo.types.v1.decimal_pb2 import Decimal as DecimalMessage

from services.marketdata.app.feeds import FeedAsked, SourceStatus
from services.marketdata.domain.feed.pulls import Feed, Target, TargetStatus
from services.marketdata.domain.feed.sources import Kind
from services.marketdata.wire.times import to_timestamp


def from_start(request: pb.StartFeedRequest) -> FeedAsked:
    """Which feed to start."""
    return FeedAsked(
        dataset=request.dataset,
        source=request.source,
        kind=Kind(request.kind),
        targets=[Target(each.symbol, each.vendor_symbol) for each in request.targets],
        every=request.every.ToTimedelta() if request.HasField("every") else None,
    )


def to_source(status: SourceStatus) -> pb.Source:
    """A source and how it fares."""
    source, access, allowance = status.source, status.access, status.allowance
    problem, until = allowance.problem_at(access.rate, status.now)
    calls = allowance.calls_on(status.now.date())
    return pb.Source(
        name=source.name,
        type=f"SOURCE_TYPE_{source.type.name}",
        frequency=source.frequency,
        reliability=source.reliability,
        cost_per_call=_decimal(source.cost_per_call),
        kinds=[pb.FeedKind.Name(kind.value) for kind in source.kinds],
        configured=access.vendor is not None,
        calls_per_minute=access.rate.per_minute,
        calls_per_day=access.rate.per_day,
        calls_today=calls,
        cost_today=_decimal(source.cost_per_call * calls),
        problem=pb.FeedProblem.Name(problem.value),
        blocked_until=None if until is None else to_timestamp(until),
        failures=allowance.failures,
        clock_skew=None if allowance.skew is None else _duration(timedelta(seconds=allowance.skew)),
    )


def to_feed(feed: Feed) -> pb.Feed:
    """A feed."""
    return pb.Feed(
        dataset_id=feed.name.dataset_id,
        source=feed.name.source,
        kind=pb.FeedKind.Name(feed.name.kind.value),
        running=feed.running,
        every=_duration(feed.every),
        targets=[_status(each, running=feed.running) for each in feed.targets],
        created_at=to_timestamp(feed.created_at),
    )


def _status(of: TargetStatus, *, running: bool) -> pb.FeedTargetStatus:
    return pb.FeedTargetStatus(
        target=pb.FeedTarget(symbol=of.target.symbol, vendor_symbol=of.target.vendor_symbol),
        calls=of.calls,
        records=of.records,
        succeeded_at=None if of.succeeded_at is None else to_timestamp(of.succeeded_at),
        due_at=to_timestamp(of.due_at) if running else None,
        problem=pb.FeedProblem.Name(of.problem.value),
        failed_at=None if of.failed_at is None else to_timestamp(of.failed_at),
    )


def _duration(span: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(span)
    return duration


def _decimal(value: Decimal) -> DecimalMessage:
    return DecimalMessage(value=f"{value:f}")
