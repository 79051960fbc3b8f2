from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.portfolio.app.rebalance_portfolio import Order, RebalancePortfolio
from services.portfolio.domain.errors import (
    EtagMismatch,
    Infeasible,
    NotRebalanceable,
    PeerUnavailable,
    PortfolioNotFound,
    RequestIdReused,
)
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Close
from tests.portfolio.builders import DAY, ID, PLAIN, a_holding, a_portfolio
from tests.portfolio.fakes import FixedOptimizer, TablePrices

EARLIER = DAY - timedelta(days=10)
OLD = {"AAPL": "50", "MSFT": "100", "XOM": "20", "TSLA": "10"}
NEW = {"AAPL": "80", "MSFT": "125", "XOM": "40", "TSLA": "10"}


@pytest.fixture
def prices():
    return TablePrices(**{s: [Close(Decimal(OLD[s]), EARLIER), Close(Decimal(NEW[s]), DAY)] for s in NEW})


@pytest.fixture
def optimizer():
    return FixedOptimizer({"AAPL": 0.5, "MSFT": 0.25, "XOM": 0.0})


@pytest.fixture
def stored(portfolios):
    portfolios.rows[ID] = a_portfolio(version=3)
    return portfolios.rows[ID]


@pytest.fixture
def rebalance(portfolios, prices, optimizer, clock):
    return RebalancePortfolio(portfolios, prices, optimizer, clock)


def told(outcome):
    return str(outcome.rebalance.portfolio.version).encode()


async def test_a_rebalance_writes_positions_and_the_next_version(rebalance, portfolios, stored, alice):
    assert await rebalance(alice, Order(ID), None, told) == b"4"
    after = portfolios.rows[ID]
    assert [(h.symbol, h.quantity, h.value) for h in after.holdings] == [("AAPL", 625, 50000), ("MSFT", 200, 25000)]
    assert (after.cash, after.cash_weight, after.version) == (25000, Decimal("0.250000"), 4)


async def test_the_optimizer_is_asked_with_the_mandate_and_the_present_weights(
    rebalance, portfolios, optimizer, stored, alice
):
    portfolios.rows[ID] = replace(stored, cash=Decimal("200.00"), holdings=(a_holding("AAPL", "10"),))
    await rebalance(alice, Order(ID), None, told)
    [problem] = optimizer.problems
    assert (problem.strategy, problem.constraints, problem.current_weights) == (PLAIN, Constraints(), {"AAPL": 0.8})


async def test_a_rebalance_of_a_past_day_sees_nothing_later(rebalance, portfolios, optimizer, stored, alice):
    await rebalance(alice, Order(ID, DAY - timedelta(days=1)), None, told)
    assert optimizer.problems[0].strategy.estimation.end == DAY - timedelta(days=1)
    assert {holding.price_date for holding in portfolios.rows[ID].holdings} == {EARLIER}


async def test_what_left_the_universe_is_sold_at_its_close(rebalance, portfolios, optimizer, stored, alice):
    portfolios.rows[ID] = replace(stored, cash=Decimal("0.00"), holdings=(a_holding("TSLA", "100"),))
    await rebalance(alice, Order(ID), None, told)
    assert optimizer.problems[0].current_weights == {}
    assert {holding.symbol for holding in portfolios.rows[ID].holdings} == {"AAPL", "MSFT"}


async def test_what_is_computed_alone_is_not_written(rebalance, portfolios, stored, alice):
    outcome = await rebalance.computed(alice, Order(ID))
    assert outcome.rebalance.portfolio.version == 4
    assert portfolios.rows[ID] is stored


async def test_a_repeated_call_gets_the_first_answer_even_with_its_old_etag(rebalance, optimizer, stored, alice, call):
    order = Order(ID, etag=stored.etag)
    first = await rebalance(alice, order, call(), told)
    assert await rebalance(alice, order, call(), told) == first
    assert len(optimizer.problems) == 1


async def test_a_request_id_with_another_body_is_refused(rebalance, stored, alice, call):
    await rebalance(alice, Order(ID), call(b"one"), told)
    with pytest.raises(RequestIdReused):
        await rebalance(alice, Order(ID), call(b"two"), told)


async def test_a_portfolio_that_changed_meanwhile_is_left_alone(rebalance, portfolios, optimizer, stored, alice):
    async def meanwhile():
        portfolios.rows[ID] = replace(stored, name="Other", version=4)

    optimizer.meanwhile = meanwhile
    with pytest.raises(EtagMismatch):
        await rebalance(alice, Order(ID), None, told)
    assert portfolios.rows[ID].holdings == ()


async def test_a_portfolio_that_went_meanwhile_is_not_found(rebalance, portfolios, optimizer, stored, alice):
    async def meanwhile():
        portfolios.rows.clear()

    optimizer.meanwhile = meanwhile
    with pytest.raises(PortfolioNotFound):
        await rebalance(alice, Order(ID), None, told)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"strategy": Strategy(dataset="sp500")}, "universe"),
        ({"strategy": replace(PLAIN, dataset="")}, "dataset"),
        ({"strategy": replace(PLAIN, dataset="other")}, "there is no dataset other"),
        ({"strategy": replace(PLAIN, universe=("AAPL", "KO"))}, "no close is known in time for KO"),
        ({"holdings": (a_holding("KO", "1"),)}, "KO"),
        ({"cash": Decimal("0.00")}, "nothing to invest"),
    ],
)
async def test_what_can_t_be_rebalanced_says_why(rebalance, portfolios, stored, alice, changes, text):
    portfolios.rows[ID] = replace(stored, **changes)
    with pytest.raises(NotRebalanceable, match=text):
        await rebalance(alice, Order(ID), None, told)


async def test_a_weight_outside_the_universe_is_refused(rebalance, optimizer, stored, alice):
    optimizer.weights = {"KO": 1.0}
    with pytest.raises(NotRebalanceable, match="KO"):
        await rebalance(alice, Order(ID), None, told)


@pytest.mark.parametrize("error", [Infeasible("no"), PeerUnavailable("optimizer")])
async def test_without_an_optimum_nothing_is_written(rebalance, portfolios, optimizer, stored, alice, error):
    optimizer.error = error
    with pytest.raises(type(error)):
        await rebalance(alice, Order(ID), None, told)
    assert portfolios.rows[ID] is stored


async def test_another_s_portfolio_is_not_rebalanced_and_costs_no_solve(rebalance, optimizer, stored, bob):
    with pytest.raises(PortfolioNotFound):
        await rebalance(bob, Order(ID), None, told)
    assert not optimizer.problems


async def test_an_old_etag_costs_no_solve(rebalance, optimizer, stored, alice):
    with pytest.raises(EtagMismatch):
        await rebalance(alice, Order(ID, etag="2"), None, told)
    assert not optimizer.problems
