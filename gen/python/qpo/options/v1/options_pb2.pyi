from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor
MUTABLE_PATHS_FIELD_NUMBER: _ClassVar[int]
mutable_paths: _descriptor.FieldDescriptor
COMPUTES_FIELD_NUMBER: _ClassVar[int]
computes: _descriptor.FieldDescriptor

class Access(_message.Message):
    __slots__ = ("open", "any_principal", "scope")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    ANY_PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    open: bool
    any_principal: bool
    scope: str
    def __init__(self, open: _Optional[bool] = ..., any_principal: _Optional[bool] = ..., scope: _Optional[str] = ...) -> None: ...
