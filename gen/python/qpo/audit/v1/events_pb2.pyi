from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
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
