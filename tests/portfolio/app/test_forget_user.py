import pytest

from chassis.errors import Unauthenticated
from services.portfolio.app.create_portfolio import CreatePortfolio
from services.portfolio.app.forget_user import ForgetUser
from services.portfolio.app.ports import Reach
from services.portfolio.domain.events import Deleted
from services.portfolio.domain.portfolio import Draft
from tests.portfolio.builders import ALICE, BOB, ID, PLAIN, a_portfolio

OTHERS = "01987f6c-0000-7000-8000-0000000000f2"


@pytest.fixture
def leave(portfolios, clock):
    async def leave(user_id):
        async with portfolios.transaction(Reach(user_id, user_id)) as transaction:
            await ForgetUser(clock)(transaction, user_id, user_id)

    return leave


async def test_who_leaves_leaves_no_portfolio_and_others_keep_theirs(leave, portfolios, clock):
    mine, theirs = a_portfolio(version=4), a_portfolio(id=OTHERS, user_id=BOB)
    portfolios.rows = {ID: mine, OTHERS: theirs}
    await leave(ALICE)
    assert portfolios.rows == {OTHERS: theirs}
    assert portfolios.told == [Deleted(mine, clock.time)]


async def test_with_the_last_portfolio_of_a_tenant_go_its_keys(leave, portfolios):
    portfolios.rows = {ID: a_portfolio(tenant_id=ALICE), OTHERS: a_portfolio(id=OTHERS, user_id=BOB, tenant_id=ALICE)}
    await leave(ALICE)
    assert portfolios.shredded == set()
    portfolios.rows.clear()
    await leave(ALICE)
    assert portfolios.shredded == {ALICE}


async def test_to_be_told_twice_that_a_user_left_changes_nothing(leave, portfolios):
    portfolios.rows = {ID: a_portfolio()}
    await leave(ALICE)
    await leave(ALICE)
    assert len(portfolios.told) == 1


async def test_who_left_opens_no_portfolio_with_a_token_that_still_lives(leave, portfolios, clock, ids):
    await leave(ALICE)
    with pytest.raises(Unauthenticated):
        await CreatePortfolio(portfolios, clock, ids)(
            Reach(ALICE, ALICE), Draft("Core", PLAIN), "1", None, lambda each: each.id.encode()
        )
    assert (portfolios.rows, portfolios.told) == ({}, [])
