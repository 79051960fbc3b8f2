"""Money comes in exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.domain.decimals import MONEY_LIMIT, amount, from_float
from services.portfolio.domain.errors import InvalidPortfolio

cents = st.integers(0, int(MONEY_LIMIT * 100)).map(lambda n: Decimal(n).scaleb(-2))


@given(cents)
def test_every_amount_in_cents_up_to_the_limit_survives_its_notation(value):
    read = amount(format(value, "f"), "cash")
    assert read == value
    assert read.as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["100", "100.0", "100.00000000", "-0", "-0.00"])
def test_trailing_zeros_and_signs_of_zero_say_nothing(text):
    assert format(amount(text, "cash"), "f") in {"100.00", "0.00"}


@pytest.mark.parametrize(
    "text",
    ["NaN", "inf", "-inf", "1e3", "", " 1", "1_000", "1,5", "٣", "0.005", "-1", "-0.01", "10000000000000.00", "9" * 21],
)
def test_what_is_not_money_is_refused_with_the_field_and_a_way_to_mend_it(text):
    with pytest.raises(InvalidPortfolio) as refusal:
        amount(text, "initial_cash")
    [violation] = refusal.value.violations
    assert violation.field == "initial_cash"
    assert violation.fix


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_and_its_decimal_read_alike(number):
    assert float(from_float(number)) == number
