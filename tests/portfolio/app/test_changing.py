import asyncio
from dataclasses import replace

import pytest

from services.portfolio.app.change_portfolio import ChangePortfolio
from services.portfolio.app.delete_portfolio import DeletePortfolio
from services.portfolio.domain.errors import EtagMismatch, FieldNotMutable, InvalidPortfolio, PortfolioNotFound
from services.portfolio.domain.mandate import Constraints, WeightBounds
from services.portfolio.domain.portfolio import Draft
from services.portfolio.domain.strategy import Strategy
from tests.portfolio.builders import ID, PLAIN, a_holding, a_portfolio

OTHER = Draft("Other", replace(PLAIN, universe=("KO",)), Constraints(max_turnover=0.1))


@pytest.fixture
def stored(portfolios):
    portfolios.rows[ID] = a_portfolio(version=3, holdings=(a_holding("AAPL", "1"),))
    return portfolios.rows[ID]


@pytest.fixture
def change(portfolios, clock):
    return ChangePortfolio(portfolios, clock)


async def test_a_replacement_sets_all_and_keeps_cash_and_holdings(change, portfolios, stored, alice):
    after = await change.replace(alice, ID, OTHER, stored.etag)
    assert (after.name, after.strategy, after.constraints, after.version) == (*_parts(OTHER), 4)
    assert (after.cash, after.holdings, after.created_at) == (stored.cash, stored.holdings, stored.created_at)
    assert portfolios.rows[ID] == after
    assert after.updated_at > stored.updated_at


def _parts(draft):
    return draft.name, draft.strategy, draft.constraints


async def test_an_update_sets_what_the_mask_names(change, stored, alice):
    after = await change.update(alice, ID, OTHER, ["name", "constraints.max_turnover"], "")
    assert (after.name, after.strategy, after.constraints) == ("Other", PLAIN, Constraints(max_turnover=0.1))


async def test_an_update_of_nothing_leaves_the_version(change, portfolios, stored, alice):
    assert await change.update(alice, ID, OTHER, [], "") == stored
    assert portfolios.rows[ID] is stored


async def test_parts_must_fit_with_what_stays(change, portfolios, stored, alice):
    changes = Draft("", Strategy(), Constraints(bounds={"TSLA": WeightBounds()}))
    with pytest.raises(InvalidPortfolio) as refusal:
        await change.update(alice, ID, changes, ["constraints.bounds"], "")
    assert refusal.value.violations[0].field == 'portfolio.constraints.bounds["TSLA"]'
    assert portfolios.rows[ID] is stored


async def test_a_mask_of_what_can_t_change_is_refused_before_the_portfolio_is_looked_for(change, alice):
    with pytest.raises(FieldNotMutable):
        await change.update(alice, ID, OTHER, ["cash"], "")


async def test_an_old_etag_changes_nothing(change, portfolios, stored, alice):
    for changing in (change.replace(alice, ID, OTHER, "2"), change.update(alice, ID, OTHER, ["name"], "2")):
        with pytest.raises(EtagMismatch):
            await changing
    assert portfolios.rows[ID] is stored


async def test_of_concurrent_changes_with_one_etag_one_wins(change, stored, alice):
    changes = [change.replace(alice, ID, replace(OTHER, name=f"n{i}"), stored.etag) for i in range(10)]
    results = await asyncio.gather(*changes, return_exceptions=True)
    assert sum(isinstance(result, EtagMismatch) for result in results) == 9


async def test_another_s_portfolio_can_t_be_changed_but_by_who_writes_all(change, stored, bob, admin):
    with pytest.raises(PortfolioNotFound):
        await change.replace(bob, ID, OTHER, "")
    after = await change.replace(admin, ID, OTHER, "")
    assert (after.name, after.user_id) == ("Other", stored.user_id)


async def test_a_deleted_portfolio_is_gone(portfolios, stored, alice):
    delete = DeletePortfolio(portfolios)
    await delete(alice, ID, stored.etag)
    assert not portfolios.rows
    with pytest.raises(PortfolioNotFound):
        await delete(alice, ID, "")


async def test_another_s_portfolio_or_another_version_is_not_deleted(portfolios, stored, alice, bob):
    delete = DeletePortfolio(portfolios)
    with pytest.raises(PortfolioNotFound):
        await delete(bob, ID, "")
    with pytest.raises(EtagMismatch):
        await delete(alice, ID, "2")
    assert portfolios.rows[ID] is stored
