import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from qpo.auth.v1 import user_pb2 as _user_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UserEvent(_message.Message):
    __slots__ = ("user_registered", "user_role_changed", "user_deleted", "user_sessions_ended", "advisor_linked", "advisor_unlinked")
    USER_REGISTERED_FIELD_NUMBER: _ClassVar[int]
    USER_ROLE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    USER_DELETED_FIELD_NUMBER: _ClassVar[int]
    USER_SESSIONS_ENDED_FIELD_NUMBER: _ClassVar[int]
    ADVISOR_LINKED_FIELD_NUMBER: _ClassVar[int]
    ADVISOR_UNLINKED_FIELD_NUMBER: _ClassVar[int]
    user_registered: UserRegistered
    user_role_changed: UserRoleChanged
    user_deleted: UserDeleted
    user_sessions_ended: UserSessionsEnded
    advisor_linked: AdvisorLinked
    advisor_unlinked: AdvisorUnlinked
    def __init__(self, user_registered: _Optional[_Union[UserRegistered, _Mapping]] = ..., user_role_changed: _Optional[_Union[UserRoleChanged, _Mapping]] = ..., user_deleted: _Optional[_Union[UserDeleted, _Mapping]] = ..., user_sessions_ended: _Optional[_Union[UserSessionsEnded, _Mapping]] = ..., advisor_linked: _Optional[_Union[AdvisorLinked, _Mapping]] = ..., advisor_unlinked: _Optional[_Union[AdvisorUnlinked, _Mapping]] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("user_id", "tenant_id", "subscription_tier", "roles", "created_at")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_TIER_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    tenant_id: str
    subscription_tier: str
    roles: _containers.RepeatedScalarFieldContainer[_user_pb2.Role]
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., tenant_id: _Optional[str] = ..., subscription_tier: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[_user_pb2.Role, str]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UserRegistered(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class UserRoleChanged(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class UserSessionsEnded(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class UserDeleted(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class AdvisorLinked(_message.Message):
    __slots__ = ("link",)
    LINK_FIELD_NUMBER: _ClassVar[int]
    link: _user_pb2.Link
    def __init__(self, link: _Optional[_Union[_user_pb2.Link, _Mapping]] = ...) -> None: ...

class AdvisorUnlinked(_message.Message):
    __slots__ = ("link",)
    LINK_FIELD_NUMBER: _ClassVar[int]
    link: _user_pb2.Link
    def __init__(self, link: _Optional[_Union[_user_pb2.Link, _Mapping]] = ...) -> None: ...
