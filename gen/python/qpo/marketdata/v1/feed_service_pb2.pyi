import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeedKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FEED_KIND_UNSPECIFIED: _ClassVar[FeedKind]
    FEED_KIND_INTRADAY_BARS: _ClassVar[FeedKind]
    FEED_KIND_DAILY_BARS: _ClassVar[FeedKind]
    FEED_KIND_QUOTES: _ClassVar[FeedKind]
    FEED_KIND_FUNDAMENTALS: _ClassVar[FeedKind]
    FEED_KIND_NEWS: _ClassVar[FeedKind]
    FEED_KIND_POSTS: _ClassVar[FeedKind]
    FEED_KIND_MACRO_SERIES: _ClassVar[FeedKind]

class SourceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_TYPE_UNSPECIFIED: _ClassVar[SourceType]
    SOURCE_TYPE_MARKET: _ClassVar[SourceType]
    SOURCE_TYPE_NEWS: _ClassVar[SourceType]
    SOURCE_TYPE_SOCIAL: _ClassVar[SourceType]
    SOURCE_TYPE_MACRO: _ClassVar[SourceType]
    SOURCE_TYPE_FUNDAMENTAL: _ClassVar[SourceType]

class FeedProblem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FEED_PROBLEM_UNSPECIFIED: _ClassVar[FeedProblem]
    FEED_PROBLEM_TOO_OFTEN: _ClassVar[FeedProblem]
    FEED_PROBLEM_FAILING: _ClassVar[FeedProblem]
    FEED_PROBLEM_CHANGED_SCHEMA: _ClassVar[FeedProblem]
    FEED_PROBLEM_KEY_REFUSED: _ClassVar[FeedProblem]
    FEED_PROBLEM_UNKNOWN_TARGET: _ClassVar[FeedProblem]
    FEED_PROBLEM_BUDGET_SPENT: _ClassVar[FeedProblem]
    FEED_PROBLEM_NOT_STORED: _ClassVar[FeedProblem]
FEED_KIND_UNSPECIFIED: FeedKind
FEED_KIND_INTRADAY_BARS: FeedKind
FEED_KIND_DAILY_BARS: FeedKind
FEED_KIND_QUOTES: FeedKind
FEED_KIND_FUNDAMENTALS: FeedKind
FEED_KIND_NEWS: FeedKind
FEED_KIND_POSTS: FeedKind
FEED_KIND_MACRO_SERIES: FeedKind
SOURCE_TYPE_UNSPECIFIED: SourceType
SOURCE_TYPE_MARKET: SourceType
SOURCE_TYPE_NEWS: SourceType
SOURCE_TYPE_SOCIAL: SourceType
SOURCE_TYPE_MACRO: SourceType
SOURCE_TYPE_FUNDAMENTAL: SourceType
FEED_PROBLEM_UNSPECIFIED: FeedProblem
FEED_PROBLEM_TOO_OFTEN: FeedProblem
FEED_PROBLEM_FAILING: FeedProblem
FEED_PROBLEM_CHANGED_SCHEMA: FeedProblem
FEED_PROBLEM_KEY_REFUSED: FeedProblem
FEED_PROBLEM_UNKNOWN_TARGET: FeedProblem
FEED_PROBLEM_BUDGET_SPENT: FeedProblem
FEED_PROBLEM_NOT_STORED: FeedProblem

class Source(_message.Message):
    __slots__ = ("name", "type", "frequency", "reliability", "cost_per_call", "kinds", "configured", "calls_per_minute", "calls_per_day", "calls_today", "cost_today", "problem", "blocked_until", "failures", "clock_skew")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    RELIABILITY_FIELD_NUMBER: _ClassVar[int]
    COST_PER_CALL_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    CONFIGURED_FIELD_NUMBER: _ClassVar[int]
    CALLS_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    CALLS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    CALLS_TODAY_FIELD_NUMBER: _ClassVar[int]
    COST_TODAY_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: SourceType
    frequency: str
    reliability: float
    cost_per_call: _decimal_pb2.Decimal
    kinds: _containers.RepeatedScalarFieldContainer[FeedKind]
    configured: bool
    calls_per_minute: int
    calls_per_day: int
    calls_today: int
    cost_today: _decimal_pb2.Decimal
    problem: FeedProblem
    blocked_until: _timestamp_pb2.Timestamp
    failures: int
    clock_skew: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[SourceType, str]] = ..., frequency: _Optional[str] = ..., reliability: _Optional[float] = ..., cost_per_call: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., kinds: _Optional[_Iterable[_Union[FeedKind, str]]] = ..., configured: _Optional[bool] = ..., calls_per_minute: _Optional[int] = ..., calls_per_day: _Optional[int] = ..., calls_today: _Optional[int] = ..., cost_today: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., problem: _Optional[_Union[FeedProblem, str]] = ..., blocked_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., failures: _Optional[int] = ..., clock_skew: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class FeedTarget(_message.Message):
    __slots__ = ("symbol", "vendor_symbol")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    VENDOR_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    vendor_symbol: str
    def __init__(self, symbol: _Optional[str] = ..., vendor_symbol: _Optional[str] = ...) -> None: ...

class FeedTargetStatus(_message.Message):
    __slots__ = ("target", "calls", "records", "succeeded_at", "due_at", "problem", "failed_at")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    FAILED_AT_FIELD_NUMBER: _ClassVar[int]
    target: FeedTarget
    calls: float
    records: float
    succeeded_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    problem: FeedProblem
    failed_at: _timestamp_pb2.Timestamp
    def __init__(self, target: _Optional[_Union[FeedTarget, _Mapping]] = ..., calls: _Optional[float] = ..., records: _Optional[float] = ..., succeeded_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., problem: _Optional[_Union[FeedProblem, str]] = ..., failed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Feed(_message.Message):
    __slots__ = ("dataset_id", "source", "kind", "running", "every", "targets", "created_at")
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    dataset_id: str
    source: str
    kind: FeedKind
    running: bool
    every: _duration_pb2.Duration
    targets: _containers.RepeatedCompositeFieldContainer[FeedTargetStatus]
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, dataset_id: _Optional[str] = ..., source: _Optional[str] = ..., kind: _Optional[_Union[FeedKind, str]] = ..., running: _Optional[bool] = ..., every: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., targets: _Optional[_Iterable[_Union[FeedTargetStatus, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSourcesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSourcesResponse(_message.Message):
    __slots__ = ("sources",)
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.RepeatedCompositeFieldContainer[Source]
    def __init__(self, sources: _Optional[_Iterable[_Union[Source, _Mapping]]] = ...) -> None: ...

class StartFeedRequest(_message.Message):
    __slots__ = ("dataset", "source", "kind", "targets", "every")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    source: str
    kind: FeedKind
    targets: _containers.RepeatedCompositeFieldContainer[FeedTarget]
    every: _duration_pb2.Duration
    def __init__(self, dataset: _Optional[str] = ..., source: _Optional[str] = ..., kind: _Optional[_Union[FeedKind, str]] = ..., targets: _Optional[_Iterable[_Union[FeedTarget, _Mapping]]] = ..., every: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StartFeedResponse(_message.Message):
    __slots__ = ("feed",)
    FEED_FIELD_NUMBER: _ClassVar[int]
    feed: Feed
    def __init__(self, feed: _Optional[_Union[Feed, _Mapping]] = ...) -> None: ...

class ListFeedsRequest(_message.Message):
    __slots__ = ("dataset",)
    DATASET_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    def __init__(self, dataset: _Optional[str] = ...) -> None: ...

class ListFeedsResponse(_message.Message):
    __slots__ = ("feeds",)
    FEEDS_FIELD_NUMBER: _ClassVar[int]
    feeds: _containers.RepeatedCompositeFieldContainer[Feed]
    def __init__(self, feeds: _Optional[_Iterable[_Union[Feed, _Mapping]]] = ...) -> None: ...

class StopFeedRequest(_message.Message):
    __slots__ = ("dataset", "source", "kind")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    source: str
    kind: FeedKind
    def __init__(self, dataset: _Optional[str] = ..., source: _Optional[str] = ..., kind: _Optional[_Union[FeedKind, str]] = ...) -> None: ...

class StopFeedResponse(_message.Message):
    __slots__ = ("feed",)
    FEED_FIELD_NUMBER: _ClassVar[int]
    feed: Feed
    def __init__(self, feed: _Optional[_Union[Feed, _Mapping]] = ...) -> None: ...
