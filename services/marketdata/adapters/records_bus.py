"""Records of feeds over the bus: topic `market-data`, keyed by symbol."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chassis.batches import BatchSubscription, lag_of
from chassis.bus import PARTITIONS, Bus, BusUnavailable, Delivery, Message, Topic
from chassis.envelopes import enveloped
from chassis.logging import logger
from chassis.patience import raise_if_cancelled
from services.marketdata.adapters.feed_postgres import PostgresLedger
from services.marketdata.app.feed_ports import Incoming, Unreadable
from services.marketdata.app.ports import Clock, Ids, TickBus
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.ticks import StoredTick
from services.marketdata.wire.records import from_payload, to_payload

if TYPE_CHECKING:
    from chassis.outbox import Connection
    from chassis.postgres import Pool

# The specification's; where memory holds it, as many messages as a feed may be ahead of what is processed.
MARKET_DATA = Topic("market-data", partitions=PARTITIONS, retention=timedelta(days=7), backlog=50_000)
CONSUMER = "processor"
# Messages of a partition that may wait to be taken in: beyond that, feeds wait, long before the bus forgets any.
MOST = 1000
_LOOK = 0.25  # seconds between two looks whether there is room
_TURN = 0.05
# Messages of a partition taken in at once: so few are read off the wire within some milliseconds.
TOGETHER = 128


class Room:
    """Lets feeds wait while a processor is far behind, on a bus that would forget what it has not read."""

    def __init__(self, pool: Pool, bus: Bus, consumer: str, topic: Topic, patience: float = 10.0) -> None:
        self._pool, self._bus, self._patience = pool, bus, patience
        self._of = (consumer, topic.name)
        self._looked = float("-inf")

    async def wait(self) -> None:
        """Return once there is room. Raises FeedUnavailable if there is none within the patience, in s."""
        clock = asyncio.get_running_loop().time
        if not self._bus.forgets or clock() < self._looked + _LOOK:
            return
        until = clock() + self._patience
        while max((await lag_of(self._pool, self._bus, *self._of)).values(), default=0) >= MOST:
            if clock() >= until:
                raise FeedUnavailable
            await asyncio.sleep(_TURN)
        self._looked = clock()


@dataclass(frozen=True, slots=True)
class RecordsBus:
    """The port FeedBus."""

    bus: Bus
    clock: Clock
    ids: Ids
    room: Room

    async def send(self, records: Sequence[Incoming]) -> None:
        """All in one batch, on behalf of the present call's principal."""
        try:
            await self.room.wait()
            await self.bus.declare(MARKET_DATA)
            await self.bus.publish(MARKET_DATA.name, [self._message(each) for each in records], "")
        except BusUnavailable as error:
            raise FeedUnavailable from error

    def _message(self, records: Incoming) -> Message:
        said = (MARKET_DATA.name, "market_records", to_payload(records))
        key, seq = records.stream.symbol, int(records.number[-1]) if len(records.number) else 0
        return enveloped(*said, key=key, seq=seq, event_id=self.ids.new(), now=self.clock.now())


def processing(process: ProcessRecords, ticks: TickBus) -> BatchSubscription:
    """Takes in what feeds bring, and shows it.

    Shown before it is committed: were it shown after, a process killed in between would never show it. What is not
    committed comes again, comes out the same, and is not shown twice.
    """
    owed = dict[str, dict[str, StoredTick]]()  # by dataset, the newest ticks that could not be shown

    async def handle(connection: Connection, partitions: Sequence[int], found: Sequence[Delivery]) -> None:
        # Hundreds of messages take some milliseconds to read: a thread leaves the event loop its turns.
        messages = await asyncio.to_thread(_read, found)
        processed = await process(PostgresLedger(connection), partitions, messages)
        for dataset_id in [*processed.shown, *(owed.keys() - processed.shown.keys())]:
            newest = owed.pop(dataset_id, {})
            shown = [*newest.values(), *processed.shown.get(dataset_id, ())]
            try:
                await ticks.show(dataset_id, shown)
            except FeedUnavailable as error:
                raise_if_cancelled(error)
                # Stored all the same. Subscribers see each symbol's newest later, and how many were left out.
                owed[dataset_id] = {tick.symbol: tick for tick in shown}
                logger().warning("ticks_not_shown", dataset_id=dataset_id, ticks=len(shown))

    return BatchSubscription(CONSUMER, MARKET_DATA, handle, together=TOGETHER)


def _read(found: Sequence[Delivery]) -> list[Incoming | Unreadable]:
    return [from_payload(delivery.message.payload) for delivery in found]
