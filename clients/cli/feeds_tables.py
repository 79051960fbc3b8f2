"""How sources and feeds look in a terminal."""

from collections.abc import Iterable
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1.feed_service_pb2 import (
    Feed,
    FeedKind,
    FeedProblem,
    FeedTargetStatus,
    ListFeedsResponse,
    ListSourcesResponse,
    Source,
    StartFeedResponse,
    StopFeedResponse,
)
from rich.console import RenderableType
from rich.text import Text

from clients.cli.output import grid, moment, money, percent, word


def sources(answer: ListSourcesResponse) -> RenderableType:
    """One row per source."""
    columns = ("source", "kinds", "new", ">reliable", ">a call", ">calls today", ">cost today", "state")
    return grid(columns, (_source(each) for each in answer.sources))


def feeds(answer: ListFeedsResponse) -> RenderableType:
    """One row per target of each feed."""
    return _feeds(answer.feeds) if answer.feeds else "no feeds; `qpo feeds start` starts one"


def one(answer: StartFeedResponse | StopFeedResponse) -> RenderableType:
    """One row per target of the feed."""
    return _feeds([answer.feed])


def _source(source: Source) -> tuple[RenderableType, ...]:
    kinds = ", ".join(_kind(kind) for kind in source.kinds)
    calls = f"{source.calls_today:,} of {source.calls_per_day:,}"
    cost = (money(source.cost_per_call.value, "USD"), calls, money(source.cost_today.value, "USD"))
    return (source.name, kinds, source.frequency, percent(source.reliability, 1), *cost, _state(source))


def _state(source: Source) -> RenderableType:
    if not source.configured:
        return Text("no key", "dim")
    if not source.problem:
        return Text("ready", "green")
    return Text(f"{_problem(source.problem)} until {moment(source.blocked_until)}", "yellow")


def _feeds(of: Iterable[Feed]) -> RenderableType:
    columns = ("symbol", "source", "kind", "every", ">calls", ">records", "last answer", "next call", "problem")
    return grid(columns, (_target(feed, each) for feed in of for each in feed.targets))


def _target(feed: Feed, status: FeedTargetStatus) -> tuple[RenderableType, ...]:
    target = status.target
    symbol = f"{target.symbol} ({target.vendor_symbol})" if target.vendor_symbol else target.symbol
    when = moment(status.due_at) if feed.running else "stopped"
    counts = (f"{status.calls:,.0f}", f"{status.records:,.0f}")
    problem = Text(_problem(status.problem) if status.problem else "–", "yellow" if status.problem else "dim")
    of = (symbol, feed.source, _kind(feed.kind), _span(feed.every))
    return (*of, *counts, moment(status.succeeded_at), when, problem)


def _kind(kind: FeedKind) -> str:
    return word(FeedKind.Name(kind), "FEED_KIND_")


def _problem(problem: FeedProblem) -> str:
    return word(FeedProblem.Name(problem), "FEED_PROBLEM_")


def _span(span: Duration) -> str:
    return str(timedelta(seconds=span.seconds))
