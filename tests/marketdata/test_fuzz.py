"""Whatever is on the bus, each record is stored or kept apart, and nothing stops the rest."""

import pytest_asyncio

from chassis.buses import open_bus
from tests.marketdata.fuzz import fuzz


@pytest_asyncio.fixture
async def record_bus(redis_url):
    async with open_bus(redis_url) as bus:
        yield bus


async def test_every_record_is_stored_or_kept_apart_whatever_it_is(pool, record_bus):
    outcome = await fuzz(pool, record_bus, records=10_000, seed=7)
    assert (outcome.lost, outcome.dead) == (0, 0), outcome
    assert outcome.stored > 500
    assert len(outcome.faults) >= 8, "the fuzz meets too few kinds of mistakes to mean anything"
