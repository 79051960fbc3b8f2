"""Splits and dividends: what they make of prices, and back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.actions import Action, Adjustment, Effect, Factors, factors_of
from services.marketdata.domain.errors import DividendNotAdjustable

BEGIN = date(2024, 1, 1)
SPLITS, ALL = Adjustment.SPLITS, Adjustment.SPLITS_AND_DIVIDENDS
days = st.integers(0, 2000).map(lambda number: BEGIN + timedelta(days=number))
ratios = st.sampled_from([Decimal(text) for text in ("1", "2", "3", "0.1", "1.5", "20", "0.05")])


@st.composite
def effects(draw):
    ex_date, split = draw(days), draw(ratios)
    close = draw(st.floats(1.0, 1000.0))
    dividend = Decimal(str(round(close * draw(st.floats(0.0, 0.9)), 4)))
    return Effect(Action("A", ex_date, split, dividend), close)


several = st.lists(effects(), max_size=12, unique_by=lambda effect: effect.action.ex_date)


@given(several, days, st.floats(0.01, 1e6), st.floats(0.0, 1e9), st.sampled_from([SPLITS, ALL]))
def test_dividing_by_the_factors_gives_back_what_was(effects, day, price, volume, adjustment):
    of_price, of_volume = Factors.of(effects, adjustment).at(day)
    assert price * of_price / of_price == pytest.approx(price, rel=1e-12)
    assert volume * of_volume / of_volume == pytest.approx(volume, rel=1e-12)


@given(several, days)
def test_a_split_changes_no_value_traded(effects, day):
    of_price, of_volume = Factors.of(effects, SPLITS).at(day)
    assert of_price * of_volume == pytest.approx(1.0, rel=1e-9)


@given(several)
def test_on_and_after_the_last_ex_date_prices_are_as_they_were(effects):
    factors = Factors.of(effects, ALL)
    last = max((effect.action.ex_date for effect in effects), default=BEGIN)
    assert factors.at(last) == factors.at(last + timedelta(days=900)) == (1.0, 1.0)


@given(several)
def test_each_ex_date_takes_its_own_factor(effects):
    factors = Factors.of(effects, ALL)
    for effect in effects:
        before, on = effect.action.ex_date - timedelta(days=1), effect.action.ex_date
        taken = factors.at(before)[0] / factors.at(on)[0]
        paid = 1 - float(effect.action.dividend) / effect.close_before
        assert taken == pytest.approx(paid / float(effect.action.split), rel=1e-9)


def test_who_holds_over_an_ex_date_earns_what_the_adjusted_prices_say():
    # 1 unit at 100 becomes 2, and pays 4 on the old one: 2 · 49 + 4 = 102 is a return of 2 %.
    effect = Effect(Action("A", date(2024, 1, 3), Decimal(2), Decimal(4)), 100.0)
    before = Factors.of([effect], ALL).at(date(2024, 1, 2))[0] * 100.0
    assert before == pytest.approx(48.0)
    assert 49.0 / before - 1 == pytest.approx((2 * 49.0) / 96.0 - 1)


@pytest.mark.parametrize("close", [None, 4.0, 3.0])
def test_a_dividend_without_a_larger_close_before_it_cannot_be_adjusted_for(close):
    effect = Effect(Action("A", date(2024, 1, 3), dividend=Decimal(4)), close)
    with pytest.raises(DividendNotAdjustable, match="A before 2024-01-03"):
        Factors.of([effect], ALL)
    assert Factors.of([effect], SPLITS).at(date(2024, 1, 2)) == (1.0, 1.0)


def test_symbols_have_their_own():
    found = factors_of(
        [Effect(Action(symbol, BEGIN, Decimal(ratio)), None) for symbol, ratio in (("B", 2), ("A", 4))], SPLITS
    )
    before = BEGIN - timedelta(days=1)
    assert {symbol: factors.at(before)[1] for symbol, factors in found.items()} == {"A": 4.0, "B": 2.0}
