"""What an advisor may do with a client's portfolios, over a real server and a real PostgreSQL."""

import uuid

import pytest

from tests.portfolio.answers import reason
from tests.portfolio.links import TERMS, link, unlink
from tests.portfolio.served import USER_SCOPES, request_id

NOT_FOUND = ("NOT_FOUND", "PORTFOLIO_NOT_FOUND")
ADVISOR = (*USER_SCOPES, "read:client_portfolio", "write:client_portfolio")


class Pair:
    """An advisor, a client, and who tells of their link."""

    def __init__(self, new, pool, details):
        self.advisor, self.client = new(scopes=ADVISOR), new()
        self._told = pool, details, self.advisor.user_id, self.client.user_id

    async def link(self, term="valid"):
        await link(*self._told, *TERMS[term])

    async def unlink(self):
        await unlink(*self._told)


@pytest.fixture
def pair(portfolio_user, portfolio_pool, portfolio_details):
    return Pair(portfolio_user, portfolio_pool, portfolio_details)


def asks(portfolio):
    """Each way to a client's portfolio."""
    draft = {"name": "Renamed", "strategy": portfolio.strategy}
    return [
        ("GetPortfolio", {"portfolio_id": portfolio.id}),
        ("ListHoldings", {"portfolio_id": portfolio.id}),
        ("UpdatePortfolio", {"portfolio_id": portfolio.id, "portfolio": draft, "update_mask": {"paths": ["name"]}}),
        ("ReplacePortfolio", {"portfolio_id": portfolio.id, "portfolio": draft}),
        ("RebalancePortfolio", {"portfolio_id": portfolio.id}),
        ("RebalancePortfolio", {"portfolio_id": portfolio.id, "validate_only": True}),
    ]


async def listed(client, **fields):
    return [each.id for each in (await client("ListPortfolios", **fields)).portfolios]


async def test_an_advisor_reads_changes_and_rebalances_a_client_s_portfolio(pair):
    made = await pair.client.made()
    await pair.link()
    for method, fields in asks(made):
        await pair.advisor(method, **fields)
    got = (await pair.client("GetPortfolio", portfolio_id=made.id)).portfolio
    assert (got.name, got.user_id, [each.symbol for each in got.holdings]) == (
        "Renamed",
        pair.client.user_id,
        ["AAPL", "MSFT"],
    )
    assert await listed(pair.advisor) == []
    assert await listed(pair.advisor, owner_id=pair.client.user_id.upper()) == [made.id]


@pytest.mark.parametrize("term", ["ended", "not yet valid"])
async def test_while_the_link_is_not_valid_the_portfolio_is_as_one_that_does_not_exist(pair, term):
    made = await pair.client.made()
    await pair.link(term)
    for method, fields in asks(made):
        assert await reason(pair.advisor(method, **fields)) == NOT_FOUND, method
    assert await listed(pair.advisor, owner_id=pair.client.user_id) == []


async def test_a_client_s_portfolio_is_deleted_by_the_client_alone(pair):
    made = await pair.client.made()
    await pair.link()
    assert await reason(pair.advisor("DeletePortfolio", portfolio_id=made.id)) == NOT_FOUND
    await pair.client("DeletePortfolio", portfolio_id=made.id)


async def test_who_is_advised_sees_nothing_of_the_advisor_s(pair):
    mine = await pair.advisor.made()
    await pair.link()
    assert await reason(pair.client("GetPortfolio", portfolio_id=mine.id)) == NOT_FOUND
    assert await listed(pair.client, owner_id=pair.advisor.user_id) == []


@pytest.mark.parametrize("ask", range(2, 5))
async def test_an_answer_is_repeated_to_an_advisor_while_the_link_is_valid_alone(pair, ask):
    made = await pair.client.made()
    await pair.link()
    method, fields = asks(made)[ask]
    fields |= {"request_id": request_id()}
    first = await pair.advisor(method, **fields)
    assert await pair.advisor(method, **fields) == first
    await pair.unlink()
    assert await reason(pair.advisor(method, **fields)) == NOT_FOUND
    await pair.link()
    assert await pair.advisor(method, **fields) == first


async def test_owners_are_told_apart_in_lists_and_in_their_page_tokens(pair, portfolio_user):
    ids = [(await pair.client.made(name=str(number))).id for number in range(3)]
    await pair.link()
    first = await pair.advisor("ListPortfolios", owner_id=pair.client.user_id, page_size=2)
    assert [each.id for each in first.portfolios] == ids[:0:-1]
    rest = {"page_size": 2, "page_token": first.next_page_token}
    assert await listed(pair.advisor, owner_id=pair.client.user_id, **rest) == ids[:1]
    assert await reason(pair.advisor("ListPortfolios", **rest)) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    admin = portfolio_user("read:all")
    assert await listed(admin, owner_id=pair.client.user_id) == ids[::-1]
    assert await listed(admin, owner_id=str(uuid.uuid4())) == []
    assert await listed(pair.client, owner_id=pair.client.user_id) == ids[::-1]
