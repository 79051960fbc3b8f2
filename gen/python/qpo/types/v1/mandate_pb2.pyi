from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Objective(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECTIVE_UNSPECIFIED: _ClassVar[Objective]
    OBJECTIVE_SHARPE: _ClassVar[Objective]
    OBJECTIVE_RETURN: _ClassVar[Objective]
    OBJECTIVE_RISK: _ClassVar[Objective]
    OBJECTIVE_UTILITY: _ClassVar[Objective]
OBJECTIVE_UNSPECIFIED: Objective
OBJECTIVE_SHARPE: Objective
OBJECTIVE_RETURN: Objective
OBJECTIVE_RISK: Objective
OBJECTIVE_UTILITY: Objective

class Goal(_message.Message):
    __slots__ = ("objective", "risk_free_rate", "risk_aversion", "min_return", "max_volatility")
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    RISK_FREE_RATE_FIELD_NUMBER: _ClassVar[int]
    RISK_AVERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_RETURN_FIELD_NUMBER: _ClassVar[int]
    MAX_VOLATILITY_FIELD_NUMBER: _ClassVar[int]
    objective: Objective
    risk_free_rate: float
    risk_aversion: float
    min_return: float
    max_volatility: float
    def __init__(self, objective: _Optional[_Union[Objective, str]] = ..., risk_free_rate: _Optional[float] = ..., risk_aversion: _Optional[float] = ..., min_return: _Optional[float] = ..., max_volatility: _Optional[float] = ...) -> None: ...

class WeightBounds(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class GroupLimit(_message.Message):
    __slots__ = ("name", "symbols", "min", "max")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    min: float
    max: float
    def __init__(self, name: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class Constraints(_message.Message):
    __slots__ = ("min_budget", "max_budget", "default_bounds", "bounds", "groups", "max_turnover")
    class BoundsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: WeightBounds
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[WeightBounds, _Mapping]] = ...) -> None: ...
    MIN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    MAX_BUDGET_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    MAX_TURNOVER_FIELD_NUMBER: _ClassVar[int]
    min_budget: float
    max_budget: float
    default_bounds: WeightBounds
    bounds: _containers.MessageMap[str, WeightBounds]
    groups: _containers.RepeatedCompositeFieldContainer[GroupLimit]
    max_turnover: float
    def __init__(self, min_budget: _Optional[float] = ..., max_budget: _Optional[float] = ..., default_bounds: _Optional[_Union[WeightBounds, _Mapping]] = ..., bounds: _Optional[_Mapping[str, WeightBounds]] = ..., groups: _Optional[_Iterable[_Union[GroupLimit, _Mapping]]] = ..., max_turnover: _Optional[float] = ...) -> None: ...
