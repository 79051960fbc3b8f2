"""How the quality of ticks looks in a terminal."""

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1.data_quality_service_pb2 import (
    GetQualityReportResponse,
    ListQuarantineResponse,
    QualityRules,
    QuarantinedRecord,
    RecordFault,
    ReleaseQuarantinedResponse,
    StreamQuality,
)
from rich.console import RenderableType
from rich.text import Text

from clients.cli.output import card, grid, moment, percent, word
from clients.cli.prices_tables import next_page


def report(found: GetQualityReportResponse) -> RenderableType:
    """One row per symbol and source, and one for all together."""
    if not found.streams:
        return "no ticks were judged yet"
    rows = [(each.symbol or "–", each.source or "–", *_row(each)) for each in found.streams]
    rows.append(("all", "", *_row(found.total)))
    return grid(("symbol", "source", ">accepted", ">kept apart", ">left out", ">score", "why"), rows)


def _row(found: StreamQuality) -> tuple[RenderableType, ...]:
    apart = sum(each.count for each in found.faults)
    why = ", ".join(f"{_fault(each.fault)} {each.count:,.0f}" for each in found.faults)
    counts = (f"{found.accepted:,.0f}", f"{apart:,.0f}", f"{found.left_out:,.0f}", percent(found.score))
    return (*counts, Text(why, style="yellow"))


def rules(found: QualityRules) -> RenderableType:
    """One row per rule."""
    return card(
        [
            ("ahead", f"{_seconds(found.ahead):g} s that a source's clock may be ahead"),
            ("oldest", f"{_seconds(found.oldest):g} s, the age of what is taken in"),
            ("spike-z", f"{found.spike_z:g} robust z-scores of a log return"),
            ("spike-floor", f"{found.spike_floor:g}, a log return that is never a spike"),
            ("confirm", f"{found.confirm} spikes in agreement are a new level"),
            ("cross-window", f"{_seconds(found.cross_window):g} s, the age of another source's price"),
            ("session-slack", f"{_seconds(found.session_slack):g} s before and after a session of the exchange"),
            ("cross-tolerance", f"{found.cross_tolerance:g} that sources may differ by"),
        ]
    )


def quarantine(page: ListQuarantineResponse) -> RenderableType:
    """One row per record."""
    return _records(page.records, next_page(page.next_page_token))


def released(answer: ReleaseQuarantinedResponse) -> RenderableType:
    """One row per record."""
    return _records(answer.records)


def _records(records: Iterable[QuarantinedRecord], note: str = "") -> RenderableType:
    rows = [
        (
            record.id,
            record.symbol or "–",
            record.source or "–",
            Text(_fault(record.fault), style="yellow"),
            moment(record.occurred_at),
            record.price or "–",
            f"{record.number:.0f}",
            _state(record),
        )
        for record in records
    ]
    return grid(("id", "symbol", "source", "fault", "occurred", ">price", ">number", "state"), rows, note=note)


def _state(record: QuarantinedRecord) -> str:
    if record.HasField("stored_at"):
        return f"stored {moment(record.stored_at)}"
    return f"released {moment(record.released_at)}" if record.HasField("released_at") else "kept apart"


def _fault(fault: RecordFault) -> str:
    return word(RecordFault.Name(fault), "RECORD_FAULT_")


def _seconds(duration: Duration) -> float:
    return duration.ToNanoseconds() / 1e9
