"""From the domain's words to the contract's: datasets, prices, returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.types.v1.matrix_pb2 import Matrix

from chassis.errors import InvalidRequest
from services.marketdata.app.get_returns import Returns
from services.marketdata.app.ingest_prices import Format, Ingested, Upload
from services.marketdata.domain.dataset import Bar, Close, Instrument, Visibility
from services.marketdata.domain.defects import Defect, DefectReason
from services.marketdata.domain.layout import Layout
from services.marketdata.domain.updates import InstrumentUpdate
from services.marketdata.wire.dataset import to_dataset
from services.marketdata.wire.times import to_date, to_timestamp

DEFAULT_CURRENCY = "USD"
REASONS = {reason: f"DEFECT_REASON_{reason.name}" for reason in DefectReason}


def from_header(header: pb.IngestHeader) -> Upload:
    """What an upload is said to be; empty is USD, and private."""
    return Upload(
        dataset=header.dataset,
        format=Format(header.format),
        layout=Layout(header.layout),
        currency=header.currency or DEFAULT_CURRENCY,
        visibility=Visibility(header.visibility or Visibility.PRIVATE.value),
        validate_only=header.validate_only,
    )


def to_ingested(ingested: Ingested) -> pb.IngestPricesResponse:
    """What became of an upload."""
    stored, reading = ingested.stored, ingested.reading
    counts = sorted(reading.defects.counts.items(), key=lambda item: item[0].value)
    return pb.IngestPricesResponse(
        dataset=None if ingested.dataset is None else to_dataset(ingested.dataset),
        bars_stored=stored.bars,
        bars_corrected=stored.corrected,
        bars_unchanged=stored.unchanged,
        cells_empty=reading.cells_empty,
        instruments_created=stored.instruments_created,
        defects=[_defect(defect) for defect in reading.defects.first],
        defect_counts=[prices.DefectCount(reason=REASONS[reason], count=count) for reason, count in counts],
        lines_read=reading.lines_read,
    )


def _defect(defect: Defect) -> prices.Defect:
    return prices.Defect(
        line=defect.line,
        column=defect.column,
        symbol=defect.symbol,
        reason=REASONS[defect.reason],
        detail=defect.detail,
    )


def to_instrument(instrument: Instrument) -> prices.Instrument:
    """An instrument."""
    return prices.Instrument(
        id=instrument.id,
        symbol=instrument.symbol,
        mic=instrument.mic,
        sector=instrument.sector,
        country=instrument.country,
        currency=instrument.currency,
        lot_size=instrument.lot_size,
        average_daily_volume=instrument.average_daily_volume,
        start=to_date(instrument.start),
        end=to_date(instrument.end),
        sessions=instrument.sessions,
        name=instrument.name,
    )


def from_updates(request: pb.UpdateInstrumentsRequest) -> list[InstrumentUpdate]:
    """What is said of which instruments. Raises InvalidRequest with each symbol that is named again."""
    again = list(_named_again(request))
    if again:
        raise InvalidRequest(again)
    return [InstrumentUpdate(**{field.name: value for field, value in each.ListFields()}) for each in request.updates]


def _named_again(request: pb.UpdateInstrumentsRequest) -> Iterator[tuple[str, str]]:
    first: dict[str, int] = {}
    for index, update in enumerate(request.updates):
        at = first.setdefault(update.symbol, index)
        if at < index:
            yield f"updates[{index}].symbol", f"{update.symbol} stands in updates[{at}] already: name it once"


def to_updated(instruments: Sequence[Instrument]) -> pb.UpdateInstrumentsResponse:
    """Instruments after an update."""
    return pb.UpdateInstrumentsResponse(instruments=[to_instrument(instrument) for instrument in instruments])


def to_bar(bar: Bar) -> prices.Bar:
    """A bar; what is unknown is absent."""
    return prices.Bar(
        symbol=bar.symbol,
        session=to_date(bar.session),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        adjusted_close=bar.adjusted_close,
        volume=bar.volume,
        knowledge_time=to_timestamp(bar.knowledge_time),
    )


def to_close(close: Close) -> pb.Close:
    """A close."""
    return pb.Close(symbol=close.symbol, price=close.price, session=to_date(close.session))


def to_returns(returns: Returns) -> pb.GetReturnsResponse:
    """T × N returns, packed little-endian, with each column's history."""
    window = returns.window
    rows, cols = window.returns.shape
    answer = pb.GetReturnsResponse(
        symbols=returns.symbols,
        returns=Matrix(rows=rows, cols=cols, packed=window.returns.astype("<f8").tobytes()),
    )
    for day in map(date.fromordinal, window.sessions.tolist()):
        answer.sessions.add(year=day.year, month=day.month, day=day.day)
    known, missing = window.observations.tolist(), window.missing.tolist()
    for symbol, start, observed, lacking in zip(returns.symbols, returns.starts, known, missing, strict=True):
        answer.histories.add(symbol=symbol, start=to_date(start), observations=observed, missing=lacking)
    return answer
