"""What is encoded decodes to an equal value."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st
from qpo.portfolio.v1 import portfolio_pb2 as pb

from services.portfolio.domain.errors import InvalidPortfolio
from services.portfolio.rpc.codec import from_draft, present
from services.portfolio.wire.dates import from_date, to_date, to_timestamp
from services.portfolio.wire.estimation import from_estimation, to_estimation
from services.portfolio.wire.mandate import from_constraints, from_goal, to_constraints, to_goal
from services.portfolio.wire.portfolio import to_decimal, to_portfolio
from tests.portfolio.builders import a_holding, a_portfolio, constraints, drafts, estimations, goals


@given(goals)
def test_a_goal_survives_the_wire(goal):
    assert from_goal(to_goal(goal)) == goal


@given(constraints)
def test_constraints_survive_the_wire(limits):
    assert from_constraints(to_constraints(limits)) == limits


@given(estimations)
def test_a_way_to_estimate_survives_the_wire(estimation):
    assert from_estimation(to_estimation(estimation), "estimation") == estimation


@given(drafts)
def test_what_a_caller_sets_comes_back_in_the_portfolio(draft):
    stored = a_portfolio(name=draft.name, strategy=draft.strategy, constraints=draft.constraints)
    assert from_draft(to_portfolio(stored)) == draft


@given(st.dates())
def test_a_date_survives_the_wire(day):
    assert from_date(to_date(day), "day") == day


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_the_wire_to_the_microsecond(time):
    assert to_timestamp(time).ToDatetime(UTC) == time


@pytest.mark.parametrize(("year", "month", "day"), [(2022, 2, 30), (2022, 0, 0), (0, 1, 1), (2022, 12, 0)])
def test_what_is_no_day_is_refused_by_field(year, month, day):
    with pytest.raises(InvalidPortfolio) as refusal:
        from_date(Date(year=year, month=month, day=day), "as_of")
    assert [violation.field for violation in refusal.value.violations] == ["as_of"]


@pytest.mark.parametrize("text", ["0.00000000", "-1234.50", "999999999999.99999999", "1.000000"])
def test_a_decimal_keeps_its_scale_and_has_no_exponent(text):
    assert to_decimal(Decimal(text)).value == text


def test_a_portfolio_is_encoded_to_the_field():
    time = datetime(2026, 3, 2, 9, 30, 0, 123456, UTC)
    message = to_portfolio(a_portfolio(holdings=(a_holding("AAPL", "1.5", "10.00", "0.1"),), version=7))
    assert (message.name, message.etag, message.cash.value) == ("Core", "7", "100000.00")
    assert message.created_at.ToDatetime(UTC) == time
    [holding] = message.holdings
    assert (holding.symbol, holding.quantity.value, holding.value.value) == ("AAPL", "1.5", "10.00")
    assert (holding.price_date.year, holding.updated_at.nanos) == (2022, 123456000)


def test_without_a_mask_what_is_set_is_changed():
    assert present(pb.Portfolio()) == []
    assert present(pb.Portfolio(name="x", strategy=pb.Strategy(), etag="3")) == ["name", "strategy"]
    assert present(pb.Portfolio(constraints={})) == ["constraints"]
