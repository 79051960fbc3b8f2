"""An advisor reaches a client's portfolios while their link is valid, by PostgreSQL's clock, and no longer."""

import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from chassis.cache import Layers
from chassis.cache.memory import Memory
from chassis.reach import named
from services.portfolio.adapters import sql
from services.portfolio.adapters.answers_cached import CachedAnswers
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.reach import stated
from services.portfolio.app.ports import Once, Reach
from services.portfolio.wire.answers import to_answer
from tests.portfolio.builders import a_holding, a_portfolio
from tests.portfolio.links import TERMS, left, link, unlink
from tests.walls import changed, seen

VALID = {"valid", "without end"}
TOTAL, RESULTS = "cache_requests_total", ("hit", "miss", "stale")
WHOSE = "SELECT tenant_id::text, user_id::text FROM portfolios"
KEY = "SELECT tenant_id::text FROM tenant_keys WHERE id = $1"
ADDED = {
    "holdings": """(portfolio_id, tenant_id, symbol, quantity, weight, value, price_date)
                   VALUES ($1, $2, 'A', 1, 0, 0, now())""",
    "portfolio_performance": "(portfolio_id, tenant_id, date) VALUES ($1, $2, now())",
    "links": "(client_id, advisor_id, valid_from, valid_until) VALUES ($1, $2, now(), 'infinity')",
}
HELD = (a_holding("AAPL", "1"), a_holding("XOM", "2"))


@pytest.fixture
def store(portfolio_pool, portfolio_details):
    return PostgresPortfolios(portfolio_pool, portfolio_details)


@pytest.fixture
def advisor():
    return Reach(str(uuid.uuid4()), str(uuid.uuid4()), clients=True)


@pytest.fixture
def world(portfolio_pool, portfolio_details):
    """What events are handed to."""
    return portfolio_pool, portfolio_details


@pytest_asyncio.fixture
async def theirs(store, owner):
    """The client's portfolio, with two holdings."""
    portfolio = a_portfolio(id=str(uuid.uuid4()), user_id=owner.user_id, tenant_id=owner.tenant_id)
    async with store.transaction(owner) as transaction:
        await transaction.insert(portfolio)
        await transaction.write_positions(replace(portfolio, holdings=HELD))
    return await store.get(owner, portfolio.id)


async def locked(store, reach, portfolio_id):
    async with store.transaction(reach) as transaction:
        return await transaction.lock(reach, portfolio_id)


async def found(store, reach, portfolio):
    """What each way to a portfolio finds."""
    return [
        await store.get(reach, portfolio.id),
        await locked(store, reach, portfolio.id),
        *(await store.page(reach, 9, None, portfolio.user_id) or [None]),
    ]


@pytest.mark.parametrize("term", TERMS)
async def test_a_client_s_portfolio_is_found_while_the_link_is_valid(term, store, world, owner, advisor, theirs):
    await link(*world, advisor.user_id, owner.user_id, *TERMS[term])
    listed = replace(theirs, holdings=())
    assert await found(store, advisor, theirs) == ([theirs, theirs, listed] if term in VALID else [None] * 3)


async def test_without_a_link_or_with_another_s_or_the_other_way_round_nothing_is_found(
    store, world, owner, advisor, theirs
):
    assert await found(store, advisor, theirs) == [None] * 3
    await link(*world, str(uuid.uuid4()), owner.user_id)
    await link(*world, advisor.user_id, str(uuid.uuid4()))
    await link(*world, owner.user_id, advisor.user_id)
    assert await found(store, advisor, theirs) == [None] * 3


async def test_who_advises_and_may_not_read_as_an_advisor_finds_nothing(store, world, owner, advisor, theirs):
    await link(*world, advisor.user_id, owner.user_id)
    assert await found(store, replace(advisor, clients=False), theirs) == [None] * 3


async def test_a_link_runs_out_by_the_clock_of_the_database_without_any_event(store, world, owner, advisor, theirs):
    pool, _ = world
    await link(*world, advisor.user_id, owner.user_id)
    ends = "UPDATE links SET valid_until = clock_timestamp() + interval '300 ms' WHERE client_id = $1"
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('qpo.reach', 'everyone system', true)")
        assert await connection.execute(ends, owner.user_id) == "UPDATE 1"
    assert await store.get(advisor, theirs.id) == theirs
    await pool.execute("SELECT pg_sleep(0.35)")
    assert await found(store, advisor, theirs) == [None] * 3


async def test_an_ended_link_and_one_of_who_left_are_over(store, world, owner, advisor, theirs):
    await link(*world, advisor.user_id, owner.user_id)
    await unlink(*world, advisor.user_id, owner.user_id)
    assert await found(store, advisor, theirs) == [None] * 3
    await link(*world, advisor.user_id, owner.user_id)
    assert await store.get(advisor, theirs.id) == theirs
    await left(*world, advisor.user_id)
    assert await found(store, advisor, theirs) == [None] * 3
    # Told late, of another partition: nobody who left is linked to anybody.
    await link(*world, advisor.user_id, owner.user_id)
    assert await found(store, advisor, theirs) == [None] * 3


async def test_who_leaves_leaves_no_link(world, portfolio_rows, owner, advisor):
    await link(*world, advisor.user_id, owner.user_id)
    await left(*world, owner.user_id)
    await link(*world, advisor.user_id, owner.user_id)
    assert await portfolio_rows.fetchval("SELECT count(*) FROM links WHERE client_id = $1", owner.user_id) == 0


async def test_an_advisor_lists_their_own_and_a_client_s_where_one_is_named(store, world, owner, advisor, theirs):
    await link(*world, advisor.user_id, owner.user_id)
    own = a_portfolio(id=str(uuid.uuid4()), user_id=advisor.user_id, tenant_id=advisor.tenant_id)
    async with store.transaction(advisor) as transaction:
        await transaction.insert(own)
    assert [each.id for each in await store.page(advisor, 9, None)] == [own.id]
    assert [each.id for each in await store.page(advisor, 9, None, owner.user_id)] == [theirs.id]
    assert await store.page(advisor, 9, None, str(uuid.uuid4())) == []


async def test_without_the_first_wall_an_advisor_reaches_no_more_than_clients_whose_link_is_valid(
    store, world, owner, advisor, theirs, monkeypatch
):
    broken = {
        "READ_CLIENTS": f"{sql.WHOLE} WHERE p.id = $1 AND ($2 OR $3::uuid = $3 OR $4::uuid = $4) AND {sql.alone(5)}",
        "CLIENT": f"{WHOSE} WHERE id = $1 AND $2::uuid = $2 AND {sql.alone(3)}",
        "PAGE_OF_CLIENT": sql._page("user_id = $8 AND ($1 OR ($2::uuid = $2 AND $3::uuid = $3))"),
    }
    for name, statement in broken.items():
        monkeypatch.setattr(sql, name, statement)
    for term in ("ended", "not yet valid"):
        await link(*world, advisor.user_id, owner.user_id, *TERMS[term])
        assert await found(store, advisor, theirs) == [None] * 3
    await link(*world, str(uuid.uuid4()), owner.user_id)
    await unlink(*world, advisor.user_id, owner.user_id)
    assert await found(store, advisor, theirs) == [None] * 3
    await link(*world, advisor.user_id, owner.user_id)
    assert (await found(store, advisor, theirs))[0] == theirs


@pytest.mark.parametrize("term", TERMS)
async def test_without_the_second_wall_an_advisor_reaches_no_more_either(
    term, world, portfolio_rows, portfolio_details, owner, advisor, theirs
):
    over_all = PostgresPortfolios(portfolio_rows, portfolio_details)
    await link(*world, str(uuid.uuid4()), owner.user_id)
    assert await found(over_all, advisor, theirs) == [None] * 3
    await link(*world, advisor.user_id, owner.user_id, *TERMS[term])
    assert [each is not None for each in await found(over_all, advisor, theirs)] == [term in VALID] * 3


async def test_a_statement_that_reaches_clients_reads_and_writes_nothing(world, owner, advisor, theirs):
    pool, _ = world
    await link(*world, advisor.user_id, owner.user_id)
    as_advisor = stated(advisor)
    for table, key in (("portfolios", "id"), ("holdings", "portfolio_id")):
        where = f"{key} = $1"
        assert await seen(pool, as_advisor, table, where, theirs.id) > 0
        for begins in ("UPDATE {} SET tenant_id = tenant_id WHERE", "DELETE FROM {} WHERE"):
            statement = f"{begins.format(table)} {where}"
            assert await changed(pool, as_advisor, statement, theirs.id) == 0
            assert await changed(pool, named([(owner.tenant_id, owner.user_id)]), statement, theirs.id) > 0
    for table, row in ADDED.items():
        added = await changed(pool, as_advisor, f"INSERT INTO {table} {row}", theirs.id, owner.tenant_id)
        assert added == "refused", table


async def test_a_link_is_seen_by_the_advisor_whom_a_statement_names_and_by_background_work_alone(world, owner, advisor):
    pool, _ = world
    await link(*world, advisor.user_id, owner.user_id)
    where = ("client_id = $1", owner.user_id)
    other = Reach(str(uuid.uuid4()), str(uuid.uuid4()), clients=True)
    readers = [stated(advisor), "everyone system", stated(other), stated(replace(advisor, clients=False)), "everyone"]
    assert [await seen(pool, reach, "links", *where) for reach in readers] == [1, 1, 0, 0, 0]


async def test_what_an_advisor_writes_is_sealed_under_the_key_of_the_client(
    store, world, portfolio_rows, owner, advisor, theirs
):
    await link(*world, advisor.user_id, owner.user_id)
    call = Once(str(uuid.uuid4()), "M", advisor.user_id, advisor.tenant_id, b"", theirs.id)
    async with store.transaction(advisor) as transaction:
        assert await transaction.replayed(call) is None
        stored = await transaction.lock(advisor, theirs.id)
        await transaction.write_mandate(replace(stored, name="Renamed", version=stored.version + 1))
        await transaction.remember(call, b"an answer")
    assert (await store.get(owner, theirs.id)).name == "Renamed"
    key = await portfolio_rows.fetchval("SELECT key_id FROM portfolios WHERE id = $1", theirs.id)
    assert await portfolio_rows.fetchval(KEY, key) == owner.tenant_id
    assert await store.answered(call) == b"an answer"
    await left(world[0], world[1], owner.user_id)
    await world[1].vault.destroy(portfolio_rows, owner.tenant_id)
    assert await store.answered(call) is None


async def test_a_link_that_ends_within_a_write_ends_behind_it(store, world, owner, advisor, theirs):
    await link(*world, advisor.user_id, owner.user_id)
    async with store.transaction(advisor) as transaction:
        stored = await transaction.lock(advisor, theirs.id)
        await unlink(*world, advisor.user_id, owner.user_id)
        sold = replace(stored, holdings=(), cash=Decimal("7.00"), version=stored.version + 1)
        await transaction.write_positions(sold)
    after = await store.get(owner, theirs.id)
    assert (after.holdings, after.cash, after.version) == ((), Decimal("7.00"), stored.version + 1)
    assert await locked(store, advisor, theirs.id) is None


async def test_no_cache_answers_an_advisor(world, owner, advisor, theirs, store):
    registry = CollectorRegistry()
    answers = CachedAnswers(*world, Layers("portfolio", Memory(), None, registry))
    asked = {"cache": "portfolio", "layer": "l1"}
    await link(*world, advisor.user_id, owner.user_id)
    for _ in range(2):
        assert await answers.get(advisor, theirs.id.upper()) == to_answer(theirs)
    assert [registry.get_sample_value(TOTAL, asked | {"result": result}) for result in RESULTS] == [0] * len(RESULTS)
    for _ in range(2):
        assert await answers.get(owner, theirs.id) == to_answer(theirs)
    assert registry.get_sample_value(TOTAL, asked | {"result": "hit"}) == 1
    await unlink(*world, advisor.user_id, owner.user_id)
    assert await answers.get(advisor, theirs.id) is None
    assert await answers.get(owner, theirs.id) == to_answer(theirs)
