"""What feeds bring, in PostgreSQL: ticks and bars by binary COPY, all of a batch in its transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from chassis.bus import PARTITIONS, partition_of
from services.marketdata.adapters import feed_sql as sql
from services.marketdata.adapters.copy_binary import FLOAT8, INT4, INT8, encoded, pieces
from services.marketdata.app.feed_ports import Kept, Opened, OpenSeries, OpenStream, Written
from services.marketdata.app.process_records import day_of
from services.marketdata.domain.feed.records import Stream
from services.marketdata.domain.feed.rollup import Bars, combined
from services.marketdata.domain.feed.rules import Rules
from services.marketdata.wire.records import NOWHERE

if TYPE_CHECKING:
    from chassis.outbox import Connection

# PostgreSQL counts microseconds from 2000-01-01.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_KNOWN = ("knowledge_time", INT8)
TICKS = [("series_id", INT4), ("stream_id", INT4), ("seq", INT8), ("occurred_at", INT8), ("price", FLOAT8)]
TICKS += [("size", FLOAT8), ("number", INT8), _KNOWN]
PRICES = [(name, FLOAT8) for name in ("open", "high", "low", "close", "volume")]
BARS = [("series_id", INT4), ("width", INT4), ("start", INT8), *PRICES]
BARS += [("ticks", INT8), ("first_at", INT8), ("last_at", INT8), _KNOWN]


@dataclass(frozen=True, slots=True)
class PostgresLedger:
    """The port FeedLedger on a connection inside a transaction."""

    db: Connection

    async def open(self, streams: Sequence[Stream], partitions: Collection[int], closing: int) -> Opened:
        """One statement for streams that are known, one for their symbols; what is new is made first."""
        if streams:
            await self.db.execute(sql.HOLD_DATASETS, list({stream.dataset_id for stream in streams}))
        rows = await self._streams(streams)
        new = [s for s, row in zip(streams, rows, strict=True) if row["currency"] and row["stream_id"] is None]
        if new:
            await self._make(new)
            rows = await self._streams(streams)
        listed = [row["series_id"] if row["currency"] else None for row in rows]
        series = await self._series([each for each in listed if each is not None], partitions, closing)
        place = {each.id: index for index, each in enumerate(series)}
        opened = [
            OpenStream(
                id=row["stream_id"] or 0,
                series=None if series_id is None else place[series_id],
                currency=row["currency"] or "",
                rules=rules_of(row["rules"]),
                memory=row["memory"] or b"",
                mic=row["mic"] or "",
            )
            for series_id, row in zip(listed, rows, strict=True)
        ]
        return Opened(opened, await self._others(series, opened), series)

    async def waiting(self, released: Sequence[str]) -> set[str]:
        """One statement."""
        return {row["id"] for row in await self.db.fetch(sql.WAITING, list(released))}

    async def write(self, written: Written) -> None:
        """Two COPYs and a statement for each other thing that there is."""
        known_at = (written.known_at - _EPOCH) // _MICROSECOND
        await self._copy("ticks", TICKS, _tick_columns(written), len(written.ticks), known_at)
        bars = Bars.joined(written.closed, await self._corrected(combined(written.late), written.known_at))
        await self._copy("tick_bars", BARS, _bar_columns(bars), len(bars), known_at)
        await self._many(sql.KEEP_SERIES, written.series)
        await self._many(sql.KEEP_STREAMS, written.streams)
        kept, counts = await self._of_datasets_that_are(written)
        await self._many(sql.KEEP_APART, [_kept_row(each) for each in kept], written.known_at)
        await self._many(sql.COUNT, counts, day_of(written.known_at))
        if written.stored:
            await self.db.execute(sql.STORED, list(written.stored), written.known_at)

    async def _streams(self, streams: Sequence[Stream]) -> list[Any]:
        columns = zip(*((s.dataset_id, s.symbol, s.source) for s in streams), strict=True)
        return list(await self.db.fetch(sql.STREAMS, *(list(column) for column in columns))) if streams else []

    async def _make(self, streams: Sequence[Stream]) -> None:
        datasets, symbols = [s.dataset_id for s in streams], [s.symbol for s in streams]
        places = [partition_of(symbol, PARTITIONS) for symbol in symbols]
        await self.db.execute(sql.MAKE_SERIES, datasets, symbols, places)
        await self.db.execute(sql.MAKE_STREAMS, datasets, symbols, [s.source for s in streams])

    async def _series(self, ids: Sequence[int], partitions: Collection[int], closing: int) -> list[OpenSeries]:
        rows = await self.db.fetch(sql.SERIES, list(ids), list(partitions), closing)
        return [
            OpenSeries(row["id"], Stream(str(row["dataset_id"]), row["symbol"], ""), row["seq"], row["bars"])
            for row in rows
        ]

    async def _others(
        self, series: Sequence[OpenSeries], opened: Sequence[OpenStream]
    ) -> list[tuple[Stream, OpenStream]]:
        """The streams of the same symbols that were not asked for. Their records are judged when they come."""
        asked = {each.series: each for each in opened if each.series is not None}
        ids = [series[place].id for place in asked]
        rows = await self.db.fetch(sql.OTHERS, ids, [each.id for each in opened]) if ids else []
        place = {series[place].id: place for place in asked}
        return [
            (
                replace(series[place[row["series_id"]]].stream, source=row["source"]),
                replace(asked[place[row["series_id"]]], id=row["id"], memory=row["memory"]),
            )
            for row in rows
        ]

    async def _copy(
        self, table: str, layout: Sequence[tuple[str, str]], columns: Mapping[str, Any], rows: int, known_at: int
    ) -> None:
        if rows:
            whole = {**columns, "knowledge_time": np.full(rows, known_at)}
            names, source = [name for name, _ in layout], pieces(encoded(layout, whole, rows))
            await self.db.copy_to_table(table, columns=names, source=source, format="binary")

    async def _corrected(self, late: Bars, known_at: datetime) -> Bars:
        """The bars that stand in the place of those which these correct, or anew if none was closed."""
        if not len(late):
            return late
        keys = [column.tolist() for column in (late.symbol, late.interval, late.start)]
        rows = await self.db.fetch(sql.SUPERSEDE, *keys, known_at)
        before = [np.array(column) for column in zip(*rows, strict=True)]
        return combined(Bars.joined(Bars(*before), late) if rows else late)

    async def _many(self, statement: str, rows: Sequence[Sequence[Any]], *rest: Any) -> None:
        if rows:
            await self.db.execute(statement, *(list(column) for column in zip(*rows, strict=True)), *rest)

    async def _of_datasets_that_are(self, written: Written) -> tuple[list[Kept], list[tuple[Any, ...]]]:
        """What is kept apart and counted, without that of datasets which do not exist."""
        named = {each.stream.dataset_id for each in written.kept} | {stream.dataset_id for stream, _ in written.counts}
        if not named:
            return [], []
        real = {str(row["id"]) for row in await self.db.fetch(sql.HOLD_DATASETS, list(named))} | {NOWHERE}
        kept = [each for each in written.kept if each.stream.dataset_id in real]
        counts = [
            (stream.dataset_id, stream.symbol, stream.source, finding, count)
            for (stream, finding), count in sorted(written.counts.items(), key=str)
            if stream.dataset_id in real
        ]
        return kept, counts


_VALUES = ("open", "high", "low", "close", "volume", "ticks", "first_at", "last_at")
_MICROSECOND = datetime.resolution


def rules_of(stored: str | Mapping[str, Any] | None) -> Rules:
    """The rules of a dataset: what it says, and else the defaults."""
    said = json.loads(stored) if isinstance(stored, str) else stored or {}
    return Rules(**{field.name: said[field.name] for field in fields(Rules) if field.name in said})


def _tick_columns(written: Written) -> dict[str, Any]:
    ticks = written.ticks
    renamed = {"series_id": ticks.series, "stream_id": ticks.stream}
    return renamed | {name: getattr(ticks, name) for name in ("seq", "occurred_at", "price", "size", "number")}


def _bar_columns(bars: Bars) -> dict[str, Any]:
    renamed = {"series_id": bars.symbol, "width": bars.interval, "start": bars.start}
    return renamed | {name: getattr(bars, name) for name in _VALUES}


def _kept_row(kept: Kept) -> tuple[Any, ...]:
    stream = kept.stream
    named = (kept.id, stream.dataset_id, stream.symbol, stream.source, kept.currency, kept.fault.value)
    return (*named, kept.occurred_at, kept.price, kept.size, kept.number, kept.payload)
