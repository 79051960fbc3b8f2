"""Between the domain's words and the contract's: splits and dividends."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from qpo.marketdata.v1 import marketdata_service_pb2 as pb
from qpo.marketdata.v1 import prices_pb2 as prices
from qpo.types.v1.decimal_pb2 import Decimal as DecimalMessage

from chassis.errors import InvalidRequest
from services.marketdata.domain.actions import ONE, ZERO, Action
from services.marketdata.wire.alternative import to_decimal
from services.marketdata.wire.times import from_date, to_date, to_timestamp

_Field = Literal["split_ratio", "dividend"]


def from_actions(request: pb.UpdateCorporateActionsRequest) -> list[Action]:
    """What is said of which. Raises InvalidRequest with everything that is none."""
    wrong = list(_wrong(request))
    if wrong:
        raise InvalidRequest(wrong)
    return [_action(each) for each in request.actions]


def to_action(action: Action) -> prices.CorporateAction:
    """An action; what there was none of is absent."""
    return prices.CorporateAction(
        symbol=action.symbol,
        ex_date=to_date(action.ex_date),
        split_ratio=None if action.split == ONE else DecimalMessage(value=to_decimal(action.split)),
        dividend=None if action.dividend == ZERO else DecimalMessage(value=to_decimal(action.dividend)),
        knowledge_time=None if action.knowledge_time is None else to_timestamp(action.knowledge_time),
    )


def _action(each: prices.CorporateAction) -> Action:
    day = from_date(each, "ex_date")
    if day is None:
        raise InvalidRequest([("actions.ex_date", "give a date")])
    return Action(each.symbol, day, _number(each, "split_ratio", ONE), _number(each, "dividend", ZERO))


def _wrong(request: pb.UpdateCorporateActionsRequest) -> Iterator[tuple[str, str]]:
    for index, each in enumerate(request.actions):
        if _number(each, "split_ratio", ONE) <= 0:
            yield f"actions[{index}].split_ratio", "give new units for an old one, more than 0"
        if _number(each, "dividend", ZERO) < 0:
            yield f"actions[{index}].dividend", "give what was paid per unit, at least 0"


def _number(each: prices.CorporateAction, field: _Field, otherwise: Decimal) -> Decimal:
    return Decimal(getattr(each, field).value) if each.HasField(field) else otherwise
