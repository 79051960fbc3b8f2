"""Feeds from vendors in PostgreSQL: what is due, leases, and a state that all replicas share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from chassis.departed import depart
from chassis.errors import Unauthenticated
from services.marketdata.adapters.leavings_postgres import PostgresLeavings
from services.marketdata.adapters.vendor_feeds_postgres import PostgresAllowances, PostgresFeeds
from services.marketdata.app.ports import Delivery
from services.marketdata.app.vendor_ports import Told
from services.marketdata.domain.dataset import Visibility
from services.marketdata.domain.errors import DatasetNotFound
from services.marketdata.domain.feed.allowance import Allowance, Problem, Rate
from services.marketdata.domain.feed.pulls import FeedName, Target
from services.marketdata.domain.feed.sources import Kind
from tests.marketdata.builders import read
from tests.walls import background

NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A, B = Target("A"), Target("B", "B.US")


@pytest_asyncio.fixture
async def prices(stores, caller):
    """A dataset of A, B and C."""
    table = read("date,A,B,C\n2024-01-02,1,2,3\n").prices
    await stores.prices.store(Delivery(caller, "prices", Visibility.SHARED, "USD", table, NOW), keep=True)
    return await stores.datasets.find(caller, "prices")


@pytest.fixture
def feeds(pool):
    return PostgresFeeds(pool)


@pytest.fixture
def quotes(prices):
    return FeedName(prices.id, "fmp", Kind.QUOTES)


async def claimed(feeds, prices, now=NOW, limit=100):
    found = await feeds.claim("fmp", now, now + 2 * MINUTE, limit)
    return [pull for pull in found if pull.feed.dataset_id == prices.id]


async def test_what_is_started_is_due_at_once_in_each_part(feeds, prices, caller, quotes):
    started = await feeds.start(caller, quotes, [A, B], MINUTE, NOW)
    assert (started.running, [each.target for each in started.targets]) == (True, [A, B])
    pulls = await claimed(feeds, prices)
    assert sorted((pull.target.asked, pull.every) for pull in pulls) == [("A", MINUTE), ("B.US", MINUTE)]
    assert {pull.owner for pull in pulls} == {caller}
    statements = FeedName(prices.id, "fmp", Kind.FUNDAMENTALS)
    await feeds.start(caller, statements, [A], MINUTE, NOW)
    parts = [pull.part for pull in await claimed(feeds, prices)]
    assert sorted(parts) == ["balance-sheet-statement", "cash-flow-statement", "income-statement"]


async def test_what_is_leased_is_nobody_elses_until_the_lease_runs_out(feeds, prices, caller, quotes):
    await feeds.start(caller, quotes, [A], MINUTE, NOW)
    [mine] = await claimed(feeds, prices)
    assert await claimed(feeds, prices, NOW + MINUTE) == []
    [others] = await claimed(feeds, prices, NOW + 2 * MINUTE)
    await feeds.keep(mine, Told(NOW + MINUTE, 1, {"at": "mine"}, at=NOW))
    await feeds.keep(others, Told(NOW + MINUTE, 1, {"at": "others"}, records=3, at=NOW))
    [again] = await claimed(feeds, prices, NOW + 5 * MINUTE)
    assert again.cursor == {"at": "others"}


async def test_claims_at_the_same_time_share_what_is_due(feeds, prices, caller, quotes):
    await feeds.start(caller, quotes, [Target(symbol) for symbol in "ABC"], MINUTE, NOW)
    found = await asyncio.gather(*(claimed(feeds, prices, limit=2) for _ in range(4)))
    symbols = [pull.target.symbol for pulls in found for pull in pulls]
    assert len(symbols) == len(set(symbols)) <= 3


async def test_what_became_of_it_is_told_and_added_up(feeds, prices, caller, quotes):
    await feeds.start(caller, quotes, [A], MINUTE, NOW)
    [pull] = await claimed(feeds, prices)
    await feeds.keep(pull, Told(NOW + MINUTE, 2, problem=Problem.FAILING, at=NOW, failures=1))
    [status] = (await feeds.of_dataset(prices))[0].targets
    assert (status.calls, status.problem, status.failed_at, status.due_at) == (2, Problem.FAILING, NOW, NOW + MINUTE)
    [pull] = await claimed(feeds, prices, NOW + MINUTE)
    assert pull.failures == 1
    await feeds.keep(pull, Told(NOW + 2 * MINUTE, 1, {"at": "7"}, "tag", 5, at=NOW + MINUTE))
    [status] = (await feeds.of_dataset(prices))[0].targets
    assert (status.calls, status.records, status.problem, status.failed_at) == (3, 5, Problem.NONE, None)
    [pull] = await claimed(feeds, prices, NOW + 2 * MINUTE)
    assert (pull.cursor, pull.etag, pull.failures) == ({"at": "7"}, "tag", 0)
    await feeds.keep(pull, Told(NOW + 3 * MINUTE, 0))
    [pull] = await claimed(feeds, prices, NOW + 3 * MINUTE)
    assert (pull.cursor, pull.etag) == ({"at": "7"}, "tag")


async def test_a_changed_feed_goes_on_where_it_was_but_for_what_is_called_otherwise(feeds, prices, caller, quotes):
    await feeds.start(caller, quotes, [A, B], 60 * MINUTE, NOW)
    for pull in await claimed(feeds, prices):
        await feeds.keep(pull, Told(NOW + 60 * MINUTE, 1, {"at": pull.target.symbol}, at=NOW))
    changed = await feeds.start(caller, quotes, [A, Target("B", "B.L"), Target("C")], MINUTE, NOW)
    assert [(each.target.symbol, each.due_at - NOW) for each in changed.targets] == [
        ("A", MINUTE),
        ("B", timedelta()),
        ("C", timedelta()),
    ]
    cursors = {pull.target.symbol: pull.cursor for pull in await claimed(feeds, prices, NOW + MINUTE)}
    assert cursors == {"A": {"at": "A"}, "B": {}, "C": {}}
    fewer = await feeds.start(caller, quotes, [A], MINUTE, NOW)
    assert [each.target for each in fewer.targets] == [A]


async def test_nothing_of_a_stopped_feed_is_due(feeds, prices, caller, quotes):
    assert await feeds.stop(quotes) is None
    await feeds.start(caller, quotes, [A], MINUTE, NOW)
    assert (await feeds.stop(quotes)).running is False
    assert await claimed(feeds, prices) == []
    assert (await feeds.start(caller, quotes, [A], MINUTE, NOW)).running
    assert len(await claimed(feeds, prices)) == 1


async def test_a_departed_user_starts_nothing_and_what_they_had_stops(feeds, prices, caller, quotes, pool):
    await feeds.start(caller, quotes, [A], MINUTE, NOW)
    async with background(pool) as db:
        await depart(db, caller.user_id)
        await PostgresLeavings(db, None).stop_feeds(caller.user_id)
    assert await claimed(feeds, prices) == []
    with pytest.raises(Unauthenticated):
        await feeds.start(caller, quotes, [A], MINUTE, NOW)


async def test_a_feed_into_a_dataset_that_has_gone_is_refused(feeds, caller, prices):
    gone = FeedName("01987f6c-0000-7000-8000-00000000dead", "fmp", Kind.QUOTES)
    with pytest.raises(DatasetNotFound):
        await feeds.start(caller, gone, [A], MINUTE, NOW)


async def test_replicas_that_reserve_at_the_same_time_never_exceed_the_budget_together(pool, caller):
    allowances, source = PostgresAllowances(pool), f"tests-{caller.user_id}"
    granted = []

    async def reserve(number):
        def change(state):
            after, until = state.reserve(Rate(6000, 7), NOW + number * timedelta(seconds=1))
            granted.append(number) if until is None else None
            return after

        await allowances.change(source, change)

    await asyncio.gather(*(reserve(number) for number in range(30)))
    assert len(granted) == 7
    assert (await allowances.all())[source].calls == 7


async def test_a_state_is_kept_to_its_last_field(pool, caller):
    allowances, source = PostgresAllowances(pool), f"tests-{caller.user_id}"
    whole = Allowance(NOW.date(), 3, NOW + MINUTE, 5, 2, Problem.KEY_REFUSED, NOW + 60 * MINUTE, -1.5)
    await allowances.change(source, lambda _: whole)
    assert (await allowances.all())[source] == whole
    assert await allowances.change(source, lambda state: state) == whole
