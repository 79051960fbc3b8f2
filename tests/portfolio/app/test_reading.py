from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.portfolio.app.get_portfolio import GetPortfolio
from services.portfolio.app.list_holdings import ListHoldings
from services.portfolio.app.list_portfolios import ListPortfolios
from services.portfolio.domain.errors import NotPriced, PortfolioNotFound
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Close
from tests.portfolio.builders import DAY, ID, NOW, a_holding, a_portfolio
from tests.portfolio.fakes import TablePrices

EARLIER = DAY - timedelta(days=10)


@pytest.fixture
def stored(portfolios):
    held = (a_holding("AAPL", "10", "700.00", "0.700000"),)
    portfolio = a_portfolio(cash=Decimal("300.00"), cash_weight=Decimal("0.300000"), holdings=held)
    portfolios.rows[ID] = portfolio
    return portfolio


@pytest.fixture
def prices():
    return TablePrices(AAPL=[Close(Decimal(50), EARLIER), Close(Decimal(80), DAY)])


@pytest.fixture
def holdings(portfolios, prices):
    return ListHoldings(portfolios, prices)


async def test_an_owner_and_who_reads_all_get_the_portfolio(portfolios, stored, alice, admin):
    get = GetPortfolio(portfolios)
    assert await get(alice, ID) == stored
    assert await get(admin, ID) == stored


async def test_another_s_portfolio_is_as_one_that_does_not_exist(portfolios, stored, bob):
    get = GetPortfolio(portfolios)
    with pytest.raises(PortfolioNotFound) as anothers:
        await get(bob, ID)
    del portfolios.rows[ID]
    with pytest.raises(PortfolioNotFound) as none:
        await get(bob, ID)
    assert str(anothers.value) == str(none.value)


async def test_pages_lead_through_all_portfolios_newest_first(portfolios, alice):
    for i in range(5):
        name = f"{ID[:-1]}{i}"
        portfolios.rows[name] = a_portfolio(id=name, created_at=NOW + timedelta(hours=i // 2))
    list_portfolios, seen, place = ListPortfolios(portfolios), [], None
    while True:
        page, place = await list_portfolios(alice, 2, place)
        seen.append([portfolio.id[-1] for portfolio in page])
        if place is None:
            break
    assert seen == [["4", "3"], ["2", "1"], ["0"]]


async def test_a_full_last_page_has_no_next(portfolios, alice):
    portfolios.rows[ID] = a_portfolio()
    assert (await ListPortfolios(portfolios)(alice, 1, None))[1] is None


async def test_a_page_of_no_stated_size_has_50(portfolios, alice):
    for i in range(51):
        name = f"{ID[:-2]}{i:02d}"
        portfolios.rows[name] = a_portfolio(id=name)
    page, place = await ListPortfolios(portfolios)(alice, 0, None)
    assert len(page) == 50
    assert place is not None


async def test_without_a_date_holdings_have_their_stored_values(holdings, prices, stored, alice):
    valued = await holdings(alice, ID, None)
    assert valued.nav == Decimal("1000.00")
    assert valued.holdings == stored.holdings
    assert not prices.asked


async def test_as_of_a_date_holdings_have_the_values_of_the_last_close(holdings, stored, alice):
    then = await holdings(alice, ID, DAY - timedelta(days=1))
    assert (then.nav, then.holdings[0].value, then.holdings[0].price_date) == (800, 500, EARLIER)
    assert then.holdings[0].weight + then.cash_weight == 1


async def test_before_the_first_close_a_holding_is_not_priced(holdings, stored, alice):
    with pytest.raises(NotPriced, match="AAPL"):
        await holdings(alice, ID, EARLIER - timedelta(days=1))


async def test_without_a_dataset_holdings_have_no_prices_of_a_date(holdings, portfolios, stored, alice):
    portfolios.rows[ID] = replace(stored, strategy=Strategy())
    with pytest.raises(NotPriced, match=r"strategy\.dataset"):
        await holdings(alice, ID, DAY)


async def test_cash_alone_needs_no_prices(holdings, portfolios, prices, alice):
    portfolios.rows[ID] = a_portfolio()
    assert (await holdings(alice, ID, DAY)).nav == Decimal("100000.00")
    assert not prices.asked


async def test_another_s_holdings_are_not_found(holdings, stored, bob):
    with pytest.raises(PortfolioNotFound):
        await holdings(bob, ID, None)
