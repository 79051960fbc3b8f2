import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SecurityEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_EVENT_KIND_UNSPECIFIED: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_REFRESH_TOKEN_REUSED: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_ACCOUNT_CLOSED: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_PASSWORDS_GUESSED: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_AUDIT_BROKEN: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_ANOMALY: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_SQL_INJECTION: _ClassVar[SecurityEventKind]
    SECURITY_EVENT_KIND_USER_BLOCKED: _ClassVar[SecurityEventKind]

class SecurityAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_ACTION_UNSPECIFIED: _ClassVar[SecurityAction]
    SECURITY_ACTION_OBSERVE: _ClassVar[SecurityAction]
    SECURITY_ACTION_ALARM: _ClassVar[SecurityAction]
    SECURITY_ACTION_BLOCK: _ClassVar[SecurityAction]

class DetectorState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DETECTOR_STATE_UNSPECIFIED: _ClassVar[DetectorState]
    DETECTOR_STATE_ACTIVE: _ClassVar[DetectorState]
    DETECTOR_STATE_RETIRED: _ClassVar[DetectorState]
    DETECTOR_STATE_REJECTED: _ClassVar[DetectorState]
SECURITY_EVENT_KIND_UNSPECIFIED: SecurityEventKind
SECURITY_EVENT_KIND_REFRESH_TOKEN_REUSED: SecurityEventKind
SECURITY_EVENT_KIND_ACCOUNT_CLOSED: SecurityEventKind
SECURITY_EVENT_KIND_PASSWORDS_GUESSED: SecurityEventKind
SECURITY_EVENT_KIND_AUDIT_BROKEN: SecurityEventKind
SECURITY_EVENT_KIND_ANOMALY: SecurityEventKind
SECURITY_EVENT_KIND_SQL_INJECTION: SecurityEventKind
SECURITY_EVENT_KIND_USER_BLOCKED: SecurityEventKind
SECURITY_ACTION_UNSPECIFIED: SecurityAction
SECURITY_ACTION_OBSERVE: SecurityAction
SECURITY_ACTION_ALARM: SecurityAction
SECURITY_ACTION_BLOCK: SecurityAction
DETECTOR_STATE_UNSPECIFIED: DetectorState
DETECTOR_STATE_ACTIVE: DetectorState
DETECTOR_STATE_RETIRED: DetectorState
DETECTOR_STATE_REJECTED: DetectorState

class SecurityEvent(_message.Message):
    __slots__ = ("id", "occurred_at", "kind", "user_id", "subject", "ip_address", "detail")
    ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    id: str
    occurred_at: _timestamp_pb2.Timestamp
    kind: SecurityEventKind
    user_id: str
    subject: str
    ip_address: str
    detail: str
    def __init__(self, id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[_Union[SecurityEventKind, str]] = ..., user_id: _Optional[str] = ..., subject: _Optional[str] = ..., ip_address: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class ListSecurityEventsRequest(_message.Message):
    __slots__ = ("kind", "user_id", "page_size", "page_token")
    KIND_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kind: SecurityEventKind
    user_id: str
    page_size: int
    page_token: str
    def __init__(self, kind: _Optional[_Union[SecurityEventKind, str]] = ..., user_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSecurityEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[SecurityEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[SecurityEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SubscribeSecurityEventsRequest(_message.Message):
    __slots__ = ("cursor",)
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    cursor: str
    def __init__(self, cursor: _Optional[str] = ...) -> None: ...

class SubscribeSecurityEventsResponse(_message.Message):
    __slots__ = ("events", "cursor")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[SecurityEvent]
    cursor: str
    def __init__(self, events: _Optional[_Iterable[_Union[SecurityEvent, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class SecurityPolicy(_message.Message):
    __slots__ = ("anomaly_action", "anomaly_score", "consecutive_minutes", "least_calls", "injection_action", "block_minutes", "etag", "updated_at")
    ANOMALY_ACTION_FIELD_NUMBER: _ClassVar[int]
    ANOMALY_SCORE_FIELD_NUMBER: _ClassVar[int]
    CONSECUTIVE_MINUTES_FIELD_NUMBER: _ClassVar[int]
    LEAST_CALLS_FIELD_NUMBER: _ClassVar[int]
    INJECTION_ACTION_FIELD_NUMBER: _ClassVar[int]
    BLOCK_MINUTES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    anomaly_action: SecurityAction
    anomaly_score: float
    consecutive_minutes: int
    least_calls: int
    injection_action: SecurityAction
    block_minutes: int
    etag: str
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, anomaly_action: _Optional[_Union[SecurityAction, str]] = ..., anomaly_score: _Optional[float] = ..., consecutive_minutes: _Optional[int] = ..., least_calls: _Optional[int] = ..., injection_action: _Optional[_Union[SecurityAction, str]] = ..., block_minutes: _Optional[int] = ..., etag: _Optional[str] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetSecurityPolicyRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetSecurityPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: SecurityPolicy
    def __init__(self, policy: _Optional[_Union[SecurityPolicy, _Mapping]] = ...) -> None: ...

class UpdateSecurityPolicyRequest(_message.Message):
    __slots__ = ("policy", "update_mask")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    policy: SecurityPolicy
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, policy: _Optional[_Union[SecurityPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateSecurityPolicyResponse(_message.Message):
    __slots__ = ("policy",)
    POLICY_FIELD_NUMBER: _ClassVar[int]
    policy: SecurityPolicy
    def __init__(self, policy: _Optional[_Union[SecurityPolicy, _Mapping]] = ...) -> None: ...

class Detector(_message.Message):
    __slots__ = ("id", "state", "trained_at", "history_end", "minutes", "contamination", "library_version", "problem")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRAINED_AT_FIELD_NUMBER: _ClassVar[int]
    HISTORY_END_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    CONTAMINATION_FIELD_NUMBER: _ClassVar[int]
    LIBRARY_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: DetectorState
    trained_at: _timestamp_pb2.Timestamp
    history_end: _timestamp_pb2.Timestamp
    minutes: int
    contamination: float
    library_version: str
    problem: str
    def __init__(self, id: _Optional[str] = ..., state: _Optional[_Union[DetectorState, str]] = ..., trained_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., history_end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., minutes: _Optional[int] = ..., contamination: _Optional[float] = ..., library_version: _Optional[str] = ..., problem: _Optional[str] = ...) -> None: ...

class TrainDetectorRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TrainDetectorResponse(_message.Message):
    __slots__ = ("detector",)
    DETECTOR_FIELD_NUMBER: _ClassVar[int]
    detector: Detector
    def __init__(self, detector: _Optional[_Union[Detector, _Mapping]] = ...) -> None: ...

class ListDetectorsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListDetectorsResponse(_message.Message):
    __slots__ = ("detectors",)
    DETECTORS_FIELD_NUMBER: _ClassVar[int]
    detectors: _containers.RepeatedCompositeFieldContainer[Detector]
    def __init__(self, detectors: _Optional[_Iterable[_Union[Detector, _Mapping]]] = ...) -> None: ...
