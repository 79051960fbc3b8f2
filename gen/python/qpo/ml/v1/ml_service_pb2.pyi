import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.types.v1 import matrix_pb2 as _matrix_pb2
from qpo.types.v1 import moments_pb2 as _moments_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CovarianceForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVARIANCE_FORM_UNSPECIFIED: _ClassVar[CovarianceForm]
    COVARIANCE_FORM_DENSE: _ClassVar[CovarianceForm]
    COVARIANCE_FORM_FACTORS: _ClassVar[CovarianceForm]
COVARIANCE_FORM_UNSPECIFIED: CovarianceForm
COVARIANCE_FORM_DENSE: CovarianceForm
COVARIANCE_FORM_FACTORS: CovarianceForm

class ReturnsInput(_message.Message):
    __slots__ = ("symbols", "returns")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    returns: _matrix_pb2.Matrix
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., returns: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ...) -> None: ...

class DatasetInput(_message.Message):
    __slots__ = ("dataset", "symbols", "as_of")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    dataset: str
    symbols: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, dataset: _Optional[str] = ..., symbols: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EstimateMomentsRequest(_message.Message):
    __slots__ = ("dataset", "returns", "estimation", "form", "packed", "with_scenarios")
    DATASET_FIELD_NUMBER: _ClassVar[int]
    RETURNS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    WITH_SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    dataset: DatasetInput
    returns: ReturnsInput
    estimation: _moments_pb2.EstimationSpec
    form: CovarianceForm
    packed: bool
    with_scenarios: bool
    def __init__(self, dataset: _Optional[_Union[DatasetInput, _Mapping]] = ..., returns: _Optional[_Union[ReturnsInput, _Mapping]] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., form: _Optional[_Union[CovarianceForm, str]] = ..., packed: _Optional[bool] = ..., with_scenarios: _Optional[bool] = ...) -> None: ...

class SymbolHistory(_message.Message):
    __slots__ = ("symbol", "start", "observations", "missing", "short", "stale")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    SHORT_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start: _date_pb2.Date
    observations: int
    missing: int
    short: bool
    stale: bool
    def __init__(self, symbol: _Optional[str] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., observations: _Optional[int] = ..., missing: _Optional[int] = ..., short: _Optional[bool] = ..., stale: _Optional[bool] = ...) -> None: ...

class MomentsQuality(_message.Message):
    __slots__ = ("sessions_asked", "sessions_used", "histories", "covariance_shrinkage", "expected_return_shrinkage", "condition_number", "psd_shift", "explained_variance", "factors_kept")
    SESSIONS_ASKED_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_USED_FIELD_NUMBER: _ClassVar[int]
    HISTORIES_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_SHRINKAGE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURN_SHRINKAGE_FIELD_NUMBER: _ClassVar[int]
    CONDITION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PSD_SHIFT_FIELD_NUMBER: _ClassVar[int]
    EXPLAINED_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_KEPT_FIELD_NUMBER: _ClassVar[int]
    sessions_asked: int
    sessions_used: int
    histories: _containers.RepeatedCompositeFieldContainer[SymbolHistory]
    covariance_shrinkage: float
    expected_return_shrinkage: float
    condition_number: float
    psd_shift: float
    explained_variance: float
    factors_kept: int
    def __init__(self, sessions_asked: _Optional[int] = ..., sessions_used: _Optional[int] = ..., histories: _Optional[_Iterable[_Union[SymbolHistory, _Mapping]]] = ..., covariance_shrinkage: _Optional[float] = ..., expected_return_shrinkage: _Optional[float] = ..., condition_number: _Optional[float] = ..., psd_shift: _Optional[float] = ..., explained_variance: _Optional[float] = ..., factors_kept: _Optional[int] = ...) -> None: ...

class EstimateMomentsResponse(_message.Message):
    __slots__ = ("moments", "quality", "estimation", "scenarios")
    MOMENTS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    SCENARIOS_FIELD_NUMBER: _ClassVar[int]
    moments: _moments_pb2.Moments
    quality: MomentsQuality
    estimation: _moments_pb2.EstimationSpec
    scenarios: _matrix_pb2.Matrix
    def __init__(self, moments: _Optional[_Union[_moments_pb2.Moments, _Mapping]] = ..., quality: _Optional[_Union[MomentsQuality, _Mapping]] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., scenarios: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ...) -> None: ...
