import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallEvent(_message.Message):
    __slots__ = ("call_refused",)
    CALL_REFUSED_FIELD_NUMBER: _ClassVar[int]
    call_refused: CallRefused
    def __init__(self, call_refused: _Optional[_Union[CallRefused, _Mapping]] = ...) -> None: ...

class CallRefused(_message.Message):
    __slots__ = ("method", "resource", "reason")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    method: str
    resource: str
    reason: str
    def __init__(self, method: _Optional[str] = ..., resource: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class AccessEvent(_message.Message):
    __slots__ = ("usage_summed", "text_suspected")
    USAGE_SUMMED_FIELD_NUMBER: _ClassVar[int]
    TEXT_SUSPECTED_FIELD_NUMBER: _ClassVar[int]
    usage_summed: UsageSummed
    text_suspected: TextSuspected
    def __init__(self, usage_summed: _Optional[_Union[UsageSummed, _Mapping]] = ..., text_suspected: _Optional[_Union[TextSuspected, _Mapping]] = ...) -> None: ...

class UsageSummed(_message.Message):
    __slots__ = ("user_id", "minute", "calls", "refused", "invalid", "not_found", "writes", "bytes_in", "methods", "addresses")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    INVALID_FIELD_NUMBER: _ClassVar[int]
    NOT_FOUND_FIELD_NUMBER: _ClassVar[int]
    WRITES_FIELD_NUMBER: _ClassVar[int]
    BYTES_IN_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    minute: _timestamp_pb2.Timestamp
    calls: int
    refused: int
    invalid: int
    not_found: int
    writes: int
    bytes_in: float
    methods: _containers.RepeatedScalarFieldContainer[int]
    addresses: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, user_id: _Optional[str] = ..., minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., calls: _Optional[int] = ..., refused: _Optional[int] = ..., invalid: _Optional[int] = ..., not_found: _Optional[int] = ..., writes: _Optional[int] = ..., bytes_in: _Optional[float] = ..., methods: _Optional[_Iterable[int]] = ..., addresses: _Optional[_Iterable[int]] = ...) -> None: ...

class TextSuspected(_message.Message):
    __slots__ = ("method", "field", "family")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    method: str
    field: str
    family: str
    def __init__(self, method: _Optional[str] = ..., field: _Optional[str] = ..., family: _Optional[str] = ...) -> None: ...
