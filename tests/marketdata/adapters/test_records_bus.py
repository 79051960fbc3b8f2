"""Feeds wait while the processor is far behind, so that the bus forgets nothing that was not read."""

import asyncio
import time

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from chassis.batches import BatchConsumer, BatchMeter
from chassis.bus import Topic
from chassis.buses import open_bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from services.marketdata.adapters import records_bus
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.records_bus import CONSUMER, RecordsBus, Room, processing
from services.marketdata.app.feed_ports import Incoming
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.feed.records import Stream
from tests.marketdata.adapters.test_prices_postgres import delivery
from tests.marketdata.builders import NOW
from tests.marketdata.fakes import MemoryBus


@pytest.fixture
def shown():
    """What subscribers see."""
    return MemoryBus()


@pytest_asyncio.fixture
async def world(pool, redis_url, shown, monkeypatch):
    """A topic of its own, a processor that stands at its beginning, and who sends."""
    monkeypatch.setattr(records_bus, "MARKET_DATA", Topic(f"market-data-{Uuid7Ids().new()}"))
    monkeypatch.setattr(records_bus, "MOST", 20)
    monkeypatch.setattr(records_bus, "_LOOK", 0.0)
    async with open_bus(redis_url) as bus:
        clock, ids = SystemClock(), Uuid7Ids()
        process = processing(ProcessRecords(clock, ids, ExchangeCalendars()), shown)
        processor = BatchConsumer(pool, bus, process, BatchMeter(CollectorRegistry()))
        yield (
            processor,
            bus,
            lambda patience: RecordsBus(bus, clock, ids, Room(pool, bus, CONSUMER, records_bus.MARKET_DATA, patience)),
        )


def message(number):
    return Incoming(Stream(Uuid7Ids().new(), "A", "tests"), "", [1], [1.0], [1.0], [number])


async def test_a_feed_waits_until_there_is_room_and_goes_on(world):
    processor, _, sender = world
    await processor.begin()
    await sender(5.0).send([message(number) for number in range(20)])
    waiting = asyncio.ensure_future(sender(5.0).send([message(21)]))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    while await processor.turn() or await processor.turn():
        continue
    async with asyncio.timeout(5):
        await waiting


async def test_a_feed_that_waits_for_too_long_is_told_to_try_again(world):
    processor, _, sender = world
    await processor.begin()
    await sender(0.2).send([message(number) for number in range(20)])
    with pytest.raises(FeedUnavailable):
        await sender(0.2).send([message(21)])


async def test_what_could_not_be_shown_is_stored_and_its_newest_is_shown_once_the_bus_is_back(
    world, pool, stores, caller, shown
):
    processor, _, sender = world
    await stores.prices.store(delivery(caller, "date,A,B\n2024-01-02,10,20\n", NOW), keep=True)
    await pool.execute("SELECT keep_feed($1)", time.time_ns())
    dataset = (await stores.datasets.find(caller, "prices")).id
    await processor.begin()

    async def taken(symbol, *numbers):
        now, prices = time.time_ns(), [10.0] * len(numbers)
        records = Incoming(Stream(dataset, symbol, "tests"), "", [now] * len(numbers), prices, prices, list(numbers))
        await sender(5.0).send([records])
        while await processor.turn() or await processor.turn():
            continue

    await taken("A", 1)
    shown.gone = True
    await taken("A", 2, 3)
    await taken("B", 1)
    assert await pool.fetchval("SELECT count(*) FROM ticks") == 4
    shown.gone = False
    for _ in range(2):  # all partitions' turns, with nothing new
        await processor.turn()
    state = await shown.load(dataset)
    newest = {symbol: (place.tick.seq, place.tick.unshown) for symbol, place in state.newest.items()}
    assert newest == {"A": (3, 1), "B": (1, 0)}


async def test_before_there_was_a_processor_and_on_a_bus_that_forgets_nothing_no_feed_waits(world, pool):
    processor, bus, sender = world
    for number in range(3):
        await sender(0.2).send([message(number) for _ in range(20)])

    class Kept:
        forgets = False

    await processor.begin()
    await Room(pool, Kept(), CONSUMER, records_bus.MARKET_DATA).wait()
    assert await bus.lag(records_bus.MARKET_DATA.name, await bus.ends(records_bus.MARKET_DATA.name))
