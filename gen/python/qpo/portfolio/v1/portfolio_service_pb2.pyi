import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from qpo.options.v1 import options_pb2 as _options_pb2
from qpo.portfolio.v1 import events_pb2 as _events_pb2
from qpo.portfolio.v1 import portfolio_pb2 as _portfolio_pb2
from qpo.types.v1 import decimal_pb2 as _decimal_pb2
from qpo.types.v1 import export_pb2 as _export_pb2
from qpo.types.v1 import mandate_pb2 as _mandate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreatePortfolioRequest(_message.Message):
    __slots__ = ("name", "strategy", "constraints", "base_currency", "initial_cash", "request_id", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    BASE_CURRENCY_FIELD_NUMBER: _ClassVar[int]
    INITIAL_CASH_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    strategy: _portfolio_pb2.Strategy
    constraints: _mandate_pb2.Constraints
    base_currency: str
    initial_cash: _decimal_pb2.Decimal
    request_id: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., strategy: _Optional[_Union[_portfolio_pb2.Strategy, _Mapping]] = ..., constraints: _Optional[_Union[_mandate_pb2.Constraints, _Mapping]] = ..., base_currency: _Optional[str] = ..., initial_cash: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class CreatePortfolioResponse(_message.Message):
    __slots__ = ("portfolio",)
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ...) -> None: ...

class GetPortfolioRequest(_message.Message):
    __slots__ = ("portfolio_id",)
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    def __init__(self, portfolio_id: _Optional[str] = ...) -> None: ...

class GetPortfolioResponse(_message.Message):
    __slots__ = ("portfolio",)
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ...) -> None: ...

class ListPortfoliosRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "owner_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OWNER_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    owner_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., owner_id: _Optional[str] = ...) -> None: ...

class ListPortfoliosResponse(_message.Message):
    __slots__ = ("portfolios", "next_page_token")
    PORTFOLIOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    portfolios: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Portfolio]
    next_page_token: str
    def __init__(self, portfolios: _Optional[_Iterable[_Union[_portfolio_pb2.Portfolio, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReplacePortfolioRequest(_message.Message):
    __slots__ = ("portfolio_id", "portfolio", "request_id")
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    portfolio: _portfolio_pb2.Portfolio
    request_id: str
    def __init__(self, portfolio_id: _Optional[str] = ..., portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReplacePortfolioResponse(_message.Message):
    __slots__ = ("portfolio",)
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ...) -> None: ...

class UpdatePortfolioRequest(_message.Message):
    __slots__ = ("portfolio_id", "portfolio", "update_mask", "request_id")
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    portfolio: _portfolio_pb2.Portfolio
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, portfolio_id: _Optional[str] = ..., portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdatePortfolioResponse(_message.Message):
    __slots__ = ("portfolio",)
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ...) -> None: ...

class DeletePortfolioRequest(_message.Message):
    __slots__ = ("portfolio_id", "etag", "request_id")
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    etag: str
    request_id: str
    def __init__(self, portfolio_id: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeletePortfolioResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHoldingsRequest(_message.Message):
    __slots__ = ("portfolio_id", "as_of")
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    as_of: _date_pb2.Date
    def __init__(self, portfolio_id: _Optional[str] = ..., as_of: _Optional[_Union[_date_pb2.Date, _Mapping]] = ...) -> None: ...

class ListHoldingsResponse(_message.Message):
    __slots__ = ("holdings", "cash", "nav", "cash_weight")
    HOLDINGS_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    NAV_FIELD_NUMBER: _ClassVar[int]
    CASH_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    holdings: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Holding]
    cash: _decimal_pb2.Decimal
    nav: _decimal_pb2.Decimal
    cash_weight: _decimal_pb2.Decimal
    def __init__(self, holdings: _Optional[_Iterable[_Union[_portfolio_pb2.Holding, _Mapping]]] = ..., cash: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., nav: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., cash_weight: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class RebalancePortfolioRequest(_message.Message):
    __slots__ = ("portfolio_id", "as_of", "etag", "request_id", "validate_only")
    PORTFOLIO_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    portfolio_id: str
    as_of: _date_pb2.Date
    etag: str
    request_id: str
    validate_only: bool
    def __init__(self, portfolio_id: _Optional[str] = ..., as_of: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class RebalancePortfolioResponse(_message.Message):
    __slots__ = ("portfolio", "trades", "nav", "expected_return", "volatility", "sharpe_ratio", "price_date", "validate_only")
    PORTFOLIO_FIELD_NUMBER: _ClassVar[int]
    TRADES_FIELD_NUMBER: _ClassVar[int]
    NAV_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_RETURN_FIELD_NUMBER: _ClassVar[int]
    VOLATILITY_FIELD_NUMBER: _ClassVar[int]
    SHARPE_RATIO_FIELD_NUMBER: _ClassVar[int]
    PRICE_DATE_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    portfolio: _portfolio_pb2.Portfolio
    trades: _containers.RepeatedCompositeFieldContainer[_portfolio_pb2.Trade]
    nav: _decimal_pb2.Decimal
    expected_return: float
    volatility: float
    sharpe_ratio: float
    price_date: _date_pb2.Date
    validate_only: bool
    def __init__(self, portfolio: _Optional[_Union[_portfolio_pb2.Portfolio, _Mapping]] = ..., trades: _Optional[_Iterable[_Union[_portfolio_pb2.Trade, _Mapping]]] = ..., nav: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., expected_return: _Optional[float] = ..., volatility: _Optional[float] = ..., sharpe_ratio: _Optional[float] = ..., price_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ExportMyDataRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExportMyDataResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: _export_pb2.ExportChunk
    def __init__(self, chunk: _Optional[_Union[_export_pb2.ExportChunk, _Mapping]] = ...) -> None: ...

class PortfolioHistory(_message.Message):
    __slots__ = ("occurred_at", "event")
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    occurred_at: _timestamp_pb2.Timestamp
    event: _events_pb2.PortfolioEvent
    def __init__(self, occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event: _Optional[_Union[_events_pb2.PortfolioEvent, _Mapping]] = ...) -> None: ...
