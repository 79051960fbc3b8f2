"""Two processes of marketdata that ask one vendor, killed again and again: all is kept once, within the budget."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.vendor_feeds_postgres import PostgresFeeds
from services.marketdata.app.ports import Delivery
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.feed.pulls import FeedName, Target
from services.marketdata.domain.feed.sources import Kind
from services.marketdata.settings import MarketDataSettings
from tests.marketdata.builders import read
from tests.marketdata.test_process import logged, started
from tests.marketdata.vendors import vendor as local
from tests.marketdata.vendors.formats import articles
from tests.marketdata.vendors.vendor import KEY, LocalVendor, Said

KILLS, PUBLISHED, BUDGET = 3, 240, 400


class Paper:
    """Publishes about $A, for as long as it is asked to; answers as News API does, the newest hundred first."""

    def __init__(self):
        self.articles = []

    async def publish(self, count, seconds):
        for _ in range(count):
            self.print()
            await asyncio.sleep(seconds / count)

    def print(self):
        number, now = len(self.articles), datetime.now(UTC)
        told = {"source": {"name": "The Paper"}, "title": f"$A rises, part {number}", "description": None}
        self.articles.append(told | {"url": f"https://paper.example/{number}", "publishedAt": now.isoformat()})

    def answer(self, asked):
        local.NOW = datetime.now(UTC)
        since = datetime.fromisoformat(asked.params.get("from", "2000-01-01T00:00:00+00:00"))
        to = datetime.fromisoformat(asked.params.get("to", "2100-01-01T00:00:00+00:00")) + timedelta(seconds=1)
        of = [each for each in self.articles if since <= datetime.fromisoformat(each["publishedAt"]) < to]
        return Said(articles(*of[::-1][:100]))


@pytest.mark.timeout(180)
async def test_every_article_is_kept_once_within_the_budget_whoever_dies(
    make_database, redis_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(local, "NOW", datetime.now(UTC))
    url, chance, paper = make_database(), random.Random(7), Paper()
    common = {"port": 0, "metrics_port": 0, "auth_address": "127.0.0.1:1", "redis_url": redis_url}
    common |= {"database_url": url.replace("postgres@", "qpo_marketdata@"), "migration_url": url}
    common |= {"page_token_key_file": tmp_path / "key", "news_api_key": KEY}
    common |= {"news_api_calls_per_minute": 3000, "news_api_calls_per_day": BUDGET}
    async with (
        await prepare(MarketDataSettings(**common), "marketdata", MIGRATIONS) as pool,
        LocalVendor(paper.answer) as vendor,
        asyncio.timeout(150),
    ):
        dataset = await _fed(pool)
        running = [await _serving(common | {"news_api_url": vendor.url}) for _ in range(2)]
        try:
            # The first answer that has an article is where a feed begins: it takes the newest hundred and none before.
            paper.print()
            await _kept(pool, dataset, 1)
            publishing = asyncio.create_task(paper.publish(PUBLISHED - 1, seconds=KILLS * 1.2))
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(0.3, 1.2))
                victim = running.pop(chance.randrange(2))
                victim.kill()
                await victim.wait()
                # What a killed process had leased would wait for its lease to run out.
                await pool.execute("UPDATE feed_pulls SET leased_until = now()")
                running.append(await _serving(common | {"news_api_url": vendor.url}))
            await publishing
            await _kept(pool, dataset, PUBLISHED)
        finally:
            for process in running:
                process.kill()
                await process.wait()
        mentions = await pool.fetchval("SELECT count(*) FROM mentions WHERE dataset_id = $1", dataset)
        assert mentions == await pool.fetchval("SELECT count(*) FROM documents WHERE dataset_id = $1", dataset)
        assert mentions == PUBLISHED
        charged = await pool.fetchval("SELECT calls FROM allowances WHERE source = 'news_api'")
        assert KILLS < len(vendor.asked) <= charged <= BUDGET


async def _kept(pool, dataset, count):
    while True:
        if await pool.fetchval("SELECT count(*) FROM documents WHERE dataset_id = $1", dataset) >= count:
            return
        await asyncio.sleep(0.2)


async def _serving(settings):
    process = await started(**settings)
    await logged(process, "serving")
    process.reading = asyncio.create_task(_drained(process.stderr))
    return process


async def _drained(lines):
    async for _ in lines:
        continue


async def _fed(pool):
    """The id of a dataset of A with a feed of news, asked for every fifth of a second."""
    owner = Caller(Uuid7Ids().new(), Uuid7Ids().new())
    delivery = Delivery(owner, "p", Visibility.PRIVATE, "USD", read("date,A\n2024-01-02,1\n").prices, datetime.now(UTC))
    await PostgresPrices(pool, Uuid7Ids()).store(delivery, keep=True)
    dataset = await PostgresDatasets(pool).find(owner, "p")
    name = FeedName(dataset.id, "news_api", Kind.NEWS)
    await PostgresFeeds(pool).start(owner, name, [Target("A")], timedelta(seconds=0.2), datetime.now(UTC))
    return dataset.id
