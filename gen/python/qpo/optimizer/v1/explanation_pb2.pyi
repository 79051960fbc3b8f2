from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LimitSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_SIDE_UNSPECIFIED: _ClassVar[LimitSide]
    LIMIT_SIDE_FLOOR: _ClassVar[LimitSide]
    LIMIT_SIDE_CAP: _ClassVar[LimitSide]

class WeightPlace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WEIGHT_PLACE_UNSPECIFIED: _ClassVar[WeightPlace]
    WEIGHT_PLACE_FREE: _ClassVar[WeightPlace]
    WEIGHT_PLACE_ZERO: _ClassVar[WeightPlace]
    WEIGHT_PLACE_LOWER_BOUND: _ClassVar[WeightPlace]
    WEIGHT_PLACE_UPPER_BOUND: _ClassVar[WeightPlace]
    WEIGHT_PLACE_CURRENT_WEIGHT: _ClassVar[WeightPlace]
LIMIT_SIDE_UNSPECIFIED: LimitSide
LIMIT_SIDE_FLOOR: LimitSide
LIMIT_SIDE_CAP: LimitSide
WEIGHT_PLACE_UNSPECIFIED: WeightPlace
WEIGHT_PLACE_FREE: WeightPlace
WEIGHT_PLACE_ZERO: WeightPlace
WEIGHT_PLACE_LOWER_BOUND: WeightPlace
WEIGHT_PLACE_UPPER_BOUND: WeightPlace
WEIGHT_PLACE_CURRENT_WEIGHT: WeightPlace

class ShadowPrice(_message.Message):
    __slots__ = ("type", "subject", "side", "limit", "price", "sentence")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    type: str
    subject: str
    side: LimitSide
    limit: float
    price: float
    sentence: str
    def __init__(self, type: _Optional[str] = ..., subject: _Optional[str] = ..., side: _Optional[_Union[LimitSide, str]] = ..., limit: _Optional[float] = ..., price: _Optional[float] = ..., sentence: _Optional[str] = ...) -> None: ...

class RiskShare(_message.Message):
    __slots__ = ("total", "share")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    total: float
    share: float
    def __init__(self, total: _Optional[float] = ..., share: _Optional[float] = ...) -> None: ...

class AssetExplanation(_message.Message):
    __slots__ = ("symbol", "weight", "place", "marginal_risk", "risk", "active_risk", "bound_price", "return_to_hold", "return_to_hold_is_exact", "sentence")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    MARGINAL_RISK_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_RISK_FIELD_NUMBER: _ClassVar[int]
    BOUND_PRICE_FIELD_NUMBER: _ClassVar[int]
    RETURN_TO_HOLD_FIELD_NUMBER: _ClassVar[int]
    RETURN_TO_HOLD_IS_EXACT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    weight: float
    place: WeightPlace
    marginal_risk: float
    risk: RiskShare
    active_risk: RiskShare
    bound_price: float
    return_to_hold: float
    return_to_hold_is_exact: bool
    sentence: str
    def __init__(self, symbol: _Optional[str] = ..., weight: _Optional[float] = ..., place: _Optional[_Union[WeightPlace, str]] = ..., marginal_risk: _Optional[float] = ..., risk: _Optional[_Union[RiskShare, _Mapping]] = ..., active_risk: _Optional[_Union[RiskShare, _Mapping]] = ..., bound_price: _Optional[float] = ..., return_to_hold: _Optional[float] = ..., return_to_hold_is_exact: _Optional[bool] = ..., sentence: _Optional[str] = ...) -> None: ...

class GroupExplanation(_message.Message):
    __slots__ = ("name", "weight", "risk", "active_risk")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_RISK_FIELD_NUMBER: _ClassVar[int]
    name: str
    weight: float
    risk: RiskShare
    active_risk: RiskShare
    def __init__(self, name: _Optional[str] = ..., weight: _Optional[float] = ..., risk: _Optional[_Union[RiskShare, _Mapping]] = ..., active_risk: _Optional[_Union[RiskShare, _Mapping]] = ...) -> None: ...

class FactorExplanation(_message.Message):
    __slots__ = ("factor", "exposure", "risk", "active_risk")
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    RISK_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_RISK_FIELD_NUMBER: _ClassVar[int]
    factor: int
    exposure: float
    risk: RiskShare
    active_risk: RiskShare
    def __init__(self, factor: _Optional[int] = ..., exposure: _Optional[float] = ..., risk: _Optional[_Union[RiskShare, _Mapping]] = ..., active_risk: _Optional[_Union[RiskShare, _Mapping]] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("shadow_prices", "assets", "groups", "factors", "specific", "active_specific", "diversification_ratio", "effective_bets")
    SHADOW_PRICES_FIELD_NUMBER: _ClassVar[int]
    ASSETS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    SPECIFIC_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SPECIFIC_FIELD_NUMBER: _ClassVar[int]
    DIVERSIFICATION_RATIO_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_BETS_FIELD_NUMBER: _ClassVar[int]
    shadow_prices: _containers.RepeatedCompositeFieldContainer[ShadowPrice]
    assets: _containers.RepeatedCompositeFieldContainer[AssetExplanation]
    groups: _containers.RepeatedCompositeFieldContainer[GroupExplanation]
    factors: _containers.RepeatedCompositeFieldContainer[FactorExplanation]
    specific: RiskShare
    active_specific: RiskShare
    diversification_ratio: float
    effective_bets: float
    def __init__(self, shadow_prices: _Optional[_Iterable[_Union[ShadowPrice, _Mapping]]] = ..., assets: _Optional[_Iterable[_Union[AssetExplanation, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[GroupExplanation, _Mapping]]] = ..., factors: _Optional[_Iterable[_Union[FactorExplanation, _Mapping]]] = ..., specific: _Optional[_Union[RiskShare, _Mapping]] = ..., active_specific: _Optional[_Union[RiskShare, _Mapping]] = ..., diversification_ratio: _Optional[float] = ..., effective_bets: _Optional[float] = ...) -> None: ...
