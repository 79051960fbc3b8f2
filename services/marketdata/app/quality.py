"""GetQualityReport, GetQualityRules, UpdateQualityRules, ListQuarantine: what was found, by which rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.marketdata.app.access import readable, writable
from services.marketdata.app.feed_ports import Quality, Quarantined
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.feed.quality import QualityReport
from services.marketdata.domain.feed.records import Fault
from services.marketdata.domain.feed.rules import Rules


@dataclass(frozen=True, slots=True)
class GetQualityReport:
    """Adds up what was found of a dataset's records."""

    datasets: Datasets
    quality: Quality

    async def __call__(self, caller: Caller, dataset: str, start: date | None, end: date | None) -> QualityReport:
        """Return the report over the days in which records were judged. Raises DatasetNotFound."""
        found = await readable(self.datasets, caller, dataset)
        return QualityReport.of(await self.quality.findings(found, start, end))


@dataclass(frozen=True, slots=True)
class GetQualityRules:
    """Reads a dataset's rules."""

    datasets: Datasets
    quality: Quality

    async def __call__(self, caller: Caller, dataset: str) -> Rules:
        """Return all rules, the defaults among them. Raises DatasetNotFound."""
        return await self.quality.rules(await readable(self.datasets, caller, dataset))


@dataclass(frozen=True, slots=True)
class UpdateQualityRules:
    """Changes a dataset's rules."""

    datasets: Datasets
    quality: Quality

    async def __call__(self, caller: Caller, dataset: str, changes: Mapping[str, float | int]) -> Rules:
        """Change these fields of Rules, and return all. Raises DatasetNotFound, NotOwner."""
        return await self.quality.change_rules(await writable(self.datasets, caller, dataset), changes)


@dataclass(frozen=True, slots=True)
class QuarantineAsked:
    """Which records are asked for; an empty symbol and Fault.NONE mean all."""

    dataset: str
    symbol: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class ListQuarantine:
    """Lists what is kept apart."""

    datasets: Datasets
    quality: Quality

    async def __call__(
        self, caller: Caller, asked: QuarantineAsked, after: Sequence[str], page_size: int
    ) -> Page[Quarantined]:
        """Return the page behind an id. Raises DatasetNotFound."""
        found = await readable(self.datasets, caller, asked.dataset)
        size, limit = paged(page_size)
        rows = await self.quality.quarantine(found, asked.symbol, asked.fault, after[0] if after else None, limit)
        return Page.of(rows, size, lambda row: (row.kept.id,))
