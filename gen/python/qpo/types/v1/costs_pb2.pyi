from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Costs(_message.Message):
    __slots__ = ("commission", "half_spread", "half_spreads", "impact", "portfolio_value", "average_daily_values", "borrow", "borrow_rates", "horizon_years")
    class HalfSpreadsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class AverageDailyValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class BorrowRatesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    COMMISSION_FIELD_NUMBER: _ClassVar[int]
    HALF_SPREAD_FIELD_NUMBER: _ClassVar[int]
    HALF_SPREADS_FIELD_NUMBER: _ClassVar[int]
    IMPACT_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_VALUE_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_DAILY_VALUES_FIELD_NUMBER: _ClassVar[int]
    BORROW_FIELD_NUMBER: _ClassVar[int]
    BORROW_RATES_FIELD_NUMBER: _ClassVar[int]
    HORIZON_YEARS_FIELD_NUMBER: _ClassVar[int]
    commission: float
    half_spread: float
    half_spreads: _containers.ScalarMap[str, float]
    impact: float
    portfolio_value: float
    average_daily_values: _containers.ScalarMap[str, float]
    borrow: float
    borrow_rates: _containers.ScalarMap[str, float]
    horizon_years: float
    def __init__(self, commission: _Optional[float] = ..., half_spread: _Optional[float] = ..., half_spreads: _Optional[_Mapping[str, float]] = ..., impact: _Optional[float] = ..., portfolio_value: _Optional[float] = ..., average_daily_values: _Optional[_Mapping[str, float]] = ..., borrow: _Optional[float] = ..., borrow_rates: _Optional[_Mapping[str, float]] = ..., horizon_years: _Optional[float] = ...) -> None: ...
