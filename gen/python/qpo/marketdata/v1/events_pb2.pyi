import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.marketdata.v1 import alternative_data_service_pb2 as _alternative_data_service_pb2
from qpo.marketdata.v1 import prices_pb2 as _prices_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DatasetEvent(_message.Message):
    __slots__ = ("prices_imported", "dataset_deleted", "replay_started", "replay_ended", "instruments_updated")
    PRICES_IMPORTED_FIELD_NUMBER: _ClassVar[int]
    DATASET_DELETED_FIELD_NUMBER: _ClassVar[int]
    REPLAY_STARTED_FIELD_NUMBER: _ClassVar[int]
    REPLAY_ENDED_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_UPDATED_FIELD_NUMBER: _ClassVar[int]
    prices_imported: PricesImported
    dataset_deleted: DatasetDeleted
    replay_started: ReplayStarted
    replay_ended: ReplayEnded
    instruments_updated: InstrumentsUpdated
    def __init__(self, prices_imported: _Optional[_Union[PricesImported, _Mapping]] = ..., dataset_deleted: _Optional[_Union[DatasetDeleted, _Mapping]] = ..., replay_started: _Optional[_Union[ReplayStarted, _Mapping]] = ..., replay_ended: _Optional[_Union[ReplayEnded, _Mapping]] = ..., instruments_updated: _Optional[_Union[InstrumentsUpdated, _Mapping]] = ...) -> None: ...

class PricesImported(_message.Message):
    __slots__ = ("dataset", "tenant_id", "bars", "corrected", "instruments_created", "known_at")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    BARS_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_CREATED_FIELD_NUMBER: _ClassVar[int]
    KNOWN_AT_FIELD_NUMBER: _ClassVar[int]
    dataset: _prices_pb2.Dataset
    tenant_id: str
    bars: int
    corrected: int
    instruments_created: int
    known_at: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[_Union[_prices_pb2.Dataset, _Mapping]] = ..., tenant_id: _Optional[str] = ..., bars: _Optional[int] = ..., corrected: _Optional[int] = ..., instruments_created: _Optional[int] = ..., known_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InstrumentsUpdated(_message.Message):
    __slots__ = ("dataset", "tenant_id", "symbols", "known_at")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    KNOWN_AT_FIELD_NUMBER: _ClassVar[int]
    dataset: _prices_pb2.Dataset
    tenant_id: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    known_at: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[_Union[_prices_pb2.Dataset, _Mapping]] = ..., tenant_id: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., known_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DatasetDeleted(_message.Message):
    __slots__ = ("dataset", "tenant_id")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    dataset: _prices_pb2.Dataset
    tenant_id: str
    def __init__(self, dataset: _Optional[_Union[_prices_pb2.Dataset, _Mapping]] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class ReplayStarted(_message.Message):
    __slots__ = ("replay", "user_id", "tenant_id")
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    replay: _prices_pb2.Replay
    user_id: str
    tenant_id: str
    def __init__(self, replay: _Optional[_Union[_prices_pb2.Replay, _Mapping]] = ..., user_id: _Optional[str] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class ReplayEnded(_message.Message):
    __slots__ = ("replay", "user_id", "tenant_id")
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    replay: _prices_pb2.Replay
    user_id: str
    tenant_id: str
    def __init__(self, replay: _Optional[_Union[_prices_pb2.Replay, _Mapping]] = ..., user_id: _Optional[str] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class MarketRecords(_message.Message):
    __slots__ = ("dataset_id", "source", "symbol", "currency", "occurred_at", "price", "size", "number", "released")
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    dataset_id: str
    source: str
    symbol: str
    currency: str
    occurred_at: _containers.RepeatedScalarFieldContainer[int]
    price: _containers.RepeatedScalarFieldContainer[float]
    size: _containers.RepeatedScalarFieldContainer[float]
    number: _containers.RepeatedScalarFieldContainer[int]
    released: str
    def __init__(self, dataset_id: _Optional[str] = ..., source: _Optional[str] = ..., symbol: _Optional[str] = ..., currency: _Optional[str] = ..., occurred_at: _Optional[_Iterable[int]] = ..., price: _Optional[_Iterable[float]] = ..., size: _Optional[_Iterable[float]] = ..., number: _Optional[_Iterable[int]] = ..., released: _Optional[str] = ...) -> None: ...

class AlternativeRecords(_message.Message):
    __slots__ = ("dataset_id", "source", "documents", "figures")
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    dataset_id: str
    source: str
    documents: _containers.RepeatedCompositeFieldContainer[_alternative_data_service_pb2.Document]
    figures: _containers.RepeatedCompositeFieldContainer[Figure]
    def __init__(self, dataset_id: _Optional[str] = ..., source: _Optional[str] = ..., documents: _Optional[_Iterable[_Union[_alternative_data_service_pb2.Document, _Mapping]]] = ..., figures: _Optional[_Iterable[_Union[Figure, _Mapping]]] = ...) -> None: ...

class Figure(_message.Message):
    __slots__ = ("subject", "metric", "day", "period", "value", "currency", "published_at")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    subject: str
    metric: str
    day: _date_pb2.Date
    period: str
    value: str
    currency: str
    published_at: _timestamp_pb2.Timestamp
    def __init__(self, subject: _Optional[str] = ..., metric: _Optional[str] = ..., day: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., period: _Optional[str] = ..., value: _Optional[str] = ..., currency: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
