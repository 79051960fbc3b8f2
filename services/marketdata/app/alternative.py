"""What is known besides prices: documents taken in, and documents, sentiment and figures listed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from services.marketdata.app.access import members, readable, writable
from services.marketdata.app.alternative_ports import (
    Alternative,
    FiguresAsked,
    KeptDocument,
    KeptFigure,
    SentimentAsked,
    SentimentPoint,
)
from services.marketdata.app.as_they_come import as_they_come
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Datasets
from services.marketdata.app.vendor_ports import AlternativeBus
from services.marketdata.domain.alternative.records import Document
from services.marketdata.domain.dataset import Caller, Dataset


@dataclass(frozen=True, slots=True)
class IngestDocuments:
    """Takes documents in."""

    datasets: Datasets
    bus: AlternativeBus

    async def open(self, caller: Caller, dataset: str) -> Dataset:
        """Return the dataset if the caller may feed it. Raises DatasetNotFound, NotOwner."""
        return await writable(self.datasets, caller, dataset)

    async def __call__(self, dataset_id: str, source: str, documents: AsyncIterator[Document]) -> int:
        """Publish what comes, and return how many that is.

        Raises FeedUnavailable, and what the documents raise, after what came before it was published.
        """
        taken = 0

        async def send(ready: Sequence[Document]) -> None:
            nonlocal taken
            await self.bus.send(dataset_id, source, ready)
            taken += len(ready)

        await as_they_come(documents, send)
        return taken


@dataclass(frozen=True, slots=True)
class DocumentsAsked:
    """Which documents; no symbols and an empty source mean all."""

    dataset: str
    symbols: Sequence[str]
    source: str


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """Lists documents, the newest first."""

    datasets: Datasets
    alternative: Alternative

    async def __call__(
        self, caller: Caller, asked: DocumentsAsked, after: Sequence[str], page_size: int
    ) -> Page[KeptDocument]:
        """Return the page behind (published_at, source, id). Raises DatasetNotFound, InstrumentNotFound."""
        dataset = await _asked(self.datasets, caller, asked.dataset, asked.symbols)
        size, limit = paged(page_size)
        found = await self.alternative.documents(dataset, asked.symbols, asked.source, after, limit)
        return Page.of(found, size, lambda one: (one.published_at.astimezone(UTC).isoformat(), one.source, one.id))


@dataclass(frozen=True, slots=True)
class ListSentiment:
    """Lists sentiment by interval."""

    datasets: Datasets
    alternative: Alternative

    async def __call__(
        self, caller: Caller, asked: SentimentAsked, after: Sequence[str], page_size: int
    ) -> Page[SentimentPoint]:
        """Return the page behind (start, symbol, source, channel). Raises DatasetNotFound, InstrumentNotFound."""
        dataset = await _asked(self.datasets, caller, asked.dataset, asked.symbols)
        size, limit = paged(page_size)
        found = await self.alternative.sentiment(dataset, asked, after, limit)
        return Page.of(
            found, size, lambda one: (one.start.astimezone(UTC).isoformat(), one.symbol, one.source, one.channel)
        )


@dataclass(frozen=True, slots=True)
class ListFigures:
    """Lists figures of companies, or of the economy."""

    datasets: Datasets
    alternative: Alternative

    async def __call__(
        self, caller: Caller, asked: FiguresAsked, after: Sequence[str], page_size: int
    ) -> Page[KeptFigure]:
        """Return the page behind (subject, metric, day, period, source). Raises DatasetNotFound, InstrumentNotFound."""
        symbols = () if asked.economy else asked.subjects
        dataset = await _asked(self.datasets, caller, asked.dataset, symbols)
        size, limit = paged(page_size)
        found = await self.alternative.figures(dataset, asked, after, limit)
        return Page.of(found, size, lambda one: (one.subject, one.metric, one.day.isoformat(), one.period, one.source))


async def _asked(datasets: Datasets, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
    found = await readable(datasets, caller, dataset)
    if symbols:
        await members(datasets, found, symbols)
    return found
