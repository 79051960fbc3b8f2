"""What documents and figures need of the world."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from services.marketdata.app.subscribe_changes import Changing
from services.marketdata.domain.alternative.linking import Named
from services.marketdata.domain.alternative.records import Document, DocumentKind, Figure
from services.marketdata.domain.alternative.sentiment import Sentiment
from services.marketdata.domain.dataset import Dataset


@dataclass(frozen=True, slots=True)
class AlternativeRecords:
    """A message: what one source gave for a dataset."""

    dataset_id: str
    source: str
    documents: Sequence[Document]
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Scored:
    """A document as it is kept: linked and scored; its text is not."""

    dataset_id: str
    source: str
    document: Document
    sentiment: Sentiment
    symbols: Sequence[str]


class Scorer(Protocol):
    """Tells how a text sounds."""

    def score(self, text: str) -> Sentiment:
        """Return its score and how much there was to go by; of any text."""
        ...


class AlternativeLedger(Protocol):
    """Keeps documents and figures, inside one transaction of the caller's."""

    async def revisions(self, dataset_ids: Collection[str]) -> dict[str, int]:
        """Return the revisions of those datasets that exist, and hold them against their deletion."""
        ...

    async def named(self, dataset_id: str) -> Sequence[Named]:
        """Return a dataset's instruments by their names."""
        ...

    async def known(self, dataset_id: str, source: str, ids: Collection[str]) -> set[str]:
        """Return which of these documents are kept already."""
        ...

    async def keep_documents(self, scored: Sequence[Scored], now: datetime) -> None:
        """Keep documents, each once, and what they say of instruments."""
        ...

    async def keep_figures(self, dataset_id: str, source: str, figures: Sequence[Figure], now: datetime) -> None:
        """Keep figures; one that differs from what is known is a new version, of several the last."""
        ...


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document as it is read."""

    id: str
    source: str
    kind: DocumentKind
    channel: str
    title: str
    url: str
    published_at: datetime
    knowledge_time: datetime
    upvote_ratio: float | None
    score: float
    confidence: float
    symbols: Sequence[str]


@dataclass(frozen=True, slots=True)
class SentimentPoint:
    """How what was written about an instrument in one interval sounds."""

    symbol: str
    source: str
    channel: str
    start: datetime
    score: float
    count: int
    upvote_ratio: float | None
    confidence: float
    knowledge_time: datetime


@dataclass(frozen=True, slots=True)
class SentimentAsked:
    """Which sentiment; no symbols and an empty source mean all. The width is in s."""

    dataset: str
    symbols: Sequence[str]
    source: str
    width: int
    start: datetime | None
    end: datetime | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class FiguresAsked:
    """Which figures: of companies, or of the economy; no subjects and no metrics mean all."""

    dataset: str
    economy: bool
    subjects: Sequence[str]
    metrics: Sequence[str]
    start: date | None
    end: date | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class KeptFigure:
    """A version of a figure."""

    subject: str
    metric: str
    day: date
    period: str
    source: str
    value: Decimal
    currency: str
    published_at: datetime | None
    knowledge_time: datetime


class Alternative(Changing[SentimentPoint], Protocol):
    """Reads documents, sentiment and figures; what changes of them is sentiment, by symbol, source and channel."""

    async def documents(
        self, dataset: Dataset, symbols: Sequence[str], source: str, after: Sequence[str], limit: int
    ) -> list[KeptDocument]:
        """Return up to `limit` documents behind (published_at in ISO 8601, source, id), the newest first."""
        ...

    async def sentiment(
        self, dataset: Dataset, asked: SentimentAsked, after: Sequence[str], limit: int
    ) -> list[SentimentPoint]:
        """Return up to `limit` points behind (start in ISO 8601, symbol, source, channel), in that order."""
        ...

    async def figures(
        self, dataset: Dataset, asked: FiguresAsked, after: Sequence[str], limit: int
    ) -> list[KeptFigure]:
        """Return up to `limit` figures behind (subject, metric, day in ISO 8601, period, source), in that order."""
        ...
