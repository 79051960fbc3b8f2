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
    OBJECTIVE_TRACKING_ERROR: _ClassVar[Objective]
    OBJECTIVE_ACTIVE_UTILITY: _ClassVar[Objective]
    OBJECTIVE_CVAR: _ClassVar[Objective]
    OBJECTIVE_RISK_PARITY: _ClassVar[Objective]
    OBJECTIVE_HIERARCHICAL_RISK_PARITY: _ClassVar[Objective]
    OBJECTIVE_HIERARCHICAL_EQUAL_RISK: _ClassVar[Objective]
    OBJECTIVE_DIVERSIFICATION: _ClassVar[Objective]
    OBJECTIVE_INVERSE_VOLATILITY: _ClassVar[Objective]
    OBJECTIVE_EQUAL_WEIGHT: _ClassVar[Objective]

class Linkage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINKAGE_UNSPECIFIED: _ClassVar[Linkage]
    LINKAGE_SINGLE: _ClassVar[Linkage]
    LINKAGE_COMPLETE: _ClassVar[Linkage]
    LINKAGE_AVERAGE: _ClassVar[Linkage]
    LINKAGE_WARD: _ClassVar[Linkage]
OBJECTIVE_UNSPECIFIED: Objective
OBJECTIVE_SHARPE: Objective
OBJECTIVE_RETURN: Objective
OBJECTIVE_RISK: Objective
OBJECTIVE_UTILITY: Objective
OBJECTIVE_TRACKING_ERROR: Objective
OBJECTIVE_ACTIVE_UTILITY: Objective
OBJECTIVE_CVAR: Objective
OBJECTIVE_RISK_PARITY: Objective
OBJECTIVE_HIERARCHICAL_RISK_PARITY: Objective
OBJECTIVE_HIERARCHICAL_EQUAL_RISK: Objective
OBJECTIVE_DIVERSIFICATION: Objective
OBJECTIVE_INVERSE_VOLATILITY: Objective
OBJECTIVE_EQUAL_WEIGHT: Objective
LINKAGE_UNSPECIFIED: Linkage
LINKAGE_SINGLE: Linkage
LINKAGE_COMPLETE: Linkage
LINKAGE_AVERAGE: Linkage
LINKAGE_WARD: Linkage

class Goal(_message.Message):
    __slots__ = ("objective", "risk_free_rate", "risk_aversion", "min_return", "max_volatility", "cvar_confidence", "risk_budgets", "linkage", "clusters")
    class RiskBudgetsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    OBJECTIVE_FIELD_NUMBER: _ClassVar[int]
    RISK_FREE_RATE_FIELD_NUMBER: _ClassVar[int]
    RISK_AVERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_RETURN_FIELD_NUMBER: _ClassVar[int]
    MAX_VOLATILITY_FIELD_NUMBER: _ClassVar[int]
    CVAR_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    RISK_BUDGETS_FIELD_NUMBER: _ClassVar[int]
    LINKAGE_FIELD_NUMBER: _ClassVar[int]
    CLUSTERS_FIELD_NUMBER: _ClassVar[int]
    objective: Objective
    risk_free_rate: float
    risk_aversion: float
    min_return: float
    max_volatility: float
    cvar_confidence: float
    risk_budgets: _containers.ScalarMap[str, float]
    linkage: Linkage
    clusters: int
    def __init__(self, objective: _Optional[_Union[Objective, str]] = ..., risk_free_rate: _Optional[float] = ..., risk_aversion: _Optional[float] = ..., min_return: _Optional[float] = ..., max_volatility: _Optional[float] = ..., cvar_confidence: _Optional[float] = ..., risk_budgets: _Optional[_Mapping[str, float]] = ..., linkage: _Optional[_Union[Linkage, str]] = ..., clusters: _Optional[int] = ...) -> None: ...

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

class LinearLimit(_message.Message):
    __slots__ = ("name", "coefficients", "min", "max")
    class CoefficientsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    COEFFICIENTS_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    coefficients: _containers.ScalarMap[str, float]
    min: float
    max: float
    def __init__(self, name: _Optional[str] = ..., coefficients: _Optional[_Mapping[str, float]] = ..., min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class FactorLimit(_message.Message):
    __slots__ = ("factor", "min", "max")
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    factor: int
    min: float
    max: float
    def __init__(self, factor: _Optional[int] = ..., min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class CvarLimit(_message.Message):
    __slots__ = ("max", "confidence")
    MAX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    max: float
    confidence: float
    def __init__(self, max: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class Cardinality(_message.Message):
    __slots__ = ("max_assets", "exactly", "min_weight", "required", "groups")
    MAX_ASSETS_FIELD_NUMBER: _ClassVar[int]
    EXACTLY_FIELD_NUMBER: _ClassVar[int]
    MIN_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    max_assets: int
    exactly: bool
    min_weight: float
    required: _containers.RepeatedScalarFieldContainer[str]
    groups: _containers.RepeatedCompositeFieldContainer[AssetCount]
    def __init__(self, max_assets: _Optional[int] = ..., exactly: _Optional[bool] = ..., min_weight: _Optional[float] = ..., required: _Optional[_Iterable[str]] = ..., groups: _Optional[_Iterable[_Union[AssetCount, _Mapping]]] = ...) -> None: ...

class AssetCount(_message.Message):
    __slots__ = ("name", "symbols", "max_assets")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    MAX_ASSETS_FIELD_NUMBER: _ClassVar[int]
    name: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    max_assets: int
    def __init__(self, name: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., max_assets: _Optional[int] = ...) -> None: ...

class WeightRange(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: float
    max: float
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class ClassLimits(_message.Message):
    __slots__ = ("attribute", "members", "limits", "max_each")
    class MembersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LimitsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: WeightRange
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[WeightRange, _Mapping]] = ...) -> None: ...
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    MAX_EACH_FIELD_NUMBER: _ClassVar[int]
    attribute: str
    members: _containers.ScalarMap[str, str]
    limits: _containers.MessageMap[str, WeightRange]
    max_each: float
    def __init__(self, attribute: _Optional[str] = ..., members: _Optional[_Mapping[str, str]] = ..., limits: _Optional[_Mapping[str, WeightRange]] = ..., max_each: _Optional[float] = ...) -> None: ...

class Constraints(_message.Message):
    __slots__ = ("min_budget", "max_budget", "default_bounds", "bounds", "groups", "max_turnover", "max_gross", "benchmark", "active_bounds", "max_tracking_error", "max_cvar", "rows", "factors", "cardinality", "classes")
    class BoundsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: WeightBounds
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[WeightBounds, _Mapping]] = ...) -> None: ...
    class BenchmarkEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    MIN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    MAX_BUDGET_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    MAX_TURNOVER_FIELD_NUMBER: _ClassVar[int]
    MAX_GROSS_FIELD_NUMBER: _ClassVar[int]
    BENCHMARK_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    MAX_TRACKING_ERROR_FIELD_NUMBER: _ClassVar[int]
    MAX_CVAR_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    CARDINALITY_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    min_budget: float
    max_budget: float
    default_bounds: WeightBounds
    bounds: _containers.MessageMap[str, WeightBounds]
    groups: _containers.RepeatedCompositeFieldContainer[GroupLimit]
    max_turnover: float
    max_gross: float
    benchmark: _containers.ScalarMap[str, float]
    active_bounds: WeightBounds
    max_tracking_error: float
    max_cvar: CvarLimit
    rows: _containers.RepeatedCompositeFieldContainer[LinearLimit]
    factors: _containers.RepeatedCompositeFieldContainer[FactorLimit]
    cardinality: Cardinality
    classes: _containers.RepeatedCompositeFieldContainer[ClassLimits]
    def __init__(self, min_budget: _Optional[float] = ..., max_budget: _Optional[float] = ..., default_bounds: _Optional[_Union[WeightBounds, _Mapping]] = ..., bounds: _Optional[_Mapping[str, WeightBounds]] = ..., groups: _Optional[_Iterable[_Union[GroupLimit, _Mapping]]] = ..., max_turnover: _Optional[float] = ..., max_gross: _Optional[float] = ..., benchmark: _Optional[_Mapping[str, float]] = ..., active_bounds: _Optional[_Union[WeightBounds, _Mapping]] = ..., max_tracking_error: _Optional[float] = ..., max_cvar: _Optional[_Union[CvarLimit, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[LinearLimit, _Mapping]]] = ..., factors: _Optional[_Iterable[_Union[FactorLimit, _Mapping]]] = ..., cardinality: _Optional[_Union[Cardinality, _Mapping]] = ..., classes: _Optional[_Iterable[_Union[ClassLimits, _Mapping]]] = ...) -> None: ...
