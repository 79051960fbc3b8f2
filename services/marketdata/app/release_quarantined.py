"""ReleaseQuarantined: lets records out of quarantine, to be stored as if they were right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.marketdata.app.access import writable
from services.marketdata.app.feed_ports import FeedBus, Incoming, Quality, Quarantined
from services.marketdata.app.ports import Clock, Datasets
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import RecordNotFound


@dataclass(frozen=True, slots=True)
class ReleaseQuarantined:
    """Sends records onto the bus again."""

    datasets: Datasets
    quality: Quality
    bus: FeedBus
    clock: Clock

    async def __call__(self, caller: Caller, dataset: str, ids: Sequence[str]) -> list[Quarantined]:
        """Return the records, in the order of their ids.

        Sent first and marked then: a record that is sent and not marked may be released once more, and is stored once.
        Raises DatasetNotFound, NotOwner, RecordNotFound, FeedUnavailable.
        """
        found = await writable(self.datasets, caller, dataset)
        records = await self.quality.records(found, ids)
        known = {each.kept.id for each in records}
        if missing := [each for each in ids if each not in known]:
            raise RecordNotFound(missing)
        await self.bus.send([_again(each) for each in records if each.stored_at is None])
        await self.quality.mark_released(found, ids, self.clock.now())
        return await self.quality.records(found, ids)


def _again(record: Quarantined) -> Incoming:
    """The record as it came. What could not be read is sent as a price that is none."""
    kept = record.kept
    return Incoming(
        stream=kept.stream,
        currency=kept.currency,
        occurred_at=[kept.occurred_at or 0],
        price=[float(kept.price or "nan")],
        size=[float(kept.size or "nan")],
        number=[kept.number],
        released=kept.id,
    )
