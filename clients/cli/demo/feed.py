"""A live feed: real closes a minute apart, one in a hundred with a mistake among them, each of which must be found."""

import csv
import gzip
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1.data_quality_service_pb2 import (
    GetQualityReportRequest,
    GetQualityReportResponse,
    QualityRules,
    RecordFault,
    UpdateQualityRulesRequest,
)
from qpo.marketdata.v1.marketdata_service_pb2 import (
    IngestTicksRequest,
    ListTickBarsRequest,
    SubscribeTicksRequest,
    SubscribeTicksResponse,
    TickFeed,
    TickRecords,
)
from rich.console import RenderableType

from clients.cli.demo.prices import closes
from clients.cli.demo.tour import DATASET, Tour
from clients.cli.output import grid, word
from clients.cli.plots import candles_chart
from clients.cli.problem import Problem

SESSIONS = 2000
SOURCE = "demo"
_PATIENCE = 30.0  # s
_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND
_SEED = 1
_ONE_IN = 100


@dataclass(frozen=True)
class Record:
    """A record of the feed."""

    symbol: str
    occurred_at: int  # ns since 1970
    price: float
    size: float
    number: int
    currency: str = ""


# Ten ways in which a record is wrong: what became of a right one, and what must be found.
_WRONG: dict[str, tuple[Callable[[Record], Record], str]] = {
    "no number": (lambda right: replace(right, price=math.nan), "NOT_FINITE"),
    "a price of nothing": (lambda right: replace(right, price=0.0), "NON_POSITIVE"),
    "a negative size": (lambda right: replace(right, size=-1.0), "BAD_SIZE"),
    "months ahead of time": (lambda right: replace(right, occurred_at=right.occurred_at + 150_000 * _MINUTE), "FUTURE"),
    "a month old": (lambda right: replace(right, occurred_at=right.occurred_at - 30 * 1440 * _MINUTE), "STALE"),
    "given twice": (lambda right: right, "DUPLICATE"),
    "out of order": (lambda right: replace(right, occurred_at=right.occurred_at - 2 * _MINUTE), "OUT_OF_ORDER"),
    "ten times the price": (lambda right: replace(right, price=10.0 * right.price), "SPIKE"),
    "another currency": (lambda right: replace(right, currency="EUR"), "WRONG_CURRENCY"),
    "a symbol that is none": (lambda right: replace(right, symbol="NONE"), "UNKNOWN_SYMBOL"),
}


@dataclass(frozen=True)
class Sent:
    """What was sent: all records in order, how many are right, and how often each fault is among them."""

    records: Sequence[Record]
    right: int
    faults: Counter[str]


def feed(tour: Tour) -> None:
    """Sends the feed, and settles the account: every wrong record found for what it is, every right one a tick."""
    intent = f"{SESSIONS:,} real closes of {len(tour.symbols)} stocks as if a minute apart; one in {_ONE_IN} is wrong"
    with tour.narrator.step("Feed", intent) as step:
        sent = with_mistakes(_right_records(SESSIONS), random.Random(_SEED))  # noqa: S311 - the same mistakes each time
        # Closes of days jump further than ticks do: by up to a half, at the worst.
        rules = QualityRules(spike_floor=1.0, oldest=Duration(seconds=7 * 86_400))
        tour.edge.quality.UpdateQualityRules(UpdateQualityRulesRequest(dataset=DATASET, rules=rules))
        stream = tour.edge.marketdata.SubscribeTicks(SubscribeTicksRequest(dataset=DATASET), timeout=2 * _PATIENCE)
        next(stream)  # the snapshot: whoever has it misses nothing from now on
        tour.edge.marketdata.IngestTicks(_requests(sent.records), timeout=_PATIENCE)
        report = _judged(tour, len(sent.records))
        settle(sent, report)
        seen, overtaken = _seen(stream, sent.right)
        shown = f"a subscriber saw {seen:,} ticks and was told that {overtaken:,} more were overtaken"
        tour.narrator.say(_account(sent, report, shown))
        tour.narrator.say(_picture(tour))
        found = sum(sent.faults.values())
        step.outcome = f"{sent.right:,} ticks stored and shown, {found:,} of {found:,} mistakes found for what they are"


def with_mistakes(right: Sequence[Record], chance: random.Random) -> Sent:
    """The records, and behind one in a hundred a wrong one more, all numbered by symbol as they are sent."""
    kinds = sorted(_WRONG)
    wrong_at = chance.sample(range(len(right)), len(right) // _ONE_IN)
    wrong = {place: kinds[turn % len(kinds)] for turn, place in enumerate(wrong_at)}
    numbers, sent, faults = Counter[str](), list[Record](), Counter[str]()
    for place, record in enumerate(right):
        numbers[record.symbol] += 1
        sent.append(replace(record, number=numbers[record.symbol]))
        if place in wrong:
            spoil, fault = _WRONG[wrong[place]]
            spoilt = spoil(sent[-1])
            if fault != "DUPLICATE":
                numbers[spoilt.symbol] += 1
                spoilt = replace(spoilt, number=numbers[spoilt.symbol])
            sent.append(spoilt)
            faults[fault] += 1
    return Sent(sent, len(right), faults)


def settle(sent: Sent, report: GetQualityReportResponse) -> None:
    """Raises Problem unless what was found is what was sent, to the record."""
    found = {_name(each.fault): int(each.count) for each in report.total.faults}
    if found != dict(sent.faults):
        raise Problem(f"of the mistakes {dict(sorted(sent.faults.items()))} were found {dict(sorted(found.items()))}")
    if report.total.accepted != sent.right:
        raise Problem(f"{report.total.accepted:,.0f} of {sent.right:,} right records became ticks")
    if report.total.left_out:
        raise Problem(f"{report.total.left_out:,.0f} records were missed that nobody left out")


def _right_records(sessions: int) -> list[Record]:
    """The last closes there are, by time, the last a minute ago."""
    file = closes().file
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    last, begin = rows[-sessions:], time.time_ns() - (sessions + 1) * _MINUTE
    return [
        Record(symbol, begin + minute * _MINUTE, float(cell), 100.0, 0)
        for minute, row in enumerate(last)
        for symbol, cell in zip(header[1:], row[1:], strict=True)
        if cell
    ]


def _requests(records: Sequence[Record]) -> Iterator[IngestTicksRequest]:
    """A message per symbol and hundred minutes, cut where the currency changes: its records keep their order."""
    yield IngestTicksRequest(feed=TickFeed(dataset=DATASET, source=SOURCE))
    open_messages = dict[str, TickRecords]()
    for record in records:
        message = open_messages.get(record.symbol)
        if message is not None and (message.currency != record.currency or len(message.prices) >= _ONE_IN):
            yield IngestTicksRequest(records=open_messages.pop(record.symbol))
            message = None
        if message is None:
            message = open_messages[record.symbol] = TickRecords(symbol=record.symbol, currency=record.currency)
        message.occurred_at.append(record.occurred_at)
        message.prices.append(record.price)
        message.sizes.append(record.size)
        message.numbers.append(record.number)
    for message in open_messages.values():
        yield IngestTicksRequest(records=message)


def _judged(tour: Tour, count: int) -> GetQualityReportResponse:
    """The report once all were judged. Raises Problem if that takes too long."""
    until, request = time.monotonic() + _PATIENCE, GetQualityReportRequest(dataset=DATASET)
    while True:
        report: GetQualityReportResponse = tour.edge.quality.GetQualityReport(request)
        judged = report.total.accepted + sum(each.count for each in report.total.faults)
        if judged >= count:
            return report
        if time.monotonic() > until:
            raise Problem(f"{judged:,.0f} of {count:,} records were judged within {_PATIENCE:g} s")
        time.sleep(0.05)


def _seen(stream: Iterator[SubscribeTicksResponse], right: int) -> tuple[int, int]:
    """How many ticks a subscriber was sent, and how many more it was told to have been overtaken."""
    seen = overtaken = 0
    for frame in stream:
        seen, overtaken = seen + len(frame.ticks), overtaken + frame.conflated
        if seen + overtaken >= right:
            break
    if seen + overtaken != right:
        raise Problem(f"a subscriber was told of {seen + overtaken:,} ticks, not of {right:,}")
    return seen, overtaken


def _account(sent: Sent, report: GetQualityReportResponse, shown: str) -> RenderableType:
    found = {_name(each.fault): int(each.count) for each in report.total.faults}
    rows = [
        (kind, word(fault, ""), f"{sent.faults[fault]:,}", f"{found.get(fault, 0):,}")
        for kind, (_, fault) in _WRONG.items()
    ]
    return grid(("what is wrong", "found as", ">sent", ">found"), rows, note=shown)


def _picture(tour: Tour) -> RenderableType:
    symbol = tour.symbols[0]
    answer = tour.edge.marketdata.ListTickBars(
        ListTickBarsRequest(dataset=DATASET, interval="BAR_INTERVAL_5M", symbols=[symbol], page_size=1000)
    )
    return candles_chart.chart(answer.bars, f"{symbol}, bars of 5 minutes")


def _name(fault: RecordFault) -> str:
    return RecordFault.Name(fault).removeprefix("RECORD_FAULT_")
