import asyncio
import pickle
from dataclasses import replace

import pytest

from services.portfolio.app.change_portfolio import ChangePortfolio, Parts, Target
from services.portfolio.app.delete_portfolio import DeletePortfolio
from services.portfolio.domain.errors import (
    EtagMismatch,
    InvalidPortfolio,
    PortfolioNotFound,
    RequestIdReused,
)
from services.portfolio.domain.events import Deleted, Modified
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
    return Change(ChangePortfolio(portfolios, clock))


class Change:
    """The use case, its answers read as portfolios."""

    def __init__(self, use):
        self._use = use

    async def replace(self, reach, portfolio_id, draft, etag, call=None):
        answer = await self._use.replace(reach, Target(portfolio_id, etag), draft, call, pickle.dumps)
        return pickle.loads(answer)  # noqa: S301 - ours

    async def update(self, reach, portfolio_id, draft, paths, etag, call=None):
        parts = Parts(draft, paths)
        answer = await self._use.update(reach, Target(portfolio_id, etag), parts, call, pickle.dumps)
        return pickle.loads(answer)  # noqa: S301 - ours


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


async def test_a_change_is_told_with_the_portfolio_after_it_and_no_change_is_not(change, portfolios, stored, alice):
    after = await change.replace(alice, ID, OTHER, "")
    await change.replace(alice, ID, OTHER, "")
    await change.update(alice, ID, OTHER, [], "")
    assert portfolios.told == [Modified(after)]


async def test_a_refused_change_is_not_told(change, portfolios, stored, alice):
    with pytest.raises(EtagMismatch):
        await change.replace(alice, ID, OTHER, "2")
    assert portfolios.told == []


async def test_a_repeated_change_is_answered_as_the_first_though_its_etag_is_old(
    change, portfolios, stored, alice, call
):
    first = await change.replace(alice, ID, OTHER, stored.etag, call())
    await change.update(alice, ID, replace(OTHER, name="Later"), ["name"], "")
    assert await change.replace(alice, ID, OTHER, stored.etag, call()) == first
    assert (portfolios.rows[ID].name, len(portfolios.told)) == ("Later", 2)
    with pytest.raises(RequestIdReused):
        await change.replace(alice, ID, OTHER, stored.etag, call(b"another body"))


async def test_of_concurrent_twins_one_changes_and_all_get_its_answer(change, portfolios, stored, alice, call):
    twins = [change.update(alice, ID, OTHER, ["name"], stored.etag, call()) for _ in range(10)]
    assert {each.version for each in await asyncio.gather(*twins)} == {stored.version + 1}
    assert len(portfolios.told) == 1


@pytest.fixture
def delete(portfolios, clock):
    return DeletePortfolio(portfolios, clock)


async def test_a_deleted_portfolio_is_gone(delete, portfolios, stored, alice, clock):
    await delete(alice, ID, stored.etag, None)
    assert not portfolios.rows
    assert portfolios.told == [Deleted(stored, clock.time)]
    with pytest.raises(PortfolioNotFound):
        await delete(alice, ID, "", None)


async def test_a_repeated_deletion_has_deleted(delete, portfolios, stored, alice, call):
    for _ in range(3):
        await delete(alice, ID, stored.etag, call())
    assert (portfolios.rows, len(portfolios.told)) == ({}, 1)
    with pytest.raises(RequestIdReused):
        await delete(alice, ID, stored.etag, call(b"another body"))


async def test_another_s_portfolio_or_another_version_is_not_deleted(delete, portfolios, stored, alice, bob):
    with pytest.raises(PortfolioNotFound):
        await delete(bob, ID, "", None)
    with pytest.raises(EtagMismatch):
        await delete(alice, ID, "2", None)
    assert portfolios.rows[ID] is stored
    assert portfolios.told == []
