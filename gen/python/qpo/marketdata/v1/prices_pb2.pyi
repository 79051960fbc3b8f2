import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Visibility(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIBILITY_UNSPECIFIED: _ClassVar[Visibility]
    VISIBILITY_PRIVATE: _ClassVar[Visibility]
    VISIBILITY_SHARED: _ClassVar[Visibility]

class Adjustment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADJUSTMENT_UNSPECIFIED: _ClassVar[Adjustment]
    ADJUSTMENT_SPLITS: _ClassVar[Adjustment]
    ADJUSTMENT_SPLITS_AND_DIVIDENDS: _ClassVar[Adjustment]

class DefectReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEFECT_REASON_UNSPECIFIED: _ClassVar[DefectReason]
    DEFECT_REASON_UNKNOWN_COLUMN: _ClassVar[DefectReason]
    DEFECT_REASON_NON_POSITIVE_PRICE: _ClassVar[DefectReason]
    DEFECT_REASON_NOT_FINITE: _ClassVar[DefectReason]
    DEFECT_REASON_DUPLICATE: _ClassVar[DefectReason]
    DEFECT_REASON_OUT_OF_ORDER: _ClassVar[DefectReason]
    DEFECT_REASON_BAD_DATE: _ClassVar[DefectReason]
    DEFECT_REASON_BAD_NUMBER: _ClassVar[DefectReason]
    DEFECT_REASON_BAD_SYMBOL: _ClassVar[DefectReason]
    DEFECT_REASON_MISSING_FIELD: _ClassVar[DefectReason]
    DEFECT_REASON_RAGGED_ROW: _ClassVar[DefectReason]
    DEFECT_REASON_FUTURE_SESSION: _ClassVar[DefectReason]

class ReplayState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLAY_STATE_UNSPECIFIED: _ClassVar[ReplayState]
    REPLAY_STATE_RUNNING: _ClassVar[ReplayState]
    REPLAY_STATE_FINISHED: _ClassVar[ReplayState]
    REPLAY_STATE_STOPPED: _ClassVar[ReplayState]
VISIBILITY_UNSPECIFIED: Visibility
VISIBILITY_PRIVATE: Visibility
VISIBILITY_SHARED: Visibility
ADJUSTMENT_UNSPECIFIED: Adjustment
ADJUSTMENT_SPLITS: Adjustment
ADJUSTMENT_SPLITS_AND_DIVIDENDS: Adjustment
DEFECT_REASON_UNSPECIFIED: DefectReason
DEFECT_REASON_UNKNOWN_COLUMN: DefectReason
DEFECT_REASON_NON_POSITIVE_PRICE: DefectReason
DEFECT_REASON_NOT_FINITE: DefectReason
DEFECT_REASON_DUPLICATE: DefectReason
DEFECT_REASON_OUT_OF_ORDER: DefectReason
DEFECT_REASON_BAD_DATE: DefectReason
DEFECT_REASON_BAD_NUMBER: DefectReason
DEFECT_REASON_BAD_SYMBOL: DefectReason
DEFECT_REASON_MISSING_FIELD: DefectReason
DEFECT_REASON_RAGGED_ROW: DefectReason
DEFECT_REASON_FUTURE_SESSION: DefectReason
REPLAY_STATE_UNSPECIFIED: ReplayState
REPLAY_STATE_RUNNING: ReplayState
REPLAY_STATE_FINISHED: ReplayState
REPLAY_STATE_STOPPED: ReplayState

class Dataset(_message.Message):
    __slots__ = ("id", "name", "user_id", "visibility", "instruments", "start", "end", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    user_id: str
    visibility: Visibility
    instruments: int
    start: _date_pb2.Date
    end: _date_pb2.Date
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., user_id: _Optional[str] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., instruments: _Optional[int] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("id", "symbol", "mic", "sector", "country", "currency", "lot_size", "average_daily_volume", "start", "end", "sessions", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    MIC_FIELD_NUMBER: _ClassVar[int]
    SECTOR_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_DAILY_VOLUME_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    symbol: str
    mic: str
    sector: str
    country: str
    currency: str
    lot_size: int
    average_daily_volume: float
    start: _date_pb2.Date
    end: _date_pb2.Date
    sessions: int
    name: str
    def __init__(self, id: _Optional[str] = ..., symbol: _Optional[str] = ..., mic: _Optional[str] = ..., sector: _Optional[str] = ..., country: _Optional[str] = ..., currency: _Optional[str] = ..., lot_size: _Optional[int] = ..., average_daily_volume: _Optional[float] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., sessions: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class Bar(_message.Message):
    __slots__ = ("symbol", "session", "open", "high", "low", "close", "adjusted_close", "volume", "knowledge_time")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    ADJUSTED_CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    session: _date_pb2.Date
    open: float
    high: float
    low: float
    close: float
    adjusted_close: float
    volume: float
    knowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., session: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., open: _Optional[float] = ..., high: _Optional[float] = ..., low: _Optional[float] = ..., close: _Optional[float] = ..., adjusted_close: _Optional[float] = ..., volume: _Optional[float] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TickBar(_message.Message):
    __slots__ = ("symbol", "start", "open", "high", "low", "close", "volume", "ticks", "knowledge_time")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start: _timestamp_pb2.Timestamp
    open: float
    high: float
    low: float
    close: float
    volume: float
    ticks: int
    knowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., open: _Optional[float] = ..., high: _Optional[float] = ..., low: _Optional[float] = ..., close: _Optional[float] = ..., volume: _Optional[float] = ..., ticks: _Optional[int] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CorporateAction(_message.Message):
    __slots__ = ("symbol", "ex_date", "split_ratio", "dividend", "knowledge_time")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    EX_DATE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_RATIO_FIELD_NUMBER: _ClassVar[int]
    DIVIDEND_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    ex_date: _date_pb2.Date
    split_ratio: _decimal_pb2.Decimal
    dividend: _decimal_pb2.Decimal
    knowledge_time: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., ex_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., split_ratio: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., dividend: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., knowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Defect(_message.Message):
    __slots__ = ("line", "column", "symbol", "reason", "detail")
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    line: int
    column: str
    symbol: str
    reason: DefectReason
    detail: str
    def __init__(self, line: _Optional[int] = ..., column: _Optional[str] = ..., symbol: _Optional[str] = ..., reason: _Optional[_Union[DefectReason, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class DefectCount(_message.Message):
    __slots__ = ("reason", "count")
    REASON_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    reason: DefectReason
    count: int
    def __init__(self, reason: _Optional[_Union[DefectReason, str]] = ..., count: _Optional[int] = ...) -> None: ...

class Tick(_message.Message):
    __slots__ = ("symbol", "price", "session", "occurred_at", "seq")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    price: float
    session: _date_pb2.Date
    occurred_at: _timestamp_pb2.Timestamp
    seq: float
    def __init__(self, symbol: _Optional[str] = ..., price: _Optional[float] = ..., session: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seq: _Optional[float] = ...) -> None: ...

class Replay(_message.Message):
    __slots__ = ("id", "dataset_id", "state", "speed", "position", "sessions_played", "sessions_total")
    ID_FIELD_NUMBER: _ClassVar[int]
    DATASET_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_PLAYED_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    dataset_id: str
    state: ReplayState
    speed: float
    position: _date_pb2.Date
    sessions_played: int
    sessions_total: int
    def __init__(self, id: _Optional[str] = ..., dataset_id: _Optional[str] = ..., state: _Optional[_Union[ReplayState, str]] = ..., speed: _Optional[float] = ..., position: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., sessions_played: _Optional[int] = ..., sessions_total: _Optional[int] = ...) -> None: ...
