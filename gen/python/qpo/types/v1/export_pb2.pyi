from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ExportChunk(_message.Message):
    __slots__ = ("file", "content_type", "data", "rows")
    FILE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    file: str
    content_type: str
    data: bytes
    rows: int
    def __init__(self, file: _Optional[str] = ..., content_type: _Optional[str] = ..., data: _Optional[bytes] = ..., rows: _Optional[int] = ...) -> None: ...
