import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordFault(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_FAULT_UNSPECIFIED: _ClassVar[RecordFault]
    RECORD_FAULT_MALFORMED: _ClassVar[RecordFault]
    RECORD_FAULT_UNKNOWN_SYMBOL: _ClassVar[RecordFault]
    RECORD_FAULT_WRONG_CURRENCY: _ClassVar[RecordFault]
    RECORD_FAULT_NOT_FINITE: _ClassVar[RecordFault]
    RECORD_FAULT_NON_POSITIVE: _ClassVar[RecordFault]
    RECORD_FAULT_BAD_SIZE: _ClassVar[RecordFault]
    RECORD_FAULT_FUTURE: _ClassVar[RecordFault]
    RECORD_FAULT_STALE: _ClassVar[RecordFault]
    RECORD_FAULT_DUPLICATE: _ClassVar[RecordFault]
    RECORD_FAULT_OUT_OF_ORDER: _ClassVar[RecordFault]
    RECORD_FAULT_SPIKE: _ClassVar[RecordFault]
    RECORD_FAULT_DISAGREES: _ClassVar[RecordFault]
    RECORD_FAULT_OUT_OF_SESSION: _ClassVar[RecordFault]
RECORD_FAULT_UNSPECIFIED: RecordFault
RECORD_FAULT_MALFORMED: RecordFault
RECORD_FAULT_UNKNOWN_SYMBOL: RecordFault
RECORD_FAULT_WRONG_CURRENCY: RecordFault
RECORD_FAULT_NOT_FINITE: RecordFault
RECORD_FAULT_NON_POSITIVE: RecordFault
RECORD_FAULT_BAD_SIZE: RecordFault
RECORD_FAULT_FUTURE: RecordFault
RECORD_FAULT_STALE: RecordFault
RECORD_FAULT_DUPLICATE: RecordFault
RECORD_FAULT_OUT_OF_ORDER: RecordFault
RECORD_FAULT_SPIKE: RecordFault
RECORD_FAULT_DISAGREES: RecordFault
RECORD_FAULT_OUT_OF_SESSION: RecordFault

class QualityRules(_message.Message):
    __slots__ = ("ahead", "oldest", "spike_z", "spike_floor", "confirm", "cross_window", "cross_tolerance", "session_slack")
    AHEAD_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIELD_NUMBER: _ClassVar[int]
    SPIKE_Z_FIELD_NUMBER: _ClassVar[int]
    SPIKE_FLOOR_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_FIELD_NUMBER: _ClassVar[int]
    CROSS_WINDOW_FIELD_NUMBER: _ClassVar[int]
    CROSS_TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_SLACK_FIELD_NUMBER: _ClassVar[int]
    ahead: _duration_pb2.Duration
    oldest: _duration_pb2.Duration
    spike_z: float
    spike_floor: float
    confirm: int
    cross_window: _duration_pb2.Duration
    cross_tolerance: float
    session_slack: _duration_pb2.Duration
    def __init__(self, ahead: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., oldest: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., spike_z: _Optional[float] = ..., spike_floor: _Optional[float] = ..., confirm: _Optional[int] = ..., cross_window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., cross_tolerance: _Optional[float] = ..., session_slack: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetQualityReportRequest(_message.Message):
    __slots__ = ("dataset", "start", "end")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    start: _date_pb2.Date
    end: _date_pb2.Date
    def __init__(self, dataset: _Optional[str] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class RecordFaultCount(_message.Message):
    __slots__ = ("fault", "count")
    FAULT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    fault: RecordFault
    count: float
    def __init__(self, fault: _Optional[_Union[RecordFault, str]] = ..., count: _Optional[float] = ...) -> None: ...

class StreamQuality(_message.Message):
    __slots__ = ("symbol", "source", "accepted", "faults", "left_out", "score")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    source: str
    accepted: float
    faults: _containers.RepeatedCompositeFieldContainer[RecordFaultCount]
    left_out: float
    score: float
    def __init__(self, symbol: _Optional[str] = ..., source: _Optional[str] = ..., accepted: _Optional[float] = ..., faults: _Optional[_Iterable[_Union[RecordFaultCount, _Mapping]]] = ..., left_out: _Optional[float] = ..., score: _Optional[float] = ...) -> None: ...

class GetQualityReportResponse(_message.Message):
    __slots__ = ("streams", "total")
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    streams: _containers.RepeatedCompositeFieldContainer[StreamQuality]
    total: StreamQuality
    def __init__(self, streams: _Optional[_Iterable[_Union[StreamQuality, _Mapping]]] = ..., total: _Optional[_Union[StreamQuality, _Mapping]] = ...) -> None: ...

class GetQualityRulesRequest(_message.Message):
    __slots__ = ("dataset",)
    DATASET_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    def __init__(self, dataset: _Optional[str] = ...) -> None: ...

class GetQualityRulesResponse(_message.Message):
    __slots__ = ("rules",)
    RULES_FIELD_NUMBER: _ClassVar[int]
    rules: QualityRules
    def __init__(self, rules: _Optional[_Union[QualityRules, _Mapping]] = ...) -> None: ...

class UpdateQualityRulesRequest(_message.Message):
    __slots__ = ("dataset", "rules")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    rules: QualityRules
    def __init__(self, dataset: _Optional[str] = ..., rules: _Optional[_Union[QualityRules, _Mapping]] = ...) -> None: ...

class UpdateQualityRulesResponse(_message.Message):
    __slots__ = ("rules",)
    RULES_FIELD_NUMBER: _ClassVar[int]
    rules: QualityRules
    def __init__(self, rules: _Optional[_Union[QualityRules, _Mapping]] = ...) -> None: ...

class ListQuarantineRequest(_message.Message):
    __slots__ = ("dataset", "symbol", "fault", "page_size", "page_token")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbol: str
    fault: RecordFault
    page_size: int
    page_token: str
    def __init__(self, dataset: _Optional[str] = ..., symbol: _Optional[str] = ..., fault: _Optional[_Union[RecordFault, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class QuarantinedRecord(_message.Message):
    __slots__ = ("id", "symbol", "source", "fault", "occurred_at", "price", "size", "currency", "number", "knowledge_time", "released_at", "stored_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    RELEASED_AT_FIELD_NUMBER: _ClassVar[int]
    STORED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    symbol: str
    source: str
    fault: RecordFault
    occurred_at: _timestamp_pb2.Timestamp
    price: str
    size: str
    currency: str
    number: float
    knowledge_time: _timestamp_pb2.Timestamp
    released_at: _timestamp_pb2.Timestamp
    stored_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., symbol: _Optional[str] = ..., source: _Optional[str] = ..., fault: _Optional[_Union[RecordFault, str]] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., price: _Optional[str] = ..., size: _Optional[str] = ..., currency: _Optional[str] = ..., number: _Optional[float] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., released_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stored_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListQuarantineResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[QuarantinedRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[QuarantinedRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReleaseQuarantinedRequest(_message.Message):
    __slots__ = ("dataset", "ids")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dataset: _Optional[str] = ..., ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReleaseQuarantinedResponse(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[QuarantinedRecord]
    def __init__(self, records: _Optional[_Iterable[_Union[QuarantinedRecord, _Mapping]]] = ...) -> None: ...
