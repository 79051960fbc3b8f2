"""ListCloses through the caches of two replicas, on real PostgreSQL and Redis: uploads show, datasets never mix."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from chassis.cache import Layers
from chassis.cache.entry import form_of
from chassis.cache.memory import Memory
from chassis.cache.shared import Shared
from chassis.ids import Uuid7Ids
from services.marketdata.adapters.closes_cached import FORM, CachedCloses
from services.marketdata.app.list_closes import ListCloses
from services.marketdata.app.ports import Delivery
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound
from tests.marketdata.builders import read

NOON = datetime(2024, 6, 28, 12, 0, tzinfo=UTC)
D2, D3 = date(2024, 1, 2), date(2024, 1, 3)


class Replica:
    """What one process has of its own."""

    def __init__(self, stores, redis_url):
        self.registry = CollectorRegistry()
        self.shared = Shared.at(redis_url, form=form_of(FORM), seconds=60)
        layers = Layers("close", Memory(), self.shared, self.registry)
        self.closes = ListCloses(stores.datasets, stores.bars, CachedCloses(layers))

    async def __call__(self, caller, *symbols, session=None, as_of=None, dataset="prices"):
        found = await self.closes(caller, dataset, symbols, session, as_of)
        return [(close.symbol, close.price, close.session) for close in found]

    def counted(self, layer, result="hit"):
        labels = {"cache": "close", "layer": layer, "result": result}
        return self.registry.get_sample_value("cache_requests_total", labels)


@pytest_asyncio.fixture
async def pair(stores, redis_url):
    both = Replica(stores, redis_url), Replica(stores, redis_url)
    yield both
    for each in both:
        await each.shared.close()


@pytest.fixture
def upload(stores, caller):
    async def upload(text, now=NOON, who=caller, dataset="prices", visibility=Visibility.PRIVATE):
        prices = read(text).prices
        delivery = Delivery(caller=who, prices=prices, now=now, dataset=dataset, visibility=visibility, currency="USD")
        return await stores.prices.store(delivery, keep=True)

    return upload


async def test_closes_are_read_once_and_found_in_memory_and_by_the_other_replica_in_redis(
    pair, upload, caller, stores, redis_url
):
    await upload("date,A,B\n2024-01-02,0.1,2\n2024-01-03,0.30000000000000004,\n")
    expected = [("A", 0.30000000000000004, D3), ("B", 2.0, D2)]
    assert await pair[0](caller, "B", "A") == expected
    assert await pair[0](caller, "A", "B") == expected
    await pair[0].shared.settled()
    assert await pair[1](caller, "A", "B") == expected
    assert (pair[0].counted("l1"), pair[1].counted("l2")) == (2, 2)
    id = (await stores.datasets.find(caller, "prices")).id
    async with Redis.from_url(redis_url) as redis:
        assert 50 < await redis.ttl(f"market:{id}:A:last") <= 60


async def test_an_upload_shows_at_once_in_both_replicas_whatever_the_clock_says(pair, upload, caller):
    await upload("date,A\n2024-01-02,1\n")
    for each in pair:
        await each(caller, "A")
    await upload("date,A\n2024-01-02,3\n", NOON - timedelta(hours=1))
    assert [await each(caller, "A") for each in pair] == [[("A", 3.0, D2)]] * 2
    assert pair[0].counted("l1", "stale") == 1


async def test_what_has_no_close_in_time_is_left_out_again_and_again(pair, upload, caller):
    await upload("date,A,B\n2024-01-02,1,\n2024-01-03,1,2\n")
    assert [await pair[0](caller, "A", "B", session=D2) for _ in range(2)] == [[("A", 1.0, D2)]] * 2
    assert pair[0].counted("l1") == 2


async def test_each_session_has_its_own(pair, upload, caller):
    await upload("date,A\n2024-01-02,1\n2024-01-03,2\n")
    for _ in range(2):
        assert await pair[0](caller, "A", session=D2) == [("A", 1.0, D2)]
        assert await pair[0](caller, "A") == [("A", 2.0, D3)]


async def test_as_of_an_earlier_time_is_read_anew(pair, upload, caller):
    await upload("date,A\n2024-01-02,1\n")
    await upload("date,A\n2024-01-02,2\n", NOON + timedelta(hours=1))
    assert await pair[0](caller, "A") == [("A", 2.0, D2)]
    assert await pair[0](caller, "A", as_of=NOON) == [("A", 1.0, D2)]
    assert await pair[0](caller, "A") == [("A", 2.0, D2)]


async def test_one_symbol_in_two_users_datasets_is_two_things_and_a_private_one_stays_private(
    pair, upload, caller, stores
):
    other = Caller(Uuid7Ids().new(), Uuid7Ids().new())
    await upload("date,A\n2024-01-02,1\n")
    await upload("date,A\n2024-01-02,9\n", who=other)
    mine, theirs = [("A", 1.0, D2)], [("A", 9.0, D2)]
    for each in (*pair, *pair):
        assert [await each(caller, "A"), await each(other, "A")] == [mine, theirs]
    id = (await stores.datasets.find(caller, "prices")).id
    with pytest.raises(DatasetNotFound):
        await pair[0](other, "A", dataset=id)


async def test_an_unknown_symbol_is_told_every_time_beside_a_known_one(pair, upload, caller):
    await upload("date,A\n2024-01-02,1\n")
    await pair[0](caller, "A")
    for _ in range(2):
        with pytest.raises(InstrumentNotFound):
            await pair[0](caller, "A", "Z")


async def test_in_any_interleaving_a_read_gives_what_the_last_upload_before_it_brought(pair, upload, caller):
    await upload("date,A,B\n2024-01-02,1,1\n")
    acknowledged, wrong = 1, []

    async def writes():
        nonlocal acknowledged
        for number in range(2, 15):
            await upload(f"date,A,B\n2024-01-02,{number},{number}\n")
            acknowledged = number

    async def reads(rng):
        while acknowledged < 14:
            before = acknowledged
            found = await rng.choice(pair)(caller, *rng.choice((("A",), ("B",), ("A", "B"))))
            wrong.extend((before, close) for close in found if close[1] < before)

    await asyncio.gather(writes(), *(reads(random.Random(number)) for number in range(6)))
    assert wrong == []
    assert pair[0].counted("l1") > 0
