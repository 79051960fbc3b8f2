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
    ERROR_REASON_DATASET_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_INSTRUMENT_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_UNREADABLE_UPLOAD: _ClassVar[ErrorReason]
    ERROR_REASON_UPLOAD_TOO_LARGE: _ClassVar[ErrorReason]
    ERROR_REASON_PAGE_TOKEN_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_CURSOR_INVALID: _ClassVar[ErrorReason]
    ERROR_REASON_REPLAY_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_NO_SESSIONS: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY: _ClassVar[ErrorReason]
    ERROR_REASON_NOT_OWNER: _ClassVar[ErrorReason]
    ERROR_REASON_REQUEST_ID_REUSED: _ClassVar[ErrorReason]
    ERROR_REASON_PEER_UNAVAILABLE: _ClassVar[ErrorReason]
    ERROR_REASON_RECORD_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_SOURCE_NOT_CONFIGURED: _ClassVar[ErrorReason]
    ERROR_REASON_FEED_NOT_FOUND: _ClassVar[ErrorReason]
    ERROR_REASON_DIVIDEND_NOT_ADJUSTABLE: _ClassVar[ErrorReason]
    ERROR_REASON_TOO_MANY_CALLS: _ClassVar[ErrorReason]
ERROR_REASON_UNSPECIFIED: ErrorReason
ERROR_REASON_INVALID_REQUEST: ErrorReason
ERROR_REASON_UNAUTHENTICATED: ErrorReason
ERROR_REASON_SCOPE_MISSING: ErrorReason
ERROR_REASON_DATASET_NOT_FOUND: ErrorReason
ERROR_REASON_INSTRUMENT_NOT_FOUND: ErrorReason
ERROR_REASON_UNREADABLE_UPLOAD: ErrorReason
ERROR_REASON_UPLOAD_TOO_LARGE: ErrorReason
ERROR_REASON_PAGE_TOKEN_INVALID: ErrorReason
ERROR_REASON_CURSOR_INVALID: ErrorReason
ERROR_REASON_REPLAY_NOT_FOUND: ErrorReason
ERROR_REASON_NO_SESSIONS: ErrorReason
ERROR_REASON_TOO_MANY: ErrorReason
ERROR_REASON_NOT_OWNER: ErrorReason
ERROR_REASON_REQUEST_ID_REUSED: ErrorReason
ERROR_REASON_PEER_UNAVAILABLE: ErrorReason
ERROR_REASON_RECORD_NOT_FOUND: ErrorReason
ERROR_REASON_SOURCE_NOT_CONFIGURED: ErrorReason
ERROR_REASON_FEED_NOT_FOUND: ErrorReason
ERROR_REASON_DIVIDEND_NOT_ADJUSTABLE: ErrorReason
ERROR_REASON_TOO_MANY_CALLS: ErrorReason
