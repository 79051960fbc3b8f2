import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DocumentKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DOCUMENT_KIND_UNSPECIFIED: _ClassVar[DocumentKind]
    DOCUMENT_KIND_ARTICLE: _ClassVar[DocumentKind]
    DOCUMENT_KIND_POST: _ClassVar[DocumentKind]

class SentimentInterval(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SENTIMENT_INTERVAL_UNSPECIFIED: _ClassVar[SentimentInterval]
    SENTIMENT_INTERVAL_1H: _ClassVar[SentimentInterval]
    SENTIMENT_INTERVAL_1D: _ClassVar[SentimentInterval]
DOCUMENT_KIND_UNSPECIFIED: DocumentKind
DOCUMENT_KIND_ARTICLE: DocumentKind
DOCUMENT_KIND_POST: DocumentKind
SENTIMENT_INTERVAL_UNSPECIFIED: SentimentInterval
SENTIMENT_INTERVAL_1H: SentimentInterval
SENTIMENT_INTERVAL_1D: SentimentInterval

class DocumentFeed(_message.Message):
    __slots__ = ("dataset", "source")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    source: str
    def __init__(self, dataset: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class Document(_message.Message):
    __slots__ = ("id", "kind", "channel", "title", "text", "url", "published_at", "upvote_ratio", "symbols")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    UPVOTE_RATIO_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: DocumentKind
    channel: str
    title: str
    text: str
    url: str
    published_at: _timestamp_pb2.Timestamp
    upvote_ratio: float
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[_Union[DocumentKind, str]] = ..., channel: _Optional[str] = ..., title: _Optional[str] = ..., text: _Optional[str] = ..., url: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., upvote_ratio: _Optional[float] = ..., symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class IngestDocumentsRequest(_message.Message):
    __slots__ = ("feed", "document")
    FEED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    feed: DocumentFeed
    document: Document
    def __init__(self, feed: _Optional[_Union[DocumentFeed, _Mapping]] = ..., document: _Optional[_Union[Document, _Mapping]] = ...) -> None: ...

class IngestDocumentsResponse(_message.Message):
    __slots__ = ("documents",)
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    documents: int
    def __init__(self, documents: _Optional[int] = ...) -> None: ...

class ListDocumentsRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "source", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    source: str
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ScoredDocument(_message.Message):
    __slots__ = ("id", "source", "kind", "channel", "title", "url", "published_at", "knowledge_time", "upvote_ratio", "sentiment_score", "confidence", "symbols")
    ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPVOTE_RATIO_FIELD_NUMBER: _ClassVar[int]
    SENTIMENT_SCORE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    id: str
    source: str
    kind: DocumentKind
    channel: str
    title: str
    url: str
    published_at: _timestamp_pb2.Timestamp
    knowledge_time: _timestamp_pb2.Timestamp
    upvote_ratio: float
    sentiment_score: float
    confidence: float
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., source: _Optional[str] = ..., kind: _Optional[_Union[DocumentKind, str]] = ..., channel: _Optional[str] = ..., title: _Optional[str] = ..., url: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., upvote_ratio: _Optional[float] = ..., sentiment_score: _Optional[float] = ..., confidence: _Optional[float] = ..., symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class ListDocumentsResponse(_message.Message):
    __slots__ = ("documents", "next_page_token")
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    documents: _containers.RepeatedCompositeFieldContainer[ScoredDocument]
    next_page_token: str
    def __init__(self, documents: _Optional[_Iterable[_Union[ScoredDocument, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SentimentPoint(_message.Message):
    __slots__ = ("symbol", "source", "channel", "start", "sentiment_score", "post_count", "upvote_ratio", "confidence", "knowledge_time")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    SENTIMENT_SCORE_FIELD_NUMBER: _ClassVar[int]
    POST_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPVOTE_RATIO_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    source: str
    channel: str
    start: _timestamp_pb2.Timestamp
    sentiment_score: float
    post_count: int
    upvote_ratio: float
    confidence: float
    knowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., source: _Optional[str] = ..., channel: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sentiment_score: _Optional[float] = ..., post_count: _Optional[int] = ..., upvote_ratio: _Optional[float] = ..., confidence: _Optional[float] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSentimentRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "source", "interval", "start", "end", "as_of", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    source: str
    interval: SentimentInterval
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., interval: _Optional[_Union[SentimentInterval, str]] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSentimentResponse(_message.Message):
    __slots__ = ("points", "next_page_token")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[SentimentPoint]
    next_page_token: str
    def __init__(self, points: _Optional[_Iterable[_Union[SentimentPoint, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SubscribeSentimentRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "interval", "cursor")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    interval: SentimentInterval
    cursor: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., interval: _Optional[_Union[SentimentInterval, str]] = ..., cursor: _Optional[str] = ...) -> None: ...

class SubscribeSentimentResponse(_message.Message):
    __slots__ = ("snapshot", "points", "cursor")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    snapshot: bool
    points: _containers.RepeatedCompositeFieldContainer[SentimentPoint]
    cursor: str
    def __init__(self, snapshot: _Optional[bool] = ..., points: _Optional[_Iterable[_Union[SentimentPoint, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ListFundamentalsRequest(_message.Message):
    __slots__ = ("dataset", "symbols", "metrics", "as_of", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    metrics: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., metrics: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Fundamental(_message.Message):
    __slots__ = ("symbol", "metric", "period_end", "period", "value", "currency", "published_at", "knowledge_time", "source")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    METRIC_FIELD_NUMBER: _ClassVar[int]
    PERIOD_END_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    metric: str
    period_end: _date_pb2.Date
    period: str
    value: _decimal_pb2.Decimal
    currency: str
    published_at: _timestamp_pb2.Timestamp
    knowledge_time: _timestamp_pb2.Timestamp
    source: str
    def __init__(self, symbol: _Optional[str] = ..., metric: _Optional[str] = ..., period_end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., period: _Optional[str] = ..., value: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., currency: _Optional[str] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class ListFundamentalsResponse(_message.Message):
    __slots__ = ("fundamentals", "next_page_token")
    FUNDAMENTALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    fundamentals: _containers.RepeatedCompositeFieldContainer[Fundamental]
    next_page_token: str
    def __init__(self, fundamentals: _Optional[_Iterable[_Union[Fundamental, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListMacroObservationsRequest(_message.Message):
    __slots__ = ("dataset", "series", "start", "end", "as_of", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    series: _containers.RepeatedScalarFieldContainer[str]
    start: _date_pb2.Date
    end: _date_pb2.Date
    as_of: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., series: _Optional[_Iterable[str]] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class MacroObservation(_message.Message):
    __slots__ = ("series", "date", "value", "knowledge_time", "source")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    series: str
    date: _date_pb2.Date
    value: _decimal_pb2.Decimal
    knowledge_time: _timestamp_pb2.Timestamp
    source: str
    def __init__(self, series: _Optional[str] = ..., date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., value: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ...) -> None: ...

class ListMacroObservationsResponse(_message.Message):
    __slots__ = ("observations", "next_page_token")
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    observations: _containers.RepeatedCompositeFieldContainer[MacroObservation]
    next_page_token: str
    def __init__(self, observations: _Optional[_Iterable[_Union[MacroObservation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
