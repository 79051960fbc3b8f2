from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from qpo.types.v1 import costs_pb2 as _costs_pb2
from qpo.types.v1 import mandate_pb2 as _mandate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_ORDER_UNSPECIFIED: _ClassVar[BatchOrder]
    BATCH_ORDER_INPUT: _ClassVar[BatchOrder]
    BATCH_ORDER_AS_COMPLETED: _ClassVar[BatchOrder]

class BatchOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_OUTCOME_UNSPECIFIED: _ClassVar[BatchOutcome]
    BATCH_OUTCOME_SOLVED: _ClassVar[BatchOutcome]
    BATCH_OUTCOME_INVALID: _ClassVar[BatchOutcome]
    BATCH_OUTCOME_INFEASIBLE: _ClassVar[BatchOutcome]
    BATCH_OUTCOME_FAILED: _ClassVar[BatchOutcome]
BATCH_ORDER_UNSPECIFIED: BatchOrder
BATCH_ORDER_INPUT: BatchOrder
BATCH_ORDER_AS_COMPLETED: BatchOrder
BATCH_OUTCOME_UNSPECIFIED: BatchOutcome
BATCH_OUTCOME_SOLVED: BatchOutcome
BATCH_OUTCOME_INVALID: BatchOutcome
BATCH_OUTCOME_INFEASIBLE: BatchOutcome
BATCH_OUTCOME_FAILED: BatchOutcome

class BatchHeader(_message.Message):
    __slots__ = ("universe_id", "goal", "constraints", "costs", "order", "omit_weights")
    UNIVERSE_ID_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    OMIT_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    universe_id: str
    goal: _mandate_pb2.Goal
    constraints: _mandate_pb2.Constraints
    costs: _costs_pb2.Costs
    order: BatchOrder
    omit_weights: bool
    def __init__(self, universe_id: _Optional[str] = ..., goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., costs: _Optional[_Union[_costs_pb2.Costs, _Mapping]] = ..., order: _Optional[_Union[BatchOrder, str]] = ..., omit_weights: _Optional[bool] = ...) -> None: ...

class BatchFrame(_message.Message):
    __slots__ = ("frame_id", "count", "portfolio_ids", "mu_tilts", "risk_aversions", "lower", "upper", "caps", "holdings", "row_caps", "commissions", "portfolio_values")
    FRAME_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_IDS_FIELD_NUMBER: _ClassVar[int]
    MU_TILTS_FIELD_NUMBER: _ClassVar[int]
    RISK_AVERSIONS_FIELD_NUMBER: _ClassVar[int]
    LOWER_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_FIELD_NUMBER: _ClassVar[int]
    ROW_CAPS_FIELD_NUMBER: _ClassVar[int]
    COMMISSIONS_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_VALUES_FIELD_NUMBER: _ClassVar[int]
    frame_id: int
    count: int
    portfolio_ids: _containers.RepeatedScalarFieldContainer[str]
    mu_tilts: bytes
    risk_aversions: bytes
    lower: bytes
    upper: bytes
    caps: bytes
    holdings: bytes
    row_caps: bytes
    commissions: bytes
    portfolio_values: bytes
    def __init__(self, frame_id: _Optional[int] = ..., count: _Optional[int] = ..., portfolio_ids: _Optional[_Iterable[str]] = ..., mu_tilts: _Optional[bytes] = ..., risk_aversions: _Optional[bytes] = ..., lower: _Optional[bytes] = ..., upper: _Optional[bytes] = ..., caps: _Optional[bytes] = ..., holdings: _Optional[bytes] = ..., row_caps: _Optional[bytes] = ..., commissions: _Optional[bytes] = ..., portfolio_values: _Optional[bytes] = ...) -> None: ...

class BatchFailure(_message.Message):
    __slots__ = ("index", "portfolio_id", "outcome", "description")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    index: int
    portfolio_id: str
    outcome: BatchOutcome
    description: str
    def __init__(self, index: _Optional[int] = ..., portfolio_id: _Optional[str] = ..., outcome: _Optional[_Union[BatchOutcome, str]] = ..., description: _Optional[str] = ...) -> None: ...
