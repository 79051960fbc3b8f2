"""Row-level security: with the first wall gone, a caller still reaches their own rows alone."""

import uuid
from dataclasses import replace

import pytest
import pytest_asyncio

from chassis.reach import SYSTEM, named, reach_of
from services.portfolio.adapters import sql
from services.portfolio.adapters.answers_cached import _Rows
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Once, Reach
from services.portfolio.domain.events import Created
from tests.portfolio.builders import a_holding, a_portfolio
from tests.walls import changed, require_walls, seen

# How far events were consumed, who has left, wrapped keys that open nothing by themselves: nothing that a user owns.
COMMON = {"alembic_version", "consumer_positions", "consumer_versions", "departed", "tenant_keys"}
OWNED = ("portfolios", "holdings", "portfolio_performance", "requests")
KEYS = {"portfolios": "id = $1", "holdings": "portfolio_id = $1", "portfolio_performance": "portfolio_id = $1"}


async def kept(pool, details, rows, owner):
    """A portfolio with a row in each table that holds what users own."""
    portfolios, call = PostgresPortfolios(pool, details), Once("r", "M", owner.user_id, owner.tenant_id, b"")
    mine = a_portfolio(id=str(uuid.uuid4()), user_id=owner.user_id, tenant_id=owner.tenant_id)
    async with portfolios.transaction(owner) as transaction:
        await transaction.replayed(call)
        await transaction.insert(mine)
        await transaction.write_positions(replace(mine, holdings=(a_holding("AAPL", "1"),), version=2))
        await transaction.tell(Created(mine))
        await transaction.remember(call, b"answer")
    measured = "INSERT INTO portfolio_performance (portfolio_id, date, tenant_id) VALUES ($1, now(), $2)"
    await rows.execute(measured, mine.id, owner.tenant_id)
    return mine


@pytest_asyncio.fixture
async def mine(portfolio_pool, portfolio_details, portfolio_rows, owner):
    return await kept(portfolio_pool, portfolio_details, portfolio_rows, owner)


@pytest.fixture
def stranger():
    return Reach(str(uuid.uuid4()), str(uuid.uuid4()))


@pytest.fixture
def others(owner, stranger):
    """Reaches that do not cover the owner's rows: strangers', in part the owner's, and none."""
    strangers = [stranger, Reach(owner.user_id, stranger.tenant_id), Reach(stranger.user_id, owner.tenant_id)]
    return [*map(reach_of, strangers), reach_of(*strangers), "", None]


def of(table, portfolio):
    """A condition that names the portfolio's rows of a table."""
    return (KEYS[table], portfolio.id) if table in KEYS else ("user_id = $1", portfolio.user_id)


async def test_every_table_has_a_wall_but_those_that_hold_nothing_of_a_user_s(portfolio_pool):
    await require_walls(portfolio_pool, COMMON)


@pytest.mark.parametrize("table", OWNED)
async def test_a_row_is_seen_by_its_owner_and_by_background_work_alone(table, portfolio_pool, owner, others, mine):
    where = of(table, mine)
    assert [await seen(portfolio_pool, reach, table, *where) for reach in (reach_of(owner), SYSTEM)] == [1, 1]
    assert [await seen(portfolio_pool, reach, table, *where) for reach in others] == [0] * len(others)


async def test_who_reads_everybody_s_portfolios_sees_no_answers_to_others_and_no_events(portfolio_pool, stranger, mine):
    everyone = reach_of(replace(stranger, everyone=True))
    found = {table: await seen(portfolio_pool, everyone, table, *of(table, mine)) for table in OWNED}
    assert found == {"portfolios": 1, "holdings": 1, "portfolio_performance": 1, "requests": 0}
    assert await seen(portfolio_pool, everyone, "outbox", "key = $1", mine.id) == 0


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id WHERE {}", "DELETE FROM {} WHERE {}"])
async def test_a_row_is_changed_and_deleted_by_its_owner_alone(statement, table, portfolio_pool, owner, others, mine):
    where, argument = of(table, mine)
    asked = statement.format(table, where)
    assert await changed(portfolio_pool, reach_of(owner), asked, argument) == 1
    assert [await changed(portfolio_pool, reach, asked, argument) for reach in others] == [0] * len(others)


async def test_no_row_is_written_for_another_or_given_away(portfolio_pool, owner, stranger, others, mine):
    copied = """
    INSERT INTO portfolios (id, user_id, tenant_id, details, key_id, base_currency, initial_cash, cash, cash_weight)
    SELECT gen_random_uuid(), $1, $2, details, key_id, base_currency, initial_cash, cash, cash_weight
    FROM portfolios WHERE id = $3
    """
    new = (stranger.user_id, stranger.tenant_id)
    assert await changed(portfolio_pool, reach_of(owner), copied, *new, mine.id) == "refused"
    given = "UPDATE portfolios SET user_id = $2 WHERE id = $1"
    assert await changed(portfolio_pool, reach_of(owner), given, mine.id, stranger.user_id) == "refused"
    holding = """
    INSERT INTO holdings (portfolio_id, symbol, tenant_id, quantity, weight, value, price_date)
    VALUES ($1, 'XOM', $2, 1, 0, 0, now())
    """
    added = [await changed(portfolio_pool, reach, holding, mine.id, owner.tenant_id) for reach in others]
    assert added == ["refused"] * len(others)


async def test_an_event_is_told_by_whoever_is_named_and_read_by_background_work_alone(
    portfolio_pool, owner, stranger, mine
):
    where = ("key = $1", mine.id)
    readers = (SYSTEM, reach_of(owner), reach_of(stranger), None)
    assert [await seen(portfolio_pool, reach, "outbox", *where) for reach in readers] == [1, 0, 0, 0]
    told = """
    INSERT INTO outbox (event_id, topic, type, key, seq, occurred_at, traceparent, user_id, tenant_id, schema_version,
                        payload)
    VALUES (gen_random_uuid(), 't', 't', $1, 99, now(), '', '', '', 1, '')
    """
    assert [await changed(portfolio_pool, reach, told, mine.id) for reach in readers] == [1, 1, 1, "refused"]


async def test_a_reach_ends_with_its_statement_and_with_its_transaction(portfolio_pool, portfolio_details, owner, mine):
    portfolios, count = PostgresPortfolios(portfolio_pool, portfolio_details), "SELECT count(*) FROM portfolios"
    async with portfolio_pool.acquire() as connection:
        row = await connection.fetchrow(sql.READ_ALONE, mine.id, False, owner.tenant_id, owner.user_id, reach_of(owner))
        assert row is not None
        assert await connection.fetchval(count) == 0
    async with portfolios.transaction(owner) as transaction:
        assert await transaction.lock(owner, mine.id) is not None
    assert [await portfolio_pool.fetchval(count) for _ in range(portfolio_pool.get_max_size())] == [0] * (
        portfolio_pool.get_max_size()
    )


# The statements of the service, each with its WHERE gone but for the id that was asked for.
BROKEN = {
    "READ": f"{sql.WHOLE} WHERE p.id = $1 AND ($2 OR $3::uuid = $3 OR $4::uuid = $4)",
    "READ_ALONE": f"{sql.WHOLE} WHERE p.id = $1 AND ($2 OR $3::uuid = $3 OR $4::uuid = $4) AND {sql.alone(5)}",
    "PAGE": sql.PAGE.replace("tenant_id = $2 AND user_id = $3", "$2::uuid = $2 AND $3::uuid = $3"),
    "LOCK": sql.LOCK.replace("tenant_id = $3 AND user_id = $4", "$3::uuid = $3 AND $4::uuid = $4"),
}


async def test_without_the_first_wall_the_service_still_finds_nothing_of_another_s(
    portfolio_pool, portfolio_details, owner, stranger, mine, monkeypatch
):
    for name, statement in BROKEN.items():
        assert statement != getattr(sql, name)
        monkeypatch.setattr(sql, name, statement)
    portfolios = PostgresPortfolios(portfolio_pool, portfolio_details)
    assert (await portfolios.get(owner, mine.id)).id == mine.id
    assert [each.id for each in await portfolios.page(owner, 9, None)] == [mine.id]
    assert await portfolios.get(stranger, mine.id) is None
    assert await portfolios.page(stranger, 9, None) == []
    async with portfolios.transaction(stranger) as transaction:
        assert await transaction.lock(stranger, mine.id) is None
        await transaction.write_mandate(replace(mine, name="Stolen"))
        await transaction.delete(mine.id)
    assert (await portfolios.get(owner, mine.id)).name == mine.name


async def test_what_is_read_for_several_at_once_is_within_the_reach_of_one_of_them(
    portfolio_pool, portfolio_details, portfolio_rows, owner, stranger, mine
):
    theirs = await kept(portfolio_pool, portfolio_details, portfolio_rows, stranger)
    source, ids = _Rows(portfolio_pool, portfolio_details), [mine.id, theirs.id]
    for read in (source.stamps, source.entries):
        assert set(await read(ids, [owner])) == {mine.id}
        assert set(await read(ids, [owner, stranger])) == set(ids)
        assert set(await read(ids, [])) == set()


def test_ids_with_a_blank_name_nobody():
    with pytest.raises(ValueError, match="blank"):
        named([("tenant", "user everyone")])
