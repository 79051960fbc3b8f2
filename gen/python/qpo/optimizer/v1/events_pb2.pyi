from qpo.optimizer.v1 import optimization_pb2 as _optimization_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OptimizationEvent(_message.Message):
    __slots__ = ("optimization_submitted", "optimization_succeeded", "optimization_failed", "optimization_cancelled", "optimization_deleted")
    OPTIMIZATION_SUBMITTED_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZATION_SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZATION_FAILED_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZATION_CANCELLED_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZATION_DELETED_FIELD_NUMBER: _ClassVar[int]
    optimization_submitted: OptimizationSubmitted
    optimization_succeeded: OptimizationSucceeded
    optimization_failed: OptimizationFailed
    optimization_cancelled: OptimizationCancelled
    optimization_deleted: OptimizationDeleted
    def __init__(self, optimization_submitted: _Optional[_Union[OptimizationSubmitted, _Mapping]] = ..., optimization_succeeded: _Optional[_Union[OptimizationSucceeded, _Mapping]] = ..., optimization_failed: _Optional[_Union[OptimizationFailed, _Mapping]] = ..., optimization_cancelled: _Optional[_Union[OptimizationCancelled, _Mapping]] = ..., optimization_deleted: _Optional[_Union[OptimizationDeleted, _Mapping]] = ...) -> None: ...

class JobOwner(_message.Message):
    __slots__ = ("user_id", "tenant_id")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    tenant_id: str
    def __init__(self, user_id: _Optional[str] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class OptimizationSubmitted(_message.Message):
    __slots__ = ("job", "owner")
    JOB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    owner: JobOwner
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., owner: _Optional[_Union[JobOwner, _Mapping]] = ...) -> None: ...

class OptimizationSucceeded(_message.Message):
    __slots__ = ("job", "owner", "result")
    JOB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    owner: JobOwner
    result: _optimization_pb2.OptimizationResult
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., owner: _Optional[_Union[JobOwner, _Mapping]] = ..., result: _Optional[_Union[_optimization_pb2.OptimizationResult, _Mapping]] = ...) -> None: ...

class OptimizationFailed(_message.Message):
    __slots__ = ("job", "owner")
    JOB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    owner: JobOwner
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., owner: _Optional[_Union[JobOwner, _Mapping]] = ...) -> None: ...

class OptimizationCancelled(_message.Message):
    __slots__ = ("job", "owner")
    JOB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    owner: JobOwner
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., owner: _Optional[_Union[JobOwner, _Mapping]] = ...) -> None: ...

class OptimizationDeleted(_message.Message):
    __slots__ = ("job", "owner")
    JOB_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    job: _optimization_pb2.Optimization
    owner: JobOwner
    def __init__(self, job: _Optional[_Union[_optimization_pb2.Optimization, _Mapping]] = ..., owner: _Optional[_Union[JobOwner, _Mapping]] = ...) -> None: ...
