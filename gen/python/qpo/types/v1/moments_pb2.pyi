from buf.validate import validate_pb2 as _validate_pb2
from google.type import date_pb2 as _date_pb2
from qpo.types.v1 import matrix_pb2 as _matrix_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExpectedReturnMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPECTED_RETURN_METHOD_UNSPECIFIED: _ClassVar[ExpectedReturnMethod]
    EXPECTED_RETURN_METHOD_SAMPLE: _ClassVar[ExpectedReturnMethod]
    EXPECTED_RETURN_METHOD_EXPONENTIAL: _ClassVar[ExpectedReturnMethod]
    EXPECTED_RETURN_METHOD_SHRUNK: _ClassVar[ExpectedReturnMethod]

class CovarianceMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COVARIANCE_METHOD_UNSPECIFIED: _ClassVar[CovarianceMethod]
    COVARIANCE_METHOD_SAMPLE: _ClassVar[CovarianceMethod]
    COVARIANCE_METHOD_LEDOIT_WOLF: _ClassVar[CovarianceMethod]
    COVARIANCE_METHOD_EXPONENTIAL: _ClassVar[CovarianceMethod]
    COVARIANCE_METHOD_PCA_FACTORS: _ClassVar[CovarianceMethod]
    COVARIANCE_METHOD_RMT_DENOISED: _ClassVar[CovarianceMethod]
EXPECTED_RETURN_METHOD_UNSPECIFIED: ExpectedReturnMethod
EXPECTED_RETURN_METHOD_SAMPLE: ExpectedReturnMethod
EXPECTED_RETURN_METHOD_EXPONENTIAL: ExpectedReturnMethod
EXPECTED_RETURN_METHOD_SHRUNK: ExpectedReturnMethod
COVARIANCE_METHOD_UNSPECIFIED: CovarianceMethod
COVARIANCE_METHOD_SAMPLE: CovarianceMethod
COVARIANCE_METHOD_LEDOIT_WOLF: CovarianceMethod
COVARIANCE_METHOD_EXPONENTIAL: CovarianceMethod
COVARIANCE_METHOD_PCA_FACTORS: CovarianceMethod
COVARIANCE_METHOD_RMT_DENOISED: CovarianceMethod

class EstimationSpec(_message.Message):
    __slots__ = ("expected_return", "covariance", "lookback", "half_life", "factors", "end")
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    COVARIANCE_FIELD_NUMBER: _ClassVar[int]
    LOOKBACK_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    expected_return: ExpectedReturnMethod
    covariance: CovarianceMethod
    lookback: int
    half_life: float
    factors: int
    end: _date_pb2.Date
    def __init__(self, expected_return: _Optional[_Union[ExpectedReturnMethod, str]] = ..., covariance: _Optional[_Union[CovarianceMethod, str]] = ..., lookback: _Optional[int] = ..., half_life: _Optional[float] = ..., factors: _Optional[int] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class FactorCovariance(_message.Message):
    __slots__ = ("loadings", "specific_variances")
    LOADINGS_FIELD_NUMBER: _ClassVar[int]
    SPECIFIC_VARIANCES_FIELD_NUMBER: _ClassVar[int]
    loadings: _matrix_pb2.Matrix
    specific_variances: _matrix_pb2.Matrix
    def __init__(self, loadings: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ..., specific_variances: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ...) -> None: ...

class Moments(_message.Message):
    __slots__ = ("symbols", "expected_returns", "dense", "factors", "observations", "start", "end")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURNS_FIELD_NUMBER: _ClassVar[int]
    DENSE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    expected_returns: _containers.RepeatedScalarFieldContainer[float]
    dense: _matrix_pb2.Matrix
    factors: FactorCovariance
    observations: int
    start: _date_pb2.Date
    end: _date_pb2.Date
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., expected_returns: _Optional[_Iterable[float]] = ..., dense: _Optional[_Union[_matrix_pb2.Matrix, _Mapping]] = ..., factors: _Optional[_Union[FactorCovariance, _Mapping]] = ..., observations: _Optional[int] = ..., start: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., end: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...
