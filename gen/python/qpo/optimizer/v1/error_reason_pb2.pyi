from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_REASON_UNSPECIFIED: _ClassVar[ErrorReason]
    ERROR_REASON_INVALID_REQUEST: _ClassVar[ErrorReason]
    ERROR_REASON_UNAUTHENTICATED: _ClassVar[ErrorReason]
    ERROR_REASON_SCOPE_MISSING: _ClassVar[ErrorReason]
    ERROR_REASON_JOB_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_PORTFOLIO_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_DATASET_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_INSTRUMENT_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_INSUFFICIENT_HISTORY: _ClassVar[ErrorReason]
    ERROR_REASON_INFEASIBLE: _ClassVar[ErrorReason]
    ERROR_REASON_UNBOUNDED: _ClassVar[ErrorReason]
    ERROR_REASON_NO_EXCESS_RETURN: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_FINISHED: _ClassVar[ErrorReason]
    ERROR_REASON_CANCELLED: _ClassVar[ErrorReason]
    ERROR_REASON_REQUEST_ID_REUSED: _ClassVar[ErrorReason]
    ERROR_REASON_PAGE_TOKEN_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_PEER_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_JOBS: _ClassVar[ErrorReason]
    ERROR_REASON_OUT_OF_TIME: _ClassVar[ErrorReason]
    ERROR_REASON_SOLVER_FAILED: _ClassVar[ErrorReason]
    ERROR_REASON_UNIVERSE_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_UNIVERSES: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_CALLS: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_INVALID_REQUEST: ErrorReason
ERROR_REASON_UNAUTHENTICATED: ErrorReason
ERROR_REASON_SCOPE_MISSING: ErrorReason
ERROR_REASON_JOB_NOT_FOUND: ErrorReason
ERROR_REASON_PORTFOLIO_NOT_FOUND: ErrorReason
ERROR_REASON_DATASET_NOT_FOUND: ErrorReason
ERROR_REASON_INSTRUMENT_NOT_FOUND: ErrorReason
ERROR_REASON_INSUFFICIENT_HISTORY: ErrorReason
ERROR_REASON_INFEASIBLE: ErrorReason
ERROR_REASON_UNBOUNDED: ErrorReason
ERROR_REASON_NO_EXCESS_RETURN: ErrorReason
ERROR_REASON_NOT_FINISHED: ErrorReason
ERROR_REASON_CANCELLED: ErrorReason
ERROR_REASON_REQUEST_ID_REUSED: ErrorReason
ERROR_REASON_PAGE_TOKEN_INVALID: ErrorReason
ERROR_REASON_PEER_UNAVAILABLE: ErrorReason
ERROR_REASON_TOO_MANY_JOBS: ErrorReason
ERROR_REASON_OUT_OF_TIME: ErrorReason
ERROR_REASON_SOLVER_FAILED: ErrorReason
ERROR_REASON_UNIVERSE_NOT_FOUND: ErrorReason
ERROR_REASON_TOO_MANY_UNIVERSES: ErrorReason
ERROR_REASON_TOO_MANY_CALLS: ErrorReason
