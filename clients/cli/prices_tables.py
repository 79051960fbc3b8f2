"""How prices look in a terminal."""

import math
from array import array
from collections.abc import Sequence
from statistics import fmean, stdev

from qpo.marketdata.v1.marketdata_service_pb2 import (
    GetReturnsResponse,
    IngestPricesResponse,
    ListBarsResponse,
    ListClosesResponse,
    ListDatasetsResponse,
    ListInstrumentsResponse,
    UpdateInstrumentsResponse,
)
from qpo.marketdata.v1.prices_pb2 import Defect, DefectReason, Instrument, Visibility
from qpo.types.v1.matrix_pb2 import Matrix
from rich.console import Group, RenderableType
from rich.text import Text

from clients.cli.output import day, grid, percent, word

_SESSIONS_PER_YEAR = 252


def imported(report: IngestPricesResponse, *, limit: int) -> RenderableType:
    """What an import kept, and a table of what it did not."""
    counts = {
        "stored": report.bars_stored,
        "of them corrections": report.bars_corrected,
        "unchanged": report.bars_unchanged,
        "empty cells": report.cells_empty,
        "new instruments": report.instruments_created,
        "lines": report.lines_read,
        "defects": sum(count.count for count in report.defect_counts),
    }
    said = ", ".join(f"{name} {number:,}" for name, number in counts.items() if number)
    name = report.dataset.name or "the dataset"
    line = f"[bold]{name}[/] {day(report.dataset.start)} … {day(report.dataset.end)}: {said or 'nothing stored'}"
    return Group(line, defects(report, limit=limit)) if report.defects else line


def defects(report: IngestPricesResponse, *, limit: int) -> RenderableType:
    """The first defects, by line."""
    total = sum(count.count for count in report.defect_counts)
    shown = report.defects[: max(limit, 0)]
    more = f"{total - len(shown):,} more; --defects N prints more of them" if total > len(shown) else ""
    columns = (">line", "column", "symbol", "reason", "what stood there, and what to do")
    return grid(columns, [_defect(defect) for defect in shown], title="Not kept", note=more)


def _defect(defect: Defect) -> Sequence[RenderableType]:
    reason = word(DefectReason.Name(defect.reason), "DEFECT_REASON_")
    return (str(defect.line), defect.column, defect.symbol, Text(reason, style="yellow"), defect.detail)


def datasets(page: ListDatasetsResponse) -> RenderableType:
    """Datasets, one per row."""
    rows = [
        (
            dataset.name,
            f"{dataset.instruments:,}",
            day(dataset.start),
            day(dataset.end),
            word(Visibility.Name(dataset.visibility), "VISIBILITY_"),
            dataset.id,
        )
        for dataset in page.datasets
    ]
    return grid(
        ("name", ">instruments", "start", "end", "visibility", "id"), rows, note=next_page(page.next_page_token)
    )


def instruments(page: ListInstrumentsResponse) -> RenderableType:
    """Instruments, one per row."""
    return _instruments(page.instruments, next_page(page.next_page_token))


def updated(answer: UpdateInstrumentsResponse) -> RenderableType:
    """Instruments after an update, one per row."""
    return _instruments(answer.instruments)


def _instruments(of: Sequence[Instrument], note: str = "") -> RenderableType:
    rows = [
        (
            *(i.symbol, f"{i.sessions:,}", day(i.start), day(i.end), i.currency, f"{i.lot_size:,}"),
            *(i.mic or "–", i.country or "–", i.sector or "–", i.name or "–"),
        )
        for i in of
    ]
    columns = ("symbol", ">sessions", "start", "end", "currency", ">lot", "market", "country", "sector", "name")
    return grid(columns, rows, note=note)


def bars(page: ListBarsResponse) -> RenderableType:
    """Bars, one per row."""
    rows = [
        (
            day(bar.session),
            bar.symbol,
            f"{bar.open:,.4f}" if bar.HasField("open") else "–",
            f"{bar.high:,.4f}" if bar.HasField("high") else "–",
            f"{bar.low:,.4f}" if bar.HasField("low") else "–",
            f"{bar.close:,.4f}",
            f"{bar.adjusted_close:,.4f}",
            f"{bar.volume:,.0f}" if bar.HasField("volume") else "–",
        )
        for bar in page.bars
    ]
    columns = ("session", "symbol", ">open", ">high", ">low", ">close", ">adjusted", ">volume")
    return grid(columns, rows, note=next_page(page.next_page_token))


def closes(answer: ListClosesResponse) -> RenderableType:
    """Closes, one per row."""
    rows = [(close.symbol, f"{close.price:,.4f}", day(close.session)) for close in answer.closes]
    return grid(("symbol", ">close", "session"), rows)


def returns(answer: GetReturnsResponse) -> RenderableType:
    """One row per symbol: how many returns, mean and volatility per year."""
    width = len(answer.symbols)
    values = doubles(answer.returns)
    rows = []
    for column, history in enumerate(answer.histories):
        known = [value for value in values[column::width] if not math.isnan(value)]
        rows.append((history.symbol, f"{len(known):,}", f"{history.missing:,}", day(history.start), *_per_year(known)))
    window = f"{day(answer.sessions[0])} … {day(answer.sessions[-1])}" if answer.sessions else "no sessions"
    columns = ("symbol", ">returns", ">missing", "history from", ">mean per year", ">volatility per year")
    return grid(columns, rows, note=window)


def doubles(matrix: Matrix) -> "array[float]":
    """A matrix's values in row-major order, whichever way they were sent."""
    if matrix.WhichOneof("values") == "doubles":
        return array("d", matrix.doubles.values)
    return array("d", matrix.packed)


def next_page(token: str) -> str:
    """The note under a page that is not the last."""
    return f"there is more: --page-token {token}" if token else ""


def _per_year(returns_: Sequence[float]) -> tuple[str, str]:
    if len(returns_) < 2:
        return "–", "–"
    year = _SESSIONS_PER_YEAR
    return percent(fmean(returns_) * year), percent(stdev(returns_) * math.sqrt(year))
