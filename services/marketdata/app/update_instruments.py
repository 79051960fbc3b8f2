"""UpdateInstruments: what is known of instruments, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.marketdata.app.access import writable
from services.marketdata.app.ports import Amendment, Clock, Datasets, InstrumentStore
from services.marketdata.domain.dataset import Caller, Instrument
from services.marketdata.domain.updates import InstrumentUpdate


@dataclass(frozen=True, slots=True)
class UpdateInstruments:
    """Updates instruments of the caller's own dataset."""

    datasets: Datasets
    instruments: InstrumentStore
    clock: Clock

    async def __call__(self, caller: Caller, dataset: str, updates: Sequence[InstrumentUpdate]) -> list[Instrument]:
        """Return the instruments after it, in the order of the updates.

        Raises DatasetNotFound, NotOwner and InstrumentNotFound with every symbol that the dataset lacks.
        """
        found = await writable(self.datasets, caller, dataset)
        return await self.instruments.update(Amendment(caller, found, updates, self.clock.now()))
