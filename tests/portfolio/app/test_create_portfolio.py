import asyncio
from decimal import Decimal

import pytest

from services.portfolio.app.create_portfolio import CreatePortfolio
from services.portfolio.domain.errors import InvalidPortfolio, RequestIdReused
from services.portfolio.domain.events import Created
from services.portfolio.domain.mandate import Constraints
from services.portfolio.domain.portfolio import Draft
from tests.portfolio.builders import ALICE, PLAIN

DRAFT = Draft("Core", PLAIN)


def named(portfolio):
    return portfolio.id.encode()


@pytest.fixture
def create(portfolios, clock, ids):
    return CreatePortfolio(portfolios, clock, ids)


async def test_a_new_portfolio_is_its_creator_s_and_all_in_cash(create, portfolios, alice):
    answer = await create(alice, DRAFT, "1000.50", None, named)
    stored = portfolios.rows[answer.decode()]
    assert (stored.user_id, stored.tenant_id, stored.name, stored.strategy) == (ALICE, ALICE, "Core", PLAIN)
    assert (stored.cash, stored.initial_cash, stored.cash_weight) == (Decimal("1000.50"), Decimal("1000.50"), 1)
    assert (stored.version, stored.holdings, stored.base_currency) == (1, (), "USD")
    assert stored.created_at == stored.updated_at
    assert portfolios.told == [Created(stored)]


async def test_a_repeated_call_gets_the_first_answer_and_creates_nothing(create, portfolios, alice, call):
    first = await create(alice, DRAFT, "1", call(), named)
    assert await create(alice, DRAFT, "1", call(), named) == first
    assert len(portfolios.rows) == len(portfolios.told) == 1


async def test_the_same_request_id_with_another_body_is_refused(create, portfolios, alice, call):
    await create(alice, DRAFT, "1", call(b"one"), named)
    with pytest.raises(RequestIdReused):
        await create(alice, DRAFT, "2", call(b"two"), named)
    assert len(portfolios.rows) == 1


async def test_of_concurrent_twins_one_creates_and_all_get_its_answer(create, portfolios, alice, call):
    answers = await asyncio.gather(*(create(alice, DRAFT, "1", call(), named) for _ in range(20)))
    assert len(set(answers)) == len(portfolios.rows) == 1


async def test_an_answer_that_can_t_be_made_leaves_nothing_behind(create, portfolios, alice, call):
    with pytest.raises(ZeroDivisionError):
        await create(alice, DRAFT, "1", call(), lambda _: 1 // 0)
    assert (portfolios.rows, portfolios.answers, portfolios.told) == ({}, {}, [])


@pytest.mark.parametrize(
    ("draft", "cash", "field"),
    [
        (DRAFT, "0.001", "initial_cash"),
        (DRAFT, "-1", "initial_cash"),
        (Draft("", PLAIN), "1", "name"),
        (Draft("Core", PLAIN, Constraints(min_budget=2.0)), "1", "constraints.min_budget"),
    ],
)
async def test_what_does_not_fit_is_refused_by_field(create, portfolios, alice, draft, cash, field):
    with pytest.raises(InvalidPortfolio) as refusal:
        await create(alice, draft, cash, None, named)
    assert [violation.field for violation in refusal.value.violations] == [field]
    assert not portfolios.rows


async def test_a_check_alone_shows_the_portfolio_without_an_id_and_keeps_nothing(create, portfolios, alice):
    shown = create.checked(alice, DRAFT, "5")
    assert (shown.id, shown.cash) == ("", Decimal("5.00"))
    assert not portfolios.rows
