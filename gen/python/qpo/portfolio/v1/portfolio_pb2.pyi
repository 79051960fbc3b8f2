import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.types.v1 import costs_pb2 as _costs_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from qpo.types.v1 import mandate_pb2 as _mandate_pb2
from qpo.types.v1 import moments_pb2 as _moments_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Strategy(_message.Message):
    __slots__ = ("goal", "universe", "dataset", "estimation", "costs")
    GOAL_FIELD_NUMBER: _ClassVar[int]
    UNIVERSE_FIELD_NUMBER: _ClassVar[int]
    DATASET_FIELD_NUMBER: _ClassVar[int]
    ESTIMATION_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    goal: _mandate_pb2.Goal
    universe: _containers.RepeatedScalarFieldContainer[str]
    dataset: str
    estimation: _moments_pb2.EstimationSpec
    costs: _costs_pb2.Costs
    def __init__(self, goal: _Optional[_Union[_mandate_pb2.Goal, _Mapping]] = ..., universe: _Optional[_Iterable[str]] = ..., dataset: _Optional[str] = ..., estimation: _Optional[_Union[_moments_pb2.EstimationSpec, _Mapping]] = ..., costs: _Optional[_Union[_costs_pb2.Costs, _Mapping]] = ...) -> None: ...

class Portfolio(_message.Message):
    __slots__ = ("id", "user_id", "name", "strategy", "constraints", "base_currency", "initial_cash", "cash", "cash_weight", "holdings", "created_at", "updated_at", "etag")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    BASE_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    INITIAL_CASH_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    CASH_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    name: str
    strategy: Strategy
    constraints: _mandate_pb2.Constraints
    base_currency: str
    initial_cash: _decimal_pb2.Decimal
    cash: _decimal_pb2.Decimal
    cash_weight: _decimal_pb2.Decimal
    holdings: _containers.RepeatedCompositeFieldContainer[Holding]
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., name: _Optional[str] = ..., strategy: _Optional[_Union[Strategy, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., base_currency: _Optional[str] = ..., initial_cash: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., cash: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., cash_weight: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., holdings: _Optional[_Iterable[_Union[Holding, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class Holding(_message.Message):
    __slots__ = ("symbol", "quantity", "weight", "value", "price_date", "updated_at")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PRICE_DATE_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    quantity: _decimal_pb2.Decimal
    weight: _decimal_pb2.Decimal
    value: _decimal_pb2.Decimal
    price_date: _date_pb2.Date
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, symbol: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., weight: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., value: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., price_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("symbol", "quantity", "price", "value")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    quantity: _decimal_pb2.Decimal
    price: float
    value: _decimal_pb2.Decimal
    def __init__(self, symbol: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., price: _Optional[float] = ..., value: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...
