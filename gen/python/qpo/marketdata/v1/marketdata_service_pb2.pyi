import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.marketdata.v1 import prices_pb2 as _prices_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.types.v1 import export_pb2 as _export_pb2
from qpo.types.v1 import matrix_pb2 as _matrix_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PriceFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRICE_FORMAT_UNSPECIFIED: _ClassVar[PriceFormat]
    PRICE_FORMAT_CSV: _ClassVar[PriceFormat]
    PRICE_FORMAT_PARQUET: _ClassVar[PriceFormat]

class PriceLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRICE_LAYOUT_UNSPECIFIED: _ClassVar[PriceLayout]
    PRICE_LAYOUT_WIDE: _ClassVar[PriceLayout]
    PRICE_LAYOUT_LONG: _ClassVar[PriceLayout]

class BarInterval(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BAR_INTERVAL_UNSPECIFIED: _ClassVar[BarInterval]
    BAR_INTERVAL_1M: _ClassVar[BarInterval]
    BAR_INTERVAL_5M: _ClassVar[BarInterval]
    BAR_INTERVAL_1H: _ClassVar[BarInterval]
    BAR_INTERVAL_1D: _ClassVar[BarInterval]
PRICE_FORMAT_UNSPECIFIED: PriceFormat
PRICE_FORMAT_CSV: PriceFormat
PRICE_FORMAT_PARQUET: PriceFormat
PRICE_LAYOUT_UNSPECIFIED: PriceLayout
PRICE_LAYOUT_WIDE: PriceLayout
PRICE_LAYOUT_LONG: PriceLayout
BAR_INTERVAL_UNSPECIFIED: BarInterval
BAR_INTERVAL_1M: BarInterval
BAR_INTERVAL_5M: BarInterval
BAR_INTERVAL_1H: BarInterval
BAR_INTERVAL_1D: BarInterval

class IngestHeader(_message.Message):
    __slots__ = ("dataset", "format", "layout", "currency", "visibility", "validate_only")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    format: PriceFormat
    layout: PriceLayout
    currency: str
    visibility: _prices_pb2.Visibility
    validate_only: bool
    def __init__(self, dataset: _Optional[str] = ..., format: _Optional[_Union[PriceFormat, str]] = ..., layout: _Optional[_Union[PriceLayout, str]] = ..., currency: _Optional[str] = ..., visibility: _Optional[_Union[_prices_pb2.Visibility, str]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class IngestPricesRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: IngestHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[IngestHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class IngestPricesResponse(_message.Message):
    __slots__ = ("dataset", "bars_stored", "bars_corrected", "bars_unchanged", "cells_empty", "instruments_created", "defects", "defect_counts", "lines_read")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    BARS_STORED_FIELD_NUMBER: _ClassVar[int]
    BARS_CORRECTED_FIELD_NUMBER: _ClassVar[int]
    BARS_UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    CELLS_EMPTY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_CREATED_FIELD_NUMBER: _ClassVar[int]
    DEFECTS_FIELD_NUMBER: _ClassVar[int]
    DEFECT_COUNTS_FIELD_NUMBER: _ClassVar[int]
    LINES_READ_FIELD_NUMBER: _ClassVar[int]
    dataset: _prices_pb2.Dataset
    bars_stored: int
    bars_corrected: int
    bars_unchanged: int
    cells_empty: int
    instruments_created: int
    defects: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Defect]
    defect_counts: _containers.RepeatedCompositeFieldContainer[_prices_pb2.DefectCount]
    lines_read: int
    def __init__(self, dataset: _Optional[_Union[_prices_pb2.Dataset, _Mapping]] = ..., bars_stored: _Optional[int] = ..., bars_corrected: _Optional[int] = ..., bars_unchanged: _Optional[int] = ..., cells_empty: _Optional[int] = ..., instruments_created: _Optional[int] = ..., defects: _Optional[_Iterable[_Union[_prices_pb2.Defect, _Mapping]]] = ..., defect_counts: _Optional[_Iterable[_Union[_prices_pb2.DefectCount, _Mapping]]] = ..., lines_read: _Optional[int] = ...) -> None: ...

class TickFeed(_message.Message):
    __slots__ = ("dataset", "source")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    source: str
    def __init__(self, dataset: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class TickRecords(_message.Message):
    __slots__ = ("symbol", "currency", "occurred_at", "prices", "sizes", "numbers")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    currency: str
    occurred_at: _containers.RepeatedScalarFieldContainer[int]
    prices: _containers.RepeatedScalarFieldContainer[float]
    sizes: _containers.RepeatedScalarFieldContainer[float]
    numbers: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, symbol: _Optional[str] = ..., currency: _Optional[str] = ..., occurred_at: _Optional[_Iterable[int]] = ..., prices: _Optional[_Iterable[float]] = ..., sizes: _Optional[_Iterable[float]] = ..., numbers: _Optional[_Iterable[int]] = ...) -> None: ...

class IngestTicksRequest(_message.Message):
    __slots__ = ("feed", "records")
    FEED_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    feed: TickFeed
    records: TickRecords
    def __init__(self, feed: _Optional[_Union[TickFeed, _Mapping]] = ..., records: _Optional[_Union[TickRecords, _Mapping]] = ...) -> None: ...

class IngestTicksResponse(_message.Message):
    __slots__ = ("records", "messages")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    records: int
    messages: int
    def __init__(self, records: _Optional[int] = ..., messages: _Optional[int] = ...) -> None: ...

class ListDatasetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDatasetsResponse(_message.Message):
    __slots__ = ("datasets", "next_page_token")
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    datasets: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Dataset]
    next_page_token: str
    def __init__(self, datasets: _Optional[_Iterable[_Union[_prices_pb2.Dataset, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListInstrumentsRequest(_message.Message):
    __slots__ = ("dataset", "page_size", "page_token", "symbols")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    page_size: int
    page_token: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dataset: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class ListInstrumentsResponse(_message.Message):
    __slots__ = ("instruments", "next_page_token")
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Instrument]
    next_page_token: str
    def __init__(self, instruments: _Optional[_Iterable[_Union[_prices_pb2.Instrument, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class InstrumentUpdate(_message.Message):
    __slots__ = ("symbol", "sector", "country", "currency", "lot_size", "name", "mic")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIC_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    sector: str
    country: str
    currency: str
    lot_size: int
    name: str
    mic: str
    def __init__(self, symbol: _Optional[str] = ..., sector: _Optional[str] = ..., country: _Optional[str] = ..., currency: _Optional[str] = ..., lot_size: _Optional[int] = ..., name: _Optional[str] = ..., mic: _Optional[str] = ...) -> None: ...

class UpdateInstrumentsRequest(_message.Message):
    __slots__ = ("dataset", "updates")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    updates: _containers.RepeatedCompositeFieldContainer[InstrumentUpdate]
    def __init__(self, dataset: _Optional[str] = ..., updates: _Optional[_Iterable[_Union[InstrumentUpdate, _Mapping]]] = ...) -> None: ...

class UpdateCorporateActionsRequest(_message.Message):
    __slots__ = ("dataset", "actions")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    actions: _containers.RepeatedCompositeFieldContainer[_prices_pb2.CorporateAction]
    def __init__(self, dataset: _Optional[str] = ..., actions: _Optional[_Iterable[_Union[_prices_pb2.CorporateAction, _Mapping]]] = ...) -> None: ...

class UpdateCorporateActionsResponse(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[_prices_pb2.CorporateAction]
    def __init__(self, actions: _Optional[_Iterable[_Union[_prices_pb2.CorporateAction, _Mapping]]] = ...) -> None: ...

class ListCorporateActionsRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "as_of", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCorporateActionsResponse(_message.Message):
    __slots__ = ("actions", "next_page_token")
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[_prices_pb2.CorporateAction]
    next_page_token: str
    def __init__(self, actions: _Optional[_Iterable[_Union[_prices_pb2.CorporateAction, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateInstrumentsResponse(_message.Message):
    __slots__ = ("instruments",)
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Instrument]
    def __init__(self, instruments: _Optional[_Iterable[_Union[_prices_pb2.Instrument, _Mapping]]] = ...) -> None: ...

class ListBarsRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "start", "end", "as_of", "page_size", "page_token", "adjustment")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    start: _date_pb2.Date
    end: _date_pb2.Date
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    adjustment: _prices_pb2.Adjustment
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., adjustment: _Optional[_Union[_prices_pb2.Adjustment, str]] = ...) -> None: ...

class ListBarsResponse(_message.Message):
    __slots__ = ("bars", "next_page_token")
    BARS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bars: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Bar]
    next_page_token: str
    def __init__(self, bars: _Optional[_Iterable[_Union[_prices_pb2.Bar, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListTickBarsRequest(_message.Message):
    __slots__ = ("dataset", "interval", "symbols", "start", "end", "as_of", "page_size", "page_token", "adjustment")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    interval: BarInterval
    symbols: _containers.RepeatedScalarFieldContainer[str]
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    adjustment: _prices_pb2.Adjustment
    def __init__(self, dataset: _Optional[str] = ..., interval: _Optional[_Union[BarInterval, str]] = ..., symbols: _Optional[_Iterable[str]] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., adjustment: _Optional[_Union[_prices_pb2.Adjustment, str]] = ...) -> None: ...

class ListTickBarsResponse(_message.Message):
    __slots__ = ("bars", "next_page_token")
    BARS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    bars: _containers.RepeatedCompositeFieldContainer[_prices_pb2.TickBar]
    next_page_token: str
    def __init__(self, bars: _Optional[_Iterable[_Union[_prices_pb2.TickBar, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListClosesRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "session", "as_of")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    session: _date_pb2.Date
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., session: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Close(_message.Message):
    __slots__ = ("symbol", "price", "session")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    price: float
    session: _date_pb2.Date
    def __init__(self, symbol: _Optional[str] = ..., price: _Optional[float] = ..., session: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class ListClosesResponse(_message.Message):
    __slots__ = ("closes",)
    CLOSES_FIELD_NUMBER: _ClassVar[int]
    closes: _containers.RepeatedCompositeFieldContainer[Close]
    def __init__(self, closes: _Optional[_Iterable[_Union[Close, _Mapping]]] = ...) -> None: ...

class GetReturnsRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "end", "lookback", "as_of")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    LOOKBACK_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    end: _date_pb2.Date
    lookback: int
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., lookback: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class History(_message.Message):
    __slots__ = ("symbol", "start", "observations", "missing")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start: _date_pb2.Date
    observations: int
    missing: int
    def __init__(self, symbol: _Optional[str] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., observations: _Optional[int] = ..., missing: _Optional[int] = ...) -> None: ...

class GetReturnsResponse(_message.Message):
    __slots__ = ("symbols", "sessions", "returns", "histories")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    HISTORIES_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    sessions: _containers.RepeatedCompositeFieldContainer[_date_pb2.Date]
    returns: _matrix_pb2.Matrix
    histories: _containers.RepeatedCompositeFieldContainer[History]
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., sessions: _Optional[_Iterable[_Union[_date_pb2.Date, _Mapping]]] = ..., returns: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ..., histories: _Optional[_Iterable[_Union[History, _Mapping]]] = ...) -> None: ...

class SubscribeTicksRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "cursor", "max_rate", "fields")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    MAX_RATE_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    cursor: str
    max_rate: float
    fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., cursor: _Optional[str] = ..., max_rate: _Optional[float] = ..., fields: _Optional[_Iterable[str]] = ...) -> None: ...

class SubscribeTicksResponse(_message.Message):
    __slots__ = ("snapshot", "ticks", "cursor", "conflated")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    CONFLATED_FIELD_NUMBER: _ClassVar[int]
    snapshot: bool
    ticks: _containers.RepeatedCompositeFieldContainer[_prices_pb2.Tick]
    cursor: str
    conflated: int
    def __init__(self, snapshot: _Optional[bool] = ..., ticks: _Optional[_Iterable[_Union[_prices_pb2.Tick, _Mapping]]] = ..., cursor: _Optional[str] = ..., conflated: _Optional[int] = ...) -> None: ...

class SubscribeBarsRequest(_message.Message):
    __slots__ = ("dataset", "interval", "symbols", "cursor")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    interval: BarInterval
    symbols: _containers.RepeatedScalarFieldContainer[str]
    cursor: str
    def __init__(self, dataset: _Optional[str] = ..., interval: _Optional[_Union[BarInterval, str]] = ..., symbols: _Optional[_Iterable[str]] = ..., cursor: _Optional[str] = ...) -> None: ...

class SubscribeBarsResponse(_message.Message):
    __slots__ = ("snapshot", "bars", "cursor")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    BARS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    snapshot: bool
    bars: _containers.RepeatedCompositeFieldContainer[_prices_pb2.TickBar]
    cursor: str
    def __init__(self, snapshot: _Optional[bool] = ..., bars: _Optional[_Iterable[_Union[_prices_pb2.TickBar, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class StartReplayRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "start", "end", "speed", "request_id")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    start: _date_pb2.Date
    end: _date_pb2.Date
    speed: float
    request_id: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., speed: _Optional[float] = ..., request_id: _Optional[str] = ...) -> None: ...

class StartReplayResponse(_message.Message):
    __slots__ = ("replay",)
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    replay: _prices_pb2.Replay
    def __init__(self, replay: _Optional[_Union[_prices_pb2.Replay, _Mapping]] = ...) -> None: ...

class GetReplayRequest(_message.Message):
    __slots__ = ("replay_id",)
    REPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    replay_id: str
    def __init__(self, replay_id: _Optional[str] = ...) -> None: ...

class GetReplayResponse(_message.Message):
    __slots__ = ("replay",)
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    replay: _prices_pb2.Replay
    def __init__(self, replay: _Optional[_Union[_prices_pb2.Replay, _Mapping]] = ...) -> None: ...

class StopReplayRequest(_message.Message):
    __slots__ = ("replay_id",)
    REPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    replay_id: str
    def __init__(self, replay_id: _Optional[str] = ...) -> None: ...

class StopReplayResponse(_message.Message):
    __slots__ = ("replay",)
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    replay: _prices_pb2.Replay
    def __init__(self, replay: _Optional[_Union[_prices_pb2.Replay, _Mapping]] = ...) -> None: ...

class ExportMyDataRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportMyDataResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: _export_pb2.ExportChunk
    def __init__(self, chunk: _Optional[_Union[_export_pb2.ExportChunk, _Mapping]] = ...) -> None: ...
