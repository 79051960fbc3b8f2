"""IngestPrices: takes an upload in, stores its good bars, reports the rest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from enum import Enum

from services.marketdata.app.access import writable
from services.marketdata.app.ports import Chunks, Clock, Datasets, Delivery, ParquetReader, PriceStore, Stored
from services.marketdata.domain.dataset import Caller, Dataset, Visibility, is_id
from services.marketdata.domain.errors import NotOwner, UploadTooLarge
from services.marketdata.domain.layout import Layout, Reading, read_table
from services.marketdata.domain.table import csv_table

# Text and Parquet unpack to several times their size; beyond this many times, it is no price file.
UNPACKED_RATIO = 4
NOTHING = Stored(bars=0, corrected=0, unchanged=0, instruments_created=0)


class Format(Enum):
    """How an upload is encoded."""

    CSV = 1
    PARQUET = 2


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload is said to be."""

    dataset: str
    format: Format
    layout: Layout
    currency: str
    visibility: Visibility
    validate_only: bool


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of it; the dataset is None if nothing made it."""

    dataset: Dataset | None
    stored: Stored
    reading: Reading


@dataclass(frozen=True, slots=True)
class IngestPrices:
    """Takes uploads in."""

    datasets: Datasets
    prices: PriceStore
    parquet: ParquetReader
    clock: Clock
    max_bytes: int

    async def __call__(self, caller: Caller, upload: Upload, chunks: Chunks) -> Ingested:
        """Collect, read and store an upload.

        Raises DatasetNotFound for an id that is not there, NotOwner, UploadTooLarge, UnreadableUpload and
        CurrencyMismatch.
        """
        await self._check_owner(caller, upload.dataset)
        data = await self._collected(chunks)
        # Reading is all CPU: a thread leaves the event loop its turns.
        reading = await asyncio.to_thread(self._read, data, upload, self.clock.now().date())
        stored = await self._stored(caller, upload, reading)
        return Ingested(await self.datasets.find(caller, upload.dataset), stored, reading)

    async def _check_owner(self, caller: Caller, dataset: str) -> None:
        """Refuse before the bytes come in. A name may be free; an id names what exists."""
        if is_id(dataset):
            await writable(self.datasets, caller, dataset)
            return
        found = await self.datasets.find(caller, dataset)
        if found is not None and not found.owned_by(caller):
            raise NotOwner(dataset)

    async def _collected(self, chunks: Chunks) -> bytes:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > self.max_bytes:
                raise UploadTooLarge(self.max_bytes)
        return bytes(data)

    def _read(self, data: bytes, upload: Upload, today: date) -> Reading:
        max_unpacked = UNPACKED_RATIO * self.max_bytes
        open_table = self.parquet.table if upload.format is Format.PARQUET else csv_table
        return read_table(open_table(data, max_unpacked), upload.layout, today)

    async def _stored(self, caller: Caller, upload: Upload, reading: Reading) -> Stored:
        if len(reading.prices) == 0:
            return NOTHING
        now = self.clock.now()
        delivery = Delivery(caller, upload.dataset, upload.visibility, upload.currency, reading.prices, now)
        return await self.prices.store(delivery, keep=not upload.validate_only)
