from google.type import date_pb2 as _date_pb2
from qpo.portfolio.v1 import portfolio_pb2 as _portfolio_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PortfolioEvent(_message.Message):
    __slots__ = ("portfolio_created", "portfolio_modified", "holdings_rebalanced", "portfolio_deleted")
    PORTFOLIO_CREATED_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_MODIFIED_FIELD_NUMBER: _ClassVar[int]
    HOLDINGS_REBALANCED_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_DELETED_FIELD_NUMBER: _ClassVar[int]
    portfolio_created: PortfolioCreated
    portfolio_modified: PortfolioModified
    holdings_rebalanced: HoldingsRebalanced
    portfolio_deleted: PortfolioDeleted
    def __init__(self, portfolio_created: _Optional[_Union[PortfolioCreated, _Mapping]] = ..., portfolio_modified: _Optional[_Union[PortfolioModified, _Mapping]] = ..., holdings_rebalanced: _Optional[_Union[HoldingsRebalanced, _Mapping]] = ..., portfolio_deleted: _Optional[_Union[PortfolioDeleted, _Mapping]] = ...) -> None: ...

class PortfolioCreated(_message.Message):
    __slots__ = ("portfolio", "tenant_id")
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    tenant_id: str
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class PortfolioModified(_message.Message):
    __slots__ = ("portfolio", "tenant_id")
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    tenant_id: str
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., tenant_id: _Optional[str] = ...) -> None: ...

class HoldingsRebalanced(_message.Message):
    __slots__ = ("portfolio", "tenant_id", "trades", "nav", "price_date")
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    NAV_FIELD_NUMBER: _ClassVar[int]
    PRICE_DATE_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    tenant_id: str
    trades: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Trade]
    nav: _decimal_pb2.Decimal
    price_date: _date_pb2.Date
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., tenant_id: _Optional[str] = ..., trades: _Optional[_Iterable[_Union[_portfolio_pb2.Trade, _Mapping]]] = ..., nav: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., price_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class PortfolioDeleted(_message.Message):
    __slots__ = ("portfolio", "tenant_id")
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    TENANT_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    tenant_id: str
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., tenant_id: _Optional[str] = ...) -> None: ...
