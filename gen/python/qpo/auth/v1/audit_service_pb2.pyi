import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_ACTION_UNSPECIFIED: _ClassVar[AuditAction]
    AUDIT_ACTION_USER_LOGIN: _ClassVar[AuditAction]
    AUDIT_ACTION_USER_LOGOUT: _ClassVar[AuditAction]
    AUDIT_ACTION_USER_REGISTER: _ClassVar[AuditAction]
    AUDIT_ACTION_USER_DELETE: _ClassVar[AuditAction]
    AUDIT_ACTION_PORTFOLIO_CREATE: _ClassVar[AuditAction]
    AUDIT_ACTION_PORTFOLIO_MODIFY: _ClassVar[AuditAction]
    AUDIT_ACTION_OPTIMIZATION_RUN: _ClassVar[AuditAction]
    AUDIT_ACTION_ADMIN_ACTION: _ClassVar[AuditAction]
    AUDIT_ACTION_CALL: _ClassVar[AuditAction]
    AUDIT_ACTION_SECOND_FACTOR_ON: _ClassVar[AuditAction]
    AUDIT_ACTION_SECOND_FACTOR_OFF: _ClassVar[AuditAction]
    AUDIT_ACTION_RECOVERY_CODE_USE: _ClassVar[AuditAction]
    AUDIT_ACTION_API_KEY_CREATE: _ClassVar[AuditAction]
    AUDIT_ACTION_API_KEY_DELETE: _ClassVar[AuditAction]
    AUDIT_ACTION_USER_EXPORT: _ClassVar[AuditAction]
    AUDIT_ACTION_SECURITY_ALARM: _ClassVar[AuditAction]

class AuditOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_OUTCOME_UNSPECIFIED: _ClassVar[AuditOutcome]
    AUDIT_OUTCOME_INTACT: _ClassVar[AuditOutcome]
    AUDIT_OUTCOME_BROKEN: _ClassVar[AuditOutcome]
AUDIT_ACTION_UNSPECIFIED: AuditAction
AUDIT_ACTION_USER_LOGIN: AuditAction
AUDIT_ACTION_USER_LOGOUT: AuditAction
AUDIT_ACTION_USER_REGISTER: AuditAction
AUDIT_ACTION_USER_DELETE: AuditAction
AUDIT_ACTION_PORTFOLIO_CREATE: AuditAction
AUDIT_ACTION_PORTFOLIO_MODIFY: AuditAction
AUDIT_ACTION_OPTIMIZATION_RUN: AuditAction
AUDIT_ACTION_ADMIN_ACTION: AuditAction
AUDIT_ACTION_CALL: AuditAction
AUDIT_ACTION_SECOND_FACTOR_ON: AuditAction
AUDIT_ACTION_SECOND_FACTOR_OFF: AuditAction
AUDIT_ACTION_RECOVERY_CODE_USE: AuditAction
AUDIT_ACTION_API_KEY_CREATE: AuditAction
AUDIT_ACTION_API_KEY_DELETE: AuditAction
AUDIT_ACTION_USER_EXPORT: AuditAction
AUDIT_ACTION_SECURITY_ALARM: AuditAction
AUDIT_OUTCOME_UNSPECIFIED: AuditOutcome
AUDIT_OUTCOME_INTACT: AuditOutcome
AUDIT_OUTCOME_BROKEN: AuditOutcome

class AuditEvent(_message.Message):
    __slots__ = ("seq", "occurred_at", "user_id", "action", "resource", "ip_address", "user_agent", "result", "method")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    seq: float
    occurred_at: _timestamp_pb2.Timestamp
    user_id: str
    action: AuditAction
    resource: str
    ip_address: str
    user_agent: str
    result: str
    method: str
    def __init__(self, seq: _Optional[float] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user_id: _Optional[str] = ..., action: _Optional[_Union[AuditAction, str]] = ..., resource: _Optional[str] = ..., ip_address: _Optional[str] = ..., user_agent: _Optional[str] = ..., result: _Optional[str] = ..., method: _Optional[str] = ...) -> None: ...

class ListAuditEventsRequest(_message.Message):
    __slots__ = ("user_id", "action", "result", "start", "end", "page_size", "page_token")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    action: AuditAction
    result: str
    start: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, user_id: _Optional[str] = ..., action: _Optional[_Union[AuditAction, str]] = ..., result: _Optional[str] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAuditEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[AuditEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[AuditEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class VerifyAuditRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class VerifyAuditResponse(_message.Message):
    __slots__ = ("verified", "total", "outcome", "first_broken", "problem")
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    FIRST_BROKEN_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    verified: float
    total: float
    outcome: AuditOutcome
    first_broken: float
    problem: str
    def __init__(self, verified: _Optional[float] = ..., total: _Optional[float] = ..., outcome: _Optional[_Union[AuditOutcome, str]] = ..., first_broken: _Optional[float] = ..., problem: _Optional[str] = ...) -> None: ...
