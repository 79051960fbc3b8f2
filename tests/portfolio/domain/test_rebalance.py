"""A rebalance keeps every cent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.portfolio.domain.errors import Infeasible, NotPriced, NotRebalanceable
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.rebalance import current_weights, rebalanced, require_investable, within_universe
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Close, valued
from tests.portfolio.builders import DAY, NOW, PLAIN, a_holding, a_portfolio, closes

LATER = NOW + timedelta(days=1)
UNIVERSE = ("A", "B", "C", "D", "E")

prices = st.floats(0.1, 1e5).map(lambda price: Close(Decimal(repr(price)), DAY))
markets = st.fixed_dictionaries(dict.fromkeys(UNIVERSE, prices))
cash = st.integers(0, 10**12).map(lambda n: Decimal(n).scaleb(-2))
quantities = st.integers(1, 10**12).map(lambda n: Decimal(n).scaleb(-8))
held = st.dictionaries(st.sampled_from(UNIVERSE), quantities)


def budgets(total):
    """Long-only weights whose floats sum to about `total`."""
    parts = st.lists(st.floats(0, 1), min_size=5, max_size=5).filter(lambda w: sum(w) > 0.01)
    return parts.map(lambda w: {s: total * part / sum(w) for s, part in zip(UNIVERSE, w, strict=True)})


def rebalance(cash, held, market, weights, **changes):
    holdings = tuple(a_holding(symbol, str(quantity)) for symbol, quantity in sorted(held.items()))
    portfolio = a_portfolio(cash=cash, holdings=holdings, strategy=Strategy(universe=UNIVERSE), **changes)
    now = valued(holdings, cash, market)
    return now, rebalanced(portfolio, now, market, weights, LATER)


@settings(max_examples=300)
@given(cash, held, markets, st.floats(0, 1).flatmap(budgets) | budgets(1.0) | budgets(1 + 5e-10))
def test_long_only_within_the_budget_no_cent_is_lost_borrowed_or_made(cash, held, market, weights):
    now, after = rebalance(cash, held, market, weights)
    portfolio = after.portfolio
    value = sum(holding.value for holding in portfolio.holdings)
    assert after.nav == now.nav == value + portfolio.cash
    assert portfolio.cash >= 0
    assert valued(portfolio.holdings, portfolio.cash, market).nav == now.nav
    assert sum(trade.value for trade in after.trades) == cash - portfolio.cash


@settings(max_examples=300)
@given(cash, held, markets, st.floats(-1, 3).flatmap(budgets))
def test_stored_weights_and_cash_sum_to_exactly_1(cash, held, market, weights):
    now, after = rebalance(cash, held, market, weights)
    if now.nav > 0:
        assert sum(h.weight for h in after.portfolio.holdings) + after.portfolio.cash_weight == 1


@given(cash, markets, st.floats(0, 1).flatmap(budgets))
def test_a_quantity_is_the_most_that_its_weight_of_the_value_buys(cash, market, weights):
    now, after = rebalance(cash, {}, market, weights)
    for holding in after.portfolio.holdings:
        price, budget = market[holding.symbol].price, Decimal(repr(weights[holding.symbol])) * now.nav
        assert holding.quantity * price <= budget < (holding.quantity + Decimal("1e-8")) * price
        assert holding.quantity.as_tuple().exponent == -8


@given(cash, held, markets, st.floats(0, 1).flatmap(budgets))
def test_trades_lead_from_what_was_held_to_what_is_held(cash, held, market, weights):
    _, after = rebalance(cash, held, market, weights)
    moved = {symbol: Decimal(quantity) for symbol, quantity in held.items()}
    for trade in after.trades:
        assert trade.quantity != 0
        moved[trade.symbol] = moved.get(trade.symbol, Decimal(0)) + trade.quantity
    kept = {symbol: quantity for symbol, quantity in moved.items() if quantity}
    assert kept == {holding.symbol: holding.quantity for holding in after.portfolio.holdings}


@given(cash, held, markets, st.floats(0, 1).flatmap(budgets))
def test_a_second_rebalance_to_the_same_weights_has_nothing_left_to_trade(cash, held, market, weights):
    _, first = rebalance(cash, held, market, weights)
    now = valued(first.portfolio.holdings, first.portfolio.cash, market)
    assert rebalanced(first.portfolio, now, market, weights, LATER).trades == ()


def test_the_next_version_is_dated_and_keeps_its_mandate():
    _, after = rebalance(Decimal("100.00"), {}, closes(A="10"), {"A": 0.5}, version=4)
    portfolio = after.portfolio
    assert (portfolio.version, portfolio.updated_at, portfolio.created_at, portfolio.name) == (5, LATER, NOW, "Core")
    assert after.price_date == DAY
    assert [(h.symbol, h.quantity, h.value, h.weight) for h in portfolio.holdings] == [
        ("A", Decimal("5.00000000"), Decimal("50.00"), Decimal("0.500000"))
    ]


def test_what_the_target_does_not_name_is_sold():
    _, after = rebalance(Decimal("0.00"), {"B": "3"}, closes(A="10", B="20"), {"A": 1.0})
    assert [(t.symbol, t.quantity, t.value) for t in after.trades] == [("A", 6, 60), ("B", -3, -60)]


@pytest.mark.parametrize("noise", [1e-12, -1e-12, 4.9e-7, -4.9e-7])
def test_a_solver_s_noise_buys_and_sells_nothing(noise):
    _, after = rebalance(Decimal("1000000.00"), {}, closes(A="10", B="20"), {"A": 0.5, "B": noise})
    assert [holding.symbol for holding in after.portfolio.holdings] == ["A"]


def test_leverage_that_the_budget_allows_is_cash_borrowed():
    _, after = rebalance(Decimal("100.00"), {}, closes(A="10", B="20"), {"A": 1.5, "B": -0.2})
    assert after.portfolio.cash == Decimal("-30.00")
    assert after.portfolio.cash_weight == Decimal("-0.300000")


def test_a_target_without_a_close_is_named():
    with pytest.raises(NotPriced, match="Z"):
        rebalance(Decimal("100.00"), {}, closes(A="10"), {"Z": 1.0})


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(weight):
    with pytest.raises(NotRebalanceable, match="finite"):
        rebalance(Decimal("100.00"), {}, closes(A="10"), {"A": weight})


def test_more_units_than_can_be_kept_are_refused():
    with pytest.raises(NotRebalanceable, match="A would be a position"):
        rebalance(Decimal("9999999999999.99"), {}, closes(A="0.0001"), {"A": 1.0})


def test_a_position_worth_more_than_can_be_kept_is_refused():
    with pytest.raises(NotRebalanceable, match="lower max_budget"):
        rebalance(Decimal("9999999999999.99"), {}, closes(A="100000"), {"A": 2.0})


@pytest.mark.parametrize(
    ("strategy", "missing"), [(Strategy(dataset="sp500"), "universe"), (replace(PLAIN, dataset=""), "dataset")]
)
def test_a_strategy_must_say_what_to_hold_and_by_which_prices(strategy, missing):
    with pytest.raises(NotRebalanceable, match=missing):
        require_investable(a_portfolio(strategy=strategy))


def test_without_value_there_is_nothing_to_invest():
    with pytest.raises(NotRebalanceable, match=r"0\.00"):
        current_weights(valued((), Decimal("0.00"), {}))


def test_current_weights_are_shares_of_the_present_value():
    now = valued([a_holding("A", "3")], Decimal("70.00"), closes(A="10"))
    assert current_weights(now) == {"A": 0.3}


def test_selling_what_left_the_universe_spends_turnover():
    portfolio = a_portfolio(constraints=Constraints(max_turnover=0.5))
    constraints, inside = within_universe(portfolio, {"AAPL": 0.2, "TSLA": 0.6})
    assert constraints.max_turnover == pytest.approx(0.2)
    assert inside == {"AAPL": 0.2}


def test_selling_what_left_the_universe_may_take_more_turnover_than_there_is():
    portfolio = a_portfolio(constraints=Constraints(max_turnover=0.25))
    with pytest.raises(Infeasible) as refusal:
        within_universe(portfolio, {"TSLA": 0.6})
    [conflict] = refusal.value.conflicts
    assert (conflict.kind, conflict.subject) == ("TURNOVER", "constraints.max_turnover")
    assert "TSLA" in conflict.description
    assert "0.3" in conflict.description


def test_without_a_limit_on_turnover_the_constraints_stay():
    portfolio = a_portfolio(constraints=Constraints(max_budget=1.0))
    assert within_universe(portfolio, {"TSLA": 0.6}) == (portfolio.constraints, {})
