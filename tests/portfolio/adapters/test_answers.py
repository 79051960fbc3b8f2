"""GetPortfolio's answers through the caches, on real PostgreSQL and Redis: two replicas, each with an L1 of its own."""

import asyncio
import random
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from qpo.portfolio.v1 import portfolio_service_pb2 as pb
from redis.asyncio import Redis

from chassis.cache import Layers
from chassis.cache.entry import form_of
from chassis.cache.memory import Memory
from chassis.cache.shared import Shared
from services.portfolio.adapters.answers_cached import CONTRACT, CachedAnswers
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Reach
from services.portfolio.rpc.answers import EncodedAnswers
from services.portfolio.wire.answers import to_answer
from tests.portfolio.builders import a_holding, a_portfolio


class Replica:
    """What one process has of its own."""

    def __init__(self, pool, details, redis_url=None, entries=1000):
        self.registry = CollectorRegistry()
        self.shared = Shared.at(redis_url, form=form_of(CONTRACT), seconds=300) if redis_url else None
        layers = Layers("portfolio", Memory(entries), self.shared, self.registry)
        self.answers = CachedAnswers(pool, details, layers)

    def counted(self, layer, result="hit"):
        labels = {"cache": "portfolio", "layer": layer, "result": result}
        return self.registry.get_sample_value("cache_requests_total", labels)


@pytest_asyncio.fixture
async def pair(portfolio_pool, portfolio_details, redis_url):
    """Two replicas on one PostgreSQL and one Redis."""
    both = [Replica(portfolio_pool, portfolio_details, redis_url) for _ in range(2)]
    yield both
    for each in both:
        await each.shared.close()


@pytest.fixture
def store(portfolio_pool, portfolio_details):
    return PostgresPortfolios(portfolio_pool, portfolio_details)


@pytest_asyncio.fixture
async def mine(store, owner):
    """A stored portfolio of the owner."""
    return await kept(store, owner)


async def kept(store, owner):
    portfolio = a_portfolio(id=str(uuid.uuid4()), user_id=owner.user_id, tenant_id=owner.tenant_id)
    async with store.transaction(owner) as transaction:
        await transaction.insert(portfolio)
    return portfolio


async def renamed(store, owner, id, name):
    """The portfolio after the write was acknowledged."""
    async with store.transaction(owner) as transaction:
        portfolio = await transaction.lock(owner, id)
        changed = replace(portfolio, name=name, version=portfolio.version + 1)
        await transaction.write_mandate(changed)
    return changed


async def test_the_cached_answer_is_to_the_byte_the_one_that_is_made_anew(pair, store, owner, mine):
    cash, held = Decimal("1.00"), (a_holding("AAPL", "2.5", "250.00", "0.9"), a_holding("XOM", "0.00000001"))
    async with store.transaction(owner) as transaction:
        await transaction.lock(owner, mine.id)
        await transaction.write_positions(replace(mine, cash=cash, holdings=held, version=2))
    anew = await EncodedAnswers(store).get(owner, mine.id)
    assert len(pb.GetPortfolioResponse.FromString(anew).portfolio.holdings) == 2
    assert [await pair[0].answers.get(owner, mine.id) for _ in range(2)] == [anew, anew]
    assert pair[0].counted("l1") == 1


async def test_what_one_replica_read_the_other_finds_in_redis_under_the_specified_key(pair, owner, mine, redis_url):
    await pair[0].answers.get(owner, mine.id)
    await pair[0].shared.settled()
    assert await pair[1].answers.get(owner, mine.id) == to_answer(mine)
    assert pair[1].counted("l2") == 1
    async with Redis.from_url(redis_url) as redis:
        assert 290 < await redis.ttl(f"portfolio:{mine.id}") <= 300


async def test_a_write_shows_in_both_replicas_at_once(pair, store, owner, mine):
    for each in pair:
        await each.answers.get(owner, mine.id)
    changed = await renamed(store, owner, mine.id, "Renamed")
    assert [await each.answers.get(owner, mine.id) for each in pair] == [to_answer(changed)] * 2


async def test_a_deletion_shows_in_both_replicas_at_once(pair, store, owner, mine):
    for each in pair:
        await each.answers.get(owner, mine.id)
    async with store.transaction(owner) as transaction:
        await transaction.lock(owner, mine.id)
        await transaction.delete(mine.id)
    assert [await each.answers.get(owner, mine.id) for each in pair] == [None, None]


async def test_another_finds_nothing_in_any_layer_and_who_reads_all_does(pair, owner, mine):
    stranger = Reach(str(uuid.uuid4()), owner.tenant_id)
    neighbour = Reach(owner.user_id, str(uuid.uuid4()))
    admin = Reach(str(uuid.uuid4()), str(uuid.uuid4()), everyone=True)
    for each in pair:
        assert await each.answers.get(owner, mine.id) == to_answer(mine)
        await each.shared.settled()
        assert [await each.answers.get(who, mine.id) for who in (stranger, neighbour)] == [None, None]
        assert await each.answers.get(admin, mine.id) == to_answer(mine)


async def test_an_id_in_capitals_names_the_same_portfolio(pair, owner, mine):
    assert await pair[0].answers.get(owner, mine.id.upper()) == to_answer(mine)


async def test_what_does_not_exist_is_nothing_however_often_it_is_asked(pair, owner):
    id = str(uuid.uuid4())
    assert [await pair[0].answers.get(owner, id) for _ in range(2)] == [None, None]


@pytest.mark.parametrize("seed", range(2))
async def test_in_any_interleaving_a_read_gives_what_was_last_acknowledged_before_it(
    seed, portfolio_pool, portfolio_details, redis_url, store
):
    replicas = [Replica(portfolio_pool, portfolio_details, redis_url, entries=3) for _ in range(2)]
    owners = [Reach(str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(2)]
    mine = [(owner, (await kept(store, owner)).id) for owner in owners for _ in range(3)]
    acknowledged, wrong = dict.fromkeys((id for _, id in mine), 1), []

    async def caller(rng, number):
        for turn in range(60):
            owner, id = rng.choice(mine)
            if rng.random() < 0.3:
                version = (await renamed(store, owner, id, f"{number} {turn}")).version
                acknowledged[id] = max(acknowledged[id], version)
            before, reader = acknowledged[id], rng.choice(owners)
            answer = await rng.choice(replicas).answers.get(reader, id)
            if reader is not owner:
                wrong.extend([answer] if answer is not None else [])
            elif int(pb.GetPortfolioResponse.FromString(answer).portfolio.etag) < before:
                wrong.append((id, before, answer))

    await asyncio.gather(*(caller(random.Random(f"{seed} {number}"), number) for number in range(16)))
    for each in replicas:
        await each.shared.close()
    assert wrong == []
    assert sum(each.counted("l1") for each in replicas) > 50
    assert sum(each.counted("l2") for each in replicas) > 10
