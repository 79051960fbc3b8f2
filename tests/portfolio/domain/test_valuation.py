"""Values and the weights that are stored of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.domain.decimals import MONEY_LIMIT
from services.portfolio.domain.errors import NotPriced
from services.portfolio.domain.valuation import storable, stored, stored_weights, valued, worth
from tests.portfolio.builders import a_holding, closes

money = st.integers(-(10**15) + 1, 10**15 - 1).map(lambda n: Decimal(n).scaleb(-2))
positive = st.integers(0, int(MONEY_LIMIT * 100)).map(lambda n: Decimal(n).scaleb(-2))


@given(st.lists(money, min_size=1, max_size=50))
def test_stored_weights_sum_to_exactly_1_whenever_there_is_value(values):
    weights = stored_weights(values)
    assert len(weights) == len(values)
    if sum(values) > 0:
        assert sum(weights) == 1


@given(st.lists(positive, min_size=1, max_size=50))
def test_a_stored_weight_is_less_than_a_millionth_from_the_exact_one(values):
    total = sum(values)
    for value, weight in zip(values, stored_weights(values), strict=True):
        if total > 0:
            assert abs(weight - value / total) < Decimal("0.000001")
            assert weight.as_tuple().exponent == -6


def test_the_largest_remainders_are_rounded_up():
    assert stored_weights([Decimal(1), Decimal(1), Decimal(1)]) == [
        Decimal("0.333334"),
        Decimal("0.333333"),
        Decimal("0.333333"),
    ]


def test_nothing_but_empty_cash_is_all_cash():
    assert stored_weights([Decimal("0.00")]) == [Decimal("1.000000")]


def test_without_value_nothing_weighs_anything():
    assert stored_weights([Decimal("5.00"), Decimal("-5.00")]) == [0, 0]


@given(st.decimals(-(10**11), 10**11, places=8), st.decimals(Decimal("0.0001"), 10**6, places=4))
def test_a_value_is_never_above_quantity_times_price_and_less_than_a_cent_below(quantity, price):
    gap = quantity * price - worth(quantity, price)
    assert 0 <= gap < Decimal("0.01")


def test_holdings_are_valued_at_their_closes():
    held = [a_holding("AAPL", "10"), a_holding("XOM", "2.5")]
    now = valued(held, Decimal("100.00"), closes(AAPL="80", XOM="40.004"))
    assert [holding.value for holding in now.holdings] == [Decimal("800.00"), Decimal("100.01")]
    assert now.nav == Decimal("1000.01")
    assert now.cash_weight + sum(holding.weight for holding in now.holdings) == 1


def test_a_holding_without_a_close_is_named():
    with pytest.raises(NotPriced, match="XOM"):
        valued([a_holding("AAPL", "10"), a_holding("XOM", "2")], Decimal(0), closes(AAPL="80"))


def test_many_holdings_without_a_close_are_counted():
    with pytest.raises(NotPriced, match="and 5 more"):
        valued([a_holding(f"S{i}", "1") for i in range(15)], Decimal(0), {})


def test_stored_values_are_taken_as_they_are():
    held = [a_holding("AAPL", "10", "700.00", "0.700000")]
    now = stored(held, Decimal("300.00"), Decimal("0.300000"))
    assert (now.nav, now.cash_weight, now.holdings) == (Decimal("1000.00"), Decimal("0.300000"), tuple(held))


def test_weights_beyond_the_column_are_not_storable():
    assert storable([Decimal("-9999.999999"), Decimal(1)])
    assert not storable([Decimal(10000)])
