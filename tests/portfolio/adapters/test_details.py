"""What a portfolio is called and what it is for lies sealed, wherever it lies; also what is from before."""

import asyncio
import itertools
import uuid
from dataclasses import replace

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from qpo.portfolio.v1 import portfolio_service_pb2 as pb
from redis.asyncio import Redis

from chassis.cache import Layers
from chassis.cache.entry import form_of
from chassis.cache.memory import Memory
from chassis.cache.shared import Shared
from chassis.clock import SystemClock
from chassis.errors import Unauthenticated
from chassis.postgres import prepare
from chassis.settings import DatabaseSettings
from chassis.turns import HELD, Turns
from chassis.vault import KeyGone, KmsUnavailable, Unopenable, Vault
from chassis.vault.kms_local import LocalKms
from chassis.vault.rotation import Rotation, RotationMeter
from services.portfolio.__main__ import MIGRATIONS
from services.portfolio.adapters import details_sealed, sql
from services.portfolio.adapters.answers_cached import CONTRACT, CachedAnswers
from services.portfolio.adapters.details_sealed import DETAILS, SealedDetails
from services.portfolio.adapters.mandate_json import encode_constraints, encode_strategy
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Once
from tests.chassis.steps import steps_during
from tests.portfolio.builders import a_portfolio

NAME = "Retirement of Ann"
FROM_BEFORE = """
UPDATE portfolios
SET details = NULL, key_id = NULL, name = $2, strategy = $3::text::jsonb, constraints = $4::text::jsonb
WHERE id = $1
"""


@pytest.fixture
def store(portfolio_pool, portfolio_details):
    return PostgresPortfolios(portfolio_pool, portfolio_details)


@pytest_asyncio.fixture
async def make(store, owner, portfolio_rows):
    """Makes portfolios of the owner; those that the test broke shall trouble no other."""

    async def made(**changes):
        mine = {"id": str(uuid.uuid4()), "user_id": owner.user_id, "tenant_id": owner.tenant_id, "name": NAME}
        portfolio = a_portfolio(**(mine | changes))
        async with store.transaction(owner) as transaction:
            await transaction.insert(portfolio)
        return portfolio

    yield made
    await portfolio_rows.execute("DELETE FROM portfolios WHERE user_id = $1", owner.user_id)


async def as_before(pool, portfolio):
    texts = (portfolio.name, encode_strategy(portfolio.strategy), encode_constraints(portfolio.constraints))
    await pool.execute(FROM_BEFORE, portfolio.id, *texts)


async def keys_of(pool, tenant):
    return await pool.fetchval("SELECT count(*) FROM tenant_keys WHERE tenant_id = $1", tenant)


async def test_neither_rows_nor_remembered_answers_tell_of_a_portfolio(store, make, portfolio_rows, owner):
    mine = await make()
    answer = pb.CreatePortfolioResponse(portfolio={"name": NAME}).SerializeToString()
    call = Once("r", "CreatePortfolio", owner.user_id, owner.tenant_id, b"body")
    async with store.transaction(owner) as transaction:
        assert await transaction.replayed(call) is None
        await transaction.remember(call, answer)
    row = await portfolio_rows.fetchrow("SELECT p::text AS whole, p.details FROM portfolios p WHERE id = $1", mine.id)
    kept = await portfolio_rows.fetchval("SELECT response FROM requests WHERE user_id = $1", owner.user_id)
    for stored in (row["whole"].encode(), row["details"], kept):
        assert b"Retirement" not in stored
        assert b"sp500" not in stored
    assert await store.answered(call) == answer
    async with store.transaction(owner) as transaction:
        assert await transaction.replayed(call) == answer


async def test_redis_does_not_tell_of_a_portfolio(make, portfolio_pool, portfolio_details, owner, redis_url):
    mine = await make()
    shared = Shared.at(redis_url, form=form_of(CONTRACT), seconds=300)
    layers = Layers("portfolio", Memory(), shared, CollectorRegistry())
    answers = CachedAnswers(portfolio_pool, portfolio_details, layers)
    for _ in range(2):
        assert pb.GetPortfolioResponse.FromString(await answers.get(owner, mine.id)).portfolio.name == NAME
    await shared.close()
    async with Redis.from_url(redis_url) as redis:
        assert b"Retirement" not in await redis.get(f"portfolio:{mine.id}")


async def test_an_answer_remembered_before_is_given_as_it_is(store, portfolio_rows, owner):
    call = Once("r", "CreatePortfolio", owner.user_id, owner.tenant_id, b"body")
    async with store.transaction(owner) as transaction:
        await transaction.replayed(call)
        await transaction.remember(call, b"")
    answer = pb.CreatePortfolioResponse(portfolio={"name": NAME}).SerializeToString()
    await portfolio_rows.execute("UPDATE requests SET response = $2 WHERE user_id = $1", owner.user_id, answer)
    assert await store.answered(call) == answer


async def test_details_moved_to_another_portfolio_do_not_open(store, make, portfolio_rows, owner):
    mine, other = await make(), await make()
    await portfolio_rows.execute(
        "UPDATE portfolios p SET details = o.details FROM portfolios o WHERE p.id = $1 AND o.id = $2", mine.id, other.id
    )
    with pytest.raises(Unopenable):
        await store.get(owner, mine.id)
    assert (await store.get(owner, other.id)).name == NAME


async def test_an_answer_moved_to_another_call_does_not_open(store, portfolio_rows, owner):
    calls = [Once(each, "CreatePortfolio", owner.user_id, owner.tenant_id, b"body") for each in ("one", "two")]
    for call in calls:
        async with store.transaction(owner) as transaction:
            await transaction.replayed(call)
            await transaction.remember(call, call.request_id.encode())
    await portfolio_rows.execute(
        "UPDATE requests r SET response = o.response FROM requests o"
        " WHERE r.user_id = $1 AND o.user_id = $1 AND r.request_id = 'one' AND o.request_id = 'two'",
        owner.user_id,
    )
    with pytest.raises(Unopenable):
        await store.answered(calls[0])


async def test_a_portfolio_from_before_is_read_changed_and_sealed_meanwhile(
    store, make, portfolio_pool, portfolio_rows, portfolio_details, owner
):
    """Read all the while; one of them is changed by its owner before the sweep comes to it."""
    mine = [await make(name=f"{NAME} {number}") for number in range(20)]
    for portfolio in mine:
        await as_before(portfolio_rows, portfolio)
    assert await store.get(owner, mine[0].id) == mine[0]
    mine[0] = replace(mine[0], name="Changed", version=2)
    async with store.transaction(owner) as transaction:
        await transaction.write_mandate(mine[0])
    over, meter = asyncio.Event(), RotationMeter(registry := CollectorRegistry())

    async def reading():
        while not over.is_set():
            for portfolio in mine:
                found = await store.get(owner, portfolio.id)
                assert (found.name, found.strategy) == (portfolio.name, portfolio.strategy)
            assert {each.name for each in await store.page(owner, 50, None)} == {each.name for each in mine}

    reader = asyncio.create_task(reading())
    await Rotation(portfolio_pool, portfolio_details.vault, [DETAILS], meter, clock=SystemClock()).turn()
    over.set()
    await reader
    clear = "SELECT count(*) FROM portfolios WHERE key_id IS NULL OR name IS NOT NULL OR strategy IS NOT NULL"
    assert await portfolio_rows.fetchval(clear) == 0
    assert registry.get_sample_value("vault_rows_left", {"column": "portfolio.portfolios.details"}) == 0
    for portfolio in mine[1:]:
        assert await store.get(owner, portfolio.id) == portfolio


async def test_the_migration_keeps_portfolios_from_before(migrated_earlier, superuser, tmp_path, owner):
    url = await migrated_earlier("portfolio", MIGRATIONS, "0002")
    mine = a_portfolio(user_id=owner.user_id, tenant_id=owner.tenant_id, name=NAME)
    await superuser.execute(
        "INSERT INTO portfolio.portfolios (id, user_id, tenant_id, name, strategy, constraints, base_currency,"
        " initial_cash, cash, cash_weight, created_at, updated_at, version)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13)",
        *(mine.id, mine.user_id, mine.tenant_id, mine.name),
        *(encode_strategy(mine.strategy), encode_constraints(mine.constraints)),
        *(mine.base_currency, mine.initial_cash, mine.cash, mine.cash_weight),
        *(mine.created_at, mine.updated_at, mine.version),
    )
    runtime = url.replace("postgres@", "qpo_portfolio@")
    settings = DatabaseSettings(database_url=runtime, migration_url=url, page_token_key_file="unused")
    async with await prepare(settings, "portfolio", MIGRATIONS) as pool:
        details = SealedDetails(Vault(pool, LocalKms(tmp_path / "keyring.json"), "portfolio"))
        assert await PostgresPortfolios(pool, details).get(owner, mine.id) == mine


async def test_with_the_last_portfolio_of_who_left_go_the_keys(store, make, portfolio_rows, portfolio_details, owner):
    mine = await make()
    key_id = await portfolio_rows.fetchval("SELECT key_id::text FROM portfolios WHERE id = $1", mine.id)
    async with store.transaction(owner) as transaction:
        await transaction.shred(owner.tenant_id)
        assert (await transaction.lock(owner, mine.id)).name == NAME
        await transaction.delete(mine.id)
        await transaction.shred(owner.tenant_id)
    assert await keys_of(portfolio_rows, owner.tenant_id) == 0
    with pytest.raises(KeyGone):
        await portfolio_details.vault.key(key_id)


async def test_who_left_is_given_no_new_key(store, make, portfolio_rows, owner):
    async with store.transaction(owner) as transaction:
        await transaction.depart(owner.user_id)
    with pytest.raises(Unauthenticated):
        await make()
    assert await keys_of(portfolio_rows, owner.tenant_id) == 0


async def test_portfolios_that_go_while_they_are_read_are_not_there(
    make, portfolio_pool, portfolio_rows, portfolio_details, owner
):
    class Leaving:
        """Their owner leaves as what was read is opened."""

        async def open(self, place, sealed):
            async with portfolio_rows.acquire() as connection, connection.transaction():
                await connection.execute("DELETE FROM portfolios WHERE user_id = $1", owner.user_id)
                await portfolio_details.vault.destroy(connection, owner.tenant_id)
            return await portfolio_details.vault.open(place, sealed)

    leaving = PostgresPortfolios(portfolio_pool, SealedDetails(Leaving()))
    mine = await make()
    assert await leaving.get(owner, mine.id) is None
    await make()
    await make()
    assert await leaving.page(owner, 10, None) == []


async def test_without_its_key_a_portfolio_is_not_given_in_part(make, portfolio_pool, owner):
    mine = await make()

    class Away:
        async def open(self, place, sealed):
            raise KmsUnavailable("it is away")

    away = PostgresPortfolios(portfolio_pool, SealedDetails(Away()))
    for look in (away.get(owner, mine.id), away.page(owner, 10, None)):
        with pytest.raises(KmsUnavailable):
            await look


async def test_between_portfolios_that_are_read_together_others_have_their_turn(
    store, make, portfolio_details, portfolio_rows, owner, monkeypatch
):
    made = [await make() for _ in range(2 * details_sealed._TOGETHER + 1)]
    rows = await portfolio_rows.fetch(
        f"{sql.WHOLE} WHERE p.id = ANY ($1::uuid[]) ORDER BY p.id", [each.id for each in made]
    )
    await portfolio_details.portfolios(rows)  # the key is at hand from now on
    monkeypatch.setattr(details_sealed, "Turns", lambda: Turns(itertools.count(step=HELD).__next__))
    found = []

    async def read():
        found.extend(await portfolio_details.portfolios(rows))

    assert await steps_during(read()) >= len(rows) / 2
    assert [each.id for each in found] == sorted(each.id for each in made)
